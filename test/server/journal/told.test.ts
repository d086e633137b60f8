// What is told of a request: never its secrets; and what it and its answer say, as far as the verdict needs it.
import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { hideHeaders, hideQuery, hashSecret } from '../../../src/server/journal/secrets.ts'
import { saidIn, textOfReply } from '../../../src/server/journal/said.ts'
import {
  bodyOf,
  fingerprintOf,
  judgedTraceOf,
  tellRequest,
  traceOf,
} from '../../../src/server/journal/tell.ts'
import { readTold } from '../../../src/server/journal/told.ts'
import { ask, cardOf, lay } from '../_desk.ts'
import { stream } from '../_playback.ts'
import { entryOf } from './_entries.ts'

const SECRET = 'sk-very-secret-1234567890'
const HASH = hashSecret(SECRET)

describe('secrets', () => {
  test('a hash is that of any other program', () => expect(hashSecret('sk-1')).toBe('sha256:0f2c10bf'))

  test.each<readonly [string, string, string]>([
    ['authorization', `Bearer ${SECRET}`, `Bearer ${HASH}`],
    ['authorization', SECRET, HASH],
    ['proxy-authorization', `Basic ${SECRET}`, `Basic ${HASH}`],
    ...['x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'x-amz-security-token', 'x-auth-token'].map(
      (name) => [name, SECRET, HASH] as const,
    ),
    ...[
      'authentication',
      'x-authtoken',
      'x-accesstoken',
      'x-csrftoken',
      'x-jwt',
      'x-passwd',
      'x-pwd',
      'x-oauth',
    ].map((name) => [name, SECRET, HASH] as const),
    ['cookie', `a=1; b=${SECRET}`, hashSecret(`a=1; b=${SECRET}`)],
    ['authorization', `${SECRET} x`, hashSecret(`${SECRET} x`)],
    [
      'sec-websocket-protocol',
      `realtime, openai-insecure-api-key.${SECRET}, openai-beta.realtime-v1`,
      `realtime, openai-insecure-api-key.${HASH}, openai-beta.realtime-v1`,
    ],
    ['sec-websocket-protocol', `a.bearer.b.${SECRET}`, `a.bearer.${hashSecret(`b.${SECRET}`)}`],
    ['sec-websocket-protocol', 'key', 'key'],
    [
      'referer',
      `https://a.b/c?x=1&key=${SECRET}#token=${SECRET}`,
      `https://a.b/c?x=1&key=${HASH}#token=${HASH}`,
    ],
    ['referer', `https://me:${SECRET}@a.b/c`, `https://${hashSecret(`me:${SECRET}`)}@a.b/c`],
    ['x-original-uri', `/v1?access_token=${SECRET}`, `/v1?access_token=${HASH}`],
    ['link', `<https://a.b/?key=${SECRET}>`, `<https://a.b/?key=${hashSecret(`${SECRET}>`)}`],
    ['from', 'me@a.b', 'me@a.b'],
    ['x-api-key-id', '1', '1'],
    ['x-author', '1', '1'],
    ['x-stainless-retry-count', '1', '1'],
    ['content-type', 'application/json', 'application/json'],
    ['x-monkey', 'a', 'a'],
  ])('%s: %s', (name, value, told) => expect(hideHeaders({ [name]: value })).toEqual({ [name]: told }))

  test.each([
    ['', ''],
    ['alt=sse', 'alt=sse'],
    [`key=${SECRET}`, `key=${HASH}`],
    [`alt=sse&key=${SECRET}&a=b`, `alt=sse&key=${HASH}&a=b`],
    [`api_key=${SECRET}&access_token=${SECRET}`, `api_key=${HASH}&access_token=${HASH}`],
    [`%6Bey=${SECRET}`, `%6Bey=${HASH}`],
    [`KEY=${SECRET}`, `KEY=${HASH}`],
    ...[
      'X-Amz-Signature',
      'accessToken',
      'authToken',
      'clientSecret',
      'refreshToken',
      'apiKey',
      'APIKey',
      'auth',
      'authorization',
      'bearer',
      'jwt',
      'passwd',
      'pwd',
      'key[]',
      'key[0]',
      'auth[token]',
      'token2',
      'csrftoken',
      'code',
      'auth_code',
      'deviceCode',
    ].map((name) => [`${name}=${SECRET}`, `${name}=${HASH}`]),
    ...['monkey', 'author', 'max_tokens', 'compass', 'design', 'keys[a]', 'barcode', '0', ''].map((name) => [
      `${name}=1`,
      `${name}=1`,
    ]),
    ['monkey=1&key', 'monkey=1&key'],
  ])('the query %j', (query, told) => expect(hideQuery(query)).toBe(told))

  test('none is in anything that is told', () => {
    const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie']
    const entry = entryOf({
      query: `key=${SECRET}`,
      headers: Object.fromEntries(names.map((name) => [name, SECRET])),
    })
    for (const told of [tellRequest(entry, 0), judgedTraceOf(entry, 0)])
      expect(JSON.stringify(told)).not.toContain(SECRET.slice(0, 8))
  })
})

