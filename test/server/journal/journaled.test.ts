// The journal through the server: what is kept on each engine, who may see it, and what it leaves as it was.
import { describe, expect, test } from 'bun:test'
import type { ClientVerdict } from '../../../src/stats/clientverdict.ts'
import type { Report } from '../../../src/stats/report.ts'
import type { ToldRequest } from '../../../src/stats/traces.ts'
import { chatRequest, engines, promises, rawClient, serveInProcess, until } from '../../_helpers.ts'
import { useJournal } from './_journaled.ts'

describe.each(engines)('engine %s', (engine) => {
  const serve = useJournal(engine)

  test('what was asked, what was answered, and what became of it', async () => {
    const { chat, told } = serve({ fault: 'status:429x1,ok', retryAfterMs: '1500' })
    const headers = {
      'x-test-session': 'mine',
      'content-type': 'application/json',
      authorization: 'Bearer sk-1',
    }
    await chat('{"a":1}', headers, '/v1/chat/completions?key=sk-2&x=1')
    await chat('{"a":1}', headers, '/v1/chat/completions?key=sk-2&x=1')
    const { requests, next } = await told()
    expect(next).toBeNull()
    const before = Date.now()
    expect(requests).toMatchObject([
      {
        id: '0-1',
        upstream: '',
        session: 'mine',
        method: 'POST',
        path: '/v1/chat/completions',
        query: 'key=sha256:84b2f27e&x=1'.replace(
          '84b2f27e',
          (Bun.SHA256.hash('sk-2', 'hex') as unknown as string).slice(0, 8),
        ),
        headers: { authorization: 'Bearer sha256:0f2c10bf', 'content-type': 'application/json' },
        body: '{"a":1}',
        bodyBytes: 7,
        bodySha256: Bun.SHA256.hash('{"a":1}', 'hex') as unknown as string,
        retryCount: null,
        retryOf: '0-0',
        answer: { status: 200, pattern: null, isCut: false, ending: 'close', retryAfterMs: null },
        client: { did: 'read to the end', chunks: 3, silentMs: null },
      },
      {
        id: '0-0',
        retryOf: null,
        answer: { status: 429, pattern: 'status:429', retryAfterMs: 1500, shouldRetry: null },
      },
    ])
    const [second, first] = requests
    expect(second!.time).toBeGreaterThan(first!.time)
    expect(Math.abs(second!.time - before)).toBeLessThan(60_000)
    for (const { time, answer } of requests) {
      expect(answer.firstByteAt!).toBeGreaterThanOrEqual(time)
      expect(answer.endedAt!).toBeGreaterThanOrEqual(answer.firstByteAt!)
    }
  })

  test('the observers of a run are not kept, unknown paths are', async () => {
    const { url, get, told } = serve()
    for (const path of ['/health', '/', '/stats', '/metrics', '/requests', '/verdict'])
      await (await fetch(url + path)).text()
    await (await fetch(`${url}/nowhere`)).text()
    await (await fetch(`${url}/v1/models`)).text()
    await (await fetch(`${url}/v1/chat/completions`)).text()
    const { requests } = await told()
    expect(requests.map(({ path, answer }) => [path, answer.status])).toEqual([
      ['/v1/chat/completions', 405],
      ['/v1/models', 200],
      ['/nowhere', 404],
    ])
    const { byRoute, unrouted } = (await get<Report>('/stats')).requests
    expect(byRoute.map(({ route, requests }) => `${route} ${requests}`).toSorted()).toEqual([
      'GET / 1',
      'GET /health 1',
      'GET /v1/models 1',
      'unrouted 1',
      'unrouted 1',
    ])
    expect(unrouted.length).toBe(2)
  })

  test('without it there is a 404 that says how to turn it on', async () => {
    const { url } = serve({ journal: '0' })
    for (const [method, path] of [
      ['GET', '/requests'],
      ['GET', '/requests/count'],
      ['DELETE', '/requests'],
      ['GET', '/verdict?x=y'],
    ] as const) {
      const response = await fetch(url + path, { method })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        error: { message: 'No request is kept: --journal N keeps the last N of each worker.' },
      })
    }
  })

  test('a wrong question is refused, another method too', async () => {
    const { url } = serve()
    for (const [path, message] of [
      ['/requests?sesion=1', "There is no key 'sesion'. Did you mean session?"],
      ['/requests/count?limit=1', "There is no key 'limit'."],
      ['/verdict?status=1', "There is no key 'status'. It takes session, upstream, since or text."],
    ] as const) {
      const response = await fetch(url + path)
      expect(response.status).toBe(400)
      expect(((await response.json()) as { error: { message: string } }).error.message).toStartWith(message)
    }
    const posted = await fetch(`${url}/requests`, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE'])
  })

  test('with a key they ask for it, the numbers do not, and no secret is shown', async () => {
    const { url, chat, get } = serve({ apiKey: 'sk-secret' })
    expect(await chat('{}', { authorization: 'Bearer sk-secret' })).toBe(200)
    expect(
      await chat('{}', { 'x-api-key': 'sk-wrong', cookie: 'sk-wrong' }, '/v1/messages?key=sk-wrong'),
    ).toBe(401)
    for (const path of ['/requests', '/requests/count', '/verdict', '/verdict?text'])
      for (const method of path === '/requests' ? ['GET', 'DELETE'] : ['GET'])
        expect((await fetch(url + path, { method })).status).toBe(401)
    const { byRoute } = (await get<Report>('/stats')).requests
    expect(byRoute.map(({ status, requests }) => [status, requests])).toEqual([
      [200, 1],
      [401, 1],
    ])
    const shown = await Promise.all(
      ['/requests', '/verdict', '/verdict?text'].map(async (path) =>
        (await fetch(url + path, { headers: { 'x-api-key': 'sk-secret' } })).text(),
      ),
    )
    expect(shown[0]).toContain('"path":"/v1/messages"')
    expect(shown.join()).not.toMatch(/sk-secret|sk-wrong/)
  })

  test('pages, counts, and what is forgotten', async () => {
    const { chat, told, get } = serve()
    for (let i = 0; i < 5; i++) await chat(`{"n":${i}}`, { 'x-test-session': i < 2 ? 'a' : 'b' })
    const first = await told('?limit=2')
    expect(first.requests.map(({ body }) => body)).toEqual(['{"n":4}', '{"n":3}'])
    const second = await told(`?limit=2&cursor=${first.next}`)
    expect(second.requests.map(({ body }) => body)).toEqual(['{"n":2}', '{"n":1}'])
    const last = await told(`?limit=2&cursor=${second.next}`)
    expect([last.requests.length, last.next]).toEqual([1, null])
    expect(await get<object>('/requests/count?session=a')).toEqual({ count: 2 })
    expect(await get<object>('/requests?session=a', { method: 'DELETE' })).toEqual({ forgotten: 2 })
    expect(await get<object>('/requests/count')).toEqual({ count: 3 })
    expect((await told('?body=%22n%22:3')).requests.length).toBe(1)
    expect(await get<object>('/requests', { method: 'DELETE' })).toEqual({ forgotten: 3 })
    expect(await told()).toEqual({ requests: [], next: null })
  })

  test('who leaves, and after how much', async () => {
    const { port, told } = serve({ fault: 'stall:2:60000' })
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(() => client.received().split('data: ').length === 3)
    expect((await told()).requests).toMatchObject([{ client: { did: 'still open', afterMs: null } }])
    client.socket.destroy()
    const [left] = await until(async () => {
      const { requests } = await told()
      return requests[0]!.client.did === 'left' ? requests : undefined
    })
    expect(left).toMatchObject({
      answer: { status: 200, pattern: 'stall:2:60000' },
      client: { did: 'left', chunks: 2 },
    })
    expect(left!.client.afterMs!).toBeGreaterThan(0)
  })
  test.skipIf(!promises[engine].halfClosed)(
    'who has no more to say, and reads all, has not left',
    async () => {
      const { port, told, get } = serve({ ttftMs: '30', chunkDelayMs: '5' })
      const client = await rawClient(port)
      client.socket.end(chatRequest())
      const [{ client: deed }] = (await until(async () => {
        const { requests } = await told()
        return requests[0]?.client.did === 'left' ? requests : undefined
      })) as [ToldRequest]
      expect(deed.chunks).toBeNull()
      await client.closed()
      expect(client.received()).toEndWith('0\r\n\r\n')
      await until(async () => (await told()).requests[0]!.client.did === 'read to the end')
      const [{ client: read, answer }] = (await told()).requests as [ToldRequest]
      expect([read.chunks, read.silentMs]).toEqual([3, null])
      expect(answer.endedAt!).toBeGreaterThan(answer.firstByteAt!)
      expect((await get<ClientVerdict>('/verdict')).findings).toEqual([])
    },
  )

  test.each(['stream', 'json'])('who has gone has left, whatever is sent behind it: %s', async (reply) => {
    const { port, told } = serve({ reply, ttftMs: '50' })
    const client = await rawClient(port)
    await client.send(chatRequest())
    await until(async () => (await told()).requests.length === 1)
    client.socket.destroy()
    await until(async () => (await told()).requests[0]!.client.did === 'left')
    await Bun.sleep(100)
    expect((await told()).requests[0]!.client).toMatchObject({ did: 'left' })
  })

  test('numbers count as they do without it', async () => {
    const numbers = async (journal: string): Promise<unknown> => {
      const { chat, get, url } = serve({ journal, fault: 'status:503x1,abort:1x1,ok' })
      for (let i = 0; i < 3; i++) await chat()
      await (await fetch(`${url}/v1/models`)).text()
      const { requests, faults } = await get<Report & { faults?: unknown }>('/stats')
      const { byRoute, total, completed, open } = requests
      return { byRoute, total, completed, open, faults }
    }
    expect(await numbers('10')).toEqual(await numbers('0'))
  })

  test('while the numbers are reset over and over', async () => {
    const { chat, told, get } = serve()
    const busy = Array.from({ length: 20 }, async (_, i) => {
      await chat(`{"n":${i}}`)
      await get('/stats/reset', { method: 'POST' })
      return (await told('?limit=1000')).requests.length
    })
    const seen = await Promise.all(busy)
    expect(Math.max(...seen)).toBe(20)
    expect((await told()).requests.length).toBe(20)
  })
})

test('pages of any origin may ask, with --cors', async () => {
  const running = serveInProcess({ cors: 'true', journal: '1' })
  try {
    const response = await fetch(`http://127.0.0.1:${running.port}/requests`)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  } finally {
    await running.stop(0)
  }
})
