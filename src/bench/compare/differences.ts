// What rounds say about a difference: its median, and between which bounds it lies. Pure.

/** What the pairs of all rounds say. */
export interface Difference {
  /** The median of the rounds. */
  readonly median: number
  /** The true median lies between these, as sure as so many rounds can make it. */
  readonly low: number
  readonly high: number
  /** The bounds do not include what is no difference, and are not further apart than the median is from it. */
  readonly isMeasurable: boolean
  readonly rounds: number
  /** After so many rounds the bounds no longer came closer; null where they still did in the last, and with too few to tell. */
  readonly settledAfter: number | null
}

/** The bounds are meant to be right in so much of all cases. */
const SURE = 0.9
/** Bounds that come closer by less than this do not come closer. */
const NARROWER = 0.9
/** With fewer rounds bounds say little. */
const FEWEST = 3
/** With fewer rounds the bounds are the outermost values, and can only move apart. */
const FIRST_NARROWER = 8
/** With fewer rounds it cannot be told whether further ones would help. */
export const FEWEST_TO_SETTLE = 10

/** What is told of values of which `none` is no difference; undefined without rounds. */
export function describeDifferences(values: readonly number[], none = 0): Difference | undefined {
  if (values.length === 0) return undefined
  const { low, high } = boundsOf(values)
  const median = medianOf(values)
  return {
    median,
    low,
    high,
    isMeasurable:
      values.length >= FEWEST && (low > none || high < none) && Math.abs(median - none) > (high - low) / 2,
    rounds: values.length,
    settledAfter: settledAfter(values),
  }
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * The closest pair of the values in order that has the median of what they come from between it in 90 % of all cases, whatever
 * its distribution (the interval of the sign test); with fewer than five, all of them, which is right more seldom.
 */
function boundsOf(values: readonly number[]): { readonly low: number; readonly high: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const count = sorted.length
  let left = 0
  for (let inner = 1; inner < count / 2 && sureOf(count, inner) >= SURE; inner++) left = inner
  return { low: sorted[left]!, high: sorted[count - 1 - left]! }
}

/** How sure the median is between all of `count` values but so many on each side. */
function sureOf(count: number, left: number): number {
  let outside = 0
  let ways = 1
  for (let i = 0; i <= left; i++) {
    outside += ways
    ways = (ways * (count - i)) / (i + 1)
  }
  return 1 - outside / 2 ** (count - 1)
}

function settledAfter(values: readonly number[]): number | null {
  if (values.length < FEWEST_TO_SETTLE) return null
  const widths = values.map((_, i) => {
    const { low, high } = boundsOf(values.slice(0, i + 1))
    return high - low
  })
  const last = widths.length - 1
  for (let i = FIRST_NARROWER - 1; i < last; i++)
    if (widths.slice(i + 1).every((width) => width >= widths[i]! * NARROWER)) return i + 1
  return null
}
