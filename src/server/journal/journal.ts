// The last requests of a worker, as many as their number and the memory for them allow.
import type { MemoryUse } from '../../stats/memory.ts'
import type { Card } from '../card.ts'
import { Entry, type Seen } from './entry.ts'

/** State: the entries, and which of them have made room. */
export class Journal implements MemoryUse {
  /** Which worker it is of. */
  readonly worker: number
  /** In bytes. */
  readonly limit: number
  readonly #most: number
  /** The oldest first; null where one has made room, which are the first ones. */
  #entries: (Entry | null)[] = []
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
    const entry = new Entry(this.#next++, seen, card)
    this.#entries.push(entry)
    this.#taken += entry.weight
    while (this.#entries.length - this.#first > this.#most || this.#taken > this.limit) this.#dropOldest()
    const { reply, tally, counter, extra } = card
    return { kind: 'card', reply, tally, counter, ledger: entry, extra }
  }

  /** The newest first. */
  *entries(): Generator<Entry> {
    for (let i = this.#entries.length - 1; i >= this.#first; i--) yield this.#entries[i]!
  }

  /** Forgets those of these that are still there. @returns how many */
  forget(entries: readonly Entry[]): number {
    const forgotten = new Set<Entry | null>(entries)
    const there = this.#entries.slice(this.#first)
    this.#entries = there.filter((entry) => !forgotten.has(entry))
    this.#first = 0
    this.#taken = this.#entries.reduce((sum, entry) => sum + entry!.weight, 0)
    return there.length - this.#entries.length
  }

  #dropOldest(): void {
    this.#taken -= this.#entries[this.#first]!.weight
    this.#entries[this.#first++] = null
    if (this.#first < this.#entries.length / 2) return
    this.#entries.splice(0, this.#first)
    this.#first = 0
  }
}
