// The bookkeeping of numbers: whom a question went to, who has answered, and what those that ended had told. It knows nothing of
// processes: members are told apart by identity.
import type { Collection } from '../stats/report.ts'
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../stats/snapshot.ts'

/** A member that does not answer within this time is left out. */
const PATIENCE_MS = 1_000

/** Who has not answered yet, and what the others said. */
interface Question<Member> {
  readonly waiting: Set<Member>
  readonly answers: Map<Member, Snapshot>
  readonly settle: () => void
}

/** State: what is known of the numbers of all members, those that have ended included. */
export class Collector<Member> {
  readonly #expected: number
  readonly #ask: (member: Member, id: number, reset: boolean) => void
  readonly #patienceMs: number
  readonly #questions = new Map<number, Question<Member>>()
  #lastId = 0
  /** What each member told last in this measuring window. */
  readonly #told = new Map<Member, Snapshot>()
  /** The same of those that have died, put together. */
  #departed = emptySnapshot
  /** The last numbers of those that have ended in order. */
  readonly #finals: Snapshot[] = []
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
   * Asks members for their numbers; with `reset` each begins a new measuring window. For one that does not answer in time what it
   * told last is taken, so numbers never go back.
   */
  collect(members: Iterable<Member>, reset: boolean): Promise<Collection> {
    const { promise, resolve } = Promise.withResolvers<Collection>()
    const id = ++this.#lastId
    const waiting = new Set(members)
    const answers = new Map<Member, Snapshot>()
    const settle = (): void => {
      clearTimeout(timeout)
      this.#questions.delete(id)
      resolve(this.#settle(answers, reset))
    }
    const timeout = setTimeout(settle, this.#patienceMs)
    this.#questions.set(id, { waiting, answers, settle })
    for (const member of [...waiting]) this.#ask(member, id, reset)
    if (waiting.size === 0 && this.#questions.has(id)) settle()
    return promise
  }

  /** A member has answered a question. Whoever answers too late, or without being asked, is not heard. */
  answer(id: number, member: Member, snapshot: Snapshot): void {
    const question = this.#questions.get(id)
    if (!question?.waiting.delete(member)) return
    question.answers.set(member, snapshot)
    this.#told.set(member, snapshot)
    if (question.waiting.size === 0) question.settle()
  }

  /** A member ends in order: these are its last numbers, and take the place of what it told before. */
  finish(member: Member, last: Snapshot): void {
    this.#forget(member)
    this.#finals.push(last)
  }

  /**
   * A member has ended. What it had told is kept; its streams are gone, and it is busy no more. `lost`: it died with the numbers
   * that it had not told.
   */
  leave(member: Member, lost: boolean): void {
    const told = this.#forget(member)
    if (told !== undefined) this.#departed = mergeSnapshots(this.#departed, { ...told, open: 0, busy: [] })
    if (lost) this.#lost++
    for (const { waiting, settle } of [...this.#questions.values()])
      if (waiting.delete(member) && waiting.size === 0) settle()
  }

  /** The numbers when all members have ended. */
  last(): Collection {
    return this.#collection([], this.#finals.length)
  }

  #settle(answers: ReadonlyMap<Member, Snapshot>, reset: boolean): Collection {
    const latest = new Map([...this.#told, ...answers])
    const collection = this.#collection([...latest.values()], answers.size)
    if (reset) {
      this.#told.clear()
      this.#departed = emptySnapshot
    }
    return collection
  }

  #collection(snapshots: readonly Snapshot[], reported: number): Collection {
    return {
      merged: [...snapshots, ...this.#finals].reduce(mergeSnapshots, this.#departed),
      workers: this.#expected,
      reported,
      lost: this.#lost,
    }
  }

  /** From now on the numbers of this member come from elsewhere. Returns what it told last. */
  #forget(member: Member): Snapshot | undefined {
    const told = this.#told.get(member)
    this.#told.delete(member)
    for (const { answers } of this.#questions.values()) answers.delete(member)
    return told
  }
}
