// The time in which requests were open: what a worker notes, and what several make together.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  mergeSpells,
  MOST_SPELLS,
  PAUSE_MS,
  secondsOf,
  type Spell,
  SpellLog,
  spellsSince,
} from '../../src/stats/spells.ts'

/** What a log tells after these begins and ends, at `nowMs`. */
function logged(
  nowMs: number,
  ...spells: readonly (readonly [from: number, to?: number])[]
): readonly Spell[] {
  const log = new SpellLog(0, 1_000_000)
  for (const [from, to] of spells) {
    log.begin(from)
    if (to !== undefined) log.end(to)
  }
  return log.snapshot(nowMs).map(([from, to]) => [from - 1_000_000, to - 1_000_000])
}

describe('a log', () => {
  test.each([
    ['nothing', 9000, [], []],
    ['one that is over', 9000, [[10, 20]], [[10, 20]]],
    ['one that goes on', 9000, [[10]], [[10, 9000]]],
    [
      'a short pause counts',
      9000,
      [
        [10, 20],
        [20 + PAUSE_MS - 1, 2000],
      ],
      [[10, 2000]],
    ],
    [
      'a long pause does not',
      9000,
      [
        [10, 20],
        [20 + PAUSE_MS, 2000],
      ],
      [
        [10, 20],
        [1020, 2000],
      ],
    ],
    ['after a short pause it goes on', 9000, [[10, 20], [500]], [[10, 9000]]],
  ] as const)('%s', (_, nowMs, given, expected) =>
    expect(logged(nowMs, ...given)).toEqual(expected as unknown as readonly Spell[]),
  )

  test('of more than are kept those are one between which the pause was shortest', () => {
    const given = Array.from({ length: MOST_SPELLS + 1 }, (_, i) => {
      const from = i * 10_000 + (i > 100 ? 5000 : 0) - (i === 50 ? 3000 : 0)
      return [from, from + 1] as const
    })
    const told = logged(1e9, ...given)
    expect(told).toHaveLength(MOST_SPELLS)
    expect(told[49]).toEqual([given[49]![0], given[50]![1]])
    expect(told.at(-1)).toEqual(given.at(-1)! as Spell)
  })

  test('what comes and is over at once counts, and pauses between', () => {
    const log = new SpellLog(100, 0)
    for (const at of [50, 400, 1300, 5000]) log.touch(at)
    expect(log.snapshot(9000)).toEqual([
      [100, 1300],
      [5000, 5000],
    ])
  })

  test('a reset forgets what was; what is open is so from then on', () => {
    const log = new SpellLog(0, 0)
    log.begin(0)
    log.reset(5000)
    expect(log.snapshot(6000)).toEqual([[5000, 6000]])
    log.end(7000)
    log.reset(8000)
    expect(log.snapshot(9000)).toEqual([])
  })
})

/** Spells as a worker tells them: in order, with pauses between them. */
const spells = fc
  .array(fc.tuple(fc.integer({ min: PAUSE_MS, max: 5000 }), fc.integer({ min: 1, max: 5000 })), {
    maxLength: 6,
  })
  .map((steps) => {
    let at = 0
    return steps.map(([pause, length]): Spell => [(at += pause), (at += length)])
  })

describe('put together', () => {
  test.each<[readonly Spell[], readonly Spell[], readonly Spell[]]>([
    [[], [], []],
    [[[0, 10]], [], [[0, 10]]],
    [[[0, 5000]], [[1000, 2000]], [[0, 5000]]],
    [[[0, 100]], [[50, 300]], [[0, 300]]],
    [
      [[5000, 6000]],
      [[0, 100]],
      [
        [0, 100],
        [5000, 6000],
      ],
    ],
  ])('%j and %j', (a, b, both) => {
    expect(mergeSpells(a, b)).toEqual(both as Spell[])
    expect(mergeSpells(b, a)).toEqual(both as Spell[])
  })

  test('in any order the same, and never longer than both', () =>
    fc.assert(
      fc.property(spells, spells, spells, (a, b, c) => {
        expect(mergeSpells(mergeSpells(a, b), c)).toEqual(mergeSpells(a, mergeSpells(b, c)))
        expect(mergeSpells(a, [])).toEqual(a)
        expect(secondsOf(mergeSpells(a, b))).toBeGreaterThanOrEqual(Math.max(secondsOf(a), secondsOf(b)))
      }),
    ))

  test('what has come since, put to what there was, is what there is', () =>
    fc.assert(
      fc.property(spells, spells, (before, more) => {
        const now = mergeSpells(before, more)
        const since = spellsSince(now, before)
        expect(mergeSpells(before, since)).toEqual(now)
        expect(secondsOf(since)).toBeCloseTo(secondsOf(now) - secondsOf(before), 6)
      }),
    ))
})
