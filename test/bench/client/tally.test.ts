// What a client counts of what it reads, and how the results of several clients become one.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type LoadPlan, NO_ORIGIN } from '../../../src/bench/client/plan.ts'
import { type LoadResult, LoadTally, mergeResults } from '../../../src/bench/client/tally.ts'
import { emptyHistogram } from '../../../src/stats/histogram.ts'
import { histogramOf, loadResult, watchedOf } from '../_results.ts'

describe('the results of two clients', () => {
  const quiet = loadResult()
  // Every field has its row: a field that is missing here does not compile.
  const rows: { [Name in keyof LoadResult]: [LoadResult[Name], LoadResult[Name], LoadResult[Name]][] } = {
    requests: [[3, 4, 7]],
    events: [[30, 41, 71]],
    errors: [[1, 2, 3]],
    errorKinds: [
      [
        [['one', 1]],
        [['two', 2]],
        [
          ['one', 1],
          ['two', 2],
        ],
      ],
      [[], [['two', 2]], [['two', 2]]],
      [[['one', 3]], [], [['one', 3]]],
      [
        [
          ['one', 3],
          ['two', 1],
        ],
        [
          ['two', 2],
          ['three', 4],
          ['one', 5],
        ],
        [
          ['one', 8],
          ['two', 3],
          ['three', 4],
        ],
      ],
    ],
    measuredMs: [
      [1000, 1003, 1003],
      [1004, 1000, 1004],
    ],
    cpuMs: [[500, 250, 750]],
    hung: [[2, 3, 5]],
    waiting: [[5, 6, 11]],
    underWay: [[2, 9, 11]],
    oldestMs: [
      [20, 30, 30],
      [40, 30, 40],
    ],
    ttft: [[histogramOf(1, 9), histogramOf(4), histogramOf(1, 4, 9)]],
    gap: [[histogramOf(2), histogramOf(2, 3), histogramOf(2, 2, 3)]],
    latency: [
      [histogramOf(), histogramOf(100), histogramOf(100)],
      [histogramOf(7), histogramOf(100), histogramOf(7, 100)],
    ],
    lateness: [
      [histogramOf(7), histogramOf(), histogramOf(7)],
      [histogramOf(7), histogramOf(8), histogramOf(7, 8)],
    ],
    watched: [
      [watchedOf(3), watchedOf(4), watchedOf(7)],
      [null, watchedOf(4), watchedOf(4)],
      [watchedOf(3), null, watchedOf(3)],
    ],
  }
  const cases = Object.entries(rows).flatMap(([name, each]) =>
    each.map(([a, b, both]) => [name, a, b, both] as const),
  )
  test.each(cases)('%s: %j and %j are %j', (name, a, b, both) => {
    // Only this field: what another one says must not come here, nor this one elsewhere.
    const merged = mergeResults(
      { ...quiet, measuredMs: 1, [name]: a },
      { ...quiet, measuredMs: 1, [name]: b },
    )
    expect(merged).toEqual({ ...quiet, measuredMs: 1, [name]: both })
  })

  test('in whatever order three are put together, figures are the same', () => {
    const any = fc
      .tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.array(fc.nat(99), { maxLength: 4 }))
      .map(([requests, measuredMs, oldestMs, ms]) =>
        loadResult({ requests, measuredMs, oldestMs, gap: histogramOf(...ms) }),
      )
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const left = mergeResults(mergeResults(a, b), c)
        expect(mergeResults(c, mergeResults(b, a))).toEqual(left)
      }),
      { numRuns: 50 },
    )
  })
})

const END = { endMs: 1000, measuredMs: 900, cpuMs: 300, hung: 0 }
const due = { ttftMs: 10, delayMs: 5, steps: [0, 1, 1] }

function tallyOf(plan: Partial<Pick<LoadPlan, 'due' | 'origin'>> = {}): LoadTally {
  return new LoadTally({ due: null, origin: NO_ORIGIN, ...plan })
}

