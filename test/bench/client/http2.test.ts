// Links of HTTP/2, with prior knowledge and over TLS, against a server of Bun, and one that sends frame by frame what is written here.
import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { openHttp2 } from '../../../src/bench/client/http2.ts'
import type { Target, Wishes } from '../../../src/bench/client/target.ts'
import { until } from '../../_helpers.ts'
import { targetTo } from '../_results.ts'
import { type Certificate, certify, type Told, tellAll } from './_links.ts'

const CLOSED_EARLY = 'failed: the connection was closed in the middle of a reply'

const servers = new Set<{ stop(now?: boolean): unknown }>()
const links = new Set<Told>()
afterEach(async () => {
  for (const link of links) link.close()
  await Promise.all([...servers].map((server) => server.stop(true)))
  links.clear()
  servers.clear()
})

function tell(target: Target, times?: number): Told {
  const link = tellAll(openHttp2, target, times)
  links.add(link)
  return link
}

const to = (port: number, change?: Partial<Wishes>, scheme?: string): Target =>
  targetTo(port, { isHttp2: true, ...change }, scheme)
const has =
  ({ said }: Told, word: string) =>
  (): boolean =>
    said.includes(word)

let [ours, others]: (Certificate | undefined)[] = []
beforeAll(async () => {
  ;[ours, others] = [await certify('127.0.0.1', 'localhost'), await certify('other.example')]
})

interface Seen {
  readonly port: number
  /** The requests, as they came. */
  readonly requests: { readonly path: string; readonly headers: Headers; readonly body: string }[]
}

/** Answers `hello` to everything, and keeps what it was asked. */
function serve(tls?: Certificate): Seen {
  const requests: Seen['requests'] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    http2: true,
    ...(tls && { tls }),
    fetch: async (request) => {
      requests.push({
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: await request.text(),
      })
      return new Response('hello', { headers: { 'Content-Type': 'text/event-stream' } })
    },
  } as Parameters<typeof Bun.serve>[0])
  servers.add(server)
  return { port: server.port!, requests }
}

const WHOLE = ['opened', '200 text/event-stream', '<hello>', 'ended']

describe('answers', () => {
  test('one after the other, to the request as it should be', async () => {
    const seen = serve()
    const headers = [
      ['X-One', 'a'],
      ['x-one', 'b'],
    ] as const
    const link = tell(to(seen.port, { headers, body: '{"x":"é"}', keys: { OPENAI_API_KEY: 'k' } }), 3)
    await until(() => link.said.filter((word) => word === 'ended').length === 3)
    expect(link.said).toEqual([...WHOLE, ...WHOLE.slice(1), ...WHOLE.slice(1)])
    expect(seen.requests).toHaveLength(3)
    const { path, headers: sent, body } = seen.requests[2]!
    expect([path, body, sent.get('x-one'), sent.get('authorization'), sent.get('content-length')]).toEqual([
      '/v1/chat/completions',
      '{"x":"é"}',
      'a, b',
      'Bearer k',
      '10',
    ])
    expect(sent.get('host')).toBe(`127.0.0.1:${seen.port}`)
  })

  test.each([
    ['any certificate', () => ours!, () => ({ isInsecure: true })],
    ['any certificate of another host', () => others!, () => ({ isInsecure: true })],
    ['one that is trusted', () => ours!, () => ({ ca: ours!.cert })],
  ] as [string, () => Certificate, () => Partial<Wishes>][])(
    'over TLS with %s',
    async (_, certificate, wishes) => {
      const seen = serve(certificate())
      const link = tell(to(seen.port, wishes(), 'https'))
      await until(has(link, 'ended'))
      expect(link.said).toEqual(WHOLE)
    },
  )

  test('over TLS to a host by its name', async () => {
    const seen = serve(ours!)
    const target = to(seen.port, { ca: ours!.cert }, 'https')
    const link = tell({ ...target, tls: { ...target.tls!, serverName: 'localhost' } })
    await until(has(link, 'ended'))
    expect(link.said).toEqual(WHOLE)
  })
})

describe('what is refused', () => {
  const REFUSED = [expect.stringMatching(/^refused: cannot connect: ./)]

  test.each([
    ['a certificate that nobody has signed', () => ours!, () => ({})],
    ['one that somebody else has signed', () => ours!, () => ({ ca: others!.cert })],
    ['one of another host', () => others!, () => ({ ca: others!.cert })],
  ] as [string, () => Certificate, () => Partial<Wishes>][])('%s, once', async (_, certificate, wishes) => {
    const seen = serve(certificate())
    for (let i = 0; i < 2; i++) {
      const link = tell(to(seen.port, wishes(), 'https'))
      await until(() => link.said.length > 0)
    }
    for (const { said } of links) expect(said).toEqual(REFUSED)
    expect(seen.requests).toEqual([])
  })

  test('a server that speaks no HTTP/2 over TLS, once', async () => {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: ours!,
      fetch: () => new Response('hello'),
    })
    servers.add(server)
    for (let i = 0; i < 2; i++) {
      const link = tell(to(server.port!, { isInsecure: true }, 'https'))
      await until(() => link.said.length > 0)
    }
    for (const { said } of links) expect(said).toEqual(REFUSED)
  })

  test.each(['http', 'https'])('nobody there, for %s', async (scheme) => {
    const link = tell(to(9, {}, scheme))
    await until(() => link.said.length > 0)
    expect(link.said).toEqual(REFUSED)
  })
})

