// Tallies of several phases: what they have in common, and what is told of one in which nothing happens.
import { describe, expect, test } from 'bun:test'
import { emptySnapshot } from '../../src/stats/snapshot.ts'
import { type Reading, Tally, UnderWay } from '../../src/stats/tally.ts'

const at = (nowMs: number): Reading => ({ nowMs, cpuMicros: 0, unixMs: 1_795_380_000_000 + nowMs })

describe('replies that are open when the next phase begins', () => {
  const phases = (): [Tally, Tally] => {
    const underWay = new UnderWay()
    return [new Tally(at(0), 0, underWay), new Tally(at(0), 0, underWay)]
  }
  const peaks = (...tallies: readonly Tally[]): number[] => tallies.map((tally) => tally.seen(at(1)).peakOpen)

  test('count for the peak of both: its sum is that of the upstream', () => {
    const [first, second] = phases()
    for (let i = 0; i < 5; i++) first.open(0)
    for (let i = 0; i < 3; i++) first.complete(0)
    for (let i = 0; i < 4; i++) second.open(0)
    expect([first.underWay, second.underWay]).toEqual([6, 6])
    expect(peaks(first, second)).toEqual([5, 1])
    for (let i = 0; i < 4; i++) second.complete(0)
    for (let i = 0; i < 3; i++) second.open(0)
    expect(peaks(first, second)).toEqual([5, 1])
    expect(second.seen(at(1)).open).toBe(3)
  })

  test('a new window begins with what is open', () => {
    const [first, second] = phases()
    for (let i = 0; i < 5; i++) first.open(0)
    for (let i = 0; i < 3; i++) first.complete(0)
    second.open(0)
    for (const tally of [first, second]) tally.reset(at(1))
    expect(peaks(first, second)).toEqual([2, 1])
    second.open(2)
    expect(peaks(first, second)).toEqual([2, 2])
  })

  test('what is cut at the end is under way no more', () => {
    const [first, second] = phases()
    first.open(0)
    second.open(0)
    first.end()
    expect([first.underWay, first.seen(at(1)).cut, second.seen(at(1)).open]).toEqual([1, 1, 1])
  })
})

describe('a tally in which nothing happens', () => {
  const answered = (): Tally => {
    const tally = new Tally(at(0))
    tally.open(0)
    tally.requests.count(tally.counter('POST /x', 200), 0)
    tally.complete(0)
    return tally
  }

  test('tells nothing before anything has, and its names from then on', () => {
    const tally = new Tally(at(0))
    tally.counter('POST /x', 200)
    expect(tally.seen(at(5))).toBe(emptySnapshot)
    tally.ledger('hang')
    expect(tally.seen(at(5)).ledgers).toHaveLength(1)
    const used = answered()
    used.seen(at(1))
    used.reset(at(2))
    expect(used.seen(at(70_000)).routes).toMatchObject([{ requests: 0 }, { requests: 0 }])
  })

  test('tells the same object when its last minute is over', () => {
    const tally = answered()
    const soon = tally.seen(at(1000))
    expect(soon.timeline).toHaveLength(1)
    expect(tally.seen(at(1000))).not.toBe(soon)
    const later = tally.seen(at(61_000))
    expect(later.timeline).toEqual([])
    expect(tally.seen(at(62_000))).toBe(later)
  })

  test.each([
    ['an event', (tally: Tally) => void tally.events++],
    ['bytes', (tally: Tally) => void tally.bytes++],
    ['a request', (tally: Tally) => tally.requests.count(tally.counter('POST /y', 429), 62_000)],
    ['one that waits', (tally: Tally) => tally.requests.arrive(tally.counter('POST /x', 200), 62_000)],
    ['an open reply', (tally: Tally) => tally.open(62_000)],
    ['a fault', (tally: Tally) => void tally.ledger('hang').dealt++],
    ['the name of one', (tally: Tally) => void tally.ledger('hang')],
    ['a client that leaves a fault', (tally: Tally) => tally.ledger('hang').leave(null, 1)],
    ['a new window', (tally: Tally) => tally.reset(at(62_000))],
    ['the end', (tally: Tally) => tally.end()],
  ])('tells another one after %s', (_, happen) => {
    const tally = answered()
    const told = tally.seen(at(61_000))
    happen(tally)
    expect(tally.seen(at(62_500))).not.toBe(told)
    expect({ ...tally.seen(at(62_500)), ...tally.ofProcess(at(62_500)) }).toEqual(tally.snapshot(at(62_500)))
  })

  test('what is open goes on', () => {
    const tally = answered()
    tally.open(100)
    const [before, after] = [tally.seen(at(70_000)), tally.seen(at(80_000))]
    expect(after.spells[0]![1] - before.spells[0]![1]).toBe(10_000)
  })
})
