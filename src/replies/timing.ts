// Timing models: configuration in, due times out. The clock lives in the scheduler alone.
import type { UpstreamSettings } from '../config/config.ts'
import type { Jitter } from '../config/jitter.ts'
import { createRandom, type Random, shuffle } from './deck.ts'
import { normalQuantile } from './normal.ts'

export type TimingConfig = Pick<
  UpstreamSettings,
  'chunkCount' | 'chunkDelayMs' | 'ttftMs' | 'ttftJitter' | 'chunkDelayJitter' | 'chunkCountJitter' | 'seed'
>

/** When each step of one reply is due, ms after the request arrived: content chunk i at step i, the ending at the last. */
export type Schedule = Float64Array

/** Enough cards that a sampled P99 rests on ten of them. */
const MAX_CARDS = 1024
/** Long replies get fewer cards, so that the due times of a deck stay near 2 MiB; but never fewer than these. */
const MAX_STEPS = 262_144
const MIN_CARDS = 8
/** The upper end of `--chunk-count`, also for a jittered count. */
const MAX_CHUNKS = 1_000_000

/** How many schedules a deck has. */
export function countSchedules({
  chunkCount,
  ttftJitter,
  chunkDelayJitter,
  chunkCountJitter,
}: TimingConfig): number {
  const varies = [ttftJitter, chunkDelayJitter, chunkCountJitter].some(({ model }) => model !== 'none')
  return varies ? Math.min(MAX_CARDS, Math.max(MIN_CARDS, Math.floor(MAX_STEPS / (chunkCount + 1)))) : 1
}

/**
 * The schedules of one deck, in dealing order: one if nothing varies, else as many as the distributions need.
 * Step 0 is due at the time to first token, each further step a chunk delay later. Samples are stratified (one from each of
 * n equal slices of the distribution, shuffled), so that a deck has the configured moments and quantiles, not roughly but
 * as closely as its size allows.
 */
export function drawSchedules(config: TimingConfig): Schedule[] {
  const { chunkCount, ttftMs, chunkDelayMs, ttftJitter, chunkDelayJitter, chunkCountJitter } = config
  const cards = countSchedules(config)
  const random = createRandom(config.seed)
  const ttfts = drawSamples(ttftJitter, ttftMs, cards, random)
  const counts = drawSamples(chunkCountJitter, chunkCount, cards, random).map((count) =>
    roundCount(count, chunkCount),
  )
  const gapCount = counts.reduce((sum, count) => sum + count, 0)
  const gaps = drawSamples(chunkDelayJitter, chunkDelayMs, gapCount, random)
  let gap = 0
  return Array.from(counts, (count, card) => {
    const schedule = new Float64Array(count + 1)
    schedule[0] = ttfts[card]!
    // Without jitter a product, not a sum, so that rounding errors do not add up either.
    for (let step = 1; step <= count; step++)
      schedule[step] =
        chunkDelayJitter.model === 'none'
          ? schedule[0]! + step * chunkDelayMs
          : schedule[step - 1]! + gaps[gap++]!
    return schedule
  })
}

/** A reply that is meant to have content never loses all of it. */
function roundCount(count: number, mean: number): number {
  return mean === 0 ? 0 : Math.min(MAX_CHUNKS, Math.max(1, Math.round(count)))
}

/** `count` samples around `mean`, in random order. Their mean is `mean`, except for quantiles, which replace it. */
function drawSamples(jitter: Jitter, mean: number, count: number, random: Random): Float64Array {
  const samples = new Float64Array(count)
  if (jitter.model === 'none') return samples.fill(mean)
  for (let i = 0; i < count; i++) samples[i] = quantile(jitter, (i + 0.5) / count, mean)
  if (jitter.model !== 'quantiles') {
    // A long tail is underrepresented by the middle of its last slice: scale the mean back to the configured one.
    const scale = (mean * count) / samples.reduce((sum, sample) => sum + sample, 0)
    if (Number.isFinite(scale)) for (let i = 0; i < count; i++) samples[i] = samples[i]! * scale
  }
  return shuffle(samples, random)
}

/** The value below which a share `p` (0 < p < 1) of the distribution lies. */
export function quantile(jitter: Exclude<Jitter, { model: 'none' }>, p: number, mean: number): number {
  switch (jitter.model) {
    case 'normal':
      return mean * Math.min(1.7, Math.max(0.3, 1 + jitter.cv * normalQuantile(p)))
    case 'uniform':
      return mean * (1 + jitter.cv * Math.sqrt(12) * (p - 0.5))
    case 'lognormal': {
      const variance = Math.log(1 + jitter.cv ** 2)
      return mean * Math.exp(Math.sqrt(variance) * normalQuantile(p) - variance / 2)
    }
    case 'quantiles': {
      const [p50, p90, p95, p99] = jitter.ms
      // Straight lines between the given points. Below the median the distribution mirrors P50 … P90, not below
      // zero; above P99 the last line goes on.
      return interpolate(
        [0, 0.1, 0.5, 0.9, 0.95, 0.99, 1],
        [Math.max(0, 2 * p50 - p90), Math.max(0, 2 * p50 - p90), p50, p90, p95, p99, p99 + (p99 - p95) / 4],
        p,
      )
    }
  }
}

function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const right = xs.findIndex((bound) => x <= bound)
  const [x0, x1, y0, y1] = [xs[right - 1]!, xs[right]!, ys[right - 1]!, ys[right]!]
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
}
