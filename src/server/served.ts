// An upstream as a worker serves it: its desks, its numbers, and the phase that is in force.
import { filesOf, type NamedFiles } from '../apis/api.ts'
import { momentOf } from '../config/course.ts'
import type { Config, Upstream } from '../config/upstreams.ts'
import type { Tally, UnderWay } from '../stats/tally.ts'
import { Accounts } from './accounts.ts'
import { Changing, type MakeDesk } from './changing.ts'
import { createDesk, type SettledDesk, type UpstreamDesk } from './desk.ts'
import type { Observation } from './observe.ts'
import type { Room, Site } from './room.ts'
import { Sessions } from './sessions.ts'

/** When an upstream begins that waits to be told. */
export const NOT_YET = Number.POSITIVE_INFINITY

/** What an upstream takes from its worker. */
export interface ServedParts {
  readonly room: Room
  /** Start of the run, Unix seconds. */
  readonly createdAt: number
  readonly files: NamedFiles
  readonly newTally: (underWay: UnderWay) => Tally
  readonly observed: readonly Observation[]
  /** See `Site`. */
  readonly prefixes: readonly string[]
  /** All that are served, wherever. */
  readonly all: Config['upstreams']
  /** There is no other: then there is time to prepare all of its replies, which takes 10 ms and more. */
  readonly isAlone: boolean
  /** Its settings may change for other reasons than time. */
  readonly isSteered: boolean
  /** 0: requests have none. */
  readonly mostSessions: number
}

/** State: what is served now, and since when. */
export class ServedUpstream {
  readonly desk: UpstreamDesk
  readonly accounts: Accounts
  readonly #parts: ServedParts
  readonly #usual: Changing
  readonly #sessions: Sessions | null
  #spec: Upstream
  #files: NamedFiles
  /** Unix milliseconds, or `NOT_YET`. */
  #beganMs: number
  #phase = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(spec: Upstream, parts: ServedParts, beganMs: number) {
    const { isAlone, isSteered, mostSessions, files, newTally } = parts
    this.#spec = spec
    this.#parts = parts
    this.#files = files
    this.#beganMs = beganMs
    this.accounts = new Accounts(newTally)
    const prepares = (phase: number): Site['prepares'] => (isAlone && phase === 0 ? 'all' : 'eager')
    this.#usual = new Changing(
      (phase, window) => this.#makeDesk(spec, files, { phase, prepares: prepares(phase), window }, null),
      0,
    )
    for (const phase of spec.phases.keys()) this.#usual.deskOf(phase)
    this.#sessions =
      mostSessions === 0
        ? null
        : new Sessions(
            this.#usual,
            mostSessions,
            (id) => new Changing(this.#makerFor(id), this.#phase),
            (id) => this.accounts.drop(id),
          )
    // One call less for each request: 1 % of them.
    const isFixed = spec.phases.length === 1 && !isSteered
    this.desk = this.#sessions ?? (isFixed ? this.#usual.deskOf(0) : this.#usual)
    this.begin(beganMs)
  }

  get spec(): Upstream {
    return this.#spec
  }

  /** When its phases began, in Unix milliseconds. */
  get beganMs(): number {
    return this.#beganMs
  }

  /** Of the phase that is in force. */
  get phase(): number {
    return this.#phase
  }

  /**
   * The desk of other settings, in which no reply is prepared yet: others are served meanwhile. What is returned puts it in force; those of
   * phases to come are made in time.
   * @throws what is wrong with it
   */
  prepare(spec: Upstream, files: NamedFiles): () => void {
    const { window } = this.#usual
    const ready = Math.min(this.#phase, spec.phases.length - 1)
    const desk = this.#makeDesk(spec, files, { phase: ready, prepares: 'nothing', window }, null)
    return () => {
      this.#spec = spec
      this.#files = files
      const phase = Math.min(this.#phase, spec.phases.length - 1)
      this.#usual.replace(this.#makerFor(null), phase, [ready, desk])
      for (const [id, session] of this.#sessions?.all ?? []) session.replace(this.#makerFor(id), phase)
      this.#follow()
    }
  }

  /** Its phases begin at this moment, in Unix milliseconds. */
  begin(atMs: number): void {
    this.#beganMs = atMs
    this.#follow()
  }

  /** Plans of faults begin anew. */
  restart(): void {
    for (const desk of this.#changing()) desk.restart()
  }

  /** From now on these rules say who is answered what. What has not changed goes on where it was. */
  reload(files: NamedFiles): void {
    if (Bun.deepEquals(files.rules, this.#files.rules)) return
    this.#files = files
    for (const changing of this.#changing())
      for (const [phase, desk] of changing.desks.entries())
        desk?.reload(filesOf(this.#spec.phases[phase]!.settings, files).rules ?? [])
  }

  /** Nothing changes any more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  /** Enters the phase that is in force, and waits for the next. */
  #follow(): void {
    clearTimeout(this.#timer)
    const sinceMs = this.#parts.room.clock.unixMs() - this.#beganMs
    const { index, nextMs } = momentOf(this.#spec, sinceMs)
    if (index !== this.#phase) for (const desk of this.#changing()) desk.enter(index)
    this.#phase = index
    if (nextMs === null || this.#beganMs === NOT_YET) return
    this.#parts.room.clock.later(() => this.#usual.deskOf((index + 1) % this.#spec.phases.length))
    // Timers fire up to a millisecond early: then it is looked at again.
    this.#timer = setTimeout(() => this.#follow(), Math.max(1, nextMs - sinceMs))
    this.#timer.unref()
  }

  *#changing(): Generator<Changing> {
    yield this.#usual
    for (const [, desk] of this.#sessions?.all ?? []) yield desk
  }

  /** Makes desks when they are asked for; those of a session, or without one. */
  #makerFor(session: string | null): MakeDesk {
    return (phase, window) =>
      this.#makeDesk(this.#spec, this.#files, { phase, prepares: 'nothing', window }, session)
  }

  #makeDesk(
    { name, prefix, phases }: Upstream,
    files: NamedFiles,
    { phase, prepares, window }: Pick<Site, 'prepares' | 'window'> & { readonly phase: number },
    session: string | null,
  ): SettledDesk {
    const { createdAt, room, observed, prefixes, all } = this.#parts
    const { accounts } = this
    const config = phases[phase]!.settings
    const tally = session === null ? accounts.phase(phase) : accounts.session(session)
    return createDesk(
      { config, createdAt, files: filesOf(config, files), upstream: { name, prefix, all } },
      {
        tally,
        underWay: () => tally.underWay + tally.preparing,
        window,
        sinceMs: () => room.clock.unixMs() - this.#beganMs,
        observed,
        prefixes,
        prepares,
      },
      room,
    )
  }
}
