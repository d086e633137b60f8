// Stamps and ids in faulty replies: what a client sees is what was prepared, but for the places that are filled as they are written.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Format, formats, prepare } from '../apis/_readers.ts'
import { body, texts } from '../replies/_replies.ts'
import {
  chatRequest,
  engines,
  numbersOf,
  rawClient,
  serveInProcess,
  takeResponse,
  until,
} from '../_helpers.ts'
import { marks } from '../../src/apis/marks.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import { codingKinds } from '../../src/config/connectionkinds.ts'
import { faultKinds } from '../../src/config/faults.ts'
import type { Reply } from '../../src/replies/reply.ts'
import type { Running } from '../../src/server/server.ts'

const PATTERNS = [
  'ok',
  'status:429',
  'refuse',
  'hang',
  'headers-then-hang',
  'garbage:1',
  'truncate-event:2',
  'no-finish',
  'no-done',
  'stall:2:5',
  'abort:2',
  'end:0',
  'end:3',
  'error:0',
  'error:2',
  'multiline',
  'keepalive:1',
  'crlf',
  'cr',
  'merge:2',
  'merge:100',
  'multiline+crlf+merge:3',
  'garbage:0+end:3+merge:2',
  'words',
  'unicode',
  'code',
  'short',
  'long',
  'finish:length',
  'no-finish+no-done+stall:0:3',
  'split:9',
  'split:1',
  'slow:50000',
  'finish:length+split:7',
  'duplicate:1',
  'swap:2',
  'after-done:2',
  'error:2:429+done',
  'ping:1',
  'ids',
  'no-space',
  'empty-events',
  'retry:3000',
  'no-last-blank',
  'bom',
  'bom+ids+empty-events+no-space+retry:1+split:5',
  'content-filter',
  'finish:absent',
  'finish-with-content',
  'delta:null',
  'usage:every',
  'ids+usage:every+duplicate:0+split:3',
]
/** These need calls of tools. */
const CALLED = ['call-index:missing', 'split-name', 'no-arguments', 'call-index:reversed+split-name+split:6']

/** What only one engine can do. */
const SOCKET_PATTERNS = [
  'wrong-length',
  'no-terminator',
  'no-terminator+end:2',
  'early-fin',
  'early-fin+merge:3',
  'slow-head:50000',
  'slow-head:50000+split:9',
  'reset-after:5',
]

/** What cannot be had with stamps, and of what no client can read more than the head, or as far as the fault. */
const UNREADABLE: readonly string[] = [...Object.keys(codingKinds), 'cut-head', 'bad-chunk']

test('every kind of fault is tried', () => {
  const tried = [...PATTERNS, ...CALLED, ...SOCKET_PATTERNS].flatMap((pattern) => pattern.split('+'))
  for (const kind of Object.keys(faultKinds).filter((kind) => !UNREADABLE.includes(kind)))
    expect(tried.some((part) => part === kind || part.startsWith(`${kind}:`)) ? kind : 'missing').toBe(kind)
})

const STAMP = /(\d{8})@(\d{16}) /g
const ID = /mock\d{16}/g
const unfilled = (text: string): string => text.replace(STAMP, marks.stamp.text).replace(ID, marks.id.text)
/** A place that the end of a body cuts is filled in as far as it goes. */
const withoutRest = (text: string): string => text.replace(/(\d{1,8}|\d{8}@\d*|mock\d*)$/, '')
const countOf = (text: string, part: string): number => text.split(part).length - 1

interface Seen {
  /** Undefined where no head came. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** HTTP chunks, where the answer came in chunks to its end. */
  readonly chunks: readonly string[] | null
  /** Unix µs between which it came. */
  readonly between: readonly [number, number]
}

const byteLength = (text: string): number => Buffer.byteLength(text, 'latin1')
const nowMicros = (): number => (performance.timeOrigin + performance.now()) * 1000
const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString()

