// What is told and what is not: each list, window and clock with the last value on one side and the first on the other.
import { describe, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { describeFaults, type FaultReport, reportFaults } from '../../src/stats/faults.ts'
import { emptyHistogram, Histogram } from '../../src/stats/histogram.ts'
import { Ledger } from '../../src/stats/ledger.ts'
import { describePercentiles, percentilesOf } from '../../src/stats/percentiles.ts'
import { formatRate } from '../../src/stats/rates.ts'
import { makeReport } from '../../src/stats/report.ts'
import { Requests } from '../../src/stats/requests.ts'
import { describeRoutes, type RouteReport, showRoutes } from '../../src/stats/routes.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'
import { renderLive, renderSummary } from '../../src/stats/summary.ts'
import { MOST_LEDGERS, Tally } from '../../src/stats/tally.ts'
import { Minute, mergeTimelines } from '../../src/stats/timeline.ts'
import { describeUnrouted, UnroutedLog } from '../../src/stats/unrouted.ts'

const facts = {
  version: '1',
  commit: null,
  config: singleUpstream(readSettings({}, {})),
  startedAtMs: 0,
  cpus: 1,
  descriptorLimit: undefined,
}
const reportOf = (workers: number, reported: number, merged: Snapshot = emptySnapshot) =>
  makeReport({ shares: [], merged, workers, reported, lost: 0 }, facts, 1000)

describe('the live line', () => {
  const at = (seconds: number, events: number): Snapshot => ({ ...emptySnapshot, seconds, events })
  test.each([
    [at(1, 5), at(2, 5), true],
    [at(1, 5), at(1, 5), false],
    [at(2, 5), at(1, 5), false],
    [at(1, 5), at(2, 4), false],
  ])('case %#', (before, after, isShown) => expect(renderLive(before, after) !== undefined).toBe(isShown))
})

test('the summary has no line without figures, and says what was not answered', () => {
  for (const report of [reportOf(1, 1), reportOf(2, 1), reportOf(1, 1, { ...emptySnapshot, lost: 1 })])
    for (const line of renderSummary(report).trimEnd().split('\n')) expect(line.slice(11)).toMatch(/^\S/)
  expect(renderSummary(reportOf(1, 0))).toContain('\nbusy       not known, engine bun\n')
  expect(renderSummary(reportOf(2, 2))).not.toContain('did not answer')
  expect(renderSummary(reportOf(2, 1))).toContain(
    'the latest numbers of 1 of 2 workers, which did not answer',
  )
  expect([reportOf(2, 2), reportOf(2, 0)].map(({ workers }) => workers.missing)).toEqual([0, 2])
})

describe('routes', () => {
  const routes = (...counts: number[]): RouteReport[] =>
    counts.map((requests, i) => ({ route: `GET /${i}`, status: i === 0 ? 0 : 200, requests }))

  test.each([
    [routes(), 'none'],
    [routes(1), 'GET /0 no answer: 1'],
    [routes(1, 2, 3), 'GET /2 200: 3, GET /1 200: 2, GET /0 no answer: 1'],
    [
      routes(1, 2, 3, 4),
      'GET /3 200: 4, GET /2 200: 3, GET /1 200: 2, and 1 more, which --report FILE tells',
    ],
  ])('case %#: %j', (of, text) => expect(describeRoutes(of)).toBe(text))

  test('are told in order of their names, then of their status, if there are any', () => {
    const kept = [
      { route: 'b', status: 200, requests: 1, waiting: 0 },
      { route: 'a', status: 500, requests: 1, waiting: 0 },
      { route: 'a', status: 200, requests: 0, waiting: 0 },
      { route: 'a', status: 0, requests: 0, waiting: 1 },
      { route: 'a', status: 429, requests: 1, waiting: 0 },
    ]
    expect(showRoutes(kept).map(({ route, status }) => `${route} ${status}`)).toEqual([
      'a 0',
      'a 429',
      'a 500',
      'b 200',
    ])
  })
})

describe('faults', () => {
  const fault = (pattern: string, change: Partial<FaultReport>): FaultReport => ({
    ...reportFaults([{ ...new Ledger(pattern).snapshot(), dealt: 1 }])[0]!,
    dealt: 0,
    ...change,
  })

  test('the most dealt are named, at most twelve', () => {
    const faults = Array.from({ length: 14 }, (_, i) => i + 1).map((dealt) => fault(`p${dealt}`, { dealt }))
    expect(describeFaults(faults.slice(0, 3))).toBe('p3: 3 dealt\np2: 2 dealt\np1: 1 dealt')
    expect(describeFaults(faults.slice(0, 13))).toEndWith(
      'p2: 2 dealt\nand 1 more pattern, which --report FILE tells',
    )
    expect(describeFaults(faults)).toEndWith('p3: 3 dealt\nand 2 more patterns, which --report FILE tells')
  })

  test('ends are told when there are any', () => {
    expect(describeFaults([fault('p', { dealt: 2, completed: 1 })])).toBe(
      'p: 2 dealt, 1 played to the end, 0 left by the client',
    )
    expect(describeFaults([fault('p', { dealt: 2, leftBeforeFirstEvent: 1 })])).toBe(
      'p: 2 dealt, 0 played to the end, 1 left by the client',
    )
  })

  test.each(['dealt', 'completed', 'leftBeforeFirstEvent', 'leftMidStream'] as const)(
    'a pattern of which only %s is known is told, one of which nothing is known is not',
    (name) => {
      const nothing = new Ledger('p').snapshot()
      expect(reportFaults([nothing])).toEqual([])
      expect(reportFaults([{ ...nothing, [name]: 1 }])).toHaveLength(1)
    },
  )

  test('a client that leaves at the very fault has left after it, one that leaves before has not', () => {
    const ledger = new Ledger('p')
    ledger.leave(1, -0.001)
    expect(ledger.snapshot().leftAfterFault.count).toBe(0)
    ledger.leave(1, 0)
    expect(ledger.snapshot()).toMatchObject({ leftMidStream: 2, leftAfterFault: { count: 1 } })
  })

  test('after the end nobody completes and nobody leaves', () => {
    const ledger = new Ledger('p')
    ledger.end()
    ledger.complete()
    ledger.leave(null, 1)
    expect(ledger.snapshot()).toEqual(new Ledger('p').snapshot())
  })
})

describe('what was asked for in vain', () => {
  test('three are named, and how many more there are', () => {
    expect(describeUnrouted(['a', 'b', 'c'])).toBe('a, b, c')
    expect(describeUnrouted(['a', 'b', 'c', 'd'])).toBe('a, b, c, and 1 more, which --report FILE tells')
  })

  test('a target of 100 characters is kept whole', () => {
    const log = new UnroutedLog()
    for (const length of [95, 96, 97]) log.note('GET', `/${'x'.repeat(length - 1)}`, 0)
    const lengths = log.snapshot().map(({ target }) => [target.length, target.endsWith('…')])
    expect(lengths).toEqual([
      [99, false],
      [100, false],
      [101, true],
    ])
  })
})

describe('the tally', () => {
  const reading = (nowMs: number, cpuMs: number) => ({ nowMs, cpuMicros: cpuMs * 1000, unixMs: nowMs })

  test(`${MOST_LEDGERS} patterns have an account of their own, the rest share one`, () => {
    const tally = new Tally(reading(0, 0))
    const patterns = Array.from({ length: MOST_LEDGERS + 2 }, (_, i) => tally.ledger(`p${i}`).pattern)
    expect(patterns.slice(-3)).toEqual([`p${MOST_LEDGERS - 1}`, 'others', 'others'])
    expect(tally.ledger('p0').pattern).toBe('p0')
  })

  test('descriptors: the most that were open', () => {
    const tally = new Tally(reading(0, 0))
    for (const open of [3, 5, 4]) tally.noteDescriptors(open)
    expect(tally.snapshot(reading(1, 0)).peakDescriptors).toBe(5)
  })

  test('busy: each slice by itself', () => {
    const tally = new Tally(reading(0, 0))
    tally.endSlice(reading(1000, 900))
    tally.endSlice(reading(2000, 1000))
    const [busy] = tally.snapshot(reading(2000, 1000)).busy
    expect(busy).toEqual({ worker: 0, mean: 0.5, peak: 0.9, last: 0.1 })
  })
})

describe('the minute', () => {
  test('a second is kept for 60 seconds', () => {
    const minute = new Minute()
    minute.slotOf(1000)
    minute.row(200)[minute.slotOf(941)]!++
    minute.row(200)[minute.slotOf(940)]!++
    expect(minute.snapshot(1000).map(({ second }) => second)).toEqual([941])
    expect(minute.snapshot(1001)).toEqual([])
  })

  test('of two, the last 60 seconds are kept', () => {
    const seconds = Array.from({ length: 61 }, (_, second) => ({
      second,
      byStatus: { '200': 1 },
      waiting: 0,
    }))
    expect(mergeTimelines(seconds, []).map(({ second }) => second)).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 1),
    )
  })

  test.each([
    [499, 1],
    [500, 0],
    [-499, 1],
    [-500, 0],
  ])('a clock that has gone wrong by %d ms: %d seconds are known', (offsetMs, known) => {
    const requests = new Requests(0)
    requests.count(requests.counter('GET /', 200), 100_000)
    requests.adjust(offsetMs)
    expect(requests.snapshot(100_000).timeline).toHaveLength(known)
  })
})

test('nothing is no figure', () => {
  const nothing = { count: 0, p50: null, p90: null, p99: null, p999: null, max: null }
  expect(percentilesOf(emptyHistogram)).toEqual(nothing)
  expect(percentilesOf(new Histogram().snapshot())).toEqual(nothing)
  expect(describePercentiles(nothing)).toBe('none')
})

test.each([
  [5, 0, ''],
  [5, 0.999, ''],
  [5, 1, '5/s'],
  [5, 2, '3/s'],
])('%d events in %d s: %s', (events, seconds, text) => expect(formatRate(events, seconds)).toBe(text))
