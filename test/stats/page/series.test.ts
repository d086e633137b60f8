// What the page makes of two answers of /stats?buckets is what the program itself would say of the time between them.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readSettings } from '../../../src/config/config.ts'
import { singleUpstream } from '../../../src/config/upstreams.ts'
import * as format from '../../../src/config/format.ts'
import { bucketsOf, withBuckets } from '../../../src/stats/buckets.ts'
import { emptyHistogram, Histogram, percentile, subtractHistogram } from '../../../src/stats/histogram.ts'
import { makeReport, type Report } from '../../../src/stats/report.ts'
import { emptySnapshot, type Snapshot } from '../../../src/stats/snapshot.ts'
import { collectionOf, factsOf, seen, STARTED_MS, THREE, type Told } from '../_upstreams.ts'
import {
  baseUrlOf,
  breakBetween,
  describePhase,
  formatCount,
  formatMs,
  formatPercent,
  formatVerdict,
  percentileOf,
  pointBetween,
  pointOfUpstream,
  settingsOf,
  subtractBuckets,
} from './_scripts.ts'

const NOTHING: number[] = []

describe('subtractBuckets', () => {
  test.each([
    ['nothing from nothing', NOTHING, NOTHING, NOTHING],
    ['nothing from something', [1, 2, 3.5, 1], NOTHING, [1, 2, 3.5, 1]],
    ['the same from itself', [1, 2, 3.5, 1], [1, 2, 3.5, 1], NOTHING],
    ['what was there before', [1, 2, 3.5, 4], [3.5, 1], [1, 2, 3.5, 3]],
    ['a new value between others', [1, 2, 2, 7, 3, 4], [1, 2, 3, 4], [2, 7]],
    ['what is there no more', [2, 1], [1, 1, 2, 1], NOTHING],
    ['what is less than it was', [2, 1], [2, 3], NOTHING],
  ])('%s', (_, after, before, left) => expect(subtractBuckets(after, before)).toEqual(left))
})

describe('percentileOf', () => {
  test.each([
    [NOTHING, 0.5, null],
    [[7, 1], 0, 7],
    [[7, 1], 1, 7],
    [[1, 1, 2, 1], 0.5, 1],
    [[1, 1, 2, 1], 0.51, 2],
    [[1, 99, 2, 1], 0.99, 1],
    [[1, 98, 2, 2], 0.99, 2],
  ])('%j at %d: %j', (buckets, share, value) => expect(percentileOf(buckets, share)).toBe(value))
})

test('whatever was recorded, what came between has the percentiles that the program would tell', () => {
  const micros = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { maxLength: 60 })
  fc.assert(
    fc.property(micros, micros, fc.constantFrom(0.5, 0.9, 0.99, 1), (first, then, share) => {
      const histogram = new Histogram()
      for (const one of first) histogram.record(one, 1)
      const before = histogram.snapshot()
      for (const one of then) histogram.record(one, 2)
      const after = histogram.snapshot()
      const pairs = (of: typeof before): readonly number[] => bucketsOf({ ...emptySnapshot, ttft: of }).ttftMs
      const told = percentileOf(subtractBuckets(pairs(after), pairs(before)), share)
      const between = subtractHistogram(after, before)
      if (then.length === 0) return expect(told).toBeNull()
      // Not bounded by the maximum: half a bucket more at most.
      const exact = percentile(between, share) / 1000
      expect(told!).toBeGreaterThanOrEqual(exact)
      expect(told!).toBeLessThanOrEqual(exact * 1.001)
    }),
  )
})

test.each([0, 0.4, 0.5, 9.99, 999.4, 999.6, 1000, 12_345.6, 1_234_567, 0.01234, 12.3456, 3_600_000])(
  '%d is told as everywhere',
  (value) => {
    expect(formatCount(value)).toBe(format.formatCount(value))
    expect(formatMs(value)).toBe(format.formatMs(value))
    expect(formatPercent(value / 1000)).toBe(format.formatPercent(value / 1000))
  },
)

const startedAtMs = 1_795_380_000_000
const facts = {
  version: '1',
  commit: null,
  config: singleUpstream(readSettings({}, {})),
  startedAtMs,
  cpus: 1,
  descriptorLimit: 9,
}

/** What /stats?buckets answers so many seconds after the start. */
function reportOf(seconds: number, snapshot: Partial<Snapshot> = {}, startMs = startedAtMs): object {
  const merged = { ...emptySnapshot, seconds, ...snapshot }
  const collection = { shares: [], merged, workers: 1, reported: 1, lost: 0 }
  const report = makeReport(collection, { ...facts, startedAtMs: startMs }, startMs + seconds * 1000)
  return { ...report, buckets: bucketsOf(merged) }
}

describe('breakBetween', () => {
  test.each([
    ['nothing', reportOf(10), reportOf(11)],
    ['nothing', reportOf(10, { events: 5 }), reportOf(15, { events: 5 })],
    ['pause', reportOf(10), reportOf(15.001)],
    ['reset', reportOf(10), reportOf(11, { seconds: 0.5 })],
    ['reset', reportOf(1, { events: 5 }), reportOf(1.5, { events: 4 })],
    ['restart', reportOf(10), reportOf(11, {}, startedAtMs + 60_000)],
    ['restart', reportOf(10, { events: 5 }), reportOf(0.5, {}, startedAtMs + 60_000)],
  ])('%s', (kind, before, after) => expect(breakBetween(before, after)).toBe(kind as 'nothing'))
})

