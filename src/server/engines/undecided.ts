// A request whose body decides about its card, while that body comes.
import { Requests } from '../../stats/requests.ts'
import { Budget } from '../budget.ts'
import type { BodyNeeded, Card, Later, Unfit } from '../card.ts'
import { Pending } from '../pending.ts'
import type { Manner } from './heads.ts'

/** State: what has come of the body, as far as it is wanted. */
export class Undecided extends Pending {
  readonly manner: Manner
  readonly #choice: BodyNeeded
  readonly #budget: Budget
  #pieces: Uint8Array[] = []
  #bytes = 0
  #unfit: Unfit | undefined

  constructor(choice: BodyNeeded, budget: Budget, manner: Manner, requests: Requests, arrivedMs: number) {
    super(choice.counter, requests, arrivedMs)
    this.#choice = choice
    this.#budget = budget
    this.manner = manner
  }

  /** No more of it is wanted. */
  get isUnfit(): boolean {
    return this.#unfit !== undefined
  }

  /** Takes ranges of `segment` that belong to the body. */
  keep(segment: Uint8Array): (from: number, to: number) => void {
    return (from, to) => {
      if (this.#unfit !== undefined) return
      const bytes = to - from
      const { mostBytes, keeps } = this.#choice
      if (this.#bytes + bytes > mostBytes) return this.#refuse('tooLarge')
      if (keeps && !this.#budget.take(bytes)) return this.#refuse('noRoom')
      this.#bytes += bytes
      if (keeps) this.#pieces.push(segment.subarray(from, to))
    }
  }

  /** To be called when the body has come, or is not wanted. */
  settle(): Card | Later {
    const body = this.#unfit ?? Buffer.concat(this.#pieces)
    this.withdraw()
    return this.#choice.pick(body)
  }

  override withdraw(): void {
    this.#drop()
    super.withdraw()
  }

  override desert(): void {
    this.#drop()
    super.desert()
  }

  #refuse(why: Unfit): void {
    this.#unfit = why
    this.#drop()
  }

  /** Lets go of what was kept. */
  #drop(): void {
    if (this.#choice.keeps) this.#budget.give(this.#bytes)
    this.#bytes = 0
    this.#pieces = []
  }
}