/** One request of its own connection, until `isEnough` of what has come, or the other side has closed. */
async function exchange(
  port: number,
  target: string,
  pattern: string,
  isEnough: (received: string) => boolean,
): Promise<Seen> {
  const client = await rawClient(port)
  try {
    const from = nowMicros()
    client.send(chatRequest(`X-Test-Pattern: ${pattern}\r\n`, '{}', target)).catch(() => {})
    const received = await until(() =>
      isEnough(client.received()) || client.ending() !== undefined ? `${client.received()}.` : undefined,
    )
    const text = received.slice(0, -1)
    const between = [from, nowMicros()] as const
    const whole = takeResponse(text)
    if (whole !== undefined) {
      const { status, headers, chunks } = whole
      const isChunked = headers['transfer-encoding'] === 'chunked'
      return { status, headers, body: utf8(whole.body), chunks: isChunked ? chunks.map(utf8) : null, between }
    }
    const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]
    const [head, rest = ''] = text.split(/\r\n\r\n([^]*)/)
    const isLong = /\r\ncontent-length: /i.test(head!) // there is more to come, and no chunks
    return {
      status: status === undefined ? undefined : Number(status),
      headers: {},
      body: utf8(isLong ? rest : rest.replace(/^[0-9a-f]+\r\n|\r\n(?:[0-9a-f]+\r\n|$)/g, '')),
      chunks: null,
      between,
    }
  } finally {
    client.socket.destroy()
  }
}

/** What a client sees of a prepared reply. */
async function see(port: number, target: string, pattern: string, reply: Reply): Promise<Seen> {
  const sent = body(reply)
  if (reply.dueMs.at(-1) !== Number.POSITIVE_INFINITY) {
    const isWhole = (received: string): boolean => takeResponse(received) !== undefined
    if (reply.ending === 'close') return exchange(port, target, pattern, isWhole)
    // Reset, a client may lose what it had not read; sooner or later it has all of it.
    return until(async () => {
      const seen = await exchange(port, target, pattern, () => false)
      expect(sent).toStartWith(withoutRest(unfilled(seen.body)))
      return seen.body.length === sent.length ? seen : undefined
    })
  }
  if (sent !== '') return exchange(port, target, pattern, (received) => received.endsWith(`\r\n${sent}\r\n`))
  const startedMs = performance.now()
  return exchange(port, target, pattern, (received) => received !== '' || performance.now() - startedMs > 30)
}

interface Filled {
  readonly stamp: boolean
  readonly uniqueIds: boolean
}

/** @returns the id, where there is one */
function expectFilled(seen: Seen, reply: Reply, { stamp, uniqueIds }: Filled): string | undefined {
  const sent = body(reply)
  const stamps = [...seen.body.matchAll(STAMP)]
  expect(stamps).toHaveLength(stamp ? countOf(sent, marks.stamp.text) : 0)
  expect(stamps.map(([, sequence]) => Number(sequence))).toEqual(stamps.map((_, i) => i))
  let last = seen.between[0] - 1000
  for (const [, , micros] of stamps) {
    expect(Number(micros)).toBeGreaterThanOrEqual(last)
    last = Number(micros)
  }
  expect(last).toBeLessThan(seen.between[1] + 1000)
  const ids = seen.body.match(ID) ?? []
  expect(ids).toHaveLength(uniqueIds ? countOf(sent, marks.id.text) : 0)
  expect(new Set(ids).size).toBe(ids.length > 0 ? 1 : 0)
  expect(ids).not.toContain(marks.id.text)
  expect(withoutRest(unfilled(seen.body))).toBe(withoutRest(sent))
  return ids[0]
}

interface Choice extends Filled {
  readonly reply: 'stream' | 'json'
  readonly content: 'text' | 'tools'
}

const choices: readonly [string, Choice][] = [
  ['--stamp', { stamp: true, uniqueIds: false, reply: 'stream', content: 'text' }],
  ['--unique-ids', { stamp: false, uniqueIds: true, reply: 'stream', content: 'text' }],
  ['both', { stamp: true, uniqueIds: true, reply: 'stream', content: 'text' }],
  ['both, whole', { stamp: true, uniqueIds: true, reply: 'json', content: 'text' }],
  ['both, calls', { stamp: true, uniqueIds: true, reply: 'stream', content: 'tools' }],
]

