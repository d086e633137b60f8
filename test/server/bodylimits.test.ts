// Bodies of exactly as many bytes as are allowed, and of one more, however they are sent and answered.
import { afterAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { engines, isFast, numbersOf, promises, rawClient, serveInProcess } from '../_helpers.ts'
import { frame, ways } from './_uploads.ts'

const LIMIT = 100
const CHAT = '/v1/chat/completions'

const servers: readonly [name: string, flags: GivenFlags][] = [
  ['--reply stream', {}],
  ['--reply json', { reply: 'json' }],
  ['--reply auto', { reply: 'auto' }],
  ['--honor fault', { honor: 'fault' }],
  ['--honor fault --reply auto', { honor: 'fault', reply: 'auto' }],
  ['--rate-limit', { rateLimit: '1000000/s', reply: 'auto' }],
  ['--api-key', { apiKey: 'k' }],
]

const paths = [CHAT, '/v1/messages', '/v1/embeddings', '/v1beta/models/m:generateContent', '/api/chat']

/** Where a body is cut into pieces. */
const cuts: Readonly<Record<string, (bytes: number) => readonly number[]>> = {
  whole: () => [],
  'its last byte apart': (bytes) => [bytes - 1],
  'cut at the limit': () => [LIMIT],
  'byte by byte': (bytes) => Array.from({ length: bytes - 1 }, (_, i) => i + 1),
}

/** JSON of so many bytes that asks for something in every format. */
function bodyOf(bytes: number): Buffer {
  const [begin, end] = ['{"model":"m","input":"', '"}'] as const
  return Buffer.from(begin + 'x'.repeat(bytes - begin.length - end.length) + end)
}

const headers = `Host: x\r\nAuthorization: Bearer k\r\nX-Test-Pattern: ok\r\n`

describe.each(engines)('engine %s', (engine) => {
  const running = new Set<Running>()
  afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))
  const serve = (flags: GivenFlags): Running => {
    const server = serveInProcess({ engine, chunkCount: '2', chunkDelayMs: '0', ...flags })
    running.add(server)
    return server
  }

  test.each(servers)('%s: as many are taken, and one more is not', async (_, flags) => {
    const { port } = serve({ maxBodyBytes: String(LIMIT), ...flags })
    const seen: Record<string, number> = {}
    const expected: Record<string, number> = {}
    const attempts = [LIMIT, LIMIT + 1].flatMap((bytes) =>
      ways.flatMap((way) => Object.keys(cuts).map((cut) => ({ bytes, way, cut }))),
    )
    await Promise.all(
      attempts.map(async ({ bytes, way, cut }) => {
        const name = `${bytes}, ${way.name}, ${cut}`
        const framing = way.isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
        const connection = way.closes ? 'Connection: close\r\n' : ''
        const body = bodyOf(bytes)
        const ends = [...cuts[cut]!(bytes), bytes]
        const pieces = ends.map((end, i) =>
          frame(body.subarray(ends[i - 1] ?? 0, end), way, i === ends.length - 1),
        )
        const client = await rawClient(port)
        client.send(`POST ${CHAT} HTTP/${way.version}\r\n${headers}${connection}${framing}\r\n\r\n`)
        for (const piece of pieces) client.send(piece)
        seen[name] = (await client.response()).status
        expected[name] = bytes === LIMIT ? 200 : 413
        client.socket.destroy()
      }),
    )
    expect(seen).toEqual(expected)
  })

  test.each(paths)('%s: likewise, and the refusal does not count as an answer', async (path) => {
    const server = serve({ maxBodyBytes: String(LIMIT) })
    for (const [bytes, status] of [
      [LIMIT, 200],
      [LIMIT + 1, 413],
      [0, 200],
    ] as const) {
      const body = bytes === 0 ? null : bodyOf(bytes)
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body })
      expect([bytes, response.status]).toEqual([bytes, status])
      await response.text()
    }
    expect(numbersOf(server).completed).toBe(2)
  })

  test('a limit of one byte, and none', async () => {
    const [tight, open] = [serve({ maxBodyBytes: '1' }), serve({ maxBodyBytes: '0' })]
    const send = async ({ port }: Running, body: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}${CHAT}`, { method: 'POST', body })).status
    expect([await send(tight, ''), await send(tight, 'x'), await send(tight, 'xx')]).toEqual([200, 200, 413])
    expect(await send(open, 'x'.repeat(1_000_000))).toBe(200)
  })

  test.skipIf(isFast)('--reply auto on its own: 16 MB are taken, and one byte more is not', async () => {
    const { port } = serve({ reply: 'auto' })
    for (const [bytes, status] of [
      [16 << 20, 200],
      [(16 << 20) + 1, 413],
    ] as const) {
      const wraps = [(body: Buffer) => body, (body: Buffer) => new Blob([body]).stream()]
      for (const wrap of wraps) {
        const body = wrap(bodyOf(bytes))
        const response = await fetch(`http://127.0.0.1:${port}${CHAT}`, { method: 'POST', body })
        expect([bytes, response.status]).toEqual([bytes, status])
        await response.text()
      }
    }
  })

  test('models and health take a body of any size', async () => {
    const { port } = serve({ maxBodyBytes: '1' })
    for (const path of ['/health', '/v1/models']) {
      const client = await rawClient(port)
      client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345`)
      expect((await client.response()).status).toBe(200)
      client.socket.destroy()
    }
  })

  test.if(promises[engine].http2)('HTTP/2, with a length and without', async () => {
    for (const [, flags] of servers) {
      const { port } = serve({ maxBodyBytes: String(LIMIT), ...flags })
      const session = connectHttp2(`http://127.0.0.1:${port}`)
      try {
        for (const bytes of [LIMIT, LIMIT + 1])
          for (const length of [{}, { 'content-length': String(bytes) }]) {
            const request = session.request({
              ':method': 'POST',
              ':path': CHAT,
              authorization: 'Bearer k',
              ...length,
            })
            request.write(bodyOf(bytes).subarray(0, LIMIT - 1))
            request.end(bodyOf(bytes).subarray(LIMIT - 1))
            const [answer] = (await once(request, 'response')) as [Record<string, unknown>]
            expect([flags, bytes, length, answer[':status']]).toEqual([
              flags,
              bytes,
              length,
              bytes === LIMIT ? 200 : 413,
            ])
            request.resume()
            await once(request, 'close')
          }
      } finally {
        session.destroy()
      }
    }
  })
})
