// The worker processes: started together, replaced when they die, ended in order.
import type { NamedFiles } from '../apis/api.ts'
import { messageOf, RunError } from '../config/errors.ts'
import { plural } from '../config/format.ts'
import { childEnvironment } from '../config/role.ts'
import { type Config, shownConfig } from '../config/upstreams.ts'
import type { Steer } from '../server/control.ts'
import { beganNow } from '../server/server.ts'
import type { FileIdentity } from '../server/unixsocket.ts'
import type { Collection } from '../stats/report.ts'
import { type PackedShare, packShares, unpackShares } from '../stats/packing.ts'
import type { Shares } from '../stats/shares.ts'
import { Collector } from './collector.ts'
import { backOffMs, DEATH_WINDOW_MS, MAX_DEATHS, recentDeaths } from './deaths.ts'
import { command } from './host.ts'
import type { Assignment, Question, ToSupervisor, ToWorker } from './messages.ts'
import { PATIENCE_MS, Poll } from './poll.ts'
import { CHANGE_PATIENCE_MS, Versions } from './versions.ts'

/** After the grace period a worker has this long to go before it is killed: with the default one all is over within 10 s. */
export const KILL_AFTER_MS = 1_500
/** How often the workers are asked for their numbers, so that one that dies takes at most this much along. */
export const ASK_MS = 1_000
/** What takes a worker long: to look into all bodies that it keeps. */
const READING_PATIENCE_MS = 10_000

type Worker = Bun.Subprocess<'ignore', 'inherit', 'inherit'>

/** How the program has ended. */
export interface Ending {
  /** The last numbers. */
  readonly last: Collection
  /** What ended it, or went wrong while it ended; undefined when all was in order. */
  readonly failure: Error | undefined
}

/** State: which workers there are, which of them serve, and whether the program is ending. */
export class Fleet {
  /** Resolves when all workers serve for the first time. */
  readonly ready: Promise<void>
  /** Resolves when all workers have ended; rejects when they ended before they served. */
  readonly ended: Promise<Ending>
  /** The file of the socket, as the worker that serves it has made it last. */
  socketFile: FileIdentity | undefined
  readonly #resolveReady: () => void
  readonly #resolve: (ending: Ending) => void
  readonly #reject: (reason: Error) => void
  #assignment: Omit<Assignment, 'place'>
  readonly #steer: Steer
  readonly #versions: Versions<Worker>
  readonly #count: number
  /** Each with its place among them, which its replacement takes. */
  readonly #workers = new Map<Worker, number>()
  /** Those that have been told what to serve, and hear what changes: of these not all serve yet. */
  readonly #assigned = new Set<Worker>()
  readonly #serving = new Set<Worker>()
  /** What each has told last. */
  readonly #told = new WeakMap<Worker, Shares>()
  readonly #collector: Collector<Worker>
  readonly #poll = new Poll<Worker, unknown>()
  readonly #asking: ReturnType<typeof setInterval>
  readonly #respawns = new Set<ReturnType<typeof setTimeout>>()
  #started = false
  #life: 'serving' | 'draining' | 'ending' = 'serving'
  #deaths: readonly number[] = []
  #failure: Error | undefined
  /** Workers that died while the program ended, before they had told their last numbers. */
  #unheard = 0

