// A configuration that changes while it is served, in all workers or in none: each prepares it, and when all have it is put in force.
import type { NamedFiles } from '../apis/api.ts'
import { RunError } from '../config/errors.ts'
import { plural } from '../config/format.ts'
import type { Config } from '../config/upstreams.ts'
import type { ChangeQuestion } from '../server/changes.ts'
import { Poll } from './poll.ts'

/** A change takes a few ms; a worker that is busy answers later. */
export const CHANGE_PATIENCE_MS = 10_000

/** What changes. */
export interface Changed {
  readonly config: Config
  readonly files: NamedFiles
}

/** State: how often it has changed, and what each worker has. */
export class Versions<Worker> {
  readonly #poll: Poll<Worker, unknown>
  readonly #send: (worker: Worker, id: number, question: ChangeQuestion) => void
  #version = 0
  readonly #assigned = new Map<Worker, number>()

  constructor(
    poll: Poll<Worker, unknown>,
    send: (worker: Worker, id: number, question: ChangeQuestion) => void,
  ) {
    this.#poll = poll
    this.#send = send
  }

  get hasChanged(): boolean {
    return this.#version > 0
  }

  /** A worker is told what is in force now. */
  assign(worker: Worker): void {
    this.#assigned.set(worker, this.#version)
  }

  leave(worker: Worker): void {
    this.#assigned.delete(worker)
  }

  /**
   * Has all workers change to it. `decided` is called when all have prepared it: who starts from then on is to have it as well.
   * @throws RunError when one cannot or does not; then none changes
   */
  async change(changed: Changed, workers: ReadonlySet<Worker>, decided: () => void): Promise<void> {
    const version = this.#version + 1
    const members = [...workers]
    const answers = await this.#ask(members, { kind: 'prepare', version, ...changed })
    const reason = answers.find((answer) => answer !== null)
    const silent = members.filter((worker) => workers.has(worker)).length - answers.length
    if (reason !== undefined || silent > 0) {
      for (const worker of members) this.#send(worker, 0, { kind: 'discard', version })
      throw new RunError(
        reason === undefined
          ? `${plural(silent, 'worker')} did not answer within ${CHANGE_PATIENCE_MS / 1000} s: nothing has changed`
          : `a worker cannot serve this: ${reason}`,
      )
    }
    this.#version = version
    decided()
    const alive = members.filter((worker) => workers.has(worker))
    for (const worker of alive) this.assign(worker)
    await this.#ask(alive, { kind: 'commit', version })
  }

  /** A worker that was told what to serve while this was about to change gets it as well. */
  async catchUp(worker: Worker, { config, files }: Changed): Promise<void> {
    const version = this.#version
    if (this.#assigned.get(worker) === version) return
    this.assign(worker)
    this.#send(worker, 0, { kind: 'prepare', version, config, files })
    await this.#ask([worker], { kind: 'commit', version })
  }

  #ask(members: readonly Worker[], question: ChangeQuestion): Promise<readonly unknown[]> {
    return this.#poll.ask(members, (worker, id) => this.#send(worker, id, question), CHANGE_PATIENCE_MS)
  }
}
