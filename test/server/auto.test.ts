// `--reply auto` looks into bodies: whatever is in them, the answer is a 200 or the provider's own 400.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import type { Running } from '../../src/server/server.ts'
import { engines, named, serveInProcess } from '../_helpers.ts'

const openai = { error: { message: expect.any(String), type: 'invalid_request_error' } }
/** The shape of each provider's error, by path. */
const shapes: Readonly<Record<string, object>> = {
  '/v1/chat/completions': openai,
  '/v1/completions': openai,
  '/v1/responses': openai,
  '/v1/embeddings': openai,
  '/openai/deployments/d/chat/completions': { error: { type: 'invalid_request_error' } },
  '/v1/messages': { type: 'error', error: { type: 'invalid_request_error', message: expect.any(String) } },
  '/v1/messages/count_tokens': { type: 'error', error: { type: 'invalid_request_error' } },
  '/v1beta/models/%zz:generateContent': { error: { code: 400, status: 'INVALID_ARGUMENT' } },
  '/v1beta/models/m:generateContent': { error: { code: 400, status: 'INVALID_ARGUMENT' } },
  '/v1beta/models/m:streamGenerateContent?alt=sse': { error: { code: 400, status: 'INVALID_ARGUMENT' } },
  '/api/chat': { error: expect.any(String) },
  '/api/generate': { error: expect.any(String) },
}

