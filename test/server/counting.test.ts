// One rule for every request, whatever the engine and whichever way it takes: it is counted when its head has been read, as one that
// waits, and moves to its status when that is sent.
import { afterEach, describe, expect, test } from 'bun:test'
import type { Settings, GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { type RawClient, rawClient, serveInProcess, until } from '../_helpers.ts'

let running: Running | undefined
const clients: RawClient[] = []
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy()
  await running?.stop(0)
  running = undefined
})

const CHAT = 'POST /v1/chat/completions'

async function connect(port: number): Promise<RawClient> {
  const client = await rawClient(port)
  client.socket.on('error', () => {})
  clients.push(client)
  return client
}

async function statsOf(port: number, path = '', method = 'GET'): Promise<Report> {
  return (await (await fetch(`http://127.0.0.1:${port}/stats${path}`, { method })).json()) as Report
}

/** A request of which `body` has come, and more is announced. */
const announced = (length: number, body: string): string =>
  `${CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`
const chunked = (body: string): string =>
  `${CHAT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`
const whole = announced(2, '{}')

/** `POST /v1/chat/completions 200`: how many. */
const byStatus = ({ requests }: Report): Record<string, number> =>
  Object.fromEntries(requests.byRoute.map(({ route, status, requests }) => [`${route} ${status}`, requests]))

