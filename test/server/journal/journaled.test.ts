// The journal through the server: what is kept on each engine, who may see it, and what it leaves as it was.
import { afterEach, describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../../src/config/config.ts'
import { hashSecret } from '../../../src/server/journal/secrets.ts'
import type { Running } from '../../../src/server/server.ts'
import type { ClientVerdict } from '../../../src/stats/clientverdict.ts'
import type { Report } from '../../../src/stats/report.ts'
import type { ToldRequest } from '../../../src/stats/traces.ts'
import { chatRequest, engines, promises, rawClient, serveInProcess, until } from '../../_helpers.ts'

interface Told {
  readonly requests: readonly ToldRequest[]
  readonly next: string | null
  readonly missing?: number
}

describe.each(engines)('engine %s', (engine) => {
  let running: Running | undefined
  afterEach(async () => {
    await running?.stop(0)
    running = undefined
  })

  function serve(flags: GivenFlags = {}) {
    running = serveInProcess({ engine, journal: '100', chunkDelayMs: '0', chunkCount: '3', ...flags })
    const url = `http://127.0.0.1:${running.port}`
    const get = async <T>(path: string, init?: RequestInit): Promise<T> =>
      (await (await fetch(url + path, init)).json()) as T
    return {
      port: running.port,
      url,
      get,
      told: (query = '') => get<Told>(`/requests${query}`),
      /** Asks for a stream and reads it to the end, or to where it breaks. */
      chat: async (body = '{}', headers: Record<string, string> = {}, path = '/v1/chat/completions') => {
        const response = await fetch(url + path, { method: 'POST', body, headers }).catch(() => undefined)
        await response?.text().catch(() => '')
        return response?.status
      },
    }
  }

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

  test.each(['auto', 'stream'])('with --reply %s a body of any size is answered as ever', async (reply) => {
    const { chat, told, get } = serve({ reply, maxBodyBytes: String(1 << 24) })
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(200_000) }] })
    expect(await chat(body)).toBe(200)
    expect(await chat('x'.repeat((1 << 24) + 1))).toBe(413)
    const [large, long] = (await told()).requests
    expect(long).toMatchObject({
      bodyBytes: body.length,
      bodySha256: Bun.SHA256.hash(body, 'hex') as unknown as string,
    })
    expect(long!.body).toBe(body.slice(0, 65_536))
    expect(large).toMatchObject({
      body: null,
      bodyBytes: (1 << 24) + 1,
      bodySha256: null,
      answer: { status: 413 },
    })
    const { memory } = await get<Report>('/stats')
    expect(memory.journal!.limit).toBe(1 << 26)
    expect(memory.journal!.taken).toBeGreaterThan(65_536)
    expect(memory.journal!.taken).toBeLessThan(3 * 65_536)
    expect(memory.bodies!.taken).toBe(0)
  })

  test('a body in chunks that is longer than any that is read', async () => {
    const { url, told } = serve()
    const piece = new Uint8Array(1 << 20)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (sent++ < 20 ? controller.enqueue(piece) : controller.close()),
    })
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
    expect(await response.text()).toEndWith('data: [DONE]\n\n')
    expect((await told()).requests).toMatchObject([
      { body: null, bodyBytes: null, bodySha256: null, answer: { status: 200 } },
    ])
  })

  test('headers are read as both engines have them: names in any case, several of one name, spaces around', async () => {
    const { port, told } = serve()
    const client = await rawClient(port)
    client.send(
      chatRequest(
        'X-Many: a\r\nx-MANY:   b \t\r\nX-Empty:\r\nX-Colon: a:b\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nConstructor: c\r\n__proto__: p\r\n',
      ),
    )
    await client.response()
    client.socket.destroy()
    const [{ headers }] = (await told()).requests as [ToldRequest]
    expect(headers).toMatchObject({
      'x-many': 'a, b',
      'x-colon': 'a:b',
      constructor: 'c',
      host: 'localhost',
      'set-cookie': hashSecret('a=b, c=d'),
    })
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'p'])
    expect(headers['x-empty'] ?? '').toBe('')
  })

  test.each(['set-cookie', 'x-many'])('a header %s that comes 100 times weighs as much', async (name) => {
    const { port, get } = serve()
    const client = await rawClient(port)
    client.send(chatRequest(`${name}: ${'x'.repeat(100)}\r\n`.repeat(100)))
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    expect((await get<Told>('/requests')).requests.length).toBe(1)
    const { taken } = (await get<Report>('/stats')).memory.journal!
    expect(taken).toBeGreaterThan(10_000)
    expect(taken).toBeLessThan(15_000)
  })

  test('bodies that come in pieces, after a head in pieces', async () => {
    const { port, told } = serve()
    const client = await rawClient(port)
    const request = chatRequest('X-Test-Session: slow\r\n', '{"stream":true,"n":1}')
    for (const piece of [request.slice(0, 30), request.slice(30, -10), request.slice(-10)]) {
      await client.send(piece)
      await Bun.sleep(5)
    }
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    expect((await told()).requests).toMatchObject([
      { session: 'slow', body: '{"stream":true,"n":1}', bodyBytes: 21 },
    ])
  })

  test('a body in chunks is refused where a shorter one is asked for', async () => {
    const { url, told } = serve({ maxBodyBytes: '100' })
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(200))
        controller.close()
      },
    })
    expect((await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).status).toBe(413)
    expect((await told()).requests).toMatchObject([{ bodyBytes: 200, answer: { status: 413 } }])
  })

  test('100 MB bodies are answered, and not kept', async () => {
    const { url, told, get } = serve()
    const body = new Uint8Array(100_000_000)
    for (let i = 0; i < 3; i++)
      expect(await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).text()).toEndWith(
        'data: [DONE]\n\n',
      )
    expect((await told()).requests.map(({ bodyBytes }) => bodyBytes)).toEqual([
      100_000_000, 100_000_000, 100_000_000,
    ])
    expect((await get<Report>('/stats')).memory.journal!.taken).toBeLessThan(10_000)
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
      await running!.stop(0)
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

  test('the verdict, as JSON and as text', async () => {
    const { chat, get, url } = serve({ fault: 'status:429x1,ok', retryAfterMs: '60000' })
    expect(await get<ClientVerdict>('/verdict')).toMatchObject({
      sentence: 'There is no request to judge.',
      requests: 0,
    })
    await chat('{"a":1}', { 'x-test-session': 's' })
    await chat('{"a":1}', { 'x-test-session': 's' })
    await chat('{"b":1}', { 'x-test-session': 't' })
    const verdict = await get<ClientVerdict>('/verdict')
    expect(verdict.findings).toMatchObject([
      { rule: 'retried-too-early', severity: 'error', evidence: ['0-0', '0-1'] },
    ])
    expect(await get<ClientVerdict>('/verdict?session=t')).toMatchObject({
      sentence: 'There is nothing to object to: 1 request was judged.',
      findings: [],
    })
    for (const response of [
      await fetch(`${url}/verdict?text`),
      await fetch(`${url}/verdict`, { headers: { accept: 'text/plain' } }),
    ]) {
      expect(response.headers.get('content-type')).toBe('text/plain;charset=utf-8')
      expect(await response.text()).toStartWith(
        'There is 1 objection: 3 requests were judged.\nerror   retried-too-early: 0-0 (POST',
      )
    }
  })

  test.each(['abort:2', 'end:2', 'error:2', 'error:2+done', 'split:9+end:2'])(
    '%s, and a client that goes on with what it has',
    async (fault) => {
      const { chat, get } = serve({ fault: `${fault}x1,ok` })
      await chat('{"messages":[{"role":"user","content":"Hi"}]}')
      const messages = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello world' },
        { role: 'user', content: 'Go on' },
      ]
      await chat(JSON.stringify({ messages }))
      expect((await get<ClientVerdict>('/verdict')).findings).toMatchObject([
        {
          rule: 'took-cut-for-whole',
          evidence: ['0-0', '0-1'],
          sentence: expect.stringContaining('was cut after 2 chunks, and 0-1 goes on'),
        },
      ])
    },
  )
})

