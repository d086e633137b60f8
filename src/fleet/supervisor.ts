// Starts the workers, says when all of them serve, replaces those that die, and ends them in order.
import type { Config } from '../config/config.ts'
import { RunError } from '../config/errors.ts'
import { version } from '../config/version.ts'
import { renderBanner } from './banner.ts'
import { canSharePort, claimPort, countWorkers, descriptorLimit, ephemeralPorts } from './host.ts'
import { type Assignment, ROLE_VARIABLE, type ToSupervisor, type ToWorker } from './messages.ts'

/** Deaths within this window count together … */
const DEATH_WINDOW_MS = 10_000
/** … and this many of them end the program. */
const MAX_DEATHS = 5
/** Each death in the window doubles the wait before the replacement is started. */
const FIRST_BACK_OFF_MS = 50
/** After the grace period a worker has this long to go before it is killed. */
const KILL_AFTER_MS = 2_000

/** The same executable again: the binary itself, or Bun with the entry file. */
const command = Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]

type Worker = Bun.Subprocess<'ignore', 'inherit', 'inherit'>

/**
 * Serves until a signal ends it. Resolves when every worker has ended in order.
 * @throws RunError when the address cannot be had, a worker cannot start, or workers keep dying
 */
export async function supervise(config: Config): Promise<void> {
  const count = countWorkers(config)
  const port = await claimPort(config.listen)
  const assignment: Assignment = {
    setup: {
      config: { ...config, listen: { ...config.listen, port } },
      createdAt: Math.floor(Date.now() / 1000),
    },
    sharePort: canSharePort,
  }
  const fleet = new Fleet(count, assignment, () => {
    if (config.quiet) return
    const limits = { descriptorLimit: descriptorLimit(), ephemeralPorts: ephemeralPorts() }
    process.stdout.write(renderBanner({ version, config, port, workers: count, ...limits }))
  })
  const onSignal = (): void => fleet.end(config.graceMs)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  try {
    await fleet.ended
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/** State: which workers there are, which of them serve, and whether the program is ending. */
class Fleet {
  /** Resolves when the last worker has ended in order; rejects with what ended the program otherwise. */
  readonly ended: Promise<void>
  readonly #resolve: () => void
  readonly #reject: (reason: Error) => void
  readonly #assignment: Assignment
  readonly #count: number
  readonly #onReady: () => void
  readonly #workers = new Set<Worker>()
  readonly #serving = new Set<Worker>()
  #started = false
  #phase: 'serving' | 'draining' | 'ending' = 'serving'
  #deaths: number[] = []
  #failure: Error | undefined
  #respawns = new Set<ReturnType<typeof setTimeout>>()

  constructor(count: number, assignment: Assignment, onReady: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ended = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#count = count
    this.#assignment = assignment
    this.#onReady = onReady
    for (let i = 0; i < count; i++) this.#spawn()
  }

  /** The first call lets open streams finish for at most `graceMs`, the second ends them at once. */
  end(graceMs: number): void {
    if (this.#phase !== 'serving') return this.#kill()
    this.#phase = 'draining'
    for (const respawn of this.#respawns) clearTimeout(respawn)
    const drain: ToWorker = { type: 'drain', graceMs }
    for (const worker of this.#workers) {
      if (this.#serving.has(worker)) worker.send(drain)
      else worker.kill('SIGKILL') // still starting: it has nothing to finish
    }
    setTimeout(() => this.#kill(), graceMs + KILL_AFTER_MS).unref()
    this.#endWhenEmpty()
  }

  #spawn(): void {
    const worker: Worker = Bun.spawn(command, {
      env: { ...process.env, [ROLE_VARIABLE]: JSON.stringify(this.#assignment) },
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: (message: ToSupervisor) => this.#onMessage(worker, message),
      onExit: (_, code, signal) => this.#onExit(worker, signal ?? code ?? 'an unknown reason'),
    })
    this.#workers.add(worker)
  }

  #onMessage(worker: Worker, message: ToSupervisor): void {
    if (message.type === 'failed') {
      if (!this.#started) return this.#fail(new RunError(`a worker cannot serve: ${message.reason}`))
      console.error(`mock-llm-api: worker ${worker.pid} cannot serve: ${message.reason}`)
      return worker.kill('SIGKILL') // counts as a death
    }
    this.#serving.add(worker)
    if (this.#started || this.#phase !== 'serving' || this.#serving.size < this.#count) return
    this.#started = true
    this.#onReady()
  }

  #onExit(worker: Worker, reason: string | number): void {
    this.#workers.delete(worker)
    const served = this.#serving.delete(worker)
    if (this.#phase !== 'serving') return this.#endWhenEmpty()
    const how = typeof reason === 'number' ? `exit code ${reason}` : reason
    if (!this.#started) return this.#fail(new RunError(`a worker ended before it served (${how})`))

    const now = performance.now()
    this.#deaths = [...this.#deaths.filter((death) => now - death < DEATH_WINDOW_MS), now]
    const deaths = this.#deaths.length
    const what = `worker ${worker.pid} ${served ? 'died' : 'could not start'} (${how})`
    if (deaths >= MAX_DEATHS)
      return this.#fail(
        new RunError(`${what}, the ${MAX_DEATHS}th death in ${DEATH_WINDOW_MS / 1000} s: giving up`),
      )
    const backOffMs = FIRST_BACK_OFF_MS * 2 ** (deaths - 1)
    console.error(`mock-llm-api: ${what}; its streams are lost, another starts in ${backOffMs} ms`)
    const respawn = setTimeout(() => {
      this.#respawns.delete(respawn)
      this.#spawn()
    }, backOffMs)
    this.#respawns.add(respawn)
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#kill()
  }

  #kill(): void {
    this.#phase = 'ending'
    for (const respawn of this.#respawns) clearTimeout(respawn)
    for (const worker of this.#workers) worker.kill('SIGKILL')
    this.#endWhenEmpty()
  }

  #endWhenEmpty(): void {
    if (this.#workers.size > 0) return
    if (this.#failure === undefined) this.#resolve()
    else this.#reject(this.#failure)
  }
}
