// An upstream as a worker serves it: its desks, its numbers, and the phase that is in force.
import { filesOf, type NamedFiles } from '../apis/api.ts'
import type { Phase, Upstream } from '../config/upstreams.ts'
import { Tally } from '../stats/tally.ts'
import { SlidingWindow } from './admission.ts'
import { Changing } from './changing.ts'
import { momentOf } from './course.ts'
import { createDesk, type Desk, type SettledDesk } from './desk.ts'
import type { Observation } from './observe.ts'
import type { Room, Site } from './room.ts'

/** Whose numbers a tally keeps. */
export interface Counted {
  readonly upstream: string
  readonly phase: number
  readonly tally: Tally
}

/** What an upstream takes from its worker. */
export interface Surroundings {
  readonly room: Room
  /** Start of the run, Unix seconds. */
  readonly createdAt: number
  readonly files: NamedFiles
  readonly newTally: () => Tally
  readonly observed: readonly Observation[]
  /** See `Site`. */
  readonly prefixes: readonly string[]
  /** There is no other: then there is time to prepare all of its replies, which takes 10 ms and more. */
  readonly isAlone: boolean
  /** Its settings may change for other reasons than time. */
  readonly isSteered: boolean
}

/** State: what is served now, and since when. */
export class ServedUpstream {
  readonly desk: Desk
  readonly #surroundings: Surroundings
  readonly #changing: Changing
  #spec: Upstream
  /** By phase. */
  readonly #tallies: Tally[] = []
  readonly #window = new SlidingWindow(1)
  /** Unix milliseconds. */
  #beganMs: number
  #phase = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(spec: Upstream, surroundings: Surroundings, beganMs: number) {
    this.#spec = spec
    this.#surroundings = surroundings
    this.#beganMs = beganMs
    const { isAlone } = surroundings
    const prepares = (phase: number): Site['prepares'] => (isAlone && phase === 0 ? 'all' : 'eager')
    this.#changing = new Changing(
      spec.phases.map(({ settings }, phase) =>
        this.#prepare(settings, surroundings.files, phase, prepares(phase)),
      ),
    )
    // One call less for each request: 1 % of them.
    const isFixed = spec.phases.length === 1 && !surroundings.isSteered
    this.desk = isFixed ? this.#changing.desks[0]! : this.#changing
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

  /** Replies under way, of all phases. */
  get underWay(): number {
    return this.#tallies.reduce((sum, { underWay }) => sum + underWay, 0)
  }

  /** Its numbers, phase by phase. */
  get counted(): readonly Counted[] {
    return this.#tallies.map((tally, phase) => ({ upstream: this.#spec.name, phase, tally }))
  }

  /** The desks of other phases, in which no reply is prepared yet: others are served meanwhile. `change` puts them in force. */
  prepare(phases: readonly Phase[], files: NamedFiles): readonly SettledDesk[] {
    return phases.map(({ settings }, phase) => this.#prepare(settings, files, phase, 'nothing'))
  }

  #prepare(
    config: Phase['settings'],
    files: NamedFiles,
    phase: number,
    prepares: Site['prepares'],
  ): SettledDesk {
    const { createdAt, room, observed, prefixes, newTally } = this.#surroundings
    const { name, prefix } = this.#spec
    const tally = (this.#tallies[phase] ??= newTally())
    return createDesk(
      { config, createdAt, files: filesOf(config, files), upstream: { name, prefix } },
      {
        tally,
        underWay: () => this.underWay,
        window: this.#window,
        sinceMs: () => room.clock.unixMs() - this.#beganMs,
        observed,
        prefixes,
        prepares,
      },
      room,
    )
  }

  /** From now on these desks are asked, which were prepared of the same. */
  change(spec: Upstream, desks: readonly SettledDesk[]): void {
    this.#spec = spec
    this.#changing.replace(desks, Math.min(this.#phase, spec.phases.length - 1))
    this.#follow()
  }

  /** Its phases begin at this moment, in Unix milliseconds. */
  begin(atMs: number): void {
    this.#beganMs = atMs
    this.#follow()
  }

  /** Plans of faults begin anew. */
  restart(): void {
    this.#changing.restart()
  }

  /** From now on these rules say who is answered what. */
  reload(files: NamedFiles): void {
    for (const [i, desk] of this.#changing.desks.entries())
      desk.reload(filesOf(this.#spec.phases[i]!.settings, files).rules ?? [])
  }

  /** Nothing changes any more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  /** Enters the phase that is in force, and waits for the next. */
  #follow(): void {
    clearTimeout(this.#timer)
    const sinceMs = this.#surroundings.room.clock.unixMs() - this.#beganMs
    const { index, nextMs } = momentOf(this.#spec, sinceMs)
    if (index !== this.#phase || this.#spec.phases.length > 1) this.#changing.enter(index)
    this.#phase = index
    if (nextMs === null) return
    // Timers fire up to a millisecond early: then it is looked at again.
    this.#timer = setTimeout(() => this.#follow(), Math.max(1, nextMs - sinceMs))
    this.#timer.unref()
  }
}
