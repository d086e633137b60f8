// Filling the places of a frame just before it is written: the moment, and an id of the reply's own.
import { type Places, writeId, writeStamp } from '../replies/places.ts'

const HALF = 100_000_000

/** State: the last id given. Sixteen digits: eight by chance per worker, so that workers differ, and a count. */
export class IdSource {
  #high: number
  #low = 0

  /** `high` is a whole number below 10⁸. */
  constructor(high: number) {
    this.#high = high
  }

  /** The next id, a whole number below 10¹⁶ but for what a double cannot hold: kept as two halves. */
  next(): Id {
    this.#low++
    if (this.#low === HALF) {
      this.#low = 0
      this.#high = (this.#high + 1) % HALF
    }
    return { high: this.#high, low: this.#low }
  }
}

export interface Id {
  readonly high: number
  readonly low: number
}

/** Fills the places of `frame`. Stamps are numbered from `sequence` on; returns the number of the next one. */
export function patchFrame(
  frame: Uint8Array,
  { stamps, ids }: Places,
  { high, low }: Id,
  sequence: number,
): number {
  let next = sequence
  if (stamps.length > 0) {
    const unixMicros = (performance.timeOrigin + performance.now()) * 1000
    for (const at of stamps) writeStamp(frame, at, next++, unixMicros)
  }
  for (const at of ids) writeId(frame, at, high, low)
  return next
}
