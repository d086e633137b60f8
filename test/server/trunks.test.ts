// Long contents that many replies share, over engine socket: what is written is the reply, whatever is shared of it.
import { describe, expect, test } from 'bun:test'
import { defaultAsk } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import { Contents } from '../../src/replies/contents.ts'
import { type Reply, wholeReply } from '../../src/replies/reply.ts'
import { ReplyDeck } from '../../src/replies/replydeck.ts'
import { Timetable } from '../../src/replies/timetable.ts'
import { drawSchedules } from '../../src/replies/timing.ts'
import { finish } from '../../src/replies/work.ts'
import type { Card } from '../../src/server/card.ts'

import { endOf, runOf, USUAL } from '../../src/server/engines/wire.ts'
import { MOST_RUN_BYTES, type Run } from '../../src/server/engines/runs.ts'

const createdAt = 1_795_380_000

/** Replies of one content, each cut at another place; `isShared` or each for itself. */
function repliesOf(path: string, flags: GivenFlags, isShared: boolean, limits: readonly number[]): Reply[] {
  const config = readConfig({ chunkDelayMs: '0', reply: 'auto', ...flags }, {})
  const route = catalogue({ config, createdAt }).find(({ paths }) => paths[0] === path)!
  const timetable = new Timetable(drawSchedules(config), 0)
  const contents = new Contents()
  return limits.map((limit) => {
    const ask = { ...defaultAsk(config), promptTokens: 10 + limit, limit, stream: true, alt: 'sse' } as const
    const answer = (drawn: number): ReturnType<typeof route.answer> => route.answer(ask, drawn)
    return finish(new ReplyDeck({ answer, timetable, headers: {}, contents, isShared }).at(0))
  })
}

/** Everything that is written of a reply, with the marks of its places, in runs that end where `cut` says at the latest. */
function written(reply: Reply, cut: (from: number) => number): { text: string; runs: Run[] } {
  const card: Card = { kind: 'card', reply, counter: null, ledger: null, extra: null }
  const runs: Run[] = []
  let text = ''
  let at = 0
  while (at < reply.frames.length) {
    const run = runOf(card, USUAL, at, Math.min(cut(at), reply.frames.length), true)
    expect(run.frames).toBeGreaterThan(0)
    expect(run.ends).toHaveLength(run.frames)
    expect(run.ends.at(-1)! <= run.bytes.byteLength).toBe(true)
    expect(run.bytes.byteLength).toBeLessThan(1.1 * MOST_RUN_BYTES)
    const bytes = Buffer.from(run.bytes)
    for (const place of run.places ?? []) bytes.fill('#', place.at, place.at + place.to - place.from)
    text += bytes.toString('latin1')
    runs.push(run)
    at += run.frames
    if (at === reply.frames.length && !run.hasEnd) text += Buffer.from(endOf(reply, USUAL)!).toString()
  }
  return { text: text.replace(/Date: [^\r]*/, 'Date'), runs }
}

const paths = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1beta/models/{model}:{verb}',
  '/api/chat',
]
const limits = [0, 1, 2, 3, 7, 100, 399, 400, 401, 1000]

describe.each(paths)('%s', (path) => {
  const flags = { chunkCount: '500' }
  const shared = repliesOf(path, flags, true, limits)
  const alone = repliesOf(path, flags, false, limits)

  test.each([
    ['at once', () => Number.POSITIVE_INFINITY],
    ['one by one', (from: number) => from + 1],
    ['a few at a time', (from: number) => from + 1 + (from % 9)],
  ])('what is due %s is written as if nothing were shared', (_, cut) => {
    for (const [i, reply] of shared.entries())
      expect(written(reply, cut).text).toBe(written(alone[i]!, cut).text)
  })

  test('what ends a reply leaves with the content before it', () => {
    const { runs } = written(shared[limits.indexOf(100)]!, () => Number.POSITIVE_INFINITY)
    expect(runs.length).toBeLessThanOrEqual(shared[0]!.trunk!.from > 0 ? 2 : 1)
  })

  test('two chunks that are due together are kept as they are, and not put together for each reader', () => {
    const { runs } = written(shared[0]!, (from) => from + 2)
    expect(runs.every(({ isKept }) => isKept)).toBe(true)
  })

  test('long contents are put together once', () => {
    expect(shared.every(({ trunk }) => trunk !== null)).toBe(true)
    expect(alone.every(({ trunk }) => trunk === null)).toBe(true)
    const buffersOf = (reply: Reply): unknown[] =>
      written(reply, () => Number.POSITIVE_INFINITY).runs.map(({ bytes }) => bytes.buffer)
    const { runs } = written(shared[limits.indexOf(0)]!, () => Number.POSITIVE_INFINITY)
    expect(runs.slice(0, -1).every(({ isKept }) => isKept)).toBe(true)
    const whole = buffersOf(shared[limits.indexOf(0)]!)
    for (const limit of [100, 399, 400, 401, 1000])
      expect(buffersOf(shared[limits.indexOf(limit)]!).some((buffer) => whole.includes(buffer))).toBe(true)
  })
})

test('short contents leave in one write, and so are nobody else’s', () => {
  const [reply] = repliesOf('/v1/chat/completions', { chunkCount: '18' }, true, [0])
  expect(reply!.trunk).toBeNull()
  expect(written(reply!, () => Number.POSITIVE_INFINITY).runs).toHaveLength(1)
})

test('a body of megabytes stands behind its head', () => {
  const body = 'x'.repeat(9 << 20)
  const reply = wholeReply({ kind: 'whole', status: 200, body }, {})
  const { bytes } = runOf(
    { kind: 'card', reply, counter: null, ledger: null, extra: null },
    USUAL,
    0,
    1,
    true,
  )
  expect(bytes.toString('latin1').replace(/^[^]*\r\n\r\n/, '') === body).toBe(true)
  expect(bytes.subarray(0, 15).toString()).toBe('HTTP/1.1 200 OK')
})
