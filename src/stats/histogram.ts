// A log-linear histogram of microseconds: what is recorded costs an index and an addition, two of them can be added, and
// every percentile is right to three significant digits. The layout is that of HdrHistogram (G. Tene).

/** Values below 2¹¹ have a bucket of their own; above, each power of two is cut into 2¹⁰: at most 0.1 % wide. */
const SUB_BITS = 10
const LINEAR = 2 << SUB_BITS
/** Values are below 2³² µs (71 minutes); a later one counts as that, its true size remains in the maximum. */
const MAX_MICROS = 0xffff_ffff
/** So many buckets are made room for at a time: a power of two of values. */
const PAGE = 1 << SUB_BITS

/** JSON-safe: the occupied buckets only. */
export interface HistogramSnapshot {
  readonly count: number
  readonly sumMicros: number
  readonly maxMicros: number
  /** Bucket index and count, one pair after the other, by rising index. */
  readonly buckets: readonly number[]
}

export const emptyHistogram: HistogramSnapshot = { count: 0, sumMicros: 0, maxMicros: 0, buckets: [] }

/** State: the counts. */
export class Histogram {
  // Not Uint32Array: at 1.6 million events a second one bucket would wrap within the hour. As long as the largest value needs: 57 KB
  // for 50 ms, where all that there can be take 188 KB.
  #counts = new Float64Array(0)
  #sumMicros = 0
  #maxMicros = 0

  /** Counts `micros` `times` over; below zero counts as zero. Measured: 6.4 ns (test/bench/histogram.ts). */
  record(micros: number, times: number): void {
    let value = micros
    if (value > this.#maxMicros) this.#maxMicros = value
    if (value < 0) value = 0
    else if (value > MAX_MICROS) value = MAX_MICROS
    this.#sumMicros += value * times
    const index = bucketOf(value)
    if (index >= this.#counts.length) this.#grow(index)
    this.#counts[index] = this.#counts[index]! + times
  }

  #grow(index: number): void {
    const counts = new Float64Array((Math.floor(index / PAGE) + 1) * PAGE)
    counts.set(this.#counts)
    this.#counts = counts
  }

  snapshot(): HistogramSnapshot {
    const buckets: number[] = []
    let count = 0
    const counts = this.#counts
    for (let index = 0; index < counts.length; index++) {
      const times = counts[index]!
      if (times === 0) continue
      buckets.push(index, times)
      count += times
    }
    return { count, sumMicros: this.#sumMicros, maxMicros: this.#maxMicros, buckets }
  }

  reset(): void {
    this.#counts.fill(0)
    this.#sumMicros = 0
    this.#maxMicros = 0
  }
}

/** The bucket of a value from 0 to MAX_MICROS. */
function bucketOf(micros: number): number {
  const value = micros >>> 0
  if (value < LINEAR) return value
  const shift = 31 - SUB_BITS - Math.clz32(value)
  return LINEAR + ((shift - 1) << SUB_BITS) + ((value >>> shift) - (LINEAR >> 1))
}

/** The middle of a bucket, in µs. */
export function valueOf(index: number): number {
  if (index < LINEAR) return index
  const shift = ((index - LINEAR) >> SUB_BITS) + 1
  const low = ((LINEAR >> 1) + ((index - LINEAR) & ((1 << SUB_BITS) - 1))) * 2 ** shift
  return low + 2 ** (shift - 1)
}

/** Both together. Associative and commutative; `emptyHistogram` changes nothing. */
export function mergeHistograms(a: HistogramSnapshot, b: HistogramSnapshot): HistogramSnapshot {
  if (b.count === 0 && b.buckets.length === 0) return a
  if (a.count === 0 && a.buckets.length === 0) return b
  return {
    count: a.count + b.count,
    sumMicros: a.sumMicros + b.sumMicros,
    maxMicros: Math.max(a.maxMicros, b.maxMicros),
    buckets: combine(a.buckets, b.buckets, 1),
  }
}

/** All together, as `mergeHistograms` would have it of one after the other; of 480 it takes a tenth of the time. */
export function sumHistograms(all: readonly HistogramSnapshot[]): HistogramSnapshot {
  const told = all.filter(({ buckets }) => buckets.length > 0)
  if (told.length < 2) return told[0] ?? emptyHistogram
  const counts = new Float64Array(1 + Math.max(...told.map(({ buckets }) => buckets.at(-2)!)))
  for (const { buckets } of told)
    for (let i = 0; i < buckets.length; i += 2) counts[buckets[i]!] = counts[buckets[i]!]! + buckets[i + 1]!
  const buckets: number[] = []
  for (const [index, times] of counts.entries()) if (times !== 0) buckets.push(index, times)
  return {
    count: told.reduce((sum, { count }) => sum + count, 0),
    sumMicros: told.reduce((sum, { sumMicros }) => sum + sumMicros, 0),
    maxMicros: Math.max(...told.map(({ maxMicros }) => maxMicros)),
    buckets,
  }
}

/** What was recorded between `before` and `after`, two snapshots of one histogram. A maximum that is no new one is right to a bucket. */
export function subtractHistogram(after: HistogramSnapshot, before: HistogramSnapshot): HistogramSnapshot {
  const buckets = combine(after.buckets, before.buckets, -1)
  const last = buckets.at(-2)
  const isNew = last !== undefined && after.maxMicros > before.maxMicros
  return {
    count: after.count - before.count,
    sumMicros: after.sumMicros - before.sumMicros,
    maxMicros: isNew ? after.maxMicros : last === undefined ? 0 : Math.min(valueOf(last), after.maxMicros),
    buckets,
  }
}

function combine(a: readonly number[], b: readonly number[], sign: 1 | -1): number[] {
  const combined: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = a[i] ?? Number.POSITIVE_INFINITY
    const right = b[j] ?? Number.POSITIVE_INFINITY
    const index = Math.min(left, right)
    let times = 0
    if (left === index) {
      times += a[i + 1]!
      i += 2
    }
    if (right === index) {
      times += sign * b[j + 1]!
      j += 2
    }
    if (times !== 0) combined.push(index, times)
  }
  return combined
}

/** The value in µs that a share `p` (0 … 1) of all values does not exceed, never above the maximum; 0 without values. */
export function percentile({ buckets, count, maxMicros }: HistogramSnapshot, p: number): number {
  const rank = Math.max(1, Math.ceil(p * count))
  let seen = 0
  for (let i = 0; i < buckets.length; i += 2) {
    seen += buckets[i + 1]!
    if (seen >= rank) return Math.min(valueOf(buckets[i]!), maxMicros)
  }
  return 0
}

/** How many values are at most as large as each of the `bounds`, which rise; in µs, to the width of a bucket. */
export function countsUpTo({ buckets }: HistogramSnapshot, bounds: readonly number[]): number[] {
  let seen = 0
  let i = 0
  return bounds.map((micros) => {
    for (; i < buckets.length && valueOf(buckets[i]!) <= micros; i += 2) seen += buckets[i + 1]!
    return seen
  })
}
