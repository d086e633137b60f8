// One question to several members, and the answers of those that answer in time. It knows nothing of processes, and nothing of what is
// asked: members are told apart by identity.

/** A member that does not answer within this time is not waited for. */
export const PATIENCE_MS = 1_000

interface Awaited<Member, Answer> {
  readonly waiting: Set<Member>
  readonly answers: Answer[]
  readonly settle: () => void
}

/** State: the questions that have not been answered by all. */
export class Poll<Member, Answer> {
  readonly #patienceMs: number
  readonly #questions = new Map<number, Awaited<Member, Answer>>()
  #lastId = 0

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
  }

  /** Has `send` ask each member, which answers with the same id. Resolves when all have answered or left, or their time is up. */
  ask(
    members: Iterable<Member>,
    send: (member: Member, id: number) => void,
    patienceMs = this.#patienceMs,
  ): Promise<readonly Answer[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Answer[]>()
    const id = ++this.#lastId
    const question: Awaited<Member, Answer> = {
      waiting: new Set(members),
      answers: [],
      settle: () => {
        clearTimeout(timeout)
        this.#questions.delete(id)
        resolve(question.answers)
      },
    }
    const timeout = setTimeout(question.settle, patienceMs)
    this.#questions.set(id, question)
    for (const member of [...question.waiting]) send(member, id)
    if (question.waiting.size === 0) question.settle()
    return promise
  }

  /** A member has answered. What comes twice or too late is dropped. */
  answer(id: number, member: Member, answer: Answer): void {
    const question = this.#questions.get(id)
    if (!question?.waiting.has(member)) return
    question.answers.push(answer)
    this.pass(id, member)
  }

  /** A member has no answer to give. */
  pass(id: number, member: Member): void {
    const question = this.#questions.get(id)
    if (question?.waiting.delete(member) && question.waiting.size === 0) question.settle()
  }

  /** A member has gone, and answers nothing any more. */
  leave(member: Member): void {
    for (const { waiting, settle } of [...this.#questions.values()])
      if (waiting.delete(member) && waiting.size === 0) settle()
  }
}