describe.each<Settings['engine']>(['bun', 'socket'])('on engine %s', (engine) => {
  const serve = (flags: GivenFlags): number => (running = serveInProcess({ engine, ...flags })).port

  test.each<[string, GivenFlags, string]>([
    ['auto, length told', { reply: 'auto' }, announced(500, '{"a":')],
    ['auto, a large body', { reply: 'auto' }, announced(5_000_000, '{"a":')],
    ['auto, chunks', { reply: 'auto' }, chunked('{"a":')],
    ['a limit of size, chunks', { maxBodyBytes: '1000' }, chunked('{"a":')],
    ['both', { reply: 'auto', maxBodyBytes: '1000' }, chunked('{"a":')],
    ['no answer yet', { ttftMs: '3600000' }, whole],
    ['no answer yet, and the body is not there', { ttftMs: '3600000' }, announced(500, '{"a":')],
    ['a whole answer', { reply: 'json', ttftMs: '3600000' }, whole],
    ['never answered', { fault: 'hang' }, whole],
  ])('%s: it waits, and its client leaves', async (_, flags, request) => {
    const port = serve(flags)
    const client = await connect(port)
    client.send(request)
    const waiting = (await until(async () => {
      const report = await statsOf(port)
      return report.requests.waiting === 1 && report
    })) as Report
    expect(waiting.requests.total).toBe(1)
    expect(byStatus(waiting)).toEqual({ [`${CHAT} 0`]: 1 })
    client.socket.resetAndDestroy()
    const left = (await until(async () => {
      const report = await statsOf(port)
      return report.requests.waiting === 0 && report
    })) as Report
    expect(byStatus(left)).toEqual({ [`${CHAT} 0`]: 1 })
    expect(left.requests.timeline.flatMap(({ byStatus }) => Object.entries(byStatus))).toEqual([['0', 1]])
  })

  test.each<[string, GivenFlags, readonly string[], Record<string, number>]>([
    ['auto', { reply: 'auto' }, [announced(2, '{'), '}'], { [`${CHAT} 200`]: 1 }],
    ['auto, refused', { reply: 'auto' }, [announced(2, '{'), ']'], { [`${CHAT} 400`]: 1 }],
    ['auto, chunks', { reply: 'auto' }, [chunked('{'), '1\r\n}\r\n0\r\n\r\n'], { [`${CHAT} 200`]: 1 }],
    [
      'a limit of size',
      { maxBodyBytes: '3' },
      [chunked('{'), '4\r\n    \r\n0\r\n\r\n'],
      { [`${CHAT} 413`]: 1 },
    ],
    ['by default', {}, [announced(2, '{'), '}'], { [`${CHAT} 200`]: 1 }],
    ['a fault', { fault: 'status:503' }, [announced(2, '{'), '}'], { [`${CHAT} 503`]: 1 }],
  ])('%s: it is counted once, whatever was counted while its body came', async (_, flags, pieces, counts) => {
    const port = serve({ ttftMs: '0', chunkDelayMs: '0', ...flags })
    const client = await connect(port)
    for (const piece of pieces) {
      client.send(piece)
      await until(async () => (await statsOf(port)).requests.total === 1)
    }
    await client.response()
    const report = await statsOf(port)
    expect(byStatus(report)).toEqual(counts)
    expect(report.requests.waiting).toBe(0)
  })

  test('before its first byte a status is told to nobody, and so not counted', async () => {
    const port = serve({ ttftMs: '300', chunkCount: '1', chunkDelayMs: '0' })
    const client = await connect(port)
    client.send(whole)
    await until(async () => (await statsOf(port)).requests.open === 1)
    expect(byStatus(await statsOf(port))).toEqual({ [`${CHAT} 0`]: 1 })
    await client.response()
    const report = await statsOf(port)
    expect(byStatus(report)).toEqual({ [`${CHAT} 200`]: 1 })
    expect(report.requests.timeline.flatMap(({ byStatus }) => Object.entries(byStatus))).toEqual([['200', 1]])
  })

  test('what waits when a window is closed is counted in the one in which it is answered', async () => {
    const port = serve({ ttftMs: '400', chunkCount: '1', chunkDelayMs: '0' })
    const client = await connect(port)
    client.send(whole)
    await until(async () => (await statsOf(port)).requests.waiting === 1)
    const closed = await statsOf(port, '/reset', 'POST')
    expect(closed.requests).toMatchObject({ total: 0, waiting: 0, open: 1, byRoute: [], timeline: [] })
    expect((await statsOf(port)).requests).toMatchObject({ total: 1, waiting: 1, open: 1 })
    await client.response()
    expect(byStatus(await statsOf(port))).toEqual({ [`${CHAT} 200`]: 1 })
  })

  test('what clients do in a window with replies that were dealt before it is told, and names stay', async () => {
    const port = serve({ fault: 'stall:1:3600000', ttftMs: '0', chunkDelayMs: '1' })
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const client = await connect(port)
    client.send(whole)
    await until(async () => (await statsOf(port)).sent.events === 1)
    await statsOf(port, '/reset', 'POST')
    expect((await statsOf(port)).faults).toEqual([])
    const series = [
      `mock_llm_requests_total{route="${CHAT}",status="200"} 0\n`,
      `mock_llm_requests_total{route="${CHAT}",status="0"} 0\n`,
      `mock_llm_requests_waiting{route="${CHAT}"} 0\n`,
      'mock_llm_faults_dealt_total{pattern="stall:1:3600000"} 0\n',
      'mock_llm_faults_ended_total{pattern="stall:1:3600000",how="aborted_mid_stream"} 0\n',
    ]
    for (const line of series) expect(await metrics()).toContain(line)
    client.socket.resetAndDestroy()
    const { faults } = (await until(async () => {
      const report = await statsOf(port)
      return report.faults.length === 1 && report
    })) as Report
    expect(faults).toMatchObject([{ pattern: 'stall:1:3600000', dealt: 0, leftMidStream: 1 }])
    await statsOf(port, '/reset', 'POST')
    expect((await statsOf(port)).faults).toEqual([])
    for (const line of series) expect(await metrics()).toContain(line)
  })

  test('a connection that is reset before any byte is a request without a status', async () => {
    const port = serve({ fault: 'refuse' })
    const client = await connect(port)
    client.send(whole)
    await client.closed()
    expect(byStatus(await statsOf(port))).toEqual({ [`${CHAT} 0`]: 1 })
  })

  test('many at once, of all kinds: each is in the numbers once', async () => {
    const fault = 'status:429@20%,hang@20%,refuse@20%,abort:1@20%'
    const port = serve({ fault, chunkCount: '3', chunkDelayMs: '20' })
    const all = await Promise.all(Array.from({ length: 50 }, () => connect(port)))
    for (const client of all) client.send(whole)
    const { requests } = (await until(async () => {
      const report = await statsOf(port)
      return report.requests.total === 50 && report.requests.waiting === 10 && report
    })) as Report
    expect(requests.byRoute.map(({ status, requests }) => [status, requests])).toEqual([
      [0, 20],
      [200, 20],
      [429, 10],
    ])
    for (const { socket } of all) socket.resetAndDestroy()
    await until(async () => (await statsOf(port)).requests.waiting === 0)
    expect((await statsOf(port)).requests.total).toBe(50)
  })

  test('the numbers count everything but who asks for them', async () => {
    const port = serve({})
    for (const path of ['/stats', '/metrics', '/health', '/v1/models', '/nowhere'])
      await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
    await (await fetch(`http://127.0.0.1:${port}/stats/reset?x`, { method: 'PUT' })).text()
    expect(byStatus(await statsOf(port))).toEqual({
      'GET /health 200': 1,
      'GET /v1/models 200': 1,
      'unrouted 404': 1,
      'unrouted 405': 1,
    })
  })
})

