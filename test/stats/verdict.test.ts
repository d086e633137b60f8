// Where the verdict turns: the last value on one side of each limit and the first on the other.
import { expect, test } from 'bun:test'
import { readSettings, type GivenFlags } from '../../src/config/config.ts'
import { Histogram, type HistogramSnapshot } from '../../src/stats/histogram.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'
import { type Capacity, judge } from '../../src/stats/verdict.ts'

function repeated(micros: number, times: number): HistogramSnapshot {
  const histogram = new Histogram()
  histogram.record(micros, times)
  return histogram.snapshot()
}

const capacity: Capacity = { workers: 2, cpus: 2, descriptorLimit: 1000 }
const busy = (peak: number): Snapshot['busy'] => [{ worker: 0, mean: 0, peak, last: 0 }]
const late = (micros: number, change: Partial<Snapshot> = {}): Snapshot => ({
  ...emptySnapshot,
  lateness: repeated(micros, 100),
  ...change,
})
const judged = (snapshot: Snapshot, flags: GivenFlags = {}, host: Partial<Capacity> = {}) =>
  judge(snapshot, readSettings(flags, {}), { ...capacity, ...host })

test.each<[GivenFlags, number]>([
  [{ chunkDelayMs: '50' }, 5000], // a tenth
  [{ chunkDelayMs: '50', ttftMs: '20' }, 2000], // of the smaller one
  [{ chunkDelayMs: '10' }, 1000],
  [{ chunkDelayMs: '9' }, 1000], // never below 1 ms
  [{ chunkDelayMs: '11' }, 1100],
  [{ chunkDelayMs: '0', ttftMs: '30' }, 3000], // zero does not count
])('with %j a p99 of %d µs is on time, and one more is not', (flags, limit) => {
  expect(judged(late(limit), flags)).toMatchObject({ about: 'schedule', kept: true })
  expect(judged(late(limit + 1), flags)).toMatchObject({ about: 'schedule', kept: false })
})

test('a hundredth may be later, and no more', () => {
  const with99 = (later: number): HistogramSnapshot => {
    const histogram = new Histogram()
    histogram.record(4000, 300 - later)
    histogram.record(9000, later)
    return histogram.snapshot()
  }
  expect(judged({ ...emptySnapshot, lateness: with99(3) }).kept).toBe(true)
  expect(judged({ ...emptySnapshot, lateness: with99(4) }).kept).toBe(false)
})

test.each([{}, { chunkDelayMs: '0' }])('with %j 99 events are too few, 100 are not', (flags) => {
  expect(judged(late(0, { lateness: repeated(0, 99) }), flags)).toMatchObject({ about: null, kept: null })
  expect(judged(late(0), flags).kept).toBe(true)
})

test('a worker is busy from 90 % of a CPU on', () => {
  const unpaced = { chunkDelayMs: '0' }
  expect(judged(late(0, { busy: busy(0.8999) }), unpaced)).toMatchObject({ about: 'saturation', kept: true })
  expect(judged(late(0, { busy: busy(0.9) }), unpaced)).toMatchObject({ about: 'saturation', kept: false })
  expect(judged(late(6000, { busy: busy(0.8999) })).sentence).toContain('other programs')
  expect(judged(late(6000, { busy: busy(0.9) })).sentence).toContain('more load than')
  expect(judged(late(6000, { busy: busy(0.9) }), {}, { workers: 1 }).sentence).toContain('too few workers')
  expect(judged(late(6000, { busy: busy(0.9) }), {}, { cpus: 3 }).sentence).toContain('too few workers')
})

test.each<[string, Partial<Snapshot>, Partial<Capacity>, boolean]>([
  ['connections of one worker', { peakDescriptors: 950 }, {}, true],
  ['one less', { peakDescriptors: 949 }, {}, false],
  ['however many streams they carry (HTTP/2)', { peakDescriptors: 949, peakOpen: 100_000 }, {}, false],
  ['they need not carry any', { peakDescriptors: 1000, peakOpen: 0 }, {}, true],
  ['streams, where nobody counts descriptors', { peakOpen: 1900 }, {}, true],
  ['one less', { peakOpen: 1899 }, {}, false],
  ['all those of a single worker', { peakOpen: 950 }, { workers: 1 }, true],
  ['no limit is known', { peakDescriptors: 9999, peakOpen: 9999 }, { descriptorLimit: undefined }, false],
])('descriptors have run out: %s', (_, change, host, expected) => {
  const { sentence } = judged(late(6000, change), {}, host)
  expect(sentence.includes('descriptors per worker')).toBe(expected)
})
