// What becomes of stamped chunks on their way, in replies that are written here.
import { describe, expect, test } from 'bun:test'
import { EventReader } from '../../../src/bench/client/events.ts'
import {
  mergeWatched,
  ReplyWatch,
  Watch,
  type WatchCounts,
  type Watched,
} from '../../../src/bench/client/watch.ts'
import { emptyHistogram, percentile } from '../../../src/stats/histogram.ts'
import { histogramOf, watchedOf } from '../_results.ts'

/** When all chunks are written, Unix µs. */
const STAMPED = 1_795_380_000_000_000

function stamp(chunk: number, micros = STAMPED): string {
  return `${String(chunk).padStart(8, '0')}@${micros} `
}

function event(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
}

const chunk = (number: number, micros?: number): string => event(`${stamp(number, micros)}and more`)

const DONE = 'data: [DONE]\n\n'
/** The end of a reply that says all of it again, with stamps that go on counting. */
const ALL = event(`${stamp(3)}${stamp(4)}${stamp(5)}`)

interface Reply {
  /** Of a read each, `millis` after the one before. */
  readonly reads: readonly string[]
  /** The read that the headers have come with; the first if not said. */
  readonly headIn?: number
}

/** Reads replies of three chunks, the first read of each 5 ms after the stamps. */
function watch(
  replies: readonly Reply[],
  { chunks = 3, offsetMicros = 0, millis = 1, text = ' and more'.repeat(3) } = {},
): Watched {
  const all = new Watch({ chunks, text, offsetMicros }, 'chat')
  const reply = new ReplyWatch(all)
  for (const { reads, headIn = 0 } of replies) {
    const reader = new EventReader('\n\n', (bytes, from, to) => reply.event(bytes, from, to))
    reply.begin()
    for (const [i, text] of reads.entries()) {
      const nowMs = 5 + i * millis
      reply.nowMicros = STAMPED + nowMs * 1000
      const before = reader.events
      const bytes = Buffer.from(`@${text}@`)
      reader.feed(bytes, 1, bytes.length - 1)
      if (i === headIn) reply.headed(nowMs)
      if (reader.events > before) reply.read(before === 0, nowMs)
    }
    reply.end(reader.events, reader.comments)
  }
  return all.result()
}

const good: WatchCounts = {
  replies: 1,
  chunks: 3,
  lost: 0,
  doubled: 0,
  reordered: 0,
  merged: 0,
  split: 0,
  comments: 0,
  reads: 1,
  readEvents: 4,
  earlyHeads: 0,
  sampled: 1,
  altered: 0,
}

describe('what is counted', () => {
  const [c0, c1, c2] = [chunk(0), chunk(1), chunk(2)]
  const half = Math.floor(c1.length / 2)
  const cut = (text: string, at: number): string => event(text.slice(0, at)) + event(text.slice(at))
  const text = `${stamp(1)}and more`
  test.each([
    ['all as it was sent', [c0 + c1 + c2 + DONE], {}],
    ['in a read each', [c0, c1, c2, DONE], { reads: 4 }],
    ['cut in the middle of an event', [c0 + c1.slice(0, half), c1.slice(half) + c2 + DONE], { reads: 2 }],
    ['a read that has no event in it', [c0, c1.slice(0, half), c1.slice(half) + c2 + DONE], { reads: 2 }],
    ['one lost', [c0 + c2 + DONE], { chunks: 2, lost: 1, readEvents: 3 }],
    ['all lost', [DONE], { chunks: 0, lost: 3, readEvents: 1 }],
    ['one twice', [c0 + c1 + c1 + c2 + DONE], { doubled: 1, readEvents: 5 }],
    ['all twice', [c0 + c1 + c2 + c0 + c1 + c2 + DONE], { doubled: 3, readEvents: 7 }],
    ['two in the wrong order', [c1 + c0 + c2 + DONE], { reordered: 1 }],
    ['the first as the last', [c1 + c2 + c0 + DONE], { reordered: 1 }],
    ['all backwards', [c2 + c1 + c0 + DONE], { reordered: 2 }],
    ['two in an event', [event(stamp(0) + stamp(1)) + c2 + DONE], { merged: 1, readEvents: 3 }],
    ['all in an event', [event(stamp(0) + stamp(1) + stamp(2)) + DONE], { merged: 2, readEvents: 2 }],
    [
      'one and a half',
      [event(`${stamp(0)}and `) + event('more') + c1 + c2 + DONE],
      { split: 1, readEvents: 5 },
    ],
    // In two pieces of a stamp there is none.
    ['a number in two', [c0 + cut(text, 4) + c2 + DONE], { chunks: 2, lost: 1, split: 2, readEvents: 5 }],
    ['a time in two', [c0 + cut(text, 20) + c2 + DONE], { chunks: 2, lost: 1, split: 2, readEvents: 5 }],
    ['just behind its time', [c0 + cut(text, 25) + c2 + DONE], { split: 1, readEvents: 5 }],
    ['the text again at the end', [c0 + c1 + c2 + ALL + DONE], { readEvents: 5 }],
    ['an empty text', [event('') + c0 + c1 + c2 + event('') + DONE], { readEvents: 6 }],
    ['comments', [`: a\n\n${c0}: b\n${c1}: c\n\n${c2}${DONE}`], { comments: 3 }],
    ['headers before the first event', ['', c0 + c1, c2 + DONE], { reads: 2, earlyHeads: 1 }],
    ['headers long before it', ['', ': wait\n\n', c0 + c1 + c2 + DONE], { comments: 1, earlyHeads: 1 }],
  ] as [string, string[], Partial<WatchCounts>][])('%s', (_, reads, counts) => {
    const { delay: _d, leastMicros: _l, byChunk: _b, ...found } = watch([{ reads }])
    expect(found).toEqual({ ...good, ...counts, altered: found.altered })
  })

  test('of several replies: the sum, each on its own', () => {
    const found = watch([
      { reads: [c0 + c2 + DONE] },
      { reads: [c0 + c1 + c2 + DONE] },
      { reads: ['', c1 + DONE] },
    ])
    expect(found).toMatchObject({ replies: 3, chunks: 6, lost: 3, doubled: 0, reordered: 0, earlyHeads: 1 })
    expect(found.byChunk.times).toEqual([2, 2, 2])
  })

  test('headers that come with the first event, in a later read than nothing, are not early', () => {
    expect(watch([{ reads: ['', c0 + c1 + c2 + DONE], headIn: 1 }]).earlyHeads).toBe(0)
  })
})