describe('bodies', () => {
  const text = '{"a":"ü"}'
  const zipped = gzipSync(text)
  const gzip = { 'content-encoding': 'gzip' }
  test.each([
    ['as it was sent', { body: text }, text],
    ['what was compressed', { body: zipped, headers: gzip }, text],
    ['what says that it was and was not', { body: text, headers: gzip }, null],
    ['of a kind that nobody knows', { body: text, headers: { 'content-encoding': 'x' } }, null],
    ['what was not read', { unfit: 'tooLarge' }, null],
    ['what is no text', { body: Uint8Array.of(0xff, 0x41) }, '\ufffdA'],
    ['none', { body: '' }, ''],
    ['compressed, and not all of it kept', { body: new Uint8Array(70_000), headers: gzip }, null],
  ] as const)('%s', (_, asked, expected) => expect(bodyOf(entryOf(asked))).toBe(expected))
})

describe('when to come back', () => {
  const nowMs = Date.parse('2026-01-31T12:00:00Z')
  test.each<[number, Record<string, string>, number | null, boolean | null]>([
    [429, {}, null, null],
    [429, { 'retry-after': '2' }, 2000, null],
    [429, { 'retry-after-ms': '20', 'retry-after': '1' }, 20, null],
    [429, { 'retry-after': 'Sat, 31 Jan 2026 12:00:03 GMT' }, 3000, null],
    [429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0, null],
    [429, { 'retry-after': 'soon' }, null, null],
    [503, { 'x-should-retry': 'true' }, null, true],
    [400, { 'x-should-retry': 'false' }, null, false],
    [400, { 'x-should-retry': 'perhaps' }, null, null],
    [200, { 'retry-after': '2', 'x-should-retry': 'true' }, null, null],
  ])('%d with %j', (status, headers, retryAfterMs, shouldRetry) => {
    expect(readTold({ status, headers }, null, nowMs)).toEqual({ retryAfterMs, shouldRetry })
    expect(readTold({ status, headers: { 'retry-after': '9' } }, headers, nowMs).shouldRetry).toBe(
      shouldRetry,
    )
  })
  test('what a card says comes first', () =>
    expect(
      readTold({ status: 429, headers: { 'retry-after': '9' } }, { 'retry-after': '1' }, nowMs).retryAfterMs,
    ).toBe(1000))
})

describe('retries that are counted', () => {
  test.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'x-stainless-retry-count': '2' }, 2],
    [{ 'x-stainless-retry-count': 'two' }, null],
    [{ 'amz-sdk-request': 'attempt=1; max=3' }, 0],
    [{ 'amz-sdk-request': 'ttl=20260131T120000Z; attempt=3; max=3' }, 2],
    [{ 'amz-sdk-request': 'attempt=2' }, 1],
    [{ 'amz-sdk-request': 'attempt=0; max=3' }, null],
    [{ 'amz-sdk-request': 'attempt=x; max=3' }, null],
    [{ 'amz-sdk-request': 'reattempt=2' }, null],
    [{ 'amz-sdk-request': 'attempt=1', 'x-stainless-retry-count': '4' }, 4],
  ])('%j', (headers, count) => expect(traceOf(entryOf({ headers }), 0).retryCount).toBe(count))
})

describe('what asks for the same', () => {
  const aws = (rest: string) => ({ authorization: `AWS4-HMAC-SHA256 Credential=${rest}` })
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  type Asked = Parameters<typeof entryOf>[0]
  test.each<[string, Asked, Asked, boolean]>([
    ['the same', {}, {}, true],
    ['another body', {}, { body: 'x' }, false],
    ['another path', {}, { path: '/x' }, false],
    ['another query', {}, { query: 'a=1' }, false],
    ['another key', { headers: bearer('a') }, { headers: bearer('b') }, false],
    [
      'another scheme',
      { headers: { authorization: 'Basic a' } },
      { headers: { authorization: 'Basic b' } },
      false,
    ],
    ['a key elsewhere', { headers: { 'x-api-key': 'a' } }, { headers: { 'api-key': 'a' } }, false],
    ['another session', {}, { headers: { 'x-test-session': 'a' } }, false],
    ['signed anew', { headers: aws('a/1/r, Signature=1') }, { headers: aws('a/1/r, Signature=2') }, true],
    ['on another day', { headers: aws('a/1/r, Signature=1') }, { headers: aws('a/2/r, Signature=2') }, true],
    [
      'signed by another',
      { headers: aws('a/1/r, Signature=1') },
      { headers: aws('b/1/r, Signature=1') },
      false,
    ],
    [
      'a query signed anew',
      { query: 'x=1&X-Amz-Date=1&X-Amz-Signature=1' },
      { query: 'x=1&X-Amz-Date=2&X-Amz-Signature=2' },
      true,
    ],
    ['a query of another', { query: 'X-Amz-Credential=a' }, { query: 'X-Amz-Credential=b' }, false],
  ])('%s', (_, one, other, isSame) => {
    const [first, second] = [one, other].map((asked) => fingerprintOf(entryOf(asked)))
    expect(first === second).toBe(isSame)
  })

  test('nobody knows of a body that was not read', () =>
    expect(fingerprintOf(entryOf({ unfit: 'tooLarge' }))).toBe(''))
})

