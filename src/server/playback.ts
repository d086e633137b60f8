// The hot path: one request being answered with a prepared reply, each frame written when it is due.
// Knows nothing of API formats, kinds of faults or timing models, and nothing of connections: what moves the bytes is an engine's.
// Per request there is one Playback; per frame nothing is created.
import type { Place } from '../replies/frames.ts'
import { countChunks, type Reply } from '../replies/reply.ts'
import { round } from '../stats/rounding.ts'
import type { RequestCounter } from '../stats/requests.ts'
import type { Tally } from '../stats/tally.ts'
import type { Budget } from './budget.ts'
import type { Card } from './card.ts'
import { Filling, type IdSource } from './patch.ts'
import { EARLY_MS, type Scheduler, Waiter } from './scheduler.ts'

/** What every playback of a worker works with. */
export interface Stage {
  readonly scheduler: Scheduler
  /** The numbers of the process itself. */
  readonly process: Tally
  readonly ids: IdSource
  /** For bodies that are kept until they are whole. */
  readonly bodies: Budget
}

/** Where a playback stands. */
const WAITING = 0 // nothing has been sent, and nothing is due yet
const PLAYING = 1
const HELD = 2 // the client must read before more is sent
const ANSWERED = 3 // all is sent but the end, or a whole answer is ready: it waits for the rest of the request's body
const OVER = 4

/** How its request is counted. */
const NOT_YET = 0 // what is due at once is counted when it is sent
const AS_WAITING = 1
const AS_IT_ENDS = 2

/**
 * State: how far one reply has been sent. An engine calls `begin` once; `resume` when a client that did not read has read;
 * `bodyArrived` when the request's body is there; `leave` when the client has gone.
 */
export abstract class Playback extends Waiter {
  protected readonly card: Card
  protected readonly reply: Reply
  protected readonly stage: Stage
  readonly #arrivedMs: number
  #state = WAITING
  #counted = NOT_YET
  #next = 0
  /** The first event has left. */
  #hasBegun = false
  /** What is late now is so because of the client: it did not read, or its body was not there. */
  #isClientLate = false
  #hasBody: boolean
  #heldSinceMs = 0
  #filling: Filling | null = null
  /** How it ended is in the accounts. */
  #isSettled = false

  /** `arrivedMs` on the clock of `performance.now()`; `hasBody`: the whole request is there, and the reply may end. */
  constructor(card: Card, stage: Stage, arrivedMs: number, hasBody: boolean) {
    super()
    this.card = card
    this.reply = card.reply
    this.stage = stage
    this.#arrivedMs = arrivedMs
    this.#hasBody = hasBody
  }

  /** The first frame is due: makes everything ready to send, and has `advance` called. */
  protected abstract open(): void

  /**
   * Sends frames, the first of them together with the headers; of a whole answer there is one.
   * @returns the index behind the last frame that was taken; `hold` is called when the client must read before any more is
   */
  protected abstract send(from: number, to: number): number

  /** Ends the answer: in order, or by resetting the connection. */
  protected abstract end(reset: boolean): void

  get isOver(): boolean {
    return this.#state === OVER
  }

  /** All has been sent but the end, which waits for the body. */
  get waitsForBody(): boolean {
    return this.#state === ANSWERED && this.#next === this.reply.frames.length
  }

  /** Something has been sent: the headers, at least. */
  get hasSent(): boolean {
    return this.#next > 0
  }

  /** The reply may end as soon as its last frame is sent. */
  protected get mayEnd(): boolean {
    return this.#hasBody
  }

