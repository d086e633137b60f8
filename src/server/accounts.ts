// The numbers of one upstream: a tally for each of its phases, and for each session.
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../stats/snapshot.ts'
import { type Reading, Tally } from '../stats/tally.ts'

/** Whose numbers: those of a phase, or of a session. That of all sessions that have made room is empty. */
export type Owner =
  { readonly phase: number; readonly session: null } | { readonly phase: null; readonly session: string }

/** State: the tallies there are, and what the sessions had counted that have made room for others. */
export class Accounts {
  readonly #newTally: () => Tally
  readonly #phases: Tally[] = []
  readonly #sessions = new Map<string, Tally>()
  /** They have made room, and replies of theirs are under way. */
  #leaving: Tally[] = []
  #left: Snapshot = emptySnapshot

  constructor(newTally: () => Tally) {
    this.#newTally = newTally
  }

  phase(index: number): Tally {
    return (this.#phases[index] ??= this.#newTally())
  }

  session(id: string): Tally {
    let tally = this.#sessions.get(id)
    if (tally === undefined) this.#sessions.set(id, (tally = this.#newTally()))
    return tally
  }

  /** A session has made room: what it counted is told with that of all others that have. */
  drop(id: string): void {
    this.#leaving.push(this.session(id))
    this.#sessions.delete(id)
  }

  /** Replies under way of requests without a session. */
  get underWay(): number {
    return this.#phases.reduce((sum, { underWay }) => sum + underWay, 0)
  }

  get tallies(): readonly Tally[] {
    return [...this.#phases, ...this.#sessions.values(), ...this.#leaving]
  }

  snapshots(reading: Reading): readonly (Owner & { readonly numbers: Snapshot })[] {
    const told = (tally: Tally): { readonly numbers: Snapshot } => ({ numbers: tally.snapshot(reading) })
    return [
      ...this.#phases.map((tally, phase) => ({ phase, session: null, ...told(tally) })),
      ...Array.from(this.#sessions, ([session, tally]) => ({ phase: null, session, ...told(tally) })),
      ...this.#tellLeft(reading),
    ]
  }

  reset(reading: Reading): void {
    for (const tally of this.tallies) tally.reset(reading)
    this.#left = emptySnapshot
  }

  #tellLeft(reading: Reading): (Owner & { readonly numbers: Snapshot })[] {
    const told = this.#leaving.map((tally) => tally.snapshot(reading))
    const isOver = ({ open, routes }: Snapshot): boolean =>
      open === 0 && routes.every(({ waiting }) => waiting === 0)
    const numbers = told.reduce(mergeSnapshots, this.#left)
    this.#left = told.filter(isOver).reduce(mergeSnapshots, this.#left)
    this.#leaving = this.#leaving.filter((_, i) => !isOver(told[i]!))
    return numbers === emptySnapshot ? [] : [{ phase: null, session: '', numbers }]
  }
}