describe('the text', () => {
  const [c0, c1, c2] = [chunk(0), chunk(1), chunk(2)]
  const said = [c0 + c1 + c2 + DONE]
  test.each([
    ['that is the same', said, 0],
    ['of a reply whose chunks are merged', [event(`${stamp(0)}and more${stamp(1)}and more`) + c2 + DONE], 0],
    ['of a reply whose chunk is cut', [c0 + event(`${stamp(1)}and `) + event('more') + c2 + DONE], 0],
    ['of which a chunk is lost', [c0 + c2 + DONE], 1],
    ['in which a letter differs', [c0 + event(`${stamp(1)}and mOre`) + c2 + DONE], 1],
    ['with more at its end', [c0 + c1 + c2 + event('!') + DONE], 1],
  ])('%s: %j', (_, reads, altered) => {
    expect(watch([{ reads }])).toMatchObject({ sampled: 1, altered })
  })

  test('is that of the first of 64 replies of a connection', () => {
    const other = { reads: [c0 + DONE] }
    expect(
      watch(Array.from({ length: 65 }, (_, i) => (i % 64 === 0 ? { reads: said } : other))),
    ).toMatchObject({
      replies: 65,
      sampled: 2,
      altered: 0,
    })
    expect(watch(Array.from({ length: 64 }, (_, i) => (i === 0 ? other : { reads: said })))).toMatchObject({
      sampled: 1,
      altered: 1,
    })
  })
})

describe('what is no stamp', () => {
  test.each([
    ['a name', 'me@example.com'],
    ['a sign alone', '@'],
    ['many signs', '@'.repeat(50)],
    ['too few digits before it', `0000001@${STAMPED} `],
    ['a letter before it', `0000000x@${STAMPED} `],
    ['too few digits behind it', '00000001@179538000000000 '],
    ['a letter behind it', '00000001@17953800000000x0 '],
    ['a space', `00000001 @${STAMPED} `],
  ])('%s', (_, text) => {
    const found = watch([{ reads: [event(text) + DONE] }])
    expect([found.chunks, found.split, found.delay.count, found.leastMicros]).toEqual([0, 1, 0, null])
  })

  test('what follows the event is not looked at', () => {
    // The time of the stamp is cut by the end of the event, and goes on behind it.
    const all = new Watch({ chunks: 3, text: '', offsetMicros: 0 }, 'chat')
    const reply = new ReplyWatch(all)
    const bytes = Buffer.from(`data: ${stamp(1)}`)
    const at = bytes.indexOf('@')
    for (const [from, to, chunks] of [
      [at - 7, bytes.length, 0],
      [0, at, 0],
      [0, at + 16, 0],
      [0, at + 17, 1],
      [at - 8, at + 17, 1],
    ] as const) {
      reply.begin()
      all.reset()
      reply.event(bytes, from, to)
      reply.end(1, 0)
      expect([from, to, all.result().chunks]).toEqual([from, to, chunks])
    }
  })
})

