// Which clients left before their reply was over: whoever has the other end of a connection can look up what became of each of them.

/** As it is kept, and travels: up to a thousand of them go from a worker to the supervisor every second, 46 KB. */
export type Leaving = readonly [
  /** As it stands in what was sent of the reply; null where no id of the reply's own does. */
  id: string | null,
  /** Unix milliseconds, with a fraction to the microsecond. */
  atUnixMs: number,
  /** Content chunks that had been sent. */
  chunks: number,
]

/** As it is told. */
export interface LeavingReport {
  readonly id: string | null
  readonly atUnixMs: number
  readonly chunks: number
}

/** So many are kept, the latest. */
export const MOST_LEAVINGS = 1000

/** State: the last leavings of one worker in the present measuring window. */
export class LeavingLog {
  /** Full, it is a ring. */
  readonly #kept: Leaving[] = []
  #oldest = 0

  note(leaving: Leaving): void {
    if (this.#kept.length < MOST_LEAVINGS) {
      this.#kept.push(leaving)
      return
    }
    this.#kept[this.#oldest] = leaving
    this.#oldest = (this.#oldest + 1) % MOST_LEAVINGS
  }

  /** The latest last. */
  snapshot(): Leaving[] {
    return [...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]
  }

  reset(): void {
    this.#kept.length = 0
    this.#oldest = 0
  }
}

/** The latest of both. */
export function mergeLeavings(a: readonly Leaving[], b: readonly Leaving[]): Leaving[] {
  return [...a, ...b].toSorted(([, one], [, other]) => one - other).slice(-MOST_LEAVINGS)
}

/**
 * What one worker has noted since `before`: what stands behind the part in which that ends and `now` begins. Not told by the time: several
 * clients may leave in the same microsecond. `now` is no shorter than `before`.
 */
export function leavingsSince(now: readonly Leaving[], before: readonly Leaving[]): readonly Leaving[] {
  let known = before.length
  while (known > 0 && !before.slice(-known).every((leaving, i) => isSame(leaving, now[i]!))) known--
  return now.slice(known)
}

function isSame(a: Leaving, b: Leaving): boolean {
  return a.every((value, i) => value === b[i])
}

/** The latest first. */
export function showLeavings(leavings: readonly Leaving[]): readonly LeavingReport[] {
  return leavings.map(([id, atUnixMs, chunks]) => ({ id, atUnixMs, chunks })).toReversed()
}