describe('answers that are one body, and whose client resets the connection without having read', () => {
  const LARGE = { reply: 'json', chunkDelayMs: '0', ttftMs: '0', chunkCount: '8000', chunkBytes: '4000' } // 32 MB

  /** How a client that does not read has left, as the numbers have it. */
  async function leave(
    flags: GivenFlags,
    when: (report: Report, client: RawClient) => boolean,
  ): Promise<Report> {
    running = serveInProcess(flags)
    const { port } = running
    const client = await connect(port)
    client.socket.pause()
    client.send(whole)
    await until(async () => when(await statsOf(port), client))
    client.socket.resetAndDestroy()
    return (await until(async () => {
      const report = await statsOf(port)
      return report.requests.open === 0 && report
    })) as Report
  }

  test.each<Settings['engine']>(['bun', 'socket'])(
    'engine %s: before it is due, it was left',
    async (engine) => {
      const { requests } = await leave(
        { engine, reply: 'json', ttftMs: '3600000' },
        ({ requests }) => requests.open === 1,
      )
      expect(requests).toMatchObject({ completed: 0, abortedBeforeFirstEvent: 1, abortedMidStream: 0 })
    },
  )

  test('engine socket: while the system has not taken all of it, it was left', async () => {
    const { requests } = await leave({ engine: 'socket', ...LARGE }, ({ sent }) => sent.bytes > 0)
    expect(requests).toMatchObject({ completed: 0, abortedBeforeFirstEvent: 0, abortedMidStream: 1 })
    expect(byStatus({ requests } as Report)).toEqual({ [`${CHAT} 200`]: 1 })
  })

  test('engine bun, which takes all of it: nobody can tell', async () => {
    const { requests } = await leave({ engine: 'bun', ...LARGE }, ({ sent }) => sent.bytes > 0)
    expect(requests).toMatchObject({ completed: 1, abortedMidStream: 0 })
  })
})

test('on engine socket a request whose body turns out malformed is counted once: as what it was refused with', async () => {
  for (const flags of [{ reply: 'auto' }, { ttftMs: '3600000' }]) {
    running = serveInProcess({ engine: 'socket', ...flags })
    const { port } = running
    const client = await connect(port)
    client.send(chunked('{'))
    await until(async () => (await statsOf(port)).requests.waiting === 1)
    client.send('nonsense\r\n')
    expect((await client.response()).status).toBe(400)
    const report = await statsOf(port)
    expect(byStatus(report)).toEqual({ 'unrouted 400': 1 })
    expect(report.requests.waiting).toBe(0)
    await running.stop(0)
  }
})
