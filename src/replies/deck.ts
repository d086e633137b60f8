// Seeded dealing: the only chance in the program, and it is the same in every run with the same seed.

import { type FaultPlan, RATE_DECIMALS } from '../config/patterns.ts'

/** A source of numbers in [0, 1). */
export type Random = () => number

/**
 * A small seeded generator of 32-bit quality: good enough to shuffle with, never used for secrets.
 * The mixing function is MurmurHash3's finalizer over a Weyl sequence, as in SplitMix.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296
  }
}

/** Fisher–Yates, in place. */
export function shuffle<T extends { [index: number]: unknown; readonly length: number }>(
  items: T,
  random: Random,
): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = items[i]
    items[i] = items[j]
    items[j] = kept
  }
  return items
}

/** Deals from a plan: 0 for a reply as usual, i + 1 for entry i. */
export interface PlanDealer {
  next(): number
  /** Begins anew. */
  restart(): void
}

/** Rates are met over so many requests, or a divisor of it. */
const RATE_CARDS = 100 * 10 ** RATE_DECIMALS

/**
 * Rates are met exactly by every `cards` requests in a row that begin where the deck does; of several workers each begins at a
 * place of its own, `start` (0 … 1) of the way round. A script is played in order, and from its end on everything is as usual.
 */
export function createPlanDealer(plan: FaultPlan, seed: number, start: number): PlanDealer {
  const cards = plan.mode === 'rates' ? drawRates(plan.entries, seed) : undefined
  const times =
    plan.mode === 'script' ? plan.entries.map((entry) => entry.times ?? Number.POSITIVE_INFINITY) : []
  let dealt = 0
  let entry = 0
  if (cards !== undefined) {
    const first = Math.floor(start * cards.length)
    return { next: () => cards[(first + dealt++) % cards.length]!, restart: () => void (dealt = 0) }
  }
  return {
    next: () => {
      while (dealt === times[entry]) {
        dealt = 0
        entry++
      }
      if (entry === times.length) return 0
      dealt++
      return entry + 1
    },
    restart: () => void (dealt = entry = 0),
  }
}

/** As few cards as the rates allow, shuffled. */
function drawRates(entries: readonly { readonly percent: number }[], seed: number): Uint16Array {
  const counts = entries.map(({ percent }) => Math.round((percent / 100) * RATE_CARDS))
  const divisor = counts.reduce(greatestCommonDivisor, RATE_CARDS)
  const cards = new Uint16Array(RATE_CARDS / divisor)
  let filled = 0
  for (const [i, count] of counts.entries()) {
    cards.fill(i + 1, filled, filled + count / divisor)
    filled += count / divisor
  }
  return shuffle(cards, createRandom(seed))
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
