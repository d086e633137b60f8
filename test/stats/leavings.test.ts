// Who left: the last thousand, in the order of their times, told once and by everybody.
import { describe, expect, test } from 'bun:test'
import {
  type Leaving,
  LeavingLog,
  leavingsSince,
  mergeLeavings,
  MOST_LEAVINGS,
  showLeavings,
} from '../../src/stats/leavings.ts'

/** Leavings number `from` to before `to`, one a millisecond. */
const leavings = (from: number, to: number): Leaving[] =>
  Array.from({ length: to - from }, (_, i) => [`mock${from + i}`, from + i, (from + i) % 7])

function logOf(noted: readonly Leaving[]): LeavingLog {
  const log = new LeavingLog()
  for (const leaving of noted) log.note(leaving)
  return log
}

describe('the log', () => {
  test.each([
    ['nothing', 0, 0],
    ['one', 1, 0],
    ['one less than there is room for', MOST_LEAVINGS - 1, 0],
    ['as many as there is room for', MOST_LEAVINGS, 0],
    ['one more', MOST_LEAVINGS + 1, 1],
    ['twice around, and one', 2 * MOST_LEAVINGS + 1, MOST_LEAVINGS + 1],
  ])('of %s keeps the last 1,000, in order', (_, noted, first) =>
    expect(logOf(leavings(0, noted)).snapshot()).toEqual(leavings(0, noted).slice(first)),
  )

  test.each([5, MOST_LEAVINGS + 5])('that is reset after %d begins anew', (noted) => {
    const log = logOf(leavings(0, noted))
    const before = log.snapshot()
    log.reset()
    expect(log.snapshot()).toEqual([])
    for (const leaving of leavings(2, MOST_LEAVINGS + 3)) log.note(leaving)
    expect(log.snapshot()).toEqual(leavings(3, MOST_LEAVINGS + 3))
    expect(before).toEqual(leavings(0, noted).slice(-MOST_LEAVINGS))
  })
})

describe('of several workers', () => {
  const all = leavings(0, 1500)
  const [one, two, three] = [0, 1, 2].map((worker) => all.filter((_, i) => i % 3 === worker))

  test('the latest of all, by time, whoever tells first', () => {
    for (const [a, b, c] of [
      [one!, two!, three!],
      [three!, one!, two!],
    ]) {
      expect(mergeLeavings(mergeLeavings(a!, b!), c!)).toEqual(all.slice(-MOST_LEAVINGS))
      expect(mergeLeavings(a!, mergeLeavings(b!, c!))).toEqual(all.slice(-MOST_LEAVINGS))
    }
  })

  test.each([
    ['nobody has any', [], [], []],
    ['one has none', one!, [], one!],
    ['the other has none', [], one!, one!],
    ['all of one are older', leavings(0, 1000), leavings(1000, 2000), leavings(1000, 2000)],
    [
      'both left in the same moment',
      [[null, 1, 0]],
      [['mock1', 1, 2]],
      [
        [null, 1, 0],
        ['mock1', 1, 2],
      ],
    ],
  ] as readonly [string, Leaving[], Leaving[], Leaving[]][])('%s', (_, a, b, merged) =>
    expect(mergeLeavings(a, b)).toEqual(merged),
  )
})

describe('since an earlier time', () => {
  const moment = (from: number, to: number): Leaving[] => leavings(from, to).map(([id]) => [id, 1, 0])
  const same = (count: number): Leaving[] => Array.from({ length: count }, () => [null, 1, 0])

  test.each<[string, Leaving[], Leaving[], Leaving[]]>([
    ['nothing was told before', leavings(0, 3), [], leavings(0, 3)],
    ['nothing has come', leavings(0, 3), leavings(0, 3), []],
    ['there is nothing', [], [], []],
    ['some have come', leavings(0, 9), leavings(0, 3), leavings(3, 9)],
    ['some are no longer kept', leavings(600, 1600), leavings(0, 1000), leavings(1000, 1600)],
    ['none is kept any more', leavings(1500, 2500), leavings(0, 1000), leavings(1500, 2500)],
    ['all left in the same moment', same(5), same(2), same(3)],
    ['so they did, and some are no longer kept', moment(600, 1600), moment(0, 1000), moment(1000, 1600)],
    [
      'only the chunks differ',
      [
        [null, 1, 0],
        [null, 1, 1],
      ],
      [[null, 1, 0]],
      [[null, 1, 1]],
    ],
    [
      'only the ids differ',
      [
        ['mock1', 1, 0],
        [null, 1, 0],
      ],
      [['mock1', 1, 0]],
      [[null, 1, 0]],
    ],
  ])('%s', (_, now, before, since) => {
    expect(leavingsSince(now, before)).toEqual(since)
    expect(mergeLeavings(before, leavingsSince(now, before)).slice(-now.length || undefined)).toEqual(now)
  })
})

test('the latest is told first, by names', () => {
  expect(showLeavings([])).toEqual([])
  expect(
    showLeavings([
      [null, 1_795_380_000_000.125, 0],
      ['mock1234567800000009', 1_795_380_000_001, 2],
    ]),
  ).toEqual([
    { id: 'mock1234567800000009', atUnixMs: 1_795_380_000_001, chunks: 2 },
    { id: null, atUnixMs: 1_795_380_000_000.125, chunks: 0 },
  ])
})
