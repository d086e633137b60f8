// What engine `socket` refuses, and in which words.
import { describe, expect, test } from 'bun:test'
import { until } from '../_helpers.ts'
import { get, HEALTH, useSocketServers, withClient } from './_socket.ts'

const { serve } = useSocketServers()
const instant = serve({ chunkDelayMs: '0' })
const paced = serve({ chunkDelayMs: '20' })

describe('what is refused, in the words of the provider, and the connection is closed', () => {
  const OPENAI = { error: { message: expect.any(String), param: null, code: null } }
  const paths = [
    ['/v1/chat/completions', OPENAI],
    ['/v1/messages', { type: 'error', error: { message: expect.any(String) } }],
    [
      '/v1beta/models/m:generateContent',
      { error: { code: expect.any(Number), message: expect.any(String) } },
    ],
    ['/api/chat', { error: expect.any(String) }],
  ] as const

  const post = (path: string, headers: string, body = ''): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`

  test.each([
    [
      '400, two lengths',
      400,
      (path: string) => post(path, 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}'),
    ],
    ['400, a folded line', 400, (path: string) => post(path, 'X-A: 1\r\n 2\r\n')],
    ['400, a bare line feed', 400, (path: string) => post(path, 'X-A: 1\nX-B: 2\r\n')],
    ['400, no host', 400, (path: string) => `POST ${path} HTTP/1.1\r\n\r\n`],
    ['400, a bad chunk', 400, (path: string) => post(path, 'Transfer-Encoding: chunked\r\n', 'zz\r\n')],
    ['417', 417, (path: string) => post(path, 'Expect: coffee\r\n')],
    ['431', 431, (path: string) => post(path, `X-A: ${'x'.repeat(70_000)}\r\n`)],
  ] as const)('%s', async (_, status, request) => {
    const whole = serve({ reply: 'json', chunkDelayMs: '1000' }) // nothing of an answer is sent before the body can be judged
    for (const [path, shape] of paths)
      await withClient(whole, async (client) => {
        client.send(request(path) + HEALTH)
        const { status: got, headers, body } = await client.response()
        expect([got, headers['connection'], headers['content-type']]).toEqual([
          status,
          'close',
          'application/json',
        ])
        // A body is not looked for by path once the head has been read.
        expect(JSON.parse(body)).toMatchObject(request('').includes('chunked') ? OPENAI : shape)
        await client.closed()
        expect([client.received(), client.ending()]).toEqual(['', 'end'])
      })
  })

  test.each([
    [
      '505, a version of the future',
      'GET /health HTTP/3.0\r\nHost: x\r\n\r\n',
      505,
      'only HTTP/1.0 and HTTP/1.1',
    ],
    ['505, the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, '--engine bun'],
    ['400, binary', '\x00\x01\x02\xff', 400, 'a request must begin with a method'],
    [
      '400, the greeting of TLS',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
      400,
      'a request must begin with a method',
    ],
  ])('%s', (_, bytes, status, words) =>
    withClient(instant, async (client) => {
      client.send(Buffer.from(bytes, 'latin1'))
      const response = await client.response()
      expect(response.status).toBe(status)
      expect(JSON.parse(response.body).error.message).toContain(words)
      await client.closed()
      expect(client.ending()).toBe('end')
    }),
  )

  test('431 beyond --max-head-bytes, not a byte sooner', () =>
    withClient(serve({ maxHeadBytes: '1024' }), async (client) => {
      const fill = (bytes: number): string =>
        get('/health', `X-A: ${'x'.repeat(bytes - get('/health', 'X-A: \r\n').length)}\r\n`)
      client.send(fill(1024))
      expect((await client.response()).status).toBe(200)
      client.send(fill(1025))
      expect((await client.response()).status).toBe(431)
      await client.closed()
    }))

  test('a body that breaks the rules while its reply is streaming: the connection is reset', () =>
    withClient(paced, async (client) => {
      client.send(
        'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
      )
      await until(() => client.received().includes('data: '))
      client.send('zz\r\n')
      await client.closed()
      expect(client.received()).not.toContain('[DONE]')
      expect(client.received()).not.toContain(' 400 ')
    }))
})
