// Histograms as /stats?buckets tells them: from two answers follows what came between them, to the last percentile.
import { type HistogramSnapshot, valueOf } from './histogram.ts'
import { round } from './rounding.ts'
import { type Collection, mergedFor, type Report, type Wanted } from './report.ts'
import type { Snapshot } from './snapshot.ts'

/** By the name of its percentiles: a value in ms and how often it came, one pair after the other, by rising value. */
export type Buckets = { readonly [Name in 'ttftMs' | 'wholeMs' | 'latenessMs']: readonly number[] }

export function bucketsOf({ ttft, wholeTime, lateness }: Snapshot): Buckets {
  return { ttftMs: pairsOf(ttft), wholeMs: pairsOf(wholeTime), latenessMs: pairsOf(lateness) }
}

/** A report with its buckets, and those of its upstreams. */
export function withBuckets(report: Report, collection: Collection, wanted: Wanted): object {
  const upstreams = Object.entries(report.upstreams ?? {}).map(([upstream, told]) => [
    upstream,
    { ...told, buckets: bucketsOf(mergedFor(collection, { ...wanted, upstream })) },
  ])
  return {
    ...report,
    ...(report.upstreams && { upstreams: Object.fromEntries(upstreams) }),
    buckets: bucketsOf(mergedFor(collection, wanted)),
  }
}

/** Not bounded by the maximum, as percentiles are: a bucket has the same value in every answer. */
function pairsOf({ buckets }: HistogramSnapshot): number[] {
  return buckets.map((number, i) => (i % 2 === 0 ? round(valueOf(number) / 1000, 3) : number))
}
