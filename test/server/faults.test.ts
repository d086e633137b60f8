// Faults as a raw client sees them, byte for byte, and the account of what clients did.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import {
  chatRequest,
  engines,
  type RawClient,
  type RawResponse,
  rawClient,
  serveInProcess,
  until,
} from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const running = new Set<Running>()
  function serve(flags: GivenFlags): Running {
    const server = serveInProcess({ engine, chunkCount: '4', chunkDelayMs: '5', ...flags })
    running.add(server)
    return server
  }
  afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))

  async function withClient<T>({ port }: Running, use: (client: RawClient) => Promise<T>): Promise<T> {
    const client = await rawClient(port)
    try {
      return await use(client)
    } finally {
      client.socket.destroy()
    }
  }

  function ask(server: Running, pattern?: string, path?: string): Promise<RawResponse> {
    return withClient(server, (client) => {
      client.send(chatRequest(pattern === undefined ? '' : `X-Test-Pattern: ${pattern}\r\n`, undefined, path))
      return client.response()
    })
  }

  async function stats(server: Running, method = 'GET', path = '/stats'): Promise<Report> {
    return (await fetch(`http://127.0.0.1:${server.port}${path}`, { method })).json() as Promise<Report>
  }

  const KEEPALIVE = ': keepalive\n\n'
  const FAILURE =
    'data: {"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}\n\n'

  /** An event with its JSON over several data lines. */
  function spread(event: string): string {
    if (event.includes('[DONE]')) return event
    return `data: ${JSON.stringify(JSON.parse(event.slice(6)), null, 1).replaceAll('\n', '\ndata: ')}\n\n`
  }

  const faultOf = async (server: Running, pattern: string) =>
    (await stats(server)).faults.find((fault) => fault.pattern === pattern)

  describe('on request', () => {
    let server: Running
    let usual: RawResponse
    beforeAll(async () => {
      server = serve({ honor: 'fault' })
      usual = await ask(server)
    })

    test('without the header everything is as usual', () => {
      expect(usual.status).toBe(200)
      expect(usual.chunks).toHaveLength(6)
      expect(usual.headers).not.toHaveProperty('x-test-pattern-applied')
    })

    test('ok is as usual, and says so', async () => {
      const { chunks, headers } = await ask(server, 'ok')
      expect(chunks).toEqual([...usual.chunks])
      expect(headers['x-test-pattern-applied']).toBe('ok')
    })

    test('a status, with the time to wait', async () => {
      const { status, headers, body } = await ask(server, 'status:429')
      expect(status).toBe(429)
      expect(headers).toMatchObject({
        'retry-after': '1',
        'retry-after-ms': '1000',
        'x-test-pattern-applied': 'status:429',
        'content-length': String(body.length),
      })
      expect(JSON.parse(body)).toEqual({
        error: { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' },
      })
    })

    test('refuse: the connection goes without a byte', () =>
      withClient(server, async (client) => {
        client.send(chatRequest('X-Test-Pattern: refuse\r\n'))
        await client.closed()
        expect(client.received()).toBe('')
      }))

    // Reset, a client may lose what it had not read: what it has is a part of this, and sooner or later all of it.
    test.each([
      ['abort:0', () => [':\n\n']],
      ['abort:2', (chunks: readonly string[]) => chunks.slice(0, 2)],
      ['abort:4', (chunks: readonly string[]) => chunks.slice(0, 4)],
      ['abort:1+split:9', ([chunk]: readonly string[]) => chunk!.match(/[^]{1,9}/g)!],
    ] as const)('%s: headers, chunks, and the connection goes without an end', async (pattern, expected) => {
      const whole = expected(usual.chunks).map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
      await until(() =>
        withClient(server, async (client) => {
          client.send(chatRequest(`X-Test-Pattern: ${pattern}\r\n`))
          await client.closed()
          const [head, sent = ''] = client.received().split(/(?<=\r\n\r\n)([^]*)/)
          expect('HTTP/1.1 200'.startsWith(head!.slice(0, 12))).toBe(true)
          expect(whole.join('')).toStartWith(sent)
          return sent === whole.join('')
        }),
      )
    })

    test.each([
      ['end:2', (chunks: readonly string[]) => chunks.slice(0, 2)],
      ['end:0', () => [':\n\n']],
      ['error:2', (chunks: readonly string[]) => [...chunks.slice(0, 2), FAILURE]],
      [
        'keepalive:3',
        (chunks: readonly string[]) => chunks.flatMap((chunk, i) => (i < 5 ? [KEEPALIVE, chunk] : [chunk])),
      ],
      [
        'truncate-event:1',
        (chunks: readonly string[]) =>
          chunks.with(1, `${chunks[1]!.slice(0, 6 + ((chunks[1]!.length - 8) >> 1))}\n\n`),
      ],
      ['multiline', (chunks: readonly string[]) => chunks.map(spread)],
      ['no-done', (chunks: readonly string[]) => chunks.slice(0, -1)],
      ['no-finish', (chunks: readonly string[]) => chunks.toSpliced(-2, 1)],
      ['crlf', (chunks: readonly string[]) => chunks.map((chunk) => chunk.replaceAll('\n', '\r\n'))],
      ['cr', (chunks: readonly string[]) => chunks.map((chunk) => chunk.replaceAll('\n', '\r'))],
      ['merge:4', (chunks: readonly string[]) => [chunks.slice(0, 4).join(''), chunks.slice(4).join('')]],
      ['garbage:1', (chunks: readonly string[]) => chunks.with(1, chunks[1]!.replace('{', '{{'))],
      ['split:50', (chunks: readonly string[]) => chunks.flatMap((chunk) => chunk.match(/[^]{1,50}/g)!)],
    ] as const)('%s, HTTP chunk by HTTP chunk', async (pattern, expected) => {
      const { chunks } = await ask(server, pattern)
      expect([...chunks]).toEqual(expected(usual.chunks))
    })

    test('pieces leave in turns of their own, not in one segment', () =>
      withClient(server, async (client) => {
        let segments = 0
        client.socket.on('data', () => segments++)
        client.send(chatRequest('X-Test-Pattern: split:20\r\n'))
        const { chunks } = await client.response()
        expect(chunks.length).toBeGreaterThan(40)
        expect(segments).toBeGreaterThan(20) // in a single turn each event would be one: six in all
      }))

    test('a stall is as long as it should be', async () => {
      const startedMs = performance.now()
      const { chunks } = await ask(server, 'stall:2:300')
      expect([...chunks]).toEqual([...usual.chunks])
      expect(performance.now() - startedMs).toBeGreaterThan(320)
    })

    test('slow trickles', async () => {
      const startedMs = performance.now()
      expect((await ask(server, 'slow:4000')).body).toBe(usual.body)
      expect(performance.now() - startedMs).toBeGreaterThan((usual.body.length / 4000) * 1000)
    })

    test('hang: nothing comes, until the client leaves', async () => {
      await withClient(server, async (client) => {
        client.send(chatRequest('X-Test-Pattern: hang\r\n'))
        await until(async () => (await faultOf(server, 'hang'))?.dealt === 1)
        await Bun.sleep(50)
        expect(client.received()).toBe('')
      })
      await until(async () => (await faultOf(server, 'hang'))?.leftBeforeFirstEvent === 1)
    })

    test('headers-then-hang: a complete head and a comment, then nothing', () =>
      withClient(server, async (client) => {
        client.send(chatRequest('X-Test-Pattern: headers-then-hang\r\n'))
        await until(() => client.received().includes('\r\n\r\n3\r\n:\n\n\r\n'))
        await Bun.sleep(50)
        expect(client.received()).toEndWith(':\n\n\r\n')
      }))

    test('several at once, on another API', async () => {
      const { chunks, headers } = await ask(server, 'unicode+crlf+no-done', '/v1/messages')
      expect(headers['x-test-pattern-applied']).toBe('unicode+crlf+no-done')
      const body = Buffer.from(chunks.join(''), 'latin1').toString()
      expect(body).toContain('👋🏽')
      expect(body).toStartWith('event: message_start\r\ndata: {')
      expect(body).not.toContain('message_stop')
    })

    test.each([
      ['abrot:5', 'it takes abort:N, to name the nearest, or ok, status:CODE, refuse'],
      ['abort:9', 'abort:9 lies beyond the reply, which has 4 content chunks'],
      ['crlf+cr', 'together they contradict each other'],
      ['', 'status:CODE'],
    ])('the pattern %j is refused', async (pattern, message) => {
      const { status, body } = await ask(server, pattern)
      expect(status).toBe(400)
      expect(JSON.parse(body).error.message).toContain(message)
    })

    test('more patterns than are kept prepared are all answered', async () => {
      const patterns = Array.from({ length: 80 }, (_, i) => `stall:0:0.${i + 10}`)
      const answers = await Promise.all(patterns.map((pattern) => ask(server, pattern)))
      for (const { status } of answers) expect(status).toBe(200)
      const { faults } = await stats(server)
      expect(faults.some(({ pattern }) => pattern === 'others')).toBe(true)
      expect(faults.length).toBeLessThanOrEqual(65)
    })

    test('what makes no difference is not said to be applied, and not counted', async () => {
      const { status, headers } = await ask(server, 'no-done', '/v1/embeddings')
      expect([status, headers['x-test-pattern-applied']]).toEqual([200, undefined])
      expect((await ask(server, 'multiline', '/api/chat')).headers).not.toHaveProperty(
        'x-test-pattern-applied',
      )
      expect((await ask(server, 'garbage:0', '/v1/embeddings')).headers).toHaveProperty(
        'x-test-pattern-applied',
      )
    })

    test('what is no answer of a model never fails', async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/health`, {
        headers: { 'X-Test-Pattern': 'refuse' },
      })
      expect(response.status).toBe(200)
    })
  })

  test('without --honor the header means nothing', async () => {
    expect((await ask(serve({}), 'status:500')).status).toBe(200)
  })

  test('with --reply auto a pattern applies to what the body asks for', async () => {
    const server = serve({ honor: 'fault', reply: 'auto' })
    const whole = await withClient(server, (client) => {
      client.send(chatRequest('X-Test-Pattern: finish:length\r\n', '{}'))
      return client.response()
    })
    expect(JSON.parse(whole.body).choices[0].finish_reason).toBe('length')
    expect((await ask(server, 'end:1')).chunks).toHaveLength(1)
  })

  test('rates are met exactly, and the same seed gives the same sequence', async () => {
    const sequence = async (server: Running): Promise<number[]> => {
      const statuses: number[] = []
      for (let i = 0; i < 40; i++) statuses.push((await ask(server)).status)
      return statuses
    }
    const flags = { fault: 'status:500@25%,status:503@10%', chunkDelayMs: '0' }
    const [one, two] = await Promise.all([sequence(serve(flags)), sequence(serve(flags))])
    expect(one).toEqual(two)
    expect([500, 503, 200].map((status) => one.filter((got) => got === status).length)).toEqual([10, 4, 26])
  })

  test('a script goes by routes, whatever is asked of them, and a reset restarts it', async () => {
    const server = serve({ fault: 'status:429x2,ok', reply: 'auto', chunkDelayMs: '0' })
    const post = async (path: string, body: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body })).status
    const statuses = [
      await post('/v1/chat/completions', '{}'),
      await post('/v1/chat/completions', '{"stream":true}'),
      await post('/v1/chat/completions', '{}'),
      await post('/v1/messages', '{}'),
      await post('/v1/chat/completions', '{"model":"other"}'),
    ]
    expect(statuses).toEqual([429, 429, 200, 429, 200])
    const { requests } = await stats(server)
    expect(requests.timeline.reduce((sum, { byStatus }) => sum + (byStatus['429'] ?? 0), 0)).toBe(3)
    await stats(server, 'POST', '/stats/reset')
    expect(await post('/v1/chat/completions', '{}')).toBe(429)
  })

  describe.concurrent('the account', () => {
    test('where clients left, and how long after the fault', async () => {
      const server = serve({ fault: 'stall:2:60000' })
      for (let i = 0; i < 3; i++)
        await withClient(server, async (client) => {
          client.send(chatRequest())
          await until(() => client.received().includes(' world'))
          await Bun.sleep(100)
        })
      const fault = await until(async () => {
        const found = await faultOf(server, 'stall:2:60000')
        return found?.leftMidStream === 3 ? found : undefined
      })
      expect(fault).toMatchObject({
        dealt: 3,
        completed: 0,
        leftBeforeFirstEvent: 0,
        leftAfterChunks: { '2': 3 },
      })
      expect(fault.leftAfterFaultMs.count).toBe(3)
      expect(fault.leftAfterFaultMs.p50!).toBeGreaterThan(80)
      expect((await stats(server)).requests.abortedMidStream).toBe(3)
    })

    test('what the end of the program cuts was not left by its client', async () => {
      const server = serveInProcess({ engine, fault: 'hang' })
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await until(() => server.snapshot(false).open === 1)
        const last = await server.stop(0)
        expect(last).toMatchObject({ cut: 1, abortedBeforeFirstEvent: 0 })
        expect(last.ledgers).toMatchObject([{ dealt: 1, leftBeforeFirstEvent: 0, leftMidStream: 0 }])
      })
    })

    test('pieces and comments are not counted as events', async () => {
      const server = serve({ fault: 'split:10+keepalive:2' })
      await ask(server)
      const { sent, faults, requests, latenessMs } = await stats(server)
      expect(sent.events).toBe(6)
      expect(latenessMs.count).toBe(6)
      expect(faults).toMatchObject([{ pattern: 'split:10+keepalive:2', dealt: 1, completed: 1 }])
      expect(requests).toMatchObject({ open: 0, completed: 1 })
    })

    test('events held back by a client that does not read are not our lateness', async () => {
      const server = serve({ chunkCount: '200', chunkBytes: '65536', fault: 'no-done' })
      await withClient(server, async (client) => {
        client.socket.pause()
        client.send(chatRequest())
        await until(async () => (await stats(server)).sent.events > 0)
        await Bun.sleep(1500)
        client.socket.resume()
        await until(async () => (await stats(server)).requests.completed === 1)
      })
      const { sent, latenessMs } = await stats(server)
      expect(sent.heldBack).toBeGreaterThan(50)
      expect(latenessMs.count + sent.heldBack).toBe(201)
    })

    test('a comment is no event: not for the time to the first one, nor for where clients left', async () => {
      const server = serve({ fault: 'keepalive:5', ttftMs: '200' })
      await ask(server)
      expect((await stats(server)).ttftMs.p50!).toBeGreaterThan(190)
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await until(() => client.received().includes('keepalive'))
      })
      await until(async () => (await stats(server)).requests.abortedBeforeFirstEvent === 1)
      expect(await faultOf(server, 'keepalive:5')).toMatchObject({
        dealt: 2,
        completed: 1,
        leftBeforeFirstEvent: 1,
      })
    })

    test('every faulty reply ends one way or another', async () => {
      const server = serve({ honor: 'fault' })
      for (const path of ['/v1/chat/completions', '/v1/embeddings'])
        for (const pattern of ['status:500', 'garbage:0', 'stall:0:5']) await ask(server, pattern, path)
      for (const { dealt, completed } of (await stats(server)).faults)
        expect([dealt, completed]).toEqual([2, 2])
    })

    test('a connection that we reset is not one that the client left', async () => {
      const server = serve({ fault: 'abort:1' })
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await client.closed()
      })
      expect((await stats(server)).requests).toMatchObject({ open: 0, completed: 1, abortedMidStream: 0 })
      expect(await faultOf(server, 'abort:1')).toMatchObject({ dealt: 1, completed: 1, leftMidStream: 0 })
    })

    test('how long streams waited for a client that did not read', async () => {
      const server = serve({ chunkCount: '200', chunkBytes: '65536', chunkDelayMs: '0' })
      await withClient(server, async (client) => {
        client.socket.pause()
        client.send(chatRequest())
        await until(async () => (await stats(server)).sent.events > 0)
        await Bun.sleep(200)
        client.socket.resume()
        await until(async () => (await stats(server)).requests.completed === 1)
      })
      const { blockedMs } = await stats(server)
      expect(blockedMs.count).toBeGreaterThan(0)
      expect(blockedMs.max!).toBeGreaterThan(150)
    })
  })

  describe.concurrent('limits', () => {
    test('requests beyond the rate get 429 with the time to wait, and headers count down', async () => {
      const server = serve({ rateLimit: '3/s', chunkDelayMs: '0' })
      const answers: RawResponse[] = []
      await until(async () => {
        const startedMs = performance.now()
        answers.length = 0
        for (let i = 0; i < 5; i++) answers.push(await ask(server))
        if (performance.now() - startedMs < 900) return true
        return Bun.sleep(1000).then(() => false) // too slow for a window of a second: once more
      })
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
      expect(answers.map(({ headers }) => headers['x-ratelimit-remaining-requests'])).toEqual([
        '2',
        '1',
        '0',
        '0',
        '0',
      ])
      const { headers, body } = answers[4]!
      const waitMs = Number(headers['retry-after-ms'])
      expect(waitMs).toBeGreaterThan(0)
      expect(waitMs).toBeLessThanOrEqual(1000)
      expect(headers['retry-after']).toBe('1')
      expect(JSON.parse(body).error.message).toBe('Rate limit of 3 requests per second reached.')
      await Bun.sleep(waitMs)
      expect((await ask(server)).status).toBe(200)
    })

    test('what waits for its body is not under way yet', async () => {
      const server = serve({ maxOpen: '2', reply: 'auto', ttftMs: '60000' })
      const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(server.port)))
      const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n'
      for (const client of clients) client.send(head)
      await Bun.sleep(50)
      for (const client of clients) client.send('{"stream":true}')
      await until(() => clients.filter((client) => client.received().includes(' 429 ')).length === 3)
      expect((await stats(server)).requests.open).toBe(2)
      for (const client of clients) client.socket.destroy()
    })

    test('each provider has its own headers', async () => {
      const server = serve({ rateLimit: '2/s', chunkDelayMs: '0' })
      const { headers } = await ask(server, undefined, '/v1/messages')
      expect(headers).toMatchObject({
        'anthropic-ratelimit-requests-limit': '2',
        'anthropic-ratelimit-requests-remaining': '1',
      })
      expect(headers['anthropic-ratelimit-requests-reset']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect((await ask(server, undefined, '/api/chat')).headers).not.toHaveProperty(
        'x-ratelimit-limit-requests',
      )
    })

    test('replies under way are limited, and one that ends makes room', async () => {
      const server = serve({ maxOpen: '2', retryAfterMs: '50', ttftMs: '60000' })
      const clients = await Promise.all([rawClient(server.port), rawClient(server.port)])
      for (const client of clients) client.send(chatRequest())
      await until(async () => (await stats(server)).requests.open === 2)
      const { status, headers } = await ask(server)
      expect([status, headers['retry-after-ms']]).toEqual([429, '50'])
      clients[0]!.socket.destroy()
      await until(async () => (await stats(server)).requests.open === 1)
      clients[0] = await rawClient(server.port)
      clients[0].send(chatRequest())
      await until(async () => (await stats(server)).requests.open === 2)
      for (const client of clients) client.socket.destroy()
    })
  })
})
