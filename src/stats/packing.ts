// Shares on their way between processes: buckets of histograms are packed, and what is unchanged is told by name only. 240 shares with
// 1,400 buckets in each of two histograms take 6 ms to send and 6 to receive; as arrays of numbers 16 and 10.
import type { HistogramSnapshot } from './histogram.ts'
import { type NamesOf, namesOf } from './numbers.ts'
import { indexOf, type Share, type Shares, type Whose } from './shares.ts'
import type { Snapshot } from './snapshot.ts'

type PackedHistogram = Omit<HistogramSnapshot, 'buckets'> & { readonly buckets: Float64Array }
type PackedNumbers = {
  readonly [Name in keyof Snapshot]: Name extends NamesOf<'histogram'> ? PackedHistogram : Snapshot[Name]
}

/** Numbers of null are as they were. */
export type PackedShare = Whose & { readonly numbers: PackedNumbers | null }

const histograms = namesOf('histogram')

/** `shares` for somebody who knows those `before`: what is the same object in both is left out. */
export function packShares(shares: Shares, before: Shares = []): readonly PackedShare[] {
  const known = indexOf(before)
  return shares.map((share) => ({
    ...share,
    numbers: known.get(share) === share.numbers ? null : packNumbers(share.numbers),
  }))
}

/** What was packed for somebody who knows the shares `before`. */
export function unpackShares(packed: readonly PackedShare[], before: Shares = []): Shares {
  const known = indexOf(before)
  return packed.map((share): Share => ({
    ...share,
    numbers: share.numbers === null ? known.get(share)! : unpackNumbers(share.numbers),
  }))
}

function packNumbers(numbers: Snapshot): PackedNumbers {
  const packed = histograms.map((name) => {
    const { buckets, ...rest } = numbers[name]
    return [name, { ...rest, buckets: new Float64Array(buckets) }]
  })
  return { ...numbers, ...Object.fromEntries(packed) } as PackedNumbers
}

function unpackNumbers(packed: PackedNumbers): Snapshot {
  const unpacked = histograms.map((name) => {
    const { buckets, ...rest } = packed[name]
    return [name, { ...rest, buckets: toArray(buckets) }]
  })
  return { ...packed, ...Object.fromEntries(unpacked) } as Snapshot
}

/** Array.from takes six times as long. */
function toArray(values: Float64Array): number[] {
  const array = new Array<number>(values.length)
  for (let i = 0; i < values.length; i++) array[i] = values[i]!
  return array
}