describe.each(engines)('engine %s', (engine) => {
  describe.each(choices)('%s', (_, filled) => {
    const flags: GivenFlags = {
      chunkCount: '4',
      chunkDelayMs: '2',
      stamp: String(filled.stamp),
      uniqueIds: String(filled.uniqueIds),
      reply: filled.reply,
      content: filled.content,
    }
    let server: Running
    beforeAll(() => void (server = serveInProcess({ engine, honor: 'fault', ...flags })))
    afterAll(() => server.stop(0))

    // In AWS's event stream what is filled in changes checksums too: see eventstream.test.ts.
    const textual = formats.filter(({ framing, isForOwn }) => framing !== 'eventstream' && !isForOwn)
    test.each(textual.map((format) => [format.name, format] as const))(
      '%s',
      async (_name, format: Format) => {
        // Gemini's paths say themselves whether to stream.
        const stream = format.provider === 'gemini' || filled.reply === 'stream'
        const ids: string[] = []
        const tryPattern = async (pattern: string): Promise<void> => {
          // What needs a stream is refused where there never is one.
          const isRefused = filled.reply === 'json' && needsStream(pattern)
          const reply = prepare(format, { flags: { ...flags, engine }, ask: { stream }, pattern })
          for (let i = 0; i < 2; i++) {
            if (isRefused) {
              const seen = await exchange(
                server.port,
                format.target,
                pattern,
                (text) => takeResponse(text) !== undefined,
              )
              expect([pattern, seen.status]).toEqual([pattern, 400])
              continue
            }
            const seen = await see(server.port, format.target, pattern, reply)
            expect([pattern, seen.status]).toEqual([pattern, reply.status || undefined])
            const id = expectFilled(seen, reply, filled)
            if (id !== undefined) ids.push(id)
            if (seen.headers['content-type'] !== undefined)
              expect(seen.headers['content-type']).toBe(reply.headers['Content-Type']!)
            if (seen.chunks === null) continue
            const written = texts(reply).filter((text) => text !== '')
            // What is cut through a place is filled in all the same, and is as long.
            if (/split|slow/.test(pattern))
              expect(seen.chunks.map(byteLength)).toEqual(written.map(byteLength))
            else
              expect(seen.chunks.map((text) => withoutRest(unfilled(text)))).toEqual(written.map(withoutRest))
          }
        }
        const usual = engine === 'socket' ? [...PATTERNS, ...SOCKET_PATTERNS] : PATTERNS
        await Promise.all((filled.content === 'tools' ? CALLED : usual).map(tryPattern))
        expect(new Set(ids).size).toBe(ids.length)
        const most = filled.content === 'tools' ? 1 : 20
        expect(ids.length > most).toBe(filled.uniqueIds && format.id !== null)
      },
    )
  })

  // The rest of a frame that was written in part is kept as it was, whatever is written of the same frame meanwhile.
  test.each(['multiline', 'merge:7+crlf', 'end:1900'])(
    'clients that read slowly have ids and numbers of their own: %s',
    async (pattern) => {
      const flags = {
        chunkCount: '2000',
        chunkDelayMs: '0',
        chunkBytes: '4096',
        stamp: 'true',
        uniqueIds: 'true',
      }
      const server = serveInProcess({ engine, fault: pattern, ...flags })
      const [format] = formats as [Format]
      const clients = await Promise.all([
        rawClient(server.port),
        rawClient(server.port),
        rawClient(server.port),
      ])
      try {
        const from = nowMicros()
        for (const { socket, send } of clients) {
          socket.pause()
          void send(chatRequest())
        }
        // Until nothing more is taken.
        let [sentBytes, times] = [0, 0]
        await until(() => {
          const { bytes } = numbersOf(server)
          times = bytes > 0 && bytes === sentBytes ? times + 1 : 0
          sentBytes = bytes
          return times === 5
        })
        const reply = prepare(format, { flags, pattern })
        for (let turn = 0; turn < 10; turn++)
          for (const { socket } of clients) {
            socket.resume()
            await Bun.sleep(1)
            socket.pause()
          }
        for (const { socket } of clients) socket.resume()
        const ids: unknown[] = []
        for (const client of clients) {
          const { status, headers, body: sent, chunks } = await client.response()
          const seen = { status, headers, body: utf8(sent), chunks, between: [from, nowMicros()] as const }
          ids.push(expectFilled(seen, reply, { stamp: true, uniqueIds: true }))
        }
        expect(new Set(ids).size).toBe(3)
      } finally {
        for (const { socket } of clients) socket.destroy()
        await server.stop(0)
      }
    },
  )
})

function needsStream(pattern: string): boolean {
  const rows = new Map<string, object>(Object.entries(faultKinds))
  if (pattern === 'ok') return false
  return pattern.split('+').some((part) => 'streamed' in (rows.get(part) ?? rows.get(part.split(':')[0]!)!))
}
