// A request that waits for its card, since its body decides about it or preparing takes long: until then it is counted as one that waits.
import type { RequestCounter, Requests } from '../stats/requests.ts'
import type { Card, Later } from './card.ts'

/** To be ended by exactly one of `withdraw` and `desert`. */
export class Pending {
  readonly arrivedMs: number
  readonly #counter: RequestCounter | null
  readonly #requests: Requests

  constructor(counter: RequestCounter | null, requests: Requests, arrivedMs: number) {
    this.#counter = counter
    this.arrivedMs = arrivedMs
    this.#requests = requests
    requests.arrive(counter, arrivedMs)
  }

  /** From now on a card counts the request. */
  withdraw(): void {
    this.#requests.withdraw(this.#counter, this.arrivedMs)
  }

  /** There will be no card, and nothing is answered. */
  desert(): void {
    this.#requests.desert(this.#counter, this.arrivedMs)
  }
}

/** The card, or null when the client has left before it was there. Rejects as the card does. */
export async function awaitCard(
  { card, counter }: Later,
  requests: Requests,
  arrivedMs: number,
  signal: AbortSignal,
): Promise<Card | null> {
  const pending = new Pending(counter, requests, arrivedMs)
  try {
    const made = await card
    return signal.aborted ? null : made
  } finally {
    if (signal.aborted) pending.desert()
    else pending.withdraw()
  }
}