describe('delays', () => {
  test('are from the stamp to the read, by chunk, and the least is known', () => {
    const found = watch([{ reads: [chunk(0), chunk(1) + chunk(2), DONE] }], { millis: 10 })
    expect(found.delay).toEqual(histogramOf(5, 15, 15))
    expect(found.leastMicros).toBe(5000)
    expect(found.byChunk).toEqual({ sumMicros: [5000, 15_000, 15_000], times: [1, 1, 1] })
  })

  test('are less the offset, and the least way is not', () => {
    const found = watch([{ reads: [chunk(0), chunk(1), chunk(2) + DONE] }], {
      millis: 10,
      offsetMicros: 3000,
    })
    expect(found.delay).toEqual(histogramOf(2, 12, 22))
    expect(found.leastMicros).toBe(5000)
    expect(found.byChunk.sumMicros).toEqual([2000, 12_000, 22_000])
  })

  test('of a clock that is behind: below zero', () => {
    const found = watch([{ reads: [chunk(0, STAMPED + 7000) + DONE] }])
    expect(found.leastMicros).toBe(-2000)
  })

  test('of what comes twice: only once', () => {
    const found = watch([{ reads: [chunk(0), chunk(0) + DONE] }])
    expect(found.delay.count).toBe(1)
  })

  test('of the first thousand chunks one by one, of all others together', () => {
    const numbers = Array.from({ length: 1200 }, (_, i) => i)
    const found = watch([{ reads: [numbers.map((number) => chunk(number)).join('') + DONE] }], {
      chunks: 1200,
    })
    expect([found.chunks, found.delay.count, found.lost]).toEqual([1200, 1200, 0])
    expect([found.byChunk.times.length, found.byChunk.times.at(-1)]).toEqual([1000, 1])
    expect(percentile(found.delay, 0.5)).toBeCloseTo(5000, -2)
  })
})

test('after a reset the next reply of each connection is compared', () => {
  const all = new Watch({ chunks: 1, text: ' ', offsetMicros: 0 }, 'chat')
  const reply = new ReplyWatch(all)
  const read = (): void => {
    const bytes = Buffer.from(event(stamp(0)).trim())
    reply.begin()
    reply.event(bytes, 0, bytes.length)
    reply.end(1, 0)
  }
  read()
  read()
  expect(all.result()).toMatchObject({ replies: 2, sampled: 1, altered: 0 })
  all.reset()
  read()
  expect(all.result()).toMatchObject({ replies: 1, sampled: 1, altered: 0 })
})

test('after a reset nothing has been', () => {
  const all = new Watch({ chunks: 2, text: '', offsetMicros: 0 }, 'chat')
  const reply = new ReplyWatch(all)
  reply.begin()
  reply.nowMicros = STAMPED
  reply.event(Buffer.from(stamp(0)), 0, 26)
  reply.end(1, 1)
  expect(all.result()).toMatchObject({ replies: 1, chunks: 1, comments: 1, leastMicros: 0 })
  all.reset()
  const none = { delay: emptyHistogram, leastMicros: null, byChunk: { sumMicros: [0, 0], times: [0, 0] } }
  expect(all.result()).toEqual(watchedOf(0, none))
})

describe('what two clients have watched', () => {
  test('is added', () => {
    expect(mergeWatched(watchedOf(3), watchedOf(4))).toEqual(watchedOf(7))
  })

  test('also by chunk, where one has seen more of them, and delay by delay', () => {
    const a = watchedOf(1, { delay: histogramOf(1, 5), byChunk: { sumMicros: [1, 2], times: [3, 4] } })
    const b = watchedOf(1, { delay: histogramOf(3), byChunk: { sumMicros: [10, 20, 30], times: [5, 6, 7] } })
    const byChunk = { sumMicros: [11, 22, 30], times: [8, 10, 7] }
    expect(mergeWatched(a, b)).toEqual(watchedOf(2, { delay: histogramOf(1, 3, 5), byChunk }))
    expect(mergeWatched(b, a)).toEqual(mergeWatched(a, b))
  })

  test.each([
    [null, null, null],
    [5, null, 5],
    [null, 5, 5],
    [7, 5, 5],
    [-7, 0, -7],
  ])('the least of %j and %j is %j', (a, b, least) => {
    const merged = mergeWatched(watchedOf(1, { leastMicros: a }), watchedOf(1, { leastMicros: b }))
    expect(merged.leastMicros).toBe(least)
  })
})
