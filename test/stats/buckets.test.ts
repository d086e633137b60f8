// The buckets of /metrics: what Prometheus reads from them is what we say ourselves.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { Histogram, percentile } from '../../src/stats/histogram.ts'
import { namesOf } from '../../src/stats/numbers.ts'
import { renderMetrics } from '../../src/stats/prometheus.ts'
import { makeReport } from '../../src/stats/report.ts'
import { emptySnapshot } from '../../src/stats/snapshot.ts'

const facts = {
  version: '1',
  commit: null,
  config: singleUpstream(readSettings({}, {})),
  startedAtMs: 0,
  cpus: 1,
  descriptorLimit: 9,
}

type Bucket = readonly [le: number, count: number]

/** The buckets of all histograms in /metrics, each of which recorded the same. */
function exposed(histogram: Histogram): readonly (readonly Bucket[])[] {
  const recorded = histogram.snapshot()
  const merged = {
    ...emptySnapshot,
    ...Object.fromEntries(namesOf('histogram').map((name) => [name, recorded])),
  }
  const collection = { shares: [], merged, workers: 1, reported: 1, lost: 0 }
  const text = renderMetrics(collection, makeReport(collection, facts, 0))
  const byName = Map.groupBy(text.matchAll(/^(\w+)_bucket\{le="(.+?)"\} (\d+)$/gm), ([, name]) => name!)
  return [...byName.values()].map((lines) =>
    lines.map(([, , le, count]): Bucket => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]),
  )
}

/** What `histogram_quantile` does: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile */
function quantile(q: number, buckets: readonly Bucket[]): number {
  const rank = q * buckets.at(-1)![1]
  const at = buckets.findIndex(([, count]) => count >= rank)
  if (at === buckets.length - 1) return buckets.at(-2)![0]
  const [low, before] = buckets[at - 1] ?? [0, 0]
  const [high, count] = buckets[at]!
  return low + (high - low) * ((rank - before) / (count - before))
}

test('a percentile that Prometheus reads from them is within 10 % of ours, from 1 ms to 60 s', () => {
  // Of every size alike: one in ten of these is between 1 and 3 ms.
  const micros = fc
    .double({ min: Math.log(1000), max: Math.log(60e6), noNaN: true })
    .map((log) => Math.round(Math.exp(log)))
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1, maxLength: 300, size: 'max' }), (values) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value, 1)
      const all = exposed(histogram)
      expect(all).toHaveLength(namesOf('histogram').length)
      for (const p of [0.5, 0.9, 0.99, 0.999]) {
        const ours = percentile(histogram.snapshot(), p) / 1e6
        for (const buckets of all) expect(Math.abs(quantile(p, buckets) - ours) / ours).toBeLessThan(0.1)
      }
    }),
    { numRuns: 60 },
  )
})

test('one value, wherever it is, is within 10 % as well', () => {
  for (let micros = 1000; micros <= 60e6; micros = Math.ceil(micros * 1.011)) {
    const histogram = new Histogram()
    histogram.record(micros, 1)
    const [buckets] = exposed(histogram)
    for (const p of [0.01, 0.99])
      expect(Math.abs(quantile(p, buckets!) - micros / 1e6)).toBeLessThan(micros / 1e7)
  }
})

test('they rise, and are not too many: a scrape takes 34 KB', () => {
  const [buckets] = exposed(new Histogram())
  expect(buckets!.length).toBeLessThan(130)
  const les = buckets!.map(([le]) => le)
  expect(les).toEqual(les.toSorted((a, b) => a - b))
  expect(new Set(les).size).toBe(les.length)
})