  begin(): void {
    const { card, reply, stage } = this
    card.ledger?.deal()
    if (reply.played) card.tally.open(this.#arrivedMs)
    else if (card.counter !== null) card.tally.touch(this.#arrivedMs)
    const dueMs = reply.dueMs.length === 0 ? 0 : reply.dueMs[0]!
    if (dueMs <= 0) this.fire()
    else stage.scheduler.add(this, this.#arrivedMs + dueMs)
    if (this.#counted !== NOT_YET) return
    this.#counted = AS_WAITING
    card.tally.requests.arrive(card.counter, this.#arrivedMs)
  }

  override fire(): void {
    if (this.#state === OVER) return
    if (this.#state !== WAITING) {
      this.advance()
    } else if (this.reply.whole && !this.#hasBody) {
      this.#state = ANSWERED
    } else {
      this.#state = PLAYING
      this.open()
    }
  }

  /** The client has read. */
  resume(): void {
    if (this.#state !== HELD) return
    this.card.tally.blocked.record((performance.now() - this.#heldSinceMs) * 1000, 1)
    this.#state = PLAYING
    this.#isClientLate = true
    this.advance()
  }

  /** All of the request is there. */
  bodyArrived(): void {
    this.#hasBody = true
    if (this.#state !== ANSWERED) return
    this.#isClientLate = true
    this.#state = this.#next === 0 && this.reply.frames.length > 0 ? WAITING : PLAYING
    this.fire()
  }

  /**
   * The client has said its last word. It may have gone or not, which nobody can tell: it counts as having left now, and is served on.
   */
  clientEnded(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const { card, reply } = this
    const nowMs = performance.now()
    const chunks = countChunks(reply, this.#next)
    if (reply.played) {
      const unixMs = round(performance.timeOrigin + nowMs, 3)
      card.tally.abort(nowMs, !this.#hasBegun, [this.#sentId(), unixMs, chunks])
    }
    card.ledger?.leave(this.#hasBegun ? chunks : null, nowMs - this.#arrivedMs - reply.faultMs)
  }

  /** It was there to the end, as it turns out. The numbers stay as they are. */
  clientStayed(): void {
    this.card.ledger?.stay?.()
  }

  /** The id that stands in what was sent; null where none does, as in a reply in which only stamps are filled in. */
  #sentId(): string | null {
    const { places } = this.reply
    if (places === null || this.#filling === null) return null
    for (let i = 0; i < this.#next; i++)
      if (places[i]?.some(({ kind }) => kind === 'id')) return this.#filling.idText
    return null
  }

  /** The client has gone. */
  leave(): void {
    if (this.#state === OVER) return
    this.#countUnanswered()
    this.#quit()
  }

  /** The request cannot be made out after all: another answer takes the place of this one, and is counted instead. Nothing was sent. */
  withdraw(): void {
    if (this.#state === OVER) return
    this.#counted = AS_IT_ENDS
    this.card.tally.requests.withdraw(this.card.counter, this.#arrivedMs)
    this.#quit()
  }

  #quit(): void {
    this.#state = OVER
    this.stage.scheduler.remove(this)
    this.clientEnded()
  }

  /** To be called by `send` when the client does not read. */
  protected hold(): void {
    this.#state = HELD
    this.#heldSinceMs = performance.now()
  }

  /** Fills the places of bytes that are sent now. The bytes are shared: they must be copied, or be with the kernel, before the next call. */
  protected patch(bytes: Uint8Array, places: readonly Place[]): void {
    this.#filling ??= new Filling(this.stage.ids.next())
    this.#filling.fill(bytes, places)
  }

  /** So many stamps of the bytes filled last were not taken: their frames are filled again when they are sent. */
  protected unpatch(stamps: number): void {
    this.#filling?.takeBack(stamps)
  }

  /** Sends what is due: frames that are due at the same time together, at zero delay the whole reply. */
  protected advance(): void {
    const { frames, dueMs, separate } = this.reply
    const { scheduler } = this.stage
    const sinceMs = performance.now() - this.#arrivedMs
    const untilMs = sinceMs + EARLY_MS
    while (this.#next < frames.length) {
      const from = this.#next
      const due = dueMs[from]!
      if (due > untilMs) {
        this.#isClientLate = false
        scheduler.add(this, this.#arrivedMs + due)
        return
      }
      let to = from + 1
      while (to < frames.length && dueMs[to] === due) to++
      const taken = this.send(from, to)
      if (this.#state === OVER) return // the engine found the client gone
      this.#next = taken
      this.#count(from, taken, sinceMs, due)
      if (this.#state === HELD) return
      if (separate && taken < frames.length && dueMs[taken]! <= untilMs) {
        scheduler.add(this, performance.now())
        return
      }
    }
    this.#finish(this.#arrivedMs + sinceMs)
  }

  #count(from: number, to: number, sinceMs: number, dueMs: number): void {
    const { bytes, events, played, framing } = this.reply
    const { tally } = this.card
    if (this.#counted !== AS_IT_ENDS && to > 0) {
      this.#countRequest(this.card.counter)
      this.card.ledger?.answer()
    }
    tally.bytes += bytes[to]! - bytes[from]!
    if (!played) return
    const sent = events[to]! - events[from]!
    if (sent === 0) return
    tally.events += sent
    if (!this.#hasBegun) {
      this.#hasBegun = true
      const time = framing === null ? tally.wholeTime : tally.ttft
      time.record(sinceMs * 1000, 1)
    }
    if (this.#isClientLate) tally.heldBack += sent
    else tally.lateness.record((sinceMs - dueMs) * 1000, sent)
  }

  /** Counts the request for good. */
  #countRequest(counter: RequestCounter | null): void {
    const { requests } = this.card.tally
    if (this.#counted === AS_WAITING) requests.answer(counter, this.#arrivedMs)
    else requests.count(counter, this.#arrivedMs)
    this.#counted = AS_IT_ENDS
  }

  /** It is over: if nothing has been sent, its status has not. */
  #countUnanswered(): void {
    if (this.#counted !== AS_IT_ENDS) this.#countRequest(this.card.counter?.unanswered ?? null)
  }

  #finish(nowMs: number): void {
    const isReset = this.reply.ending === 'reset'
    if (!this.#hasBody && !isReset) {
      this.#state = ANSWERED
      return
    }
    this.#state = OVER
    this.#countUnanswered()
    if (!this.#isSettled) {
      this.#isSettled = true
      if (this.reply.played) this.card.tally.complete(nowMs)
      this.card.ledger?.complete()
    }
    this.end(isReset)
  }
}
