// Shares: each function of snapshots share by share, told apart by three fields, and all of them in one.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { packShares, unpackShares } from '../../src/stats/packing.ts'
import {
  carryShares,
  closeShares,
  highestPeaks,
  leaveShares,
  mergeShares,
  processItself,
  raisePeaks,
  type Share,
  type Shares,
  sharesSince,
  total,
  type Whose,
} from '../../src/stats/shares.ts'
import {
  carrySnapshot,
  closeSnapshot,
  emptySnapshot,
  leaveSnapshot,
  mergeSnapshots,
  type Snapshot,
  snapshotSince,
  sumSnapshots,
} from '../../src/stats/snapshot.ts'
import { ofProcess, seen } from './_upstreams.ts'

/** Some of these would be the same if they were written one behind the other. */
const all: readonly Whose[] = [
  processItself,
  { upstream: '', phase: 0, session: null },
  { upstream: '', phase: null, session: null },
  { upstream: 'a', phase: 1, session: null },
  { upstream: 'a', phase: 11, session: null },
  { upstream: 'a1', phase: 1, session: null },
  { upstream: 'a', phase: 1, session: '1' },
  { upstream: 'a', phase: 1, session: '' },
  { upstream: 'null', phase: null, session: 'null' },
]

const one = (whose: Whose, numbers: Snapshot): Share => ({ ...whose, numbers })
const whoseOf = ({ upstream, phase, session }: Whose): Whose => ({ upstream, phase, session })

/** Open, waiting and done. */
const dirty = (n: number): Snapshot => ({
  ...seen(n),
  open: n,
  peakOpen: 2 * n,
  routes: [
    { route: 'POST /x', status: 0, requests: 0, waiting: n },
    { route: 'POST /x', status: 200, requests: n, waiting: 0 },
  ],
})

const shares: fc.Arbitrary<Shares> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...all), fc.integer({ min: 1, max: 9 })), {
    selector: ([whose]) => whose,
  })
  .map((rows) => rows.map(([whose, n]) => one(whose, dirty(n))))

/** In whatever order they come. */
const sorted = (some: Shares): Shares =>
  some.toSorted((a, b) => JSON.stringify(whoseOf(a)).localeCompare(JSON.stringify(whoseOf(b))))

describe('mergeShares', () => {
  test('keeps apart what differs in one of three fields', () => {
    const each = all.map((whose, i) => one(whose, dirty(i + 1)))
    expect(mergeShares(each, each).map(whoseOf)).toEqual([...all])
    expect(mergeShares(each, each).map(({ numbers }) => numbers.completed)).toEqual(
      each.map(({ numbers }) => 2 * numbers.completed),
    )
    for (const [i, whose] of all.entries()) {
      const merged = mergeShares([one(whose, dirty(5))], each)
      expect(merged).toHaveLength(all.length)
      expect(merged[0]).toEqual(one(whose, mergeSnapshots(dirty(5), dirty(i + 1))))
    }
  })

  test('is associative, and nothing changes nothing', () => {
    fc.assert(
      fc.property(shares, shares, shares, (a, b, c) => {
        expect(sorted(mergeShares(mergeShares(a, b), c))).toEqual(sorted(mergeShares(a, mergeShares(b, c))))
        expect(mergeShares(a, [])).toEqual(a)
        expect(mergeShares([], a)).toEqual(a)
      }),
    )
  })

  test('one without a share is as one whose share is empty', () => {
    fc.assert(
      fc.property(shares, fc.constantFrom(...all), (a, whose) => {
        const empty = [one(whose, { ...emptySnapshot })]
        expect(total(mergeShares(a, empty))).toEqual(total(a))
      }),
    )
  })
})

describe('share by share', () => {
  test.each([
    ['closeShares', closeShares, closeSnapshot],
    ['carryShares', carryShares, carrySnapshot],
    ['leaveShares', leaveShares, leaveSnapshot],
  ] as const)('%s', (_, change, changeOne) => {
    const some = all.map((whose, i) => one(whose, dirty(i)))
    expect(change(some)).toEqual(some.map((share) => one(whoseOf(share), changeOne(share.numbers))))
  })

  test('sharesSince: one that was not there had nothing', () => {
    const before = [one(all[1]!, dirty(2)), one(all[3]!, dirty(3))]
    const now = [one(all[3]!, dirty(7)), one(all[4]!, dirty(4)), one(all[1]!, dirty(2))]
    expect(sharesSince(now, before)).toEqual([
      one(all[3]!, snapshotSince(dirty(7), dirty(3))),
      one(all[4]!, snapshotSince(dirty(4), emptySnapshot)),
      one(all[1]!, snapshotSince(dirty(2), dirty(2))),
    ])
  })

  test('peaks: the higher of both, and nothing else', () => {
    const peak = (peakOpen: number): Snapshot => ({ ...emptySnapshot, peakOpen })
    const [a, b, c] = [all[1]!, all[3]!, all[4]!]
    const peaks = highestPeaks([one(a, dirty(3)), one(b, dirty(1))], [one(b, dirty(2)), one(c, dirty(4))])
    expect(peaks).toEqual([one(a, peak(6)), one(b, peak(4)), one(c, peak(8))])
    expect(raisePeaks([one(a, dirty(9)), one(b, dirty(1)), one(all[5]!, dirty(1))], peaks)).toEqual([
      one(a, dirty(9)),
      one(b, { ...dirty(1), peakOpen: 4 }),
      one(all[5]!, dirty(1)),
    ])
  })
})

describe('total', () => {
  const some = [one(processItself, ofProcess), one(all[3]!, dirty(2)), one(all[5]!, dirty(3))]

  test('is of all, or of those that are wanted, always with the process', () => {
    expect(total(some)).toEqual([ofProcess, dirty(2), dirty(3)].reduce(mergeSnapshots))
    expect(total(some, ({ upstream }) => upstream === 'a')).toEqual(mergeSnapshots(ofProcess, dirty(2)))
    expect(total(some, () => false)).toEqual(ofProcess)
    expect(total([])).toEqual(emptySnapshot)
  })

  test('all at once is one after the other', () => {
    fc.assert(
      fc.property(shares, shares, (a, b) => {
        const numbers = [...a, ...b].map((share) => share.numbers)
        expect(sumSnapshots(numbers)).toEqual(numbers.reduce(mergeSnapshots, emptySnapshot))
      }),
    )
  })
})

describe('between processes', () => {
  test('what is packed is unpacked as it was, also when it has been sent', () => {
    fc.assert(
      fc.property(shares, (some) =>
        expect(unpackShares(structuredClone(packShares(some)))).toEqual([...some]),
      ),
    )
  })

  test('what is the same object as before is told by name only', () => {
    const before = [one(all[1]!, dirty(1)), one(all[3]!, dirty(2))]
    const now = [before[1]!, one(all[1]!, dirty(3)), one(all[4]!, dirty(4))]
    const packed = packShares(now, before)
    expect(packed.map(({ numbers }) => numbers === null)).toEqual([true, false, false])
    expect(unpackShares(structuredClone(packed), before)).toEqual(now)
  })
})
