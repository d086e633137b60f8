// From a URL and wishes to a request: where it goes, what it says, with which key.
import { describe, expect, test } from 'bun:test'
import { findFormat, formatOf } from '../../../src/bench/client/formats.ts'
import { chooseFormat, completeUrl, renderHttp1, targetOf } from '../../../src/bench/client/target.ts'
import { type FormatName, formatNames, type Header } from '../../../src/config/requests.ts'
import { named } from '../../_helpers.ts'
import { wishesOf } from '../_results.ts'

const gemini = '/v1beta/models/m:streamGenerateContent?alt=sse'

describe('a URL is completed', () => {
  test.each(
    named<[FormatName, from: string, to: string]>([
      ['chat', 'http://h', 'http://h/v1/chat/completions'],
      ['chat', 'http://h/', 'http://h/v1/chat/completions'],
      ['chat', 'https://h:8443//', 'https://h:8443/v1/chat/completions'],
      ['chat', 'http://h/v1', 'http://h/v1/chat/completions'],
      ['chat', 'http://h/v1/', 'http://h/v1/chat/completions'],
      ['chat', 'http://h/api/openai/v1', 'http://h/api/openai/v1/chat/completions'],
      ['responses', 'http://h/v1', 'http://h/v1/responses'],
      ['messages', 'http://h', 'http://h/v1/messages'],
      ['messages', 'http://h/v1', 'http://h/v1/messages'],
      ['gemini', 'http://h', `http://h${gemini}`],
      ['gemini', 'http://h/v1beta', `http://h${gemini}`],
      ['gemini', 'http://h/google/v1beta/', `http://h/google${gemini}`],
      ['ollama', 'http://[::1]:11434', 'http://[::1]:11434/api/chat'],
      ['ollama', 'http://h/api', 'http://h/api/chat'],
      ['chat', 'http://h/v1?a=b', 'http://h/v1/chat/completions?a=b'],
      ['gemini', 'http://h?key=k', `http://h${gemini}&key=k`],
    ]),
  )('%s', (_, format, from, to) => expect(completeUrl(new URL(from), wishesOf({ format })).href).toBe(to))

  test.each(
    named<[FormatName, string]>([
      ['chat', 'http://h/v1/chat/completions'],
      ['chat', 'http://h/v1/chat/completions/'],
      ['chat', 'http://h/openai/deployments/m/chat/completions?api-version=1'],
      ['chat', 'http://h/v2'],
      ['chat', 'http://h/proxy'],
      ['chat', 'http://h/v1beta'],
      ['gemini', 'http://h/v1'],
      ['ollama', 'http://h/v1'],
    ]),
  )('but not %s', (_, format, from) => {
    const url = new URL(from)
    expect(completeUrl(url, wishesOf({ format })).href).toBe(url.href)
  })

  test('by whether a whole answer is asked for, and by the model', () => {
    const whole = wishesOf({ format: 'gemini', isWhole: true, model: 'x-1' })
    expect(completeUrl(new URL('http://h'), whole).href).toBe('http://h/v1beta/models/x-1:generateContent')
  })
})

describe('the format of a path', () => {
  test.each([
    ['/v1/chat/completions', 'chat'],
    ['/v1/completions', 'chat'],
    ['/openai/deployments/m/chat/completions', 'chat'],
    ['/v1/responses', 'responses'],
    ['/v1/messages', 'messages'],
    ['/v1beta/models/m:streamGenerateContent', 'gemini'],
    ['/v1beta/models/m:generateContent', 'gemini'],
    ['/api/chat', 'ollama'],
    ['/api/generate', 'ollama'],
    ['/v1/chat/completions/', undefined],
    ['/v1/messages/count_tokens', undefined],
    ['/v1/embeddings', undefined],
    ['/', undefined],
  ] as const)('%s: %j', (path, format) => {
    expect(findFormat(path)).toBe(format)
    expect(chooseFormat(new URL(path, 'http://h'), null)).toBe(format ?? 'chat')
    expect(chooseFormat(new URL(path, 'http://h'), 'ollama')).toBe('ollama')
  })

  test.each(formatNames)('of %s is that of its own paths', (format) => {
    for (const isWhole of [false, true])
      expect(findFormat(new URL(formatOf(format).path('m', isWhole), 'http://h').pathname)).toBe(format)
  })
})

describe('whom to ask', () => {
  test.each([
    ['http://127.0.0.1:9000/v1', '127.0.0.1', 9000, null],
    ['http://host.example/v1', 'host.example', 80, null],
    ['http://host.example:80/v1', 'host.example', 80, null],
    ['http://[::1]:9000/', '::1', 9000, null],
    ['https://host.example/', 'host.example', 443, 'host.example'],
    ['https://host.example:80/', 'host.example', 80, 'host.example'],
    ['https://[::1]/', '::1', 443, '::1'],
  ])('%s', (text, host, port, serverName) => {
    const target = targetOf(new URL(text), wishesOf({ isHttp2: true, isWhole: true, ca: 'pem' }))
    const tls = serverName === null ? null : { isInsecure: false, ca: 'pem', serverName }
    expect(target).toMatchObject({ host, port, tls, isHttp2: true, isWhole: true, format: 'chat' })
  })

  test('any certificate will do only where that is wished', () => {
    expect(targetOf(new URL('https://h/'), wishesOf({ isInsecure: true })).tls).toMatchObject({
      isInsecure: true,
    })
  })

  test('it is plain data: it travels to other processes', () => {
    const target = targetOf(new URL('https://h/v1/messages?a=b'), wishesOf({ headers: [['A', 'b']] }))
    expect(JSON.parse(JSON.stringify(target))).toEqual(target)
  })
})

