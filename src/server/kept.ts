// What has been prepared on demand is kept as long as there is room; what was asked for longest ago makes room.

export interface Sized {
  /** Grows as more of it is prepared. */
  readonly keptBytes: number
}

interface Entry {
  readonly value: Sized
  /** As it was weighed last. */
  bytes: number
}

/** State: values by key, the least recently used first. Values of different types have keys that differ. */
export class Kept {
  readonly #entries = new Map<string, Entry>()
  /** In bytes. */
  readonly limit: number
  #bytes = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** In bytes. */
  get taken(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value of a key, made if it is not there. */
  get<Value extends Sized>(key: string, make: () => Value): Value {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#moveUp(key, known)
      return known.value as Value
    }
    const made = make()
    this.#entries.set(key, { value: made, bytes: 0 })
    return made
  }

  /** To be called when what is kept under `key` has been used, and may have grown. Drops others, but never this one. */
  use(key: string): void {
    const used = this.#entries.get(key)
    if (used === undefined) return
    this.#moveUp(key, used)
    const { keptBytes } = used.value
    if (keptBytes === used.bytes) return
    this.#bytes += keptBytes - used.bytes
    used.bytes = keptBytes
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.limit || entry === used) break
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }

  /** While there is room, nothing has to be in order: that takes 0.3 µs. */
  #moveUp(key: string, entry: Entry): void {
    if (this.#bytes <= this.limit / 2) return
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }
}
