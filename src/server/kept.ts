// What has been prepared on demand is kept as long as there is room; what was asked for longest ago makes room.

export interface Sized {
  /** Grows as more of it is prepared. */
  readonly keptBytes: number
}

/** State: values by key, the least recently used first. Values of different types have keys that differ. */
export class Kept {
  readonly #values = new Map<string, Sized>()
  /** In bytes. */
  readonly limit: number
  readonly #sizes = new Map<Sized, number>()
  #bytes = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** In bytes. */
  get taken(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#values.size
  }

  /** The value of a key, made if it is not there. */
  get<Value extends Sized>(key: string, make: () => Value): Value {
    const known = this.#values.get(key) as Value | undefined
    if (known !== undefined) {
      // While there is room, nothing has to be in order: that takes 0.3 µs.
      if (this.#bytes <= this.limit / 2) return known
      this.#values.delete(key)
      this.#values.set(key, known)
      return known
    }
    const made = make()
    this.#values.set(key, made)
    return made
  }

  /** To be called when `value` may have grown. Drops others, but never the one that was asked for last. */
  weigh(value: Sized): void {
    const before = this.#sizes.get(value) ?? 0
    if (value.keptBytes === before) return
    this.#sizes.set(value, value.keptBytes)
    this.#bytes += value.keptBytes - before
    for (const [key, oldest] of this.#values) {
      if (this.#bytes <= this.limit || oldest === value) break
      this.#values.delete(key)
      this.#bytes -= this.#sizes.get(oldest) ?? 0
      this.#sizes.delete(oldest)
    }
  }
}
