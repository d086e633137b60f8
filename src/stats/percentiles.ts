// A histogram as it is told: five percentiles in milliseconds.
import { formatMs } from '../config/format.ts'
import { type HistogramSnapshot, percentile } from './histogram.ts'
import { round } from './rounding.ts'

/** All null when there are no values. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

/** In ms. */
export function percentilesOf(histogram: HistogramSnapshot): Percentiles {
  const { count, maxMicros } = histogram
  const at = (p: number): number | null => percentileMs(histogram, p)
  const max = count === 0 ? null : round(maxMicros / 1000, 3)
  return { count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }
}

/** The value that a share `p` (0 … 1) of all does not exceed, in ms; null when there are no values. */
export function percentileMs(histogram: HistogramSnapshot, p: number): number | null {
  return histogram.count === 0 ? null : round(percentile(histogram, p) / 1000, 3)
}

/** `p50 1 ms, p90 2 ms, …`, or `none`. */
export function describePercentiles({ p50, p90, p99, p999, max }: Percentiles): string {
  const figures = Object.entries({ p50, p90, p99, 'p99.9': p999, max })
  return (
    figures.flatMap(([name, value]) => (value === null ? [] : [`${name} ${formatMs(value)}`])).join(', ') ||
    'none'
  )
}
