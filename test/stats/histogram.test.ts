import { describe, expect, test } from 'bun:test'
import { createRandom } from '../../src/replies/deck.ts'
import {
  countsUpTo,
  emptyHistogram,
  Histogram,
  type HistogramSnapshot,
  mergeHistograms,
  percentile,
  subtractHistogram,
} from '../../src/stats/histogram.ts'

function recorded(values: readonly number[]): HistogramSnapshot {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value, 1)
  return histogram.snapshot()
}

describe('Histogram', () => {
  test.each([0, 1, 2047, 2048, 2049, 4095, 4096, 65_535, 1_000_000, 4_294_967_295])(
    '%d µs is kept to three significant digits',
    (value) => {
      const snapshot = recorded([value, value])
      expect(snapshot.count).toBe(2)
      expect(snapshot.sumMicros).toBe(2 * value)
      expect(Math.abs(percentile(snapshot, 0.5) - value)).toBeLessThanOrEqual(value * 0.0005 + 0.5)
    },
  )

  test('fractions are cut, what is early counts as zero, what is too late as the latest', () => {
    expect(recorded([0.9, -3]).buckets).toEqual([0, 2])
    const late = recorded([1e12])
    expect(late.maxMicros).toBe(1e12)
    expect(percentile(late, 1)).toBeGreaterThan(4.29e9)
  })

  test('percentiles of known values', () => {
    const snapshot = recorded(Array.from({ length: 1000 }, (_, i) => i + 1))
    for (const [p, value] of [
      [0, 1],
      [0.5, 500],
      [0.9, 900],
      [0.99, 990],
      [0.999, 999],
      [1, 1000],
    ] as const)
      expect(percentile(snapshot, p)).toBe(value)
    expect(percentile(emptyHistogram, 0.5)).toBe(0)
  })

  test('a bucket of several values stands for the middle of them', () => {
    for (const [low, width] of [
      [2048, 2],
      [4096, 4],
      [1_048_576, 1024],
    ] as const)
      for (const value of [low, low + width - 1]) {
        const snapshot = recorded([value, 4_000_000])
        expect(percentile(snapshot, 0.5)).toBe(low + width / 2)
      }
  })

  test('a percentile is never above the maximum', () => {
    for (const value of [2048, 4096, 65_536, 1_048_576]) expect(percentile(recorded([value]), 1)).toBe(value)
  })

  test.each([1, 2, 3, 7, 10, 99])(
    'of %d values a percentile is the first that so many do not exceed',
    (count) => {
      const values = Array.from({ length: count }, (_, i) => i + 1)
      const snapshot = recorded(values)
      for (const p of [0.01, 0.25, 0.5, 0.501, 0.9, 0.99, 0.999, 1])
        expect([p, percentile(snapshot, p)]).toEqual([p, values.find((value) => value / count >= p)!])
    },
  )

  test('a value recorded many times over, and a reset', () => {
    const histogram = new Histogram()
    histogram.record(7, 20)
    expect(histogram.snapshot()).toEqual({ count: 20, sumMicros: 140, maxMicros: 7, buckets: [7, 20] })
    histogram.reset()
    expect(histogram.snapshot()).toEqual(emptyHistogram)
  })

  test('counts beyond 32 bits', () => {
    const histogram = new Histogram()
    histogram.record(5, 2 ** 32)
    histogram.record(5, 1)
    expect(histogram.snapshot().count).toBe(2 ** 32 + 1)
  })

  test('countsUpTo', () => {
    const snapshot = recorded([10, 100, 1000, 10_000])
    expect(countsUpTo(snapshot, [5, 10, 999, 1000, 20_000, 30_000])).toEqual([0, 1, 2, 3, 4, 4])
  })
})

describe('mergeHistograms', () => {
  const random = createRandom(3)
  const sample = (): number[] => Array.from({ length: 500 }, () => Math.floor(random() ** 4 * 1e7))
  const [a, b, c] = [sample(), sample(), sample()]

  test('is associative and commutative, and the same as recording everything in one', () => {
    const [A, B, C] = [recorded(a), recorded(b), recorded(c)]
    const all = recorded([...a, ...b, ...c])
    expect(mergeHistograms(mergeHistograms(A, B), C)).toEqual(all)
    expect(mergeHistograms(A, mergeHistograms(B, C))).toEqual(all)
    expect(mergeHistograms(C, mergeHistograms(B, A))).toEqual(all)
    expect(mergeHistograms(A, emptyHistogram)).toEqual(A)
  })

  test('survives a journey as JSON', () => {
    const travelled = JSON.parse(JSON.stringify(recorded(a))) as HistogramSnapshot
    expect(mergeHistograms(travelled, recorded(b))).toEqual(recorded([...a, ...b]))
  })

  test('subtractHistogram leaves what came in between', () => {
    const between = subtractHistogram(recorded([...a, ...b]), recorded(a))
    expect(between).toMatchObject({ count: 500, buckets: recorded(b).buckets })
  })

  test('of what came in between the maximum is exact when it is a new one, else right to a bucket', () => {
    const before = recorded([100, 9001])
    expect(subtractHistogram(recorded([100, 9001, 9007]), before).maxMicros).toBe(9007)
    const { maxMicros } = subtractHistogram(recorded([100, 9001, 5001, 300]), before)
    expect(Math.abs(maxMicros - 5001)).toBeLessThanOrEqual(5)
    expect(subtractHistogram(before, before)).toEqual(emptyHistogram)
  })
})