  /** `steer` carries out the orders that workers are given. */
  constructor(count: number, assignment: Omit<Assignment, 'place' | 'began'>, steer: Steer) {
    const ready = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<Ending>()
    this.ready = ready.promise
    this.#resolveReady = ready.resolve
    this.ended = ended.promise
    this.#resolve = ended.resolve
    this.#reject = ended.reject
    this.#count = count
    this.#assignment = { ...assignment, began: {} }
    this.#steer = steer
    this.#versions = new Versions(this.#poll, (worker, id, question) =>
      send(worker, { type: 'ask', id, question }),
    )
    this.#collector = new Collector(count, (worker, id, reset) =>
      send(worker, { type: 'snapshot', id, reset }),
    )
    this.#asking = setInterval(() => this.#collector.refresh(this.#serving), ASK_MS)
    for (let i = 0; i < count && this.#failure === undefined; i++) this.#spawn(i)
  }

  /** The first call lets open streams finish for at most `graceMs`; the second ends them at once. */
  end(graceMs: number): void {
    if (this.#life === 'ending') return
    const allowedMs = this.#life === 'serving' ? graceMs : 0
    this.#life = this.#life === 'serving' ? 'draining' : 'ending'
    for (const respawn of this.#respawns) clearTimeout(respawn)
    for (const worker of this.#workers.keys()) {
      if (this.#serving.has(worker)) send(worker, { type: 'drain', graceMs: allowedMs })
      else worker.kill('SIGKILL') // still starting: it has nothing to finish
    }
    setTimeout(() => this.#kill(), allowedMs + KILL_AFTER_MS).unref()
    this.#endWhenEmpty()
  }

  /** What is known of files now. */
  get files(): NamedFiles {
    return this.#assignment.files
  }

  /** By these rules the workers that serve, and those to come, answer from now on. */
  reload(files: NamedFiles): void {
    this.#assignment = { ...this.#assignment, files }
    for (const worker of this.#assigned) send(worker, { type: 'reload', files })
  }

  /** The numbers of all workers; those that serve are asked. With a reset the phases of all upstreams begin anew. */
  collect(reset: boolean): Promise<Collection> {
    const collection = this.#collector.collect(this.#serving, reset)
    const begun = reset && this.begin(beganNow(this.#assignment.config, Date.now()), PATIENCE_MS)
    return collection.then(async (told) => {
      await begun
      return this.#withPresent(told)
    })
  }

  /** With what is served now, and since when. */
  #withPresent(told: Collection): Collection {
    const { began, config } = this.#assignment
    return { ...told, began, ...(this.#versions.hasChanged && { config: shownConfig(config) }) }
  }

  /**
   * The phases of these upstreams begin at these moments, by name, in Unix milliseconds. Resolves when all workers have done so, but for
   * those that take longer than `patienceMs`.
   */
  async begin(began: Readonly<Record<string, number>>, patienceMs = CHANGE_PATIENCE_MS): Promise<void> {
    this.#assignment = { ...this.#assignment, began: { ...this.#assignment.began, ...began } }
    const ask = (worker: Worker, id: number): void => send(worker, { type: 'begin', id, began })
    await this.#poll.ask(this.#assigned, ask, patienceMs)
  }

  /** Serves another configuration: see `Versions`. @throws RunError when a worker cannot; then none changes */
  async change(config: Config): Promise<void> {
    const { files } = this
    await this.#versions.change({ config, files }, this.#assigned, () => {
      this.#assignment = { ...this.#assignment, config }
    })
    if (this.files !== files) this.reload(this.files) // they were read again meanwhile
    const late = Array.from(this.#assigned, (worker) => this.#versions.catchUp(worker, this.#assignment))
    await Promise.all(late)
  }

  /** The answers of the workers that serve, as far as they come in time. */
  askAll(question: Question): Promise<readonly unknown[]> {
    const patienceMs = question.kind === 'said' ? READING_PATIENCE_MS : undefined
    return this.#poll.ask(
      this.#serving,
      (worker, id) => send(worker, { type: 'ask', id, question }),
      patienceMs,
    )
  }

  #spawn(index: number): void {
    try {
      const worker: Worker = Bun.spawn([...command], {
        env: childEnvironment(process.env, 'worker'),
        stdio: ['ignore', 'inherit', 'inherit'],
        ipc: (message: ToSupervisor) => this.#onMessage(worker, message),
        onExit: (_, code, signal) => this.#onExit(worker, signal ?? code ?? 'an unknown reason'),
      })
      this.#workers.set(worker, index)
    } catch (thrown) {
      this.#fail(new RunError(`cannot start a worker: ${messageOf(thrown)}`)) // descriptors or memory are used up
    }
  }

  #onMessage(worker: Worker, message: ToSupervisor): void {
    switch (message.type) {
      case 'here': {
        const place = { index: this.#workers.get(worker)!, workers: this.#count }
        const formerSocketFile = this.socketFile
        this.#assigned.add(worker)
        this.#versions.assign(worker)
        return send(worker, { type: 'serve', assignment: { ...this.#assignment, place, formerSocketFile } })
      }
      case 'ready':
        this.socketFile = message.socketFile ?? this.socketFile
        return this.#onReady(worker)
      case 'failed':
        if (!this.#started) return this.#fail(new RunError(`a worker cannot serve: ${message.reason}`))
        console.error(`mock-llm-api: worker ${worker.pid} cannot serve: ${message.reason}`)
        return worker.kill('SIGKILL') // counts as a death
      case 'collect':
        return void this.collect(message.reset).then(({ shares, merged: _, ...collection }) =>
          send(worker, {
            type: 'collected',
            id: message.id,
            collection: { ...collection, shares: packShares(shares) },
          }),
        )
      case 'askAll':
        return void this.askAll(message.question).then((answers) =>
          send(worker, { type: 'answered', id: message.id, answers }),
        )
      case 'answer':
        return this.#poll.answer(message.id, worker, message.answer)
      case 'unanswered':
        return this.#poll.pass(message.id, worker)
      case 'steer':
        return void this.#steer(message.order).then((steered) =>
          send(worker, { type: 'steered', id: message.id, steered }),
        )
      case 'snapshot':
        return this.#collector.answer(message.id, worker, this.#hear(worker, message.shares))
      case 'final':
        return this.#collector.finish(worker, this.#hear(worker, message.shares))
    }
  }

  #hear(worker: Worker, told: readonly PackedShare[]): Shares {
    const shares = unpackShares(told, this.#told.get(worker) ?? [])
    this.#told.set(worker, shares)
    return shares
  }

  #onReady(worker: Worker): void {
    this.#serving.add(worker)
    if (this.#started || this.#life !== 'serving' || this.#serving.size < this.#count) return
    this.#started = true
    void this.begin(beganNow(this.#assignment.config, Date.now())).then(this.#resolveReady)
  }

  #onExit(worker: Worker, reason: string | number): void {
    const index = this.#workers.get(worker)!
    this.#workers.delete(worker)
    const served = this.#serving.delete(worker)
    this.#assigned.delete(worker)
    const isEnding = this.#life !== 'serving'
    const isLost = isEnding ? served && !this.#collector.hasFinished(worker) : this.#started
    this.#collector.leave(worker, isLost)
    this.#poll.leave(worker)
    this.#versions.leave(worker)
    if (isEnding) {
      if (isLost) this.#unheard++
      return this.#endWhenEmpty()
    }
    const how = typeof reason === 'number' ? `exit code ${reason}` : reason
    if (!this.#started) return this.#fail(new RunError(`a worker ended before it served (${how})`))

    this.#deaths = recentDeaths(this.#deaths, performance.now())
    const what = `worker ${worker.pid} ${served ? 'died' : 'could not start'} (${how})`
    const waitMs = backOffMs(this.#deaths.length)
    if (waitMs === undefined)
      return this.#fail(
        new RunError(`${what}, the ${MAX_DEATHS}th death in ${DEATH_WINDOW_MS / 1000} s: giving up`),
      )
    console.error(`mock-llm-api: ${what}; its streams are lost, another starts in ${waitMs} ms`)
    const respawn = setTimeout(() => {
      this.#respawns.delete(respawn)
      this.#spawn(index)
    }, waitMs)
    this.#respawns.add(respawn)
  }

  /** Whoever serves tells its last numbers; its streams are cut. */
  #fail(failure: Error): void {
    this.#failure ??= failure
    if (this.#started) this.end(0)
    else this.#kill()
  }

  #kill(): void {
    this.#life = 'ending'
    for (const respawn of this.#respawns) clearTimeout(respawn)
    for (const worker of this.#workers.keys()) worker.kill('SIGKILL')
    this.#endWhenEmpty()
  }

  #endWhenEmpty(): void {
    if (this.#workers.size > 0) return
    clearInterval(this.#asking)
    if (this.#failure !== undefined && !this.#started) return this.#reject(this.#failure)
    const unheard = `${plural(this.#unheard, 'worker')} died before the last numbers were told`
    this.#resolve({
      last: this.#withPresent(this.#collector.last()),
      failure: this.#failure ?? (this.#unheard > 0 ? new RunError(unheard) : undefined),
    })
  }
}

/** A worker that is gone, or about to be, cannot be told anything: its exit, which follows, ends what waits for it. */
function send(worker: Worker, message: ToWorker): void {
  try {
    worker.send(message)
  } catch {
    // the channel is closed before the exit is reported
  }
}
