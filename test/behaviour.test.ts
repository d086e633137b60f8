// What anyone can observe from outside, the same on both engines, for the server in this process, from source and compiled.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect as connectHttp2 } from 'node:http2'
import { ask, expectHealthy, useEveryWay } from './_behaviour.ts'
import {
  chatRequest,
  type Launch,
  type Launched,
  promises,
  type RawClient,
  rawClient,
  until,
  withClient,
} from './_helpers.ts'

const CHAT_EVENT =
  /^data: \{"id":"chatcmpl-mock","object":"chat\.completion\.chunk","created":\d+,"model":"mock-model","choices":\[\{"index":0,"delta":\{.*\},"logprobs":null,"finish_reason":(null|"stop")\}\]\}\n\n$/

describe.each(useEveryWay())('%s, engine %s', (way, engine, launchAny) => {
  const launch: Launch = (flags) => launchAny({ engine, ...flags })
  let paced: Launched
  let instant: Launched
  let huge: Launched
  beforeAll(async () => {
    paced = await launch({ chunkCount: '4', chunkDelayMs: '30' })
    instant = await launch({ chunkDelayMs: '0' })
    huge = await launch({ chunkDelayMs: '0', chunkCount: '50000' })
  })
  afterAll(async () => {
    await Promise.all([paced.stop(), instant.stop(), huge.stop()])
  })

  test('streams N content events, the finish event and [DONE], each an HTTP chunk, no sooner than due', async () => {
    const sentAtMs = performance.now()
    const { status, headers, chunks, headersAtMs, endAtMs } = await ask(paced, chatRequest())
    expect(status).toBe(200)
    expect(headers).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      date: expect.any(String),
      'transfer-encoding': 'chunked',
    })
    expect(chunks).toHaveLength(6)
    for (const chunk of chunks.slice(0, -1)) expect(chunk).toMatch(CHAT_EVENT)
    expect(chunks[0]).toContain(
      '"delta":{"role":"assistant","content":"Hello"},"logprobs":null,"finish_reason":null',
    )
    expect(chunks[1]).toContain('"delta":{"content":" world"},"logprobs":null,"finish_reason":null')
    expect(chunks[4]).toContain('"delta":{},"logprobs":null,"finish_reason":"stop"')
    expect(chunks[5]).toBe('data: [DONE]\n\n')
    expect(headersAtMs - sentAtMs).toBeGreaterThan(29) // one delay, fired at most half a millisecond early
    expect(endAtMs - sentAtMs).toBeGreaterThan(149)
  })

  test('headers and first event arrive in one segment', async () => {
    await withClient(paced, async (client) => {
      client.send(chatRequest())
      const first = await until(() => client.received() !== '' && client.received())
      expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n[0-9a-f]+\r\ndata: .*\n\n\r\n/)
    })
  })

  test('at delay 0 every event is still an HTTP chunk of its own', async () => {
    const { chunks } = await ask(instant, chatRequest())
    expect(chunks).toHaveLength(20)
    for (const chunk of chunks) expect(chunk).toMatch(/^data: [^\n]*\n\n$/)
  })

  test.each([
    ['no body and no length', 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['not JSON', chatRequest('', 'not json')],
    ['Accept: application/json', chatRequest('Accept: application/json\r\nAccept-Encoding: gzip, br\r\n')],
    ['a query', chatRequest('', '{}', '/v1/chat/completions?api-version=1')],
    ['no /v1 prefix', chatRequest('', '{}', '/chat/completions')],
    ['a 5 MB body', chatRequest('', 'x'.repeat(5_000_000))],
    ['Expect: 100-continue', chatRequest('Expect: 100-continue\r\n')],
    [
      'a chunked upload',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
  ])('streams whatever is sent: %s', async (_name, request) => {
    const { status, body, headers } = await ask(instant, request)
    expect(status).toBe(200)
    expect(headers['content-encoding']).toBeUndefined()
    expect(body.match(/^data: /gm)).toHaveLength(20)
  })

  test('a connection is kept: a large body is drained before the next request on it', async () => {
    await withClient(instant, async (client) => {
      for (const body of ['x'.repeat(1_000_000), '', '{}']) {
        client.send(chatRequest('', body))
        expect((await client.response()).chunks).toHaveLength(20)
      }
    })
  })

  test('a body is asked for with 100 Continue before it is sent', async () => {
    await withClient(instant, async (client) => {
      client.send(chatRequest('Expect: 100-continue\r\n').slice(0, -'{"stream":true}'.length))
      await until(() => client.received().startsWith('HTTP/1.1 100 Continue'))
      client.send('{"stream":true}')
      expect((await client.response()).chunks).toHaveLength(20)
    })
  })

  // While no reply is paced: Bun closes a connection on which a request arrives before the last reply has ended.
  test.each(promises[engine].pipelining ? ['instant', 'paced'] : ['instant'])(
    'pipelined requests are answered in order: %s',
    async (pace) => {
      const server = pace === 'paced' ? paced : instant
      const count = pace === 'paced' ? 6 : 20
      await withClient(server, async (client) => {
        client.send(`${chatRequest()}GET /health HTTP/1.1\r\nHost: x\r\n\r\n${chatRequest()}`)
        expect((await client.response()).chunks).toHaveLength(count)
        expect((await client.response()).body).toBe('{"status":"ok"}')
        expect((await client.response()).chunks).toHaveLength(count)
      })
    },
  )

  test('HTTP/1.0 gets the plain events and the end of the connection', async () => {
    await withClient(paced, async (client) => {
      client.send('POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
      const { headers, body } = await client.response()
      expect(headers['transfer-encoding']).toBeUndefined()
      expect(body.match(/^data: /gm)).toHaveLength(6)
      await client.closed()
    })
  })

  test.if(promises[engine].http2)('HTTP/2 with prior knowledge streams on the same port', async () => {
    const session = connectHttp2(paced.url)
    try {
      const stream = session.request(
        { ':method': 'POST', ':path': '/v1/chat/completions' },
        { endStream: true },
      )
      stream.setEncoding('utf8')
      let status: number | undefined
      stream.on('response', (headers) => (status = headers[':status']))
      let text = ''
      for await (const piece of stream) text += piece
      expect(status).toBe(200)
      expect(text.match(/^data: /gm)).toHaveLength(6)
    } finally {
      session.destroy()
    }
  })

  test.each(['/v1', ''])('lists its model and shows it under %j', async (prefix) => {
    const list = await (await fetch(`${instant.url}${prefix}/models`)).json()
    expect(list).toEqual({
      object: 'list',
      data: [{ id: 'mock-model', object: 'model', created: expect.any(Number), owned_by: 'mock-llm-api' }],
    })
    const shown = await fetch(`${instant.url}${prefix}/models/mock-model`)
    expect(await shown.json()).toEqual((list as { data: unknown[] }).data[0])
    const missing = await fetch(`${instant.url}${prefix}/models/gpt%204`)
    expect(missing.status).toBe(404)
    expect(await missing.json()).toEqual({
      error: {
        message: "The model 'gpt 4' does not exist",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    })
  })

  test.each([
    ['GET', '/health', 200, '{"status":"ok"}', undefined],
    ['POST', '/v1/foo', 404, 'Invalid URL (POST /v1/foo)', undefined],
    ['GET', '/healthz', 200, '{"status":"ok"}', undefined],
    ['GET', '/readyz', 200, '{"status":"ok"}', undefined],
    ['GET', '/', 200, '"POST /v1/chat/completions"', undefined],
    ['GET', '/nothing', 404, 'Invalid URL (GET /nothing)', undefined],
    ['POST', '/', 405, 'Not allowed to POST', 'GET, HEAD'],
    ['GET', '/v1/chat/completions', 405, 'Not allowed to GET', 'POST'],
    ['DELETE', '/v1/models/any', 405, 'Not allowed to DELETE', 'GET, HEAD'],
    ['DELETE', '/v1/models', 405, 'Not allowed to DELETE', 'GET, HEAD'],
    ['POST', '/v1/models/any', 405, 'Not allowed to POST', 'GET, HEAD'],
    ['GET', '/v1/../health', 200, '{"status":"ok"}', undefined],
    ['GET', '/v1/models/mock%2Dmodel', 200, '"id":"mock-model"', undefined],
    ['OPTIONS', '/health', 405, 'Not allowed to OPTIONS', 'GET, HEAD'],
  ])('%s %s → %d as JSON', async (method, path, status, text, allow) => {
    const response = await ask(
      instant,
      `${method} ${path}?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(response.status).toBe(status)
    expect(response.headers['content-type']).toBe('application/json')
    expect(response.headers['allow']).toBe(allow!)
    expect(response.body).toContain(text)
    if (status >= 400)
      expect(Object.keys(JSON.parse(response.body).error)).toEqual(['message', 'type', 'param', 'code'])
  })

  test('GET / is a page for browsers', async () => {
    const accept = 'Accept: text/html,*/*;q=0.8\r\n'
    const { status, headers, body } = await ask(instant, `GET / HTTP/1.1\r\nHost: x\r\n${accept}\r\n`)
    expect([status, headers['content-type'], headers['vary']]).toEqual([
      200,
      'text/html;charset=utf-8',
      'Accept',
    ])
    expect(body).toStartWith('<!doctype html>')
    for (const one of ['--line-1', 'uPlot', 'function pointBetween', 'POST /v1/chat/completions'])
      expect(body).toContain(one)
    expect(body).toEndWith('</html>\n')
  })

  test.each(['/', '/health', '/v1/models', '/models/mock-model'])(
    'HEAD %s sends headers only',
    async (path) => {
      await withClient(instant, async (client) => {
        client.send(`HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
        const received = await until(() => client.received().includes('\r\n\r\n') && client.received())
        expect(received).toStartWith('HTTP/1.1 200 OK\r\n')
        expect(received).toEndWith('\r\n\r\n')
      })
    },
  )

  test.each([
    ['binary garbage', Uint8Array.from({ length: 4096 }, (_unused, i) => (i * 89) % 256)],
    ['half a request', 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Le'],
    ['half a body', 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a'],
    ['a hostile Host', 'GET /nowhere HTTP/1.1\r\nHost: [::1\r\n\r\n'],
    ['an absolute URI', 'GET http://a b/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['paths that are not what they seem', 'GET /v1/%zz/..%2f HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('survives %s', async (_name, bytes) => {
    await withClient(instant, async (client) => {
      client.send(bytes)
      await expectHealthy(instant)
    })
    await expectHealthy(instant)
  })

  test('survives clients that leave at every stage', async () => {
    const stages: ((client: RawClient) => Promise<unknown>)[] = [
      async () => {}, // connected, said nothing
      async (client) => client.send(chatRequest().slice(0, 40)),
      async (client) => client.send(chatRequest()), // before the headers
      async (client) => {
        client.send(chatRequest())
        await until(() => client.received().includes('data: '))
      },
      async (client) => {
        client.send(chatRequest())
        await until(() => client.received().split('data: ').length > 3)
      },
      async (client) => {
        client.send(chatRequest())
        await client.response()
      },
    ]
    for (const leave of stages) await withClient(paced, leave)
    await expectHealthy(paced)
  })

  test('a client that does not read stops its stream, costs no memory, and resumes', async () => {
    // Replies like these have been written before, so what memory that takes is taken.
    let before = 0
    for (let i = 0; i < 12; i++) {
      await expectHealthy(huge)
      before = Math.max(before, huge.memory())
    }
    const clients = await Promise.all(Array.from({ length: 30 }, () => rawClient(huge.port)))
    try {
      for (const client of clients) {
        client.socket.pause()
        client.send(chatRequest())
      }
      await expectHealthy(instant)
      await expectHealthy(huge)
      // Thirty replies of 10 MB, unread: nearly all of it must still be unwritten. In this process the clients take memory as well.
      expect(huge.memory() - before).toBeLessThan(way === 'in process' ? 90_000_000 : 40_000_000)
      const [slow] = clients
      slow!.socket.resume()
      const { chunks } = await slow!.response()
      expect(chunks).toHaveLength(50_002)
      expect(chunks.at(-1)).toBe('data: [DONE]\n\n')
    } finally {
      for (const client of clients) client.socket.destroy()
    }
    await expectHealthy(huge)
  })
})
