// The bookkeeping of numbers: whom a question went to, who has answered, which window an answer is about, and what those that ended had
// told. It knows nothing of processes: members are told apart by identity. All that was ever told is in one window, and in no other.
import type { Collection } from '../stats/report.ts'
import {
  carryShares,
  closeShares,
  highestPeaks,
  leaveShares,
  mergeShares,
  raisePeaks,
  type Shares,
  sharesSince,
  total,
} from '../stats/shares.ts'

/** A member that does not answer within this time is not waited for. */
export const PATIENCE_MS = 1_000

/** A measuring window. Members begin the next one each in its time: when it answers the question that closes this one. */
interface Window<Member> {
  /** What each member told last in it; of one that has told nothing yet, what the window begins with. */
  readonly told: Map<Member, Shares>
  /** What is of nobody any more: of members that died, and what was told too late for the window in which it was counted. */
  rest: Shares
  /** At least as many streams were open at once as long as those were there that have died. */
  peaks: Shares
  /** Its numbers have been given out: what is told of it from now on counts in the present window. */
  isClosed: boolean
  next: Window<Member> | null
}

interface Gathering<Member> {
  readonly window: Window<Member>
  /** It closes the window. */
  readonly closes: boolean
  readonly waiting: Set<Member>
  /** Who has answered in time, and lives. */
  readonly answered: Set<Member>
  isSettled: boolean
  readonly settle: () => void
}

/** State: what is known of the numbers of all members, those that have ended included. */
export class Collector<Member> {
  readonly #expected: number
  readonly #ask: (member: Member, id: number, reset: boolean) => void
  readonly #patienceMs: number
  /** By id. A plain question is forgotten when its time is up; one that closes a window stays until all have answered or ended. */
  readonly #questions = new Map<number, Gathering<Member>>()
  #lastId = 0
  #present: Window<Member> = begin([])
  /** The window in which each member counts. */
  readonly #windows = new Map<Member, Window<Member>>()
  /** Those that have told their last numbers. */
  readonly #finished = new Set<Member>()
  #lost = 0

  /** `expected` members should serve; `ask` sends one of them a question, which is answered by `answer` with the same id. */
  constructor(
    expected: number,
    ask: (member: Member, id: number, reset: boolean) => void,
    patienceMs = PATIENCE_MS,
  ) {
    this.#expected = expected
    this.#ask = ask
    this.#patienceMs = patienceMs
  }

  /**
   * Asks members for their numbers; with `reset` each begins a new measuring window, and the numbers are those of the one that ends.
   * For a member that does not answer in time what it told last is taken, so numbers never go back.
   */
  collect(members: Iterable<Member>, reset: boolean): Promise<Collection> {
    const { promise, resolve } = Promise.withResolvers<Collection>()
    this.#put(members, reset, (window, reported) => {
      const collection = this.#sum(window, reported)
      resolve(reset ? this.#close(window, collection) : collection)
    })
    return promise
  }

  /** Asks members for their numbers so that they are known if one of them dies. Nobody wants the sum, which takes longest. */
  refresh(members: Iterable<Member>): void {
    this.#put(members, false, () => {})
  }

  #put(
    members: Iterable<Member>,
    reset: boolean,
    settled: (window: Window<Member>, reported: number) => void,
  ): void {
    const id = ++this.#lastId
    const window = this.#present
    if (reset) this.#beginNext()
    const question: Gathering<Member> = {
      window,
      closes: reset,
      waiting: new Set(members),
      answered: new Set(),
      isSettled: false,
      settle: () => {
        clearTimeout(timeout)
        if (!reset || question.waiting.size === 0) this.#questions.delete(id)
        if (question.isSettled) return
        question.isSettled = true
        settled(window, question.answered.size)
      },
    }
    const timeout = setTimeout(question.settle, this.#patienceMs)
    this.#questions.set(id, question)
    for (const member of [...question.waiting]) {
      if (!this.#windows.has(member)) this.#windows.set(member, window)
      this.#ask(member, id, reset)
    }
    if (question.waiting.size === 0) question.settle()
  }

  /** A member has answered a question, in time or not. A member answers in the order in which it is asked. */
  answer(id: number, member: Member, shares: Shares): void {
    if (!this.#windows.has(member)) return // never asked, or taken for dead
    this.#hear(member, shares)
    const question = this.#questions.get(id)
    if (!question?.waiting.delete(member)) return
    question.answered.add(member)
    if (question.closes) this.#windows.set(member, question.window.next!)
    if (question.waiting.size === 0) question.settle()
  }

  /** A member ends in order: these are its last numbers. */
  finish(member: Member, last: Shares): void {
    if (!this.#windows.has(member)) this.#windows.set(member, this.#present)
    this.#hear(member, last)
    this.#finished.add(member)
  }

  /**
   * A member has ended. What it had told is kept; if it had not told its last numbers, its streams are lost. `lost`: it died with the
   * numbers that it had not told.
   */
  leave(member: Member, lost: boolean): void {
    if (lost) this.#lost++
    const { told } = this.#present
    const last = told.get(member)
    if (last !== undefined && !this.#finished.has(member)) {
      this.#present.peaks = highestPeaks(this.#present.peaks, [...told.values()].reduce(mergeShares))
      this.#keep(leaveShares(last))
      told.delete(member)
    }
    this.#windows.delete(member)
    for (const { waiting, answered, settle } of [...this.#questions.values()]) {
      answered.delete(member)
      if (waiting.delete(member) && waiting.size === 0) settle()
    }
  }

  /** Whether a member has told its last numbers. */
  hasFinished(member: Member): boolean {
    return this.#finished.has(member)
  }

  /** The numbers when all members have ended. */
  last(): Collection {
    return this.#sum(this.#present, this.#finished.size)
  }

  #hear(member: Member, shares: Shares): void {
    const window = this.#windows.get(member)!
    if (window.isClosed) this.#keep(sharesSince(shares, window.told.get(member) ?? []))
    window.told.set(member, shares)
    if (window !== this.#present) this.#present.told.set(member, carryShares(shares))
  }

  #keep(shares: Shares): void {
    this.#present.rest = mergeShares(this.#present.rest, shares)
  }

  #beginNext(): void {
    const { told, rest } = this.#present
    const next = begin<Member>(carryShares(rest))
    for (const [member, shares] of told) next.told.set(member, carryShares(shares))
    this.#present = this.#present.next = next
  }

  #close(window: Window<Member>, collection: Collection): Collection {
    window.isClosed = true
    for (const member of window.told.keys())
      if (this.#windows.get(member) !== window) window.told.delete(member)
    return { ...collection, ...inOne(closeShares(collection.shares)) }
  }

  #sum({ told, rest, peaks }: Window<Member>, reported: number): Collection {
    return {
      ...inOne(raisePeaks([...told.values()].reduce(mergeShares, rest), peaks)),
      workers: this.#expected,
      reported,
      lost: this.#lost,
    }
  }
}

function begin<Member>(rest: Shares): Window<Member> {
  return { told: new Map<Member, Shares>(), rest, peaks: [], isClosed: false, next: null }
}

function inOne(shares: Shares): Pick<Collection, 'shares' | 'merged'> {
  return { shares, merged: total(shares) }
}
