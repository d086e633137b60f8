// Faults as a raw client sees them, byte for byte.
import { beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, engines, type RawResponse, until, withClient } from '../_helpers.ts'
import { ask, faultOf, stats } from './_faults.ts'
import { useServers } from './_servers.ts'

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine, chunkCount: '4', chunkDelayMs: '5' })

  const KEEPALIVE = ': keepalive\n\n'
  const FAILURE =
    'data: {"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}\n\n'

  /** An event with its JSON over several data lines. */
  function spread(event: string): string {
    if (event.includes('[DONE]')) return event
    return `data: ${JSON.stringify(JSON.parse(event.slice(6)), null, 1).replaceAll('\n', '\ndata: ')}\n\n`
  }

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
})
