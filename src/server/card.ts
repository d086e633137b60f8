// What is decided about one request before anything is sent: data, the same for every engine.
import type { RequestHead } from '../apis/api.ts'
import type { Ask } from '../apis/ask.ts'
import type { Reply } from '../replies/reply.ts'
import type { Account } from '../stats/ledger.ts'
import { RequestCounter } from '../stats/requests.ts'
import { Tally } from '../stats/tally.ts'

/** How a request is answered. */
export interface Card {
  readonly kind: 'card'
  readonly reply: Reply
  /** Whose numbers it is in. */
  readonly tally: Tally
  /** Where the request is counted; null when it is not. */
  readonly counter: RequestCounter | null
  /** Who is told what the client does with the reply; null when nobody wants to know. */
  readonly ledger: Account | null
  /** Headers of this card besides those of the reply. */
  readonly extra: Readonly<Record<string, string>> | null
}

/** The body must be read before a card can be picked. */
export interface BodyNeeded {
  readonly kind: 'body'
  /** No more than this many bytes are taken. */
  readonly mostBytes: number
  /** The bytes are needed, and not only how many there are: then those of all requests have a budget. */
  readonly keeps: boolean
  /** A counter of its route: until a card is picked the request is counted as one that waits. */
  readonly counter: RequestCounter | null
  /** Called with the whole body (empty when it is not kept), or with why it was not read. */
  readonly pick: (body: Uint8Array | Unfit) => Card | Later
}

/** Why a body is not kept: it has more than `mostBytes`, or those that are being read have taken all the memory there is for them. */
export type Unfit = 'tooLarge' | 'noRoom'

/** A card that other processes must be asked for, or that takes long to prepare. */
export interface Later {
  readonly kind: 'later'
  readonly card: Promise<Card>
  /** As that of `BodyNeeded`; null when the request is not counted. */
  readonly counter: RequestCounter | null
}

/** A card of what the mock tells of itself: nobody counts it; its bytes are in `tally`. */
export function uncounted(reply: Reply, tally: Tally): Card {
  return { kind: 'card', reply, tally, counter: null, ledger: null, extra: null }
}

/** A change of the card, whenever it comes. */
export function changed(dealt: Card | Later, change: (card: Card) => Card): Card | Later {
  return dealt.kind === 'card' ? change(dealt) : { ...dealt, card: dealt.card.then(change) }
}

export type Choice = Card | BodyNeeded | Later

/** Deals the card of one request that asks for `ask`. */
export type Dealer = (ask: Ask) => Card | Later

/** Decides about a request from its head. */
export type Picker = (head: RequestHead) => Choice