describe('pointBetween', () => {
  const one = new Histogram()
  one.record(500, 3)
  const early = one.snapshot()
  one.record(600, 1)
  const late = one.snapshot()
  const route = { route: 'POST /v1/chat/completions', status: 200, requests: 0, waiting: 0 }
  const ledger = (pattern: string, dealt: number): Snapshot['ledgers'][number] => ({
    pattern,
    dealt,
    completed: 0,
    leftBeforeFirstEvent: 0,
    leftMidStream: 0,
    leftAfterChunks: [],
    leftAfterFault: emptyHistogram,
  })

  test('rates by the time that has passed, percentiles of what came in it', () => {
    const before = reportOf(10, {
      routes: [{ ...route, requests: 100 }],
      events: 1000,
      open: 4,
      ttft: early,
      lateness: early,
      ledgers: [ledger('hang', 1)],
    })
    const after = reportOf(12, {
      routes: [{ ...route, requests: 101 }],
      events: 1500,
      open: 7,
      ttft: late,
      lateness: early,
      ledgers: [ledger('hang', 3), ledger('cr', 4)],
      busy: [
        { worker: 0, mean: 0.5, peak: 1, last: 0.25 },
        { worker: 1, mean: 0.5, peak: 1, last: 0.75 },
      ],
    })
    expect(pointBetween(before, after)).toEqual({
      requests: 0.5,
      events: 250,
      faults: 3,
      errors: 0,
      open: 7,
      busy: 0.75,
      ttftP50: 0.6,
      ttftP99: 0.6,
      lateP50: null,
      lateP99: null,
      wholeP50: null,
      wholeP99: null,
    })
  })

  test('no time, no point', () => {
    expect(pointBetween(reportOf(10), reportOf(10))).toBeUndefined()
    expect(pointBetween(reportOf(10), reportOf(9))).toBeUndefined()
  })
})

describe('upstreams', async () => {
  const three = await factsOf(THREE)
  const told = (seconds: number, ...shares: Told): Report => {
    const collection = collectionOf(shares)
    const report = makeReport(collection, three, STARTED_MS + seconds * 1000)
    return withBuckets(report, collection, {}) as Report
  }
  const before = told(10, ['fast', 0, seen(100)], ['slow', 0, seen(10, 429)])
  const after = told(12, ['fast', 0, seen(160)], ['slow', 0, seen(30, 429)], ['slow', 1, seen(4)])

  test('each has a point of its own', () => {
    expect(pointOfUpstream('fast', before, after)).toMatchObject({ requests: 30, errors: 0, lateP99: 0.1 })
    expect(pointOfUpstream('slow', before, after)).toMatchObject({ requests: 12, errors: 10 })
    expect(pointOfUpstream('other', before, after)).toMatchObject({ requests: 0, ttftP50: null })
    expect(pointOfUpstream('fast', undefined, after)).toBeUndefined()
    expect(pointOfUpstream('new', before, after)).toBeUndefined()
  })

  const place = { protocol: 'https:', host: 'mock.test:8080', hostname: 'mock.test' }
  test.each([
    [null, '', 'https://mock.test:8080'],
    [null, '/slow', 'https://mock.test:8080/slow'],
    [{ host: '0.0.0.0', port: 9002 }, '', 'https://mock.test:9002'],
    [{ host: '::', port: 9002 }, '/a', 'https://mock.test:9002/a'],
    [{ host: '10.0.0.7', port: 9002 }, '', 'https://10.0.0.7:9002'],
    [{ host: '::1', port: 9002 }, '', 'https://[::1]:9002'],
  ])('at %j with prefix %j: %s', (listen, prefix, url) =>
    expect(baseUrlOf({ listen, prefix }, place)).toBe(url),
  )

  test('the phase in force is told where there are several', () => {
    const at = (seconds: number): string[] =>
      Object.values(told(seconds).upstreams!).map((upstream) => describePhase(upstream))
    expect(at(0)).toEqual(['', '1 of 2 (from the start)', ''])
    expect(at(31)).toEqual(['', '2 of 2 (from 30 s)', ''])
  })

  test('the settings of the page are others when somebody changes them, not when a phase begins', async () => {
    const changed = await factsOf(THREE.replace('prefix: /fast', 'prefix: /fast, ttft-ms: 5'))
    const other = makeReport(collectionOf([]), changed, STARTED_MS)
    expect(settingsOf(told(31))).toEqual(settingsOf(told(0)))
    expect(settingsOf(other)).not.toEqual(settingsOf(told(0)))
  })

  test.each([
    [null, null, '–'],
    ['schedule', true, 'kept'],
    ['schedule', false, 'not kept'],
    ['saturation', true, 'not saturated'],
    ['saturation', false, 'saturated'],
  ])('a verdict about %j, %j: %s', (about, kept, text) => expect(formatVerdict({ about, kept })).toBe(text))
})
