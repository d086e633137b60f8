// Clients that break the rules: nothing they send may be misread, end a worker, or take anything from the next one.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { createRandom, type Random } from '../../src/replies/deck.ts'
import {
  engines,
  isFast,
  launcher,
  launchInProcess,
  type Launched,
  sourceCommand,
  until,
} from '../_helpers.ts'

const launch = isFast ? launchInProcess : launcher(sourceCommand)
const HEALTH = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'
/** What is hidden in a body or a header; whoever answers it has been fooled. */
const HIDDEN = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'

/** All but 505, which is what Bun answers where it cannot make out an HTTP version it knows. */
const SERVER_ERROR = /HTTP\/1\.1 5(?!05)/

const statusesOf = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

interface Stats {
  readonly workers: { readonly lost: number }
  readonly requests: { readonly open: number }
}

/** One to four changes of bytes: flipped, cut out, doubled, moved, or something awkward put in. */
function mutate(text: string, random: Random): string {
  const awkward = [
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    ':',
    '\xff',
    '%00',
    '0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
    '"',
    '{',
    '[['.repeat(50),
    '9'.repeat(30),
  ]
  let mutated = text
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * mutated.length)
    const end = Math.min(mutated.length, at + 1 + Math.floor(random() * 12))
    const piece = mutated.slice(at, end)
    const kind = Math.floor(random() * 5)
    const flipped = String.fromCharCode(mutated.charCodeAt(at) ^ (1 << Math.floor(random() * 8)))
    const put = [flipped, '', piece + piece, awkward[Math.floor(random() * awkward.length)]!, ''][kind]!
    mutated = mutated.slice(0, at) + put + mutated.slice(kind === 0 ? at + 1 : kind === 3 ? at : end)
    if (kind === 4) mutated += piece
  }
  return mutated
}