test('a verdict for which many bodies are looked into is made in slices', async () => {
  const flags = { journal: '1000', chunkDelayMs: '0', fault: 'end:2x1,ok', noWarmUp: 'true' }
  const running = serveInProcess({ engine: 'socket', ...flags })
  try {
    const url = `http://127.0.0.1:${running.port}`
    const messages = [
      { role: 'user', content: 'x'.repeat(50_000) },
      { role: 'assistant', content: 'Hello world' },
    ]
    for (const body of ['{}', ...Array<string>(300).fill(JSON.stringify({ messages }))])
      await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).text()
    const { requests, findings, more } = (await (await fetch(`${url}/verdict`)).json()) as ClientVerdict
    expect([requests, findings.length, more]).toEqual([301, 20, { 'took-cut-for-whole': 280 }])
  } finally {
    await running.stop(0)
  }
})

test('a session of 1 MB is cut, and found by what is left', async () => {
  const running = serveInProcess({
    engine: 'socket',
    maxHeadBytes: '16777216',
    journal: '10',
    chunkDelayMs: '0',
  })
  try {
    const client = await rawClient(running.port)
    client.send(chatRequest(`X-Test-Session: ${'s'.repeat(1 << 20)}\r\nX-More: 1\r\n`))
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    const url = `http://127.0.0.1:${running.port}`
    const told = (await (await fetch(`${url}/requests?session=${'s'.repeat(300)}`)).json()) as Told
    expect(told.requests.map(({ session }) => session)).toEqual(['s'.repeat(256)])
    expect(JSON.stringify(told).length).toBeLessThan(20_000)
  } finally {
    await running.stop(0)
  }
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

test('what is prepared in slices is kept as well, with head and body as they came', async () => {
  const running = serveInProcess({
    engine: 'socket',
    journal: '10',
    reply: 'auto',
    chunkDelayMs: '0',
    chunkCount: '300000',
    noWarmUp: 'true',
  })
  try {
    const url = `http://127.0.0.1:${running.port}`
    const body = '{"model":"a-long-one","stream":false}'
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'X-Test-Session': 'long' },
      body,
    })
    await response.arrayBuffer()
    const { requests } = (await (await fetch(`${url}/requests`)).json()) as {
      requests: { body: string; session: string; status: number }[]
    }
    expect(requests).toMatchObject([{ body, session: 'long' }])
  } finally {
    await running.stop(0)
  }
})

test('a verdict of workers that have not answered says so, as JSON and as text', async () => {
  const running = serveInProcess(
    { journal: '5' },
    { askAll: async () => [], place: { index: 0, workers: 2 } },
  )
  const sentence = 'Nothing can be said: 2 of 2 workers have not answered in time.'
  try {
    const url = `http://127.0.0.1:${running.port}`
    expect(await (await fetch(`${url}/verdict`)).json()).toMatchObject({ sentence, missing: 2 })
    expect(await (await fetch(`${url}/verdict?text`)).text()).toBe(`${sentence}\n`)
    expect(await (await fetch(`${url}/requests`)).json()).toEqual({ requests: [], next: null, missing: 2 })
  } finally {
    await running.stop(0)
  }
})
