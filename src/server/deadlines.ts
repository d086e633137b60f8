// Who has been silent for too long, looked at once a second: for silences of seconds nothing finer is needed, and a timer for each would
// cost more than what it guards.

const SWEEP_MS = 1000

/** Something that ends when nothing happens for too long. */
export interface Expiring {
  /** On the clock of `performance.now()`. Kept by whoever is watched. */
  quietSinceMs: number
  /** How long it may be quiet as things are now. */
  readonly patienceMs: number
  expire(): void
}

/** State: who is watched. The timer runs only while somebody is. */
export class Deadlines {
  readonly #watched = new Set<Expiring>()
  readonly #sweepMs: number
  #sweep: ReturnType<typeof setInterval> | undefined

  constructor(sweepMs = SWEEP_MS) {
    this.#sweepMs = sweepMs
  }

  /** Watches `item`, which is quiet from now on. */
  watch(item: Expiring): void {
    item.quietSinceMs = performance.now()
    this.#watched.add(item)
    this.#sweep ??= setInterval(() => this.#expire(), this.#sweepMs)
  }

  /** Does nothing for what is not watched. */
  forget(item: Expiring): void {
    if (!this.#watched.delete(item) || this.#watched.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  #expire(): void {
    const nowMs = performance.now()
    for (const item of [...this.#watched])
      if (this.#watched.has(item) && nowMs - item.quietSinceMs >= item.patienceMs) {
        this.forget(item)
        item.expire()
      }
  }
}