/** The parts of a request as HTTP/1.1 sends it. */
function requestTo(text: string, change: Parameters<typeof wishesOf>[0] = {}) {
  const bytes = renderHttp1(targetOf(new URL(text), wishesOf(change)).request)
  const end = bytes.indexOf('\r\n\r\n')
  const [line, ...headers] = bytes.toString('utf8', 0, end).split('\r\n')
  return { line, headers, body: bytes.subarray(end + 4) }
}

const keys = { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g' }

describe('a request', () => {
  test.each(
    named<[FormatName, boolean, path: string, headers: string[], body: object]>([
      ['chat', false, '/v1/chat/completions', ['Authorization: Bearer o'], { model: 'm', stream: true }],
      ['chat', true, '/v1/chat/completions', ['Authorization: Bearer o'], { model: 'm', stream: false }],
      ['responses', false, '/v1/responses', ['Authorization: Bearer o'], { stream: true, input: 'Hi' }],
      [
        'messages',
        false,
        '/v1/messages',
        ['anthropic-version: 2023-06-01', 'x-api-key: a'],
        { stream: true, max_tokens: 4096 },
      ],
      ['gemini', false, gemini, ['x-goog-api-key: g'], {}],
      ['ollama', false, '/api/chat', [], { model: 'm', stream: true }],
      ['ollama', true, '/api/chat', [], { model: 'm', stream: false }],
    ]),
  )('%s', (_, format, isWhole, path, more, part) => {
    const url = `http://h:1${path}`
    const { line, headers, body } = requestTo(url, { format, isWhole, keys })
    expect(line).toBe(`POST ${path} HTTP/1.1`)
    expect(headers).toEqual([
      'Host: h:1',
      'Content-Type: application/json',
      `Accept: ${isWhole ? 'application/json' : 'text/event-stream'}`,
      ...more,
      `Content-Length: ${body.length}`,
    ])
    expect(JSON.parse(body.toString())).toMatchObject(part)
    // Without a key, or with an empty one, there is no header for it.
    const secrets = /^(?:authorization|x-api-key|x-goog-api-key):/i
    for (const none of [{}, { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: undefined, GEMINI_API_KEY: '' }])
      expect(requestTo(url, { format, isWhole, keys: none }).headers).toEqual(
        headers.filter((header) => !secrets.test(header)),
      )
  })

  test.each(
    named<[Header[], gone: RegExp, there: string[]]>([
      [[['X-A', 'b']], /^$/, ['X-A: b']],
      [
        [
          ['X-A', 'b'],
          ['X-A', 'c'],
        ],
        /^$/,
        ['X-A: b', 'X-A: c'],
      ],
      [[['AUTHORIZATION', 'Basic x']], /^Authorization:/, ['AUTHORIZATION: Basic x']],
      [[['content-type', 'text/x']], /^Content-Type:/, ['content-type: text/x']],
      [[['accept', '*/*']], /^Accept:/, ['accept: */*']],
      [[['Accept', '']], /^Accept: ./, ['Accept: ']],
      [[['host', 'other.example']], /^Host:/, ['host: other.example']],
    ]),
  )('with headers of one\u2019s own: %s', (_, own, gone, there) => {
    const usual = requestTo('http://h/v1/chat/completions', { keys }).headers
    const { headers } = requestTo('http://h/v1/chat/completions', { keys, headers: own })
    const kept = usual.slice(0, -1).filter((header) => !gone.test(header))
    expect(headers).toEqual([...kept, ...there, usual.at(-1)!])
  })

  test('with a body of one\u2019s own: as it is, and its length in bytes', () => {
    const own = '{"model":"é👋","x": 1}\r\n\r\n'
    const { headers, body } = requestTo('http://h/v1/messages', { format: 'messages', body: own })
    expect(body.toString()).toBe(own)
    expect(headers.at(-1)).toBe(`Content-Length: ${own.length + 3}`)
  })

  test.each([
    ['http://h/x?a=b&c=%20', 'POST /x?a=b&c=%20 HTTP/1.1', 'Host: h'],
    ['http://h:80/', 'POST / HTTP/1.1', 'Host: h'],
    ['https://h:443/', 'POST / HTTP/1.1', 'Host: h'],
    ['http://[::1]:9000/', 'POST / HTTP/1.1', 'Host: [::1]:9000'],
    ['http://h/é', 'POST /%C3%A9 HTTP/1.1', 'Host: h'],
  ])('to %s', (url, line, host) => {
    const found = requestTo(url)
    expect([found.line, found.headers[0]]).toEqual([line, host])
  })
})