/** RFC 9113, section 4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string)
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes])
}

const [DATA, HEADERS, RESET, SETTINGS, GO_AWAY] = [0, 1, 3, 4, 7] as const
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4] as const
const PREFACE_BYTES = 24

/** `:status` 200 and the type of a stream, in HPACK (RFC 7541). */
const head = Buffer.concat([Buffer.from([0x88, 0x5f, 17]), Buffer.from('text/event-stream')])
const headers = (stream: number): Buffer => frame(HEADERS, END_HEADERS, stream, head)
const hello = (stream: number, flags = 0): Buffer => frame(DATA, flags, stream, 'hello')
const reset = (stream: number, code: number): Buffer => frame(RESET, 0, stream, Buffer.from([0, 0, 0, code]))

/** Sends these frames when a request has come; `end` closes the connection behind them. */
function serveFrames(answer: (stream: number) => readonly Buffer[], end = false): number {
  const listener = Bun.listen<{ kept: Buffer }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = { kept: Buffer.alloc(0) }
        socket.write(frame(SETTINGS, 0, 0))
      },
      data: (socket, piece) => {
        let all = Buffer.concat([socket.data.kept, piece])
        if (all.subarray(0, 3).toString() === 'PRI') all = all.subarray(PREFACE_BYTES)
        for (;;) {
          const length = all.length < 9 ? Number.POSITIVE_INFINITY : 9 + all.readUIntBE(0, 3)
          if (all.length < length) break
          const [type, flags, stream] = [all[3], all[4]!, all.readUInt32BE(5)]
          all = all.subarray(length)
          if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0))
          if (type !== DATA || (flags & END_STREAM) === 0) continue
          socket.write(Buffer.concat(answer(stream)))
          if (end) socket.end()
        }
        socket.data.kept = Buffer.from(all)
      },
    },
  })
  servers.add(listener)
  return listener.port
}

describe('frame by frame', () => {
  test('an answer whose end is told later than its body', async () => {
    const link = tell(to(serveFrames((id) => [headers(id), hello(id), frame(DATA, END_STREAM, id)])), 2)
    await until(() => link.said.filter((word) => word === 'ended').length === 2)
    expect(link.said).toEqual([...WHOLE, ...WHOLE.slice(1)])
  })

  test.each([
    ['a reset instead of an answer', (id) => [reset(id, 7)], [], 'failed: the stream was reset (7)', false],
    [
      'a reset in the middle of an answer',
      (id) => [headers(id), hello(id), reset(id, 2)],
      ['200 text/event-stream', '<hello>'],
      'failed: the stream was reset (2)',
      false,
    ],
    [
      'the end of the connection instead of an answer',
      () => [],
      [],
      `${CLOSED_EARLY}: does it speak HTTP/2?`,
      true,
    ],
    [
      'the end of the connection in the middle of an answer',
      (id) => [headers(id), hello(id)],
      ['200 text/event-stream', '<hello>'],
      CLOSED_EARLY,
      true,
    ],
  ] as [string, (id: number) => Buffer[], string[], string, boolean][])(
    '%s is a failure, told once',
    async (_, answer, before, told, end) => {
      const link = tell(to(serveFrames(answer, end)), 2)
      await until(has(link, 'closed'))
      expect(link.said).toEqual(['opened', ...before, told, 'closed'])
    },
  )

  test('a last answer, after which the server wants no further request', async () => {
    const goAway = frame(GO_AWAY, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))
    const link = tell(to(serveFrames((id) => [goAway, headers(id), hello(id, END_STREAM)])), 2)
    await until(has(link, 'closed'))
    expect(link.said).toEqual([...WHOLE.slice(0, 3), 'ended for good', 'closed'])
  })
})

test('a link that is closed in the middle of an answer says so, and nothing of a failure', async () => {
  const link = tell(to(serveFrames((id) => [headers(id), hello(id)])))
  await until(has(link, '200 text/event-stream'))
  link.close()
  await until(has(link, 'closed'))
  expect(link.said.filter((word) => !word.startsWith('<'))).toEqual([
    'opened',
    '200 text/event-stream',
    'closed',
  ])
})