describe('the text of a stream', () => {
  const sent = (...frames: string[]) =>
    stream(frames.length, () => 0, {
      frames: frames.map((one) => new TextEncoder().encode(one)),
      marks: frames.map((_, step) => ({ part: 'content', step, events: 1 })),
    })
  const hashOf = (text: string): string => (Bun.SHA256.hash(text, 'hex') as unknown as string).slice(0, 16)

  test.each([
    [
      'chat',
      [
        'data: {"choices":[{"delta":{"role":"assistant","content":"a"}}]}\n\n',
        'data: {"choices":[{"delta":{"content":" b"}}]}\n\n',
      ],
      'a b',
    ],
    [
      'Anthropic',
      [
        'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n\n',
      ],
      'a',
    ],
    ['Responses', ['event: x\ndata: {"type":"response.output_text.delta","delta":"a"}\n\n'], 'a'],
    ['Gemini', ['data: {"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"}}]}\r\n\r\n'], 'a'],
    ['Ollama', ['{"message":{"role":"assistant","content":"a"},"done":false}\n', '{"response":"b"}\n'], 'ab'],
    [
      'Gemini without SSE',
      [
        '[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n',
        ',\n{"candidates":[{"content":{"parts":[{"text":"b"}]}}]}\n]',
      ],
      'ab',
    ],
    [
      'over several lines, ended by any of the three',
      ['event: x\rdata: {\rdata:  "text": "a"\rdata:}\r\r', ': c\r\ndata:{\r\ndata: "text":"b"}\r\n\r\n'],
      'ab',
    ],
    [
      'Mistral, thinking',
      [
        'data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]}]}}]}\n\n',
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
      ],
      'a',
    ],
    ['in pieces', ['data: {"choices":[{"del', 'ta":{"content":"a"}}]}\n\n'], 'a'],
    ['broken', ['data: {"choices":[{"delta":{"content":"a"}}]}\n\n', 'data: {"choices":[{"del'], 'a'],
    [
      'with reasoning',
      [
        'data: {"choices":[{"delta":{"reasoning_content":"x"}}]}\n\n',
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
      ],
      'a',
    ],
  ] as const)('%s', (_, frames, text) => expect(textOfReply(sent(...frames))).toBe(hashOf(text)))

  const chats = [
    '/v1/chat/completions',
    '/v1/responses',
    '/v1/messages',
    '/v1beta/models/m:streamGenerateContent',
    '/v1beta/models/m:streamGenerateContent?alt=sse',
    '/api/chat',
    '/v2/chat',
  ]
  test.each([...chats, '/v1/completions', '/api/generate'])('is found in what is really sent: %s', (path) => {
    for (const fault of ['abort:2', 'error:2', 'split:7+end:2', 'multiline+end:2', 'multiline+cr+abort:2'])
      expect(textOfReply(cardOf(ask(lay({ fault }), path)).reply)).toBe(hashOf('Hello world'))
  })

  test.each(chats)('without what is thought, asked of tools, or told again: %s', (path) => {
    const textOf = (content: string, fault: string): string | null =>
      textOfReply(cardOf(ask(lay({ fault, content, chunkCount: '8' }), path)).reply)
    expect(textOf('reasoning', 'end:6')).toBe(hashOf('reply was'))
    expect(textOf('reasoning', 'end:2')).toBeNull()
    const isPlan = path === '/v2/chat' // it says what it is up to
    expect(textOf('text+tools', 'end:7')).toBe(isPlan ? null : hashOf('Hello world, this'))
  })

  test.each([[[]], [['data: [DONE]\n\n']], [['\x00\x01']], [['data: {"a":1}\n\n']]])(
    '%j says nothing',
    (frames) => expect(textOfReply(sent(...frames))).toBeNull(),
  )

  test.each<[unknown, string[]]>([
    [{ messages: [{ role: 'user', content: 'a' }] }, []],
    [
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: ' b ' },
        ],
      },
      ['b'],
    ],
    [
      {
        messages: [
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'b' },
              { type: 'text', text: 'c' },
            ],
          },
        ],
      },
      ['b', 'c'],
    ],
    [
      {
        contents: [
          { role: 'model', parts: [{ text: 'b' }] },
          { role: 'user', parts: [{ text: 'a' }] },
        ],
      },
      ['b'],
    ],
    [
      { input: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'b' }] }] },
      ['b'],
    ],
    [{ messages: [{ role: 'assistant', content: [{ role: 'user', content: 'a' }] }] }, []],
    ['"assistant"', []],
    [[], []],
  ])('%j says that the assistant has said', (body, texts) =>
    expect(saidIn(new TextEncoder().encode(JSON.stringify(body)))).toEqual(texts.map(hashOf)),
  )

  test.each([
    '{"role":"assistant"',
    `"assistant"${'['.repeat(60_000)}`,
    `${'{"role":"assistant","content":"x","a":'.repeat(600)}""${'}'.repeat(600)}`,
  ])('what is no JSON, or deep, says nothing', (body) =>
    expect(saidIn(new TextEncoder().encode(body))).toEqual([]),
  )
})
