// The cards of one deck: dealt at once when they are there, and prepared when they are not.
import { ReplyDeck } from '../replies/replydeck.ts'
import { finish, type Work } from '../replies/work.ts'
import { Ledger } from '../stats/ledger.ts'
import { Tally } from '../stats/tally.ts'
import type { Card, Later } from './card.ts'
import { Preparing } from './preparing.ts'

/** What a card has besides its reply where the pattern makes a difference. */
export interface Account extends Pick<Card, 'extra'> {
  /** It does make a difference. */
  readonly isApplied: () => Work<boolean>
  readonly ledger: () => Ledger | null
}

/** State: the cards of one route, ask and pattern that have been dealt so far, and those that are being prepared. */
export class CardDeck {
  readonly #replies: ReplyDeck
  readonly #account: Account
  readonly #name: string
  readonly #tally: Tally
  readonly #preparing: Preparing
  /** To be called when a card has been dealt, and the deck may have grown. */
  readonly #used: () => void
  #cards: (Card | undefined)[] = []
  /** By place. */
  readonly #underWay = new Map<number, Later>()
  /** How many different cards there are; 0 until it is known. */
  #size = 0
  /** The pattern makes a difference; undefined until it is known. */
  #isApplied: boolean | undefined

  constructor(
    replies: ReplyDeck,
    account: Account,
    name: string,
    tally: Tally,
    preparing: Preparing,
    used: () => void,
  ) {
    this.#replies = replies
    this.#account = account
    this.#name = name
    this.#tally = tally
    this.#preparing = preparing
    this.#used = used
  }

  get keptBytes(): number {
    return this.#replies.keptBytes
  }

  prepareAll(): void {
    for (let i = 0; i === 0 || i < this.#size; i++) finish(this.#make(i))
  }

  /** The card of a place. Requests that come while it is being prepared wait for the same. */
  deal(place: number): Card | Later {
    const card = this.#cards[this.#size === 1 ? 0 : place % this.#size]
    if (card !== undefined) {
      this.#used()
      return card
    }
    const dealt = this.#underWay.get(place) ?? this.#prepare(place)
    if (dealt.kind === 'later') this.#tally.waitFor(dealt.card)
    return dealt
  }

  #prepare(place: number): Card | Later {
    const made = this.#preparing.begin(this.#make(place))
    if (!(made instanceof Promise)) return made
    const later: Later = { kind: 'later', card: made, counter: this.#tally.counter(this.#name, 0) }
    const forget = (): void => void this.#underWay.delete(place)
    this.#underWay.set(place, later)
    made.then(forget, forget)
    return later
  }

  *#make(place: number): Work<Card> {
    const size = yield* this.#replies.size()
    if (this.#size === 0) {
      this.#size = size
      this.#cards = new Array<Card | undefined>(size).fill(undefined)
    }
    const index = place % size
    const reply = yield* this.#replies.at(index)
    const counter = this.#tally.counter(this.#name, reply.status)
    const { isApplied, ledger, extra } = this.#account
    const account = (this.#isApplied ??= yield* isApplied())
      ? { ledger: ledger(), extra }
      : { ledger: null, extra: null }
    const card = (this.#cards[index] ??= { kind: 'card', reply, tally: this.#tally, counter, ...account })
    this.#used()
    return card
  }
}
