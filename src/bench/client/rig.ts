// The processes of a measurement: our own server, and the clients that load it.
import { RunError } from '../../config/errors.ts'
import { childEnvironment } from '../../config/role.ts'
import { flagOf } from '../../config/table.ts'
import type { Report } from '../../stats/report.ts'
import { childrenOf, usageOf } from '../usage.ts'
import { type LoadPlan, sharePlan } from './plan.ts'
import { type LoadResult, mergeResults } from './tally.ts'

export type ToDriver =
  /** The client is there, and is sent its LoadPlan. */
  | { readonly type: 'here' }
  | { readonly type: 'measuring' }
  | { readonly type: 'result'; readonly result: LoadResult }

type Child = Bun.Subprocess<'ignore', 'pipe' | 'ignore', 'inherit'>

/** State: the children that run, so that none is left behind whatever happens. */
export class Rig {
  readonly #command: readonly string[]
  readonly #children = new Set<Child>()
  #cleared = false

  /** `command` runs this executable. */
  constructor(command: readonly string[]) {
    this.#command = command
  }

  /** Ends everything at once; nothing starts any more. */
  async clear(): Promise<void> {
    this.#cleared = true
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all([...this.#children].map((child) => child.exited))
  }

  /** Starts our server with these options, and `more` as they are typed, on a free port of 127.0.0.1 if none is said. */
  async serve(options: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<OwnServer> {
    this.#refuseIfCleared()
    const flags = Object.entries({ listen: '127.0.0.1:0', exitWithParent: 'true', ...options })
    const typed = flags.map(([name, text]) => `${flagOf(name)}=${text}`)
    const child = Bun.spawn([...this.#command, ...typed, ...more], {
      env: childEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.add(child)
    let printed = ''
    const decoder = new TextDecoder()
    for await (const bytes of child.stdout) {
      printed += decoder.decode(bytes, { stream: true })
      const port = /OPENAI_BASE_URL=http:\/\/\S+?:(\d+)\/v1/.exec(printed)?.[1]
      if (port !== undefined) return new OwnServer(child, Number(port), () => this.#children.delete(child))
    }
    throw new RunError('cannot measure: the server ended before it served')
  }

  /** Runs a plan in up to `clients` processes, which share it. `onMeasuring` is called when all of them measure. */
  async load(
    plan: LoadPlan,
    clients: number,
    onMeasuring: () => Promise<void> = async () => {},
  ): Promise<LoadResult> {
    const parts = sharePlan(plan, clients)
    let measuring = 0
    const told = Promise.withResolvers<void>()
    const running = Promise.all(
      parts.map((part) =>
        this.#runClient(part, () => {
          if (++measuring === parts.length) onMeasuring().then(told.resolve, told.reject)
        }),
      ),
    )
    const [results] = await Promise.all([running, told.promise])
    return results.reduce(mergeResults)
  }

  #refuseIfCleared(): void {
    if (this.#cleared) throw new RunError('cannot measure: it was ended')
  }

  #runClient(plan: LoadPlan, onMeasuring: () => void): Promise<LoadResult> {
    this.#refuseIfCleared()
    const { promise, resolve, reject } = Promise.withResolvers<LoadResult>()
    const child: Child = Bun.spawn([...this.#command], {
      env: childEnvironment(process.env, 'client'),
      stdio: ['ignore', 'ignore', 'inherit'],
      ipc: (message: ToDriver) => {
        if (message.type === 'here') child.send(plan)
        else if (message.type === 'measuring') onMeasuring()
        else resolve(message.result)
      },
      onExit: (_, code, signal) => {
        this.#children.delete(child)
        reject(new RunError(`cannot measure: a client ended (${signal ?? code})`)) // after the result this changes nothing
      },
    })
    this.#children.add(child)
    return promise
  }
}

/** A server of ours that is being measured. */
export class OwnServer {
  readonly port: number
  readonly #child: Child
  readonly #forget: () => void

  constructor(child: Child, port: number, forget: () => void) {
    this.#child = child
    this.port = port
    this.#forget = forget
  }

  /** Its own numbers; with `reset` a new measuring window starts. */
  async stats(reset = false): Promise<Report> {
    const url = `http://127.0.0.1:${this.port}/stats${reset ? '/reset' : ''}`
    return (await fetch(url, { method: reset ? 'POST' : 'GET' })).json() as Promise<Report>
  }

  /** Resident memory of its workers in bytes; null where the system does not say (Linux only). */
  residentBytes(): number | null {
    const workers = childrenOf(this.#child.pid)
    return workers.length === 0 ? null : (usageOf(workers)?.bytes ?? null)
  }

  /** Ends it without waiting for streams. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL') // its workers end with their supervisor
    await this.#child.exited
    this.#forget()
  }
}

/** What a client process does: ask for its plan, load, tell, end. */
export async function runClient(run: typeof import('./load.ts').runLoad): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {}) // only the driver decides
  process.on('disconnect', () => process.exit(1))
  const tell = (message: ToDriver, sent?: () => void): void =>
    void process.send!(message, undefined, undefined, sent)
  const { promise: plan, resolve } = Promise.withResolvers<LoadPlan>()
  process.once('message', resolve)
  tell({ type: 'here' })
  const result = await run(await plan, () => tell({ type: 'measuring' }))
  tell({ type: 'result', result }, () => process.exit(0))
}
