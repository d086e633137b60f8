import { describe, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import { createRandom, shuffle } from '../../src/replies/deck.ts'
import { normalQuantile } from '../../src/replies/normal.ts'
import { drawSchedules, quantile } from '../../src/replies/timing.ts'

const draw = (flags: GivenFlags): Float64Array[] => drawSchedules(readSettings(flags, {}))

/** Gaps between the steps of all schedules. */
function gapsOf(schedules: readonly Float64Array[]): number[] {
  return schedules.flatMap((schedule) => Array.from(schedule.subarray(1), (due, i) => due - schedule[i]!))
}

function describeSample(values: readonly number[]): { mean: number; cv: number; at(p: number): number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const sorted = values.toSorted((a, b) => a - b)
  return { mean, cv: Math.sqrt(variance) / mean, at: (p) => sorted[Math.ceil(p * sorted.length) - 1]! }
}

describe('without jitter', () => {
  test.each([
    [{}, 1, 19, 50, 950],
    [{ chunkCount: '0' }, 1, 1, 50, 50],
    [{ chunkDelayMs: '0' }, 1, 19, 0, 0],
    [{ chunkCount: '2', chunkDelayMs: '0.25', ttftMs: '300' }, 1, 3, 300, 300.5],
    [{ ttftMs: '0', chunkCount: '3' }, 1, 4, 0, 150],
  ])('%j', (flags, cards, steps, first, last) => {
    const schedules = draw(flags)
    expect(schedules).toHaveLength(cards)
    expect(schedules[0]).toHaveLength(steps)
    expect(schedules[0]![0]).toBe(first)
    expect(schedules[0]!.at(-1)).toBe(last)
  })
})

describe('moments and quantiles of a deck', () => {
  test.each([
    ['normal:0.2', 0.2, { 0.5: 100, 0.9: 125.6, 0.99: 146.5 }],
    ['normal:0.3', 0.29, { 0.5: 100, 0.9: 138.4, 0.999: 170 }], // clamped to 30 … 170
    ['uniform:0.5', 0.5, { 0.5: 100, 0.9: 169.3, 0.99: 184.9 }],
    ['lognormal:0.5', 0.5, { 0.5: 89.4, 0.9: 164, 0.95: 194.7, 0.99: 268.5 }],
    ['lognormal:1', 1, { 0.5: 70.7, 0.9: 205.5, 0.95: 278.1, 0.99: 490.6 }],
  ] as const)('%s of the chunk delay and of the TTFT', (model, cv, quantiles) => {
    const flags: GivenFlags = { chunkDelayMs: '100', chunkDelayJitter: model, ttftJitter: model }
    const schedules = draw(flags)
    for (const values of [gapsOf(schedules), schedules.map((schedule) => schedule[0]!)]) {
      const sample = describeSample(values)
      expect(sample.mean).toBeCloseTo(100, 6)
      expect(Math.abs(sample.cv / cv - 1)).toBeLessThan(0.04)
      for (const [p, value] of Object.entries(quantiles))
        expect(Math.abs(sample.at(Number(p)) / value - 1)).toBeLessThan(0.03)
      expect(Math.min(...values)).toBeGreaterThan(0)
    }
  })

  test('quantiles take the place of the mean', () => {
    const schedules = draw({
      ttftJitter: 'quantiles:200/400/600/2000',
      chunkDelayJitter: 'quantiles:10/10/20/50',
    })
    const ttft = describeSample(schedules.map((schedule) => schedule[0]!))
    const gap = describeSample(gapsOf(schedules))
    for (const [p, value] of Object.entries({ 0.5: 200, 0.9: 400, 0.95: 600, 0.99: 2000 }))
      expect(Math.abs(ttft.at(Number(p)) / value - 1)).toBeLessThan(0.03)
    expect(ttft.at(1)).toBeLessThanOrEqual(2350)
    for (const [p, value] of Object.entries({ 0.2: 10, 0.5: 10, 0.9: 10, 0.95: 20, 0.99: 50 }))
      expect(Math.abs(gap.at(Number(p)) / value - 1)).toBeLessThan(0.03)
  })

  test.each(['normal:0.3', 'uniform:0.5', 'lognormal:1'])('%s of the chunk count', (model) => {
    const counts = draw({ chunkCount: '40', chunkCountJitter: model }).map((schedule) => schedule.length - 1)
    const sample = describeSample(counts)
    expect(Math.abs(sample.mean / 40 - 1)).toBeLessThan(0.02)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1)
    expect(new Set(counts).size).toBeGreaterThan(30)
  })

  test('an empty completion stays empty', () =>
    expect(
      draw({ chunkCount: '0', chunkCountJitter: 'normal:0.3' }).every(({ length }) => length === 1),
    ).toBe(true))
})

test('due times never decrease', () => {
  for (const schedule of draw({
    chunkDelayJitter: 'lognormal:1',
    ttftJitter: 'lognormal:1',
    chunkCountJitter: 'uniform:0.5',
  }))
    for (let step = 1; step < schedule.length; step++)
      expect(schedule[step]! >= schedule[step - 1]!).toBe(true)
})

test('the same seed gives the same deck, another seed another', () => {
  const flags: GivenFlags = {
    ttftJitter: 'normal:0.3',
    chunkDelayJitter: 'lognormal:1',
    chunkCountJitter: 'uniform:0.3',
  }
  expect(draw(flags)).toEqual(draw({ ...flags }))
  expect(draw(flags)).not.toEqual(draw({ ...flags, seed: '2' }))
})

test.each([
  [1, 1024],
  [1000, 261],
  [1_000_000, 8],
])('the deck of a reply of %d chunks has %d cards', (chunkCount, cards) =>
  expect(draw({ chunkCount: String(chunkCount), ttftJitter: 'normal:0.1' })).toHaveLength(cards),
)

test.each([
  [0.5, 0],
  [0.975, 1.959963985],
  [0.025, -1.959963985],
  [0.001, -3.090232306],
  [0.999, 3.090232306],
])('normalQuantile(%j) → %j', (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, 7))

describe('dealing', () => {
  test('shuffling keeps every item, and is seeded', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i)
    const shuffled = shuffle([...items], createRandom(7))
    expect(shuffled).not.toEqual(items)
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items)
    expect(shuffle([...items], createRandom(7))).toEqual(shuffled)
    expect(shuffle([...items], createRandom(8))).not.toEqual(shuffled)
  })

  test('every order comes as often as any other', () => {
    const random = createRandom(3)
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = shuffle(['a', 'b', 'c'], random).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test('the generator is even', () => {
    const random = createRandom(1)
    const buckets = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) buckets[Math.floor(random() * 10)]!++
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })
})

test.each(['normal:0.3', 'lognormal:1', 'uniform:0.577'])(
  'a count of 1 that varies by %s never is 0',
  (model) => {
    const schedules = draw({ chunkCount: '1', chunkCountJitter: model })
    expect(Math.min(...schedules.map(({ length }) => length))).toBe(2)
  },
)

test.each([
  [0.01, 20],
  [0.1, 20],
  [0.3, 35],
  [0.5, 50],
  [0.7, 65],
  [0.9, 80],
  [0.925, 90],
  [0.95, 100],
  [0.99, 200],
  [0.995, 212.5], // the last line goes on
])('the quantile %j of quantiles', (p, ms) =>
  expect(quantile({ model: 'quantiles', ms: [50, 80, 100, 200] }, p, 0)).toBeCloseTo(ms, 6),
)