describe.each(engines)('engine %s', (engine) => {
  let running: Running
  let url = ''
  beforeAll(() => {
    running = serveInProcess({ engine, reply: 'auto', chunkDelayMs: '0', chunkCount: '3' })
    url = `http://127.0.0.1:${running.port}`
  })
  afterAll(() => running.stop(0))

  async function post(path: string, body: string | Uint8Array): Promise<{ status: number; text: string }> {
    const response = await fetch(url + path, { method: 'POST', body })
    return { status: response.status, text: await response.text() }
  }

  async function expectRefused(path: string, body: string | Uint8Array): Promise<void> {
    const { status, text } = await post(path, body)
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject(shapes[path]!)
  }

  describe.each(Object.keys(shapes))('%s', (path) => {
    test.each([
      ['nothing', ''],
      ['not JSON', 'hello'],
      ['truncated JSON', '{"model":"m","messages":[{"role":"us'],
      ['two objects', '{}{}'],
      ['an array', '[]'],
      ['a number', '1e999'],
      ['null', 'null'],
      ['binary', Uint8Array.of(0, 255, 254, 1)],
    ])('refuses %s', (_name, body) => expectRefused(path, body))

    test('refuses 100,000 levels of nesting', () =>
      expectRefused(path, `{"input":"x","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))
  })

  test.each(
    named([
      ['/v1/chat/completions', { stream: 'yes' }],
      ['/v1/chat/completions', { stream: 1 }],
      ['/v1/chat/completions', { stream_options: [] }],
      ['/v1/chat/completions', { stream_options: { include_usage: 'true' } }],
      ['/v1/chat/completions', { n: 0 }],
      ['/v1/chat/completions', { n: 129 }],
      ['/v1/chat/completions', { n: 1.5 }],
      ['/v1/chat/completions', { model: 7 }],
      ['/v1/chat/completions', { model: '' }],
      ['/v1/chat/completions', { tool_choice: 'maybe' }],
      ['/v1/chat/completions', { tool_choice: { type: 'function', function: { name: 7 } } }],
      ['/v1/chat/completions', { tool_choice: { type: 'function' } }],
      ['/v1/chat/completions', { model: 'x'.repeat(257) }],
      ['/v1/messages', { tool_choice: { type: 'tool' } }],
      ['/v1/messages', { tool_choice: {} }],
      ['/v1/embeddings', { input: [{}, null] }],
      ['/v1/embeddings', { input: [[1, 'x']] }],
      ['/v1/embeddings', { input: 'x', dimensions: 0 }],
      ['/v1/embeddings', { input: new Array(2048).fill('a'), dimensions: 16_384 }],
      ['/v1/responses', { tool_choice: [] }],
      ['/v1/responses', { tool_choice: { type: 'function' } }],
      ['/v1/embeddings', {}],
      ['/v1/embeddings', { input: [] }],
      ['/v1/embeddings', { input: 'x', encoding_format: 'hex' }],
      ['/v1/messages', { stream: {} }],
      ['/v1/messages', { tool_choice: { type: 'perhaps' } }],
      ['/v1beta/models/m:generateContent', { toolConfig: 'x' }],
      [
        '/v1beta/models/m:generateContent',
        { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [1] } } },
      ],
      ['/api/chat', { stream: 'no' }],
      ['/api/chat', { model: ['m'] }],
    ] as [string, object][]),
  )('%s is refused', (_, path, body) => expectRefused(path, JSON.stringify(body)))

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])(
    'a body encoded with %s is looked into; what is not so, or would be too large, is refused',
    async (encoding, encode) => {
      const send = async (body: Uint8Array, path = '/v1/chat/completions'): Promise<Response> =>
        fetch(url + path, { method: 'POST', body, headers: { 'content-encoding': encoding } })
      const encoded = await send(encode('{"model":"zipped","messages":[]}'))
      expect(JSON.parse(await encoded.text()).model).toBe('zipped')
      const bomb = await send(encode(Buffer.alloc(17 << 20, ' ')), '/v1/messages')
      expect([bomb.status, JSON.parse(await bomb.text()).error.type]).toEqual([413, 'request_too_large'])
      expect((await send(Buffer.from('{"model":"plain"}'))).status).toBe(400)
    },
  )

  test('an encoding that nobody knows is refused with those that are', async () => {
    const headers = { 'content-encoding': 'compress' }
    const refused = await fetch(`${url}/api/chat`, { method: 'POST', body: '{}', headers })
    expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate, br, zstd'])
    expect(JSON.parse(await refused.text()).error).toContain('gzip')
  })

  test('a byte order mark before the body, and lone surrogates in it', async () => {
    const { text } = await post('/v1/chat/completions', '\uFEFF{"model":"a\\ud800b"}')
    expect(JSON.parse(text).model).toBe('a\ud800b')
  })

  test.each([
    ['/v1/chat/completions', 'hello', null, null],
    ['/v1/chat/completions', '{"max_tokens":0}', 'max_tokens', 'integer_below_min_value'],
    ['/v1/chat/completions', '{"n":129}', 'n', 'integer_above_max_value'],
    ['/v1/chat/completions', '{"stream":"yes"}', 'stream', 'invalid_type'],
    ['/v1/responses', '{"temperature":3}', 'temperature', 'decimal_above_max_value'],
    ['/v1/embeddings', '{"input":"x","encoding_format":"hex"}', 'encoding_format', 'invalid_value'],
    ['/v1/completions', '{"max_tokens":1.5}', 'max_tokens', 'invalid_type'],
    ['/openai/deployments/d/chat/completions', '{"messages":7}', 'messages', 'invalid_type'],
  ])('%s %s: what is wrong has a code, in OpenAI’s words', async (path, body, param, code) => {
    const { status, text } = await post(path, body)
    expect([status, JSON.parse(text).error]).toMatchObject([400, { param, code }])
  })

  test('a number too large for JavaScript is refused where a count is meant', () =>
    expectRefused('/v1/chat/completions', '{"n":1e999}'))

  test('any JSON, any bytes: 200 or 400, and the next request works', async () => {
    const fields = [
      'stream',
      'model',
      'n',
      'tool_choice',
      'stream_options',
      'input',
      'encoding_format',
      'toolConfig',
      'messages',
    ]
    const body = fc.oneof(
      fc
        .dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
      fc.uint8Array({ maxLength: 200 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(shapes)), body, async (path, given) => {
        const { status } = await post(path, given as string | Uint8Array)
        expect([200, 400]).toContain(status)
      }),
      { numRuns: 500, seed: 1 },
    )
    expect((await post('/v1/chat/completions', '{"stream":true}')).text).toEndWith('data: [DONE]\n\n')
  })

  test.each([
    ['a space after the colon', '{"stream": true}', true],
    ['the last of several counts, as in JSON', '{"stream":true,"stream":false}', false],
    [
      'a nested field is not the field',
      '{"tools":[{"stream":true}],"messages":[{"content":"\\"stream\\":true"}]}',
      false,
    ],
    ['null counts as absent', '{"stream":null}', false],
    ['a byte order mark is passed over', '\uFEFF{"stream":true}', true],
  ])('%s', async (_name, body, streams) => {
    expect((await post('/v1/chat/completions', body)).text.startsWith('data: ')).toBe(streams)
  })

  test('5 MB bodies leave the memory as it was', async () => {
    const body = JSON.stringify({
      stream: true,
      messages: [{ role: 'user', content: 'x'.repeat(5_000_000) }],
    })
    const round = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) expect((await post('/v1/chat/completions', body)).status).toBe(200)
      Bun.gc(true)
    }
    await round()
    const before = process.memoryUsage.rss()
    await round()
    await round()
    expect(process.memoryUsage.rss() - before).toBeLessThan(60_000_000) // 200 MB have come in
  })

  /** The name of the tool that is called, or null. */
  const called: Readonly<Record<string, RegExp>> = {
    '/v1/chat/completions': /"(?:function|custom)":\{"name":"(\w+)"/,
    '/v1/responses': /"type":"function_call"[^}]*"name":"(\w+)"/,
    '/v1/messages': /"type":"tool_use".*"name":"(\w+)"/,
    '/v1beta/models/m:generateContent': /"functionCall":\{"id":"\w+","name":"(\w+)"/,
  }
  const both = ['mine', 'other']
  const offered = both.map((name) => {
    const forms = { input_schema: {}, function: { name }, functionDeclarations: [{ name }] }
    return { type: 'function', name, ...forms }
  })

  test.each(
    named([
      ['/v1/chat/completions', { tools: offered, tool_choice: 'required' }, 'mine'],
      ['/v1/chat/completions', { tool_choice: 'required' }, null], // nothing is offered
      ['/v1/chat/completions', { tools: offered, tool_choice: 'auto' }, null],
      [
        '/v1/chat/completions',
        { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
        null,
      ],
      [
        '/v1/chat/completions',
        { tools: offered, tool_choice: { type: 'function', function: { name: 'other' } } },
        'other',
      ],
      [
        '/v1/chat/completions',
        {
          tools: offered,
          tool_choice: {
            type: 'allowed_tools',
            allowed_tools: { mode: 'required', tools: [{ function: { name: 'other' } }] },
          },
        },
        'other',
      ],
      [
        '/v1/chat/completions',
        { tools: [{ type: 'custom', custom: { name: 'own' } }], tool_choice: 'required' },
        'own',
      ],
      ['/v1/responses', { tools: offered, tool_choice: 'required' }, 'mine'],
      ['/v1/responses', { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, null],
      ['/v1/responses', { tool_choice: { type: 'web_search_preview' } }, null],
      ['/v1/messages', { tools: offered, tool_choice: { type: 'any' } }, 'mine'],
      [
        '/v1beta/models/m:generateContent',
        { tools: offered, toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
        'mine',
      ],
    ] as [string, object, string | null][]),
  )('%s', async (_, path, body, name) => {
    const { status, text } = await post(path, JSON.stringify(body))
    expect(status).toBe(200)
    expect(called[path]!.exec(text)?.[1] ?? null).toBe(name)
  })

  test.each([
    ['one text', { input: 'x' }, 1, 1536],
    ['an array of tokens, however long', { input: new Array(3000).fill(7) }, 1, 1536],
    ['three texts in 64 dimensions', { input: ['a', 'b', 'c'], dimensions: 64 }, 3, 64],
    ['one text again', { input: 'x' }, 1, 1536],
  ])('embeddings of %s', async (_name, body, vectors, dimensions) => {
    const { data } = JSON.parse((await post('/v1/embeddings', JSON.stringify(body))).text) as {
      data: { embedding: number[] }[]
    }
    expect(data).toHaveLength(vectors)
    for (const { embedding } of data) expect(embedding).toHaveLength(dimensions)
    expect(new Set(data.map(({ embedding }) => JSON.stringify(embedding))).size).toBe(vectors)
  })

  test('a model name that looks like a place is left alone', async () => {
    const { text } = await post('/v1/chat/completions', `{"model":"mock0000000000000000"}`)
    expect(JSON.parse(text).model).toBe('mock0000000000000000')
  })

  test('more different asks than are kept prepared', async () => {
    for (let i = 0; i < 200; i++) {
      const { text } = await post('/v1/chat/completions', `{"model":"m${i % 150}"}`)
      expect(JSON.parse(text).model).toBe(`m${i % 150}`)
    }
  })

  test('what differs only where nothing looks is the same answer', async () => {
    const one = await post('/v1/chat/completions', '{"model":"same","temperature":1}')
    const other = await post('/v1/chat/completions', '{"temperature":0,"model":"same"}')
    const withoutId = (text: string): string => text.replace(/mock\d{16}/, '')
    expect(withoutId(other.text)).toEqual(withoutId(one.text))
    expect(other.text).not.toBe(one.text)
  })
})