describe.each(engines)('engine %s', (engine) => {
  let server: Launched
  beforeAll(async () => {
    server = await launch({ engine, chunkDelayMs: '0', chunkCount: '2', reply: 'auto' })
  })
  afterAll(() => server.stop())

  /** Sends bytes and returns all that comes back until the other side closes or is silent. */
  async function exchange(bytes: string, quietMs = 200): Promise<{ received: string; closed: boolean }> {
    const { promise, resolve } = Promise.withResolvers<{ received: string; closed: boolean }>()
    let received = ''
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    const finish = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ received, closed })
    }
    let timer = setTimeout(finish, 2000, false)
    socket.on('data', (data) => {
      received += data.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(finish, quietMs, false)
    })
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
    return promise
  }

  async function isHealthy(): Promise<boolean> {
    return fetch(`${server.url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    )
  }

  describe.concurrent('request smuggling', () => {
    const post = (headers: string, body: string): string =>
      `POST /v1/embeddings HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`

    // Refused: one 400 and the connection is closed. Answered: this status, and then the next request's 200.
    test.each([
      [
        'both lengths',
        post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`),
        'refused',
      ],
      [
        'both lengths, the other way round',
        post('Transfer-Encoding: chunked\r\nContent-Length: 2\r\n', `0\r\n\r\n${HIDDEN}`),
        'refused',
      ],
      [
        'two lengths',
        post(`Content-Length: 2\r\nContent-Length: ${2 + HIDDEN.length}\r\n`, `{}${HIDDEN}`),
        'refused',
      ],
      ['a list of lengths', post('Content-Length: 2, 2\r\n', `{}${HIDDEN}`), 'refused'],
      ['a length with a sign', post('Content-Length: +2\r\n', `{}${HIDDEN}`), 'refused'],
      ['a length in hexadecimal', post('Content-Length: 0x2\r\n', `{}${HIDDEN}`), 'refused'],
      ['a negative length', post('Content-Length: -1\r\n', HIDDEN), 'refused'],
      ['a length beyond 2⁶⁴', post('Content-Length: 18446744073709551618\r\n', `{}${HIDDEN}`), 'refused'],
      ['a space before the colon', post('Content-Length : 2\r\n', `{}${HIDDEN}`), 'refused'],
      [
        'an unknown transfer coding',
        post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`),
        'refused',
      ],
      [
        'chunked, but not last',
        post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`),
        'refused',
      ],
      ['chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${HIDDEN}`), 'refused'],
      [
        'a chunk size that is no number',
        post('Transfer-Encoding: chunked\r\n', `zz\r\n{}\r\n0\r\n\r\n`),
        'refused',
      ],
      [
        'a chunk size with a sign',
        post('Transfer-Encoding: chunked\r\n', `+2\r\n{}\r\n0\r\n\r\n`),
        'refused',
      ],
      [
        'a chunk size beyond 2⁶⁴',
        post('Transfer-Encoding: chunked\r\n', `10000000000000002\r\n{}\r\n0\r\n\r\n`),
        'refused',
      ],
      [
        'a chunk longer than its size',
        post('Transfer-Encoding: chunked\r\n', `1\r\n{}\r\n0\r\n\r\n`),
        'refused',
      ],
      ['no host', 'GET /health HTTP/1.1\r\n\r\n', 'refused'],
      ['two hosts, which nothing here depends on', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 200],
      ['a folded header', 'GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n', 'refused'],
      ['a NUL in a header', 'GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n', 'refused'],
      ['a NUL in the path', 'GET /hea\0lth HTTP/1.1\r\nHost: x\r\n\r\n', 'refused'],
      ['a version from the future', 'GET /health HTTP/9.1\r\nHost: x\r\n\r\n', 'refused'],
      ['no version', 'GET /health\r\nHost: x\r\n\r\n', 'refused'],
      ['a chunk extension', post('Transfer-Encoding: chunked\r\n', `2;a=b\r\n{}\r\n0\r\n\r\n`), 400],
      ['a header twice', 'GET /health HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\n\r\n', 200],
      ['an absolute URI', 'GET http://other.example/health HTTP/1.1\r\nHost: x\r\n\r\n', 200],
      ['dots that lead elsewhere', 'GET /v1/../health HTTP/1.1\r\nHost: x\r\n\r\n', 200],
      ['dots that lead out', 'GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      ['percent-encoded dots', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      ['an encoded NUL', 'GET /hea%00lth HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      ['broken percent-encoding', 'GET /%zz%c0 HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      [
        'an unknown method',
        'BREW /health HTTP/1.1\r\nHost: x\r\n\r\n',
        { bun: 'refused', socket: 405 }, // Bun knows a list of methods
      ],
    ] as const)('%s', async (_, bytes, expected) => {
      const outcome = typeof expected === 'object' ? expected[engine] : expected
      const { received, closed } = await exchange(bytes + (outcome === 'refused' ? '' : HEALTH))
      expect(received).not.toContain('smuggled')
      expect(received).not.toMatch(SERVER_ERROR)
      if (outcome === 'refused') {
        // Whatever it is taken for, nothing that follows on the connection is.
        expect(statusesOf(received).filter((status) => status < 400)).toEqual([])
        expect(closed).toBe(true)
      } else {
        expect(statusesOf(received)).toEqual([outcome, 200])
      }
      expect(await isHealthy()).toBe(true)
    })

    test('a URL of 16 KB is answered or refused, and the next one is answered', async () => {
      const { received } = await exchange(`GET /${'x'.repeat(16_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect([404, 414, 431]).toContain(statusesOf(received)[0]!)
      expect(await isHealthy()).toBe(true)
    })
  })

  const batches = isFast ? 5 : 50

  test(`${200 * batches} mutated requests: no 5xx, no dead worker, and the next request works`, async () => {
    const random = createRandom(engine === 'bun' ? 11 : 12)
    const body = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    const seeds = [
      '/v1/chat/completions',
      '/v1/messages',
      '/v1/responses',
      '/v1/embeddings',
      '/api/chat',
      '/v1beta/models/m:generateContent?alt=sse',
    ].map(
      (path) =>
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer k\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    let fiveHundreds = 0
    let answered = 0
    const lostBefore = await lostWorkers()
    for (let batch = 0; batch < batches; batch++) {
      const requests = Array.from({ length: 200 }, () =>
        mutate(seeds[Math.floor(random() * seeds.length)]!, random),
      )
      const replies = await Promise.all(requests.map(sendAndLeave))
      for (const reply of replies) {
        if (SERVER_ERROR.test(reply)) fiveHundreds++
        if (reply !== '') answered++
      }
      expect(await isHealthy()).toBe(true)
    }
    expect(fiveHundreds).toBe(0)
    expect(answered).toBeGreaterThan(20 * batches) // or the mutations would test nothing
    expect(await lostWorkers()).toBe(lostBefore)
    await until(async () => (await stats()).requests.open === 0)
  }, 120_000)

  async function stats(): Promise<Stats> {
    return (await fetch(`${server.url}/stats`)).json() as Promise<Stats>
  }

  const lostWorkers = async (): Promise<number> => (await stats()).workers.lost

  /** Sends a request and leaves when something has come back, or when nothing does for a while. */
  function sendAndLeave(bytes: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    let received = ''
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    const timer = setTimeout(() => socket.destroy(), 100)
    socket.on('data', (data) => {
      received += data.toString('latin1')
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(received)
    })
    return promise
  }
})
