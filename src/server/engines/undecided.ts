// A request whose body decides about its card, while that body comes.
import type { BodyNeeded, Card, Later } from '../card.ts'
import type { Manner } from './wire.ts'

/** State: what has come of the body, as far as it is wanted. */
export class Undecided {
  readonly manner: Manner
  readonly arrivedMs: number
  readonly #choice: BodyNeeded
  readonly #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(choice: BodyNeeded, manner: Manner, arrivedMs: number) {
    this.#choice = choice
    this.manner = manner
    this.arrivedMs = arrivedMs
  }

  get isTooLarge(): boolean {
    return this.#bytes > this.#choice.mostBytes
  }

  /** Takes ranges of `segment` that belong to the body. */
  keep(segment: Uint8Array): (from: number, to: number) => void {
    return (from, to) => {
      this.#bytes += to - from
      if (!this.isTooLarge) this.#pieces.push(segment.subarray(from, to))
    }
  }

  /** To be called when the body has come, or is too large. */
  choose(): Card | Later {
    return this.#choice.pick(this.isTooLarge ? null : Buffer.concat(this.#pieces))
  }
}
