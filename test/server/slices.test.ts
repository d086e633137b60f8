// While a reply of a million chunks is prepared, which takes a third of a second, a worker does everything else as usual.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { total } from '../../src/stats/shares.ts'
import { chatRequest, engines, type RawClient, rawClient, serveInProcess, until } from '../_helpers.ts'

const LONG = { chunkCount: '1000000', chunkDelayMs: '5' }

async function statsOf({ port }: Running): Promise<Report> {
  return (await (await fetch(`http://127.0.0.1:${port}/stats`)).json()) as Report
}

const byStatus = ({ requests }: Report): Record<string, number> =>
  Object.fromEntries(requests.byRoute.map(({ route, status, requests }) => [`${route} ${status}`, requests]))

/** Of a path that nobody has asked for yet: then it has to be prepared. */
const requestOf = (path: string): string => chatRequest('', '{}', path)

describe.each(engines)('on engine %s', (engine) => {
  let running: Running
  const clients: RawClient[] = []
  beforeAll(() => void (running = serveInProcess({ engine, ...LONG })))
  afterAll(async () => {
    for (const { socket } of clients) socket.destroy()
    await running.stop(0)
  })

  async function connect(request: string, { port } = running): Promise<RawClient> {
    const client = await rawClient(port)
    client.socket.on('error', () => {})
    clients.push(client)
    client.send(request)
    return client
  }

  /** Waits until so many requests wait for their answer. */
  const waiting = (count: number, of = running): Promise<Report> =>
    until(async () => {
      const report = await statsOf(of)
      return report.requests.waiting === count && report
    }) as Promise<Report>

  test('a stream goes on', async () => {
    const stream = await connect(chatRequest())
    await until(() => stream.received().includes('data: '))
    let lastMs = performance.now()
    let silenceMs = 0
    stream.socket.on('data', () => {
      const nowMs = performance.now()
      silenceMs = Math.max(silenceMs, nowMs - lastMs)
      lastMs = nowMs
    })
    const sinceMs = performance.now()
    const long = await connect(requestOf('/v1/messages'))
    await until(() => long.received() !== '')
    const tookMs = performance.now() - sinceMs
    stream.socket.destroy()
    long.socket.destroy()
    // Made in one go, the silence would be all of it.
    expect(silenceMs).toBeLessThan(tookMs / 2)
    expect(long.received()).toStartWith('HTTP/1.1 200')
  })

  test('others are answered, and those who wait are counted as waiting', async () => {
    const both = [await connect(requestOf('/v1/completions')), await connect(requestOf('/v1/completions'))]
    expect(byStatus(await waiting(2))).toMatchObject({ 'POST /v1/completions 0': 2 })
    await until(() => both.every((client) => client.received().includes('text_completion')))
    expect(byStatus(await statsOf(running))).toMatchObject({ 'POST /v1/completions 200': 2 })
    for (const { socket } of both) socket.destroy()
  })

  test('whoever leaves has left', async () => {
    const { socket } = await connect(requestOf('/api/chat'))
    await waiting(1)
    socket.resetAndDestroy()
    const left = await waiting(0)
    expect(byStatus(left)).toMatchObject({ 'POST /api/chat 0': 1 })
    expect(Object.keys(byStatus(left))).not.toContain('POST /api/chat 200')
    const next = await connect(requestOf('/api/chat'))
    await until(() => next.received().startsWith('HTTP/1.1 200'))
    next.socket.destroy()
  })

  test('a stop waits for what is prepared', async () => {
    const server = serveInProcess({ engine, ...LONG, reply: 'auto' })
    const client = await connect(chatRequest('', '{"stream":true,"max_tokens":3,"model":"m"}'), server)
    await waiting(1, server)
    const stopped = server.stop(60_000)
    const { status, body } = await client.response()
    expect([status, body.match(/^data: /gm)]).toMatchObject([200, { length: 5 }])
    const last = total(await stopped)
    expect([last.completed, last.cut]).toEqual([1, 0])
  })

  test('but no longer than its grace', async () => {
    const server = serveInProcess({ engine, ...LONG })
    const client = await connect(requestOf('/v1/messages'), server)
    await waiting(1, server)
    const last = total(await server.stop(1))
    await client.closed()
    expect(client.received()).toBe('')
    expect([last.completed, last.cut]).toEqual([0, 0])
    const counted = last.routes.filter(({ requests }) => requests > 0)
    expect(counted).toEqual([{ route: 'POST /v1/messages', status: 0, requests: 1, waiting: 0 }])
  })
})
