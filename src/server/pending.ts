// A request whose body decides about its card: until then it is counted as one that waits.
import type { Requests } from '../stats/requests.ts'
import type { BodyNeeded, Card, Later, Unfit } from './card.ts'

/** To be ended by exactly one of `choose`, `withdraw` and `desert`. */
export class Pending {
  readonly arrivedMs: number
  protected readonly choice: BodyNeeded
  readonly #requests: Requests

  constructor(choice: BodyNeeded, requests: Requests, arrivedMs: number) {
    this.choice = choice
    this.arrivedMs = arrivedMs
    this.#requests = requests
    requests.arrive(choice.counter, arrivedMs)
  }

  /** The body is there, or will not be. From now on the card counts the request. */
  choose(body: Uint8Array | Unfit): Card | Later {
    this.withdraw()
    return this.choice.pick(body)
  }

  /** Another card than those of the choice answers and counts the request. */
  withdraw(): void {
    this.#requests.withdraw(this.choice.counter, this.arrivedMs)
  }

  /** The body will not come, and nothing is answered. */
  desert(): void {
    this.#requests.desert(this.choice.counter, this.arrivedMs)
  }
}