describe('what is counted', () => {
  test('of nothing: nothing', () => {
    expect(tallyOf().result([], END)).toEqual(loadResult({ measuredMs: 900, cpuMs: 300 }))
  })

  test('of events one by one: the first against the request, each other one against the one before', () => {
    const tally = tallyOf({ due })
    const times = { startedMs: 100, lastMs: 0 }
    tally.arrived(times, 0, 1, 112) // due after 10 ms
    tally.arrived(times, 1, 2, 118) // due after 15 ms
    tally.arrived(times, 2, 3, 119) // due after 15 ms
    expect(times).toEqual({ startedMs: 100, lastMs: 119 })
    expect(tally.result([], END)).toEqual(
      loadResult({
        measuredMs: 900,
        cpuMs: 300,
        events: 3,
        ttft: histogramOf(12),
        gap: histogramOf(6, 1),
        lateness: histogramOf(2, 3, 4),
      }),
    )
  })

  test.each([
    // Events that come together have no gaps between them.
    [0, 1, { events: 1, ttft: histogramOf(30) }, [20]],
    [0, 2, { events: 2, ttft: histogramOf(30), gap: histogramOf(0) }, [20, 15]],
    [0, 3, { events: 3, ttft: histogramOf(30), gap: histogramOf(0, 0) }, [20, 15, 15]],
    [1, 2, { events: 1, gap: histogramOf(7) }, [15]],
    [1, 3, { events: 2, gap: histogramOf(7, 0) }, [15, 15]],
    // One more than there should be: it is counted, and nothing says when it was due.
    [2, 4, { events: 2, gap: histogramOf(7, 0) }, [15]],
  ] as [number, number, Partial<LoadResult>, number[]][])(
    'of events %j up to %j in one segment',
    (before, after, figures, late) => {
      const arrive = (plan: Parameters<typeof tallyOf>[0]): LoadResult => {
        const tally = tallyOf(plan)
        tally.arrived({ startedMs: 100, lastMs: 123 }, before, after, 130)
        return tally.result([], END)
      }
      const expected = loadResult({ measuredMs: 900, cpuMs: 300, ...figures })
      expect(arrive({ due })).toEqual({ ...expected, lateness: histogramOf(...late) })
      expect(arrive({ due: null })).toEqual(expected)
      const first = before === 0 ? histogramOf(20) : emptyHistogram
      expect(arrive({ due: { ...due, delayMs: null } })).toEqual({ ...expected, lateness: first })
    },
  )

  test('of a reply that was right: one request, and how long it took', () => {
    const tally = tallyOf()
    tally.ended({ startedMs: 100, lastMs: 0 }, 150)
    expect(tally.result([], END)).toEqual(
      loadResult({ measuredMs: 900, cpuMs: 300, requests: 1, latency: histogramOf(50) }),
    )
  })

  test('of times from an origin on: what is beyond it; lateness and gaps know none', () => {
    const tally = tallyOf({ due, origin: { ttftMs: 8, latencyMs: 45 } })
    const times = { startedMs: 100, lastMs: 0 }
    tally.arrived(times, 0, 1, 112)
    tally.arrived(times, 1, 2, 118)
    tally.ended(times, 150)
    expect(tally.result([], END)).toMatchObject({
      ttft: histogramOf(4),
      gap: histogramOf(6),
      latency: histogramOf(5),
      lateness: histogramOf(2, 3),
    })
  })

  test('what was watched is told as it is', () => {
    expect(tallyOf().result([], END, watchedOf(3)).watched).toEqual(watchedOf(3))
  })

  test('of errors: all, by kind, the first one first', () => {
    const tally = tallyOf()
    for (const reason of ['one', 'two', 'one', 'three', 'one']) tally.failed(reason)
    expect(tally.result([], END)).toMatchObject({
      requests: 0,
      errors: 5,
      errorKinds: [
        ['one', 3],
        ['two', 1],
        ['three', 1],
      ],
    })
  })

  test('of more than twenty kinds of errors: twenty, and the others', () => {
    const tally = tallyOf()
    const kinds = Array.from({ length: 20 }, (_, i) => `kind ${i}`)
    for (const reason of [...kinds, 'late', 'later', 'kind 3', 'late']) tally.failed(reason)
    const { errors, errorKinds } = tally.result([], END)
    expect(errors).toBe(24)
    expect(errorKinds).toEqual([
      ...kinds.map((kind): [string, number] => [kind, kind === 'kind 3' ? 2 : 1]),
      ['others', 3],
    ])
  })

  test('of requests that wait: the most there were', () => {
    const tally = tallyOf()
    for (const waiting of [0, 3, 8, 2]) tally.waiting(waiting)
    expect(tally.result([], END).waiting).toBe(8)
  })

  test.each([
    [[], 0, 0],
    [[1000], 1, 0],
    [[400], 1, 600],
    [[700, 400, 900], 3, 600],
  ])('of requests without a whole reply, since %j: %j, the oldest for %j ms', (since, underWay, oldestMs) => {
    expect(tallyOf().result(since, END)).toEqual(
      loadResult({ measuredMs: 900, cpuMs: 300, underWay, oldestMs }),
    )
  })
})

test('nothing of the warm-up is in the figures, and what follows is', () => {
  const tally = tallyOf({ due })
  const reply = (startedMs: number): void => {
    const times = { startedMs, lastMs: 0 }
    tally.arrived(times, 0, 2, startedMs + 20)
    tally.arrived(times, 2, 3, startedMs + 21)
    tally.ended(times, startedMs + 21)
  }
  reply(100)
  tally.failed('cold')
  tally.waiting(9)
  tally.reset()
  expect(tally.result([], END)).toEqual(loadResult({ measuredMs: 900, cpuMs: 300 }))
  reply(200)
  tally.failed('warm')
  tally.waiting(2)
  const figures = tally.result([], END)
  expect(figures).toMatchObject({ requests: 1, events: 3, errors: 1, errorKinds: [['warm', 1]], waiting: 2 })
  expect([figures.ttft, figures.gap, figures.latency, figures.lateness].map(({ count }) => count)).toEqual([
    1, 2, 1, 3,
  ])
})
