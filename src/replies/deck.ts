// Seeded dealing: the only chance in the program, and it is the same in every run with the same seed.

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

/** Deals `cards` round robin, starting with card `first`. */
export function createDealer<Card>(cards: readonly Card[], first = 0): () => Card {
  const [only] = cards
  if (cards.length === 1) return () => only!
  let next = first
  return () => {
    const card = cards[next]!
    next = next + 1 === cards.length ? 0 : next + 1
    return card
  }
}
