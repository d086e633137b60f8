// The last requests of a worker, as many as their number and the memory for them allow.
import type { MemoryUse } from '../../stats/memory.ts'
import type { Card } from '../card.ts'
import { Entry, type Seen } from './entry.ts'

/** State: a ring of entries. Entry `n` is in slot `n % most`; the oldest makes room. */
export class Journal implements MemoryUse {
  /** Which worker it is of. */
  readonly worker: number
  /** In bytes. */
  readonly limit: number
  readonly #most: number
  readonly #slots: (Entry | undefined)[] = []
  #first = 0
  #next = 0
  #taken = 0

  constructor(most: number, limit: number, worker: number) {
    this.#most = most
    this.limit = limit
    this.worker = worker
  }

  /** In bytes. */
  get taken(): number {
    return this.#taken
  }

  /** Keeps a request. From now on the account of its card is the entry. */
  note(seen: Seen, card: Card): Card {
    const entry = new Entry(this.#next, seen, card)
    if (this.#next - this.#first === this.#most) this.#dropOldest()
    this.#slots[this.#next++ % this.#most] = entry
    this.#taken += entry.weight
    while (this.#taken > this.limit) this.#dropOldest()
    const { reply, tally, counter, extra } = card
    return { kind: 'card', reply, tally, counter, ledger: entry, extra }
  }

  /** The newest first. */
  *entries(): Generator<Entry> {
    for (let n = this.#next - 1; n >= this.#first; n--) {
      const entry = this.#slots[n % this.#most]
      if (entry !== undefined) yield entry
    }
  }

  forget(entry: Entry): void {
    const slot = entry.sequence % this.#most
    if (this.#slots[slot] !== entry) return
    this.#slots[slot] = undefined
    this.#taken -= entry.weight
  }

  #dropOldest(): void {
    const oldest = this.#slots[this.#first % this.#most]
    if (oldest !== undefined) this.forget(oldest)
    this.#first++
  }
}
