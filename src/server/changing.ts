// An upstream whose settings change while it serves: a desk for each of its phases, of which one is asked.
import type { RequestHead } from '../apis/api.ts'
import { SlidingWindow } from './admission.ts'
import type { Card, Picker } from './card.ts'
import type { SettledDesk, UpstreamDesk } from './desk.ts'

/** Makes the desk of a phase, whose rate limit is kept in this window. */
export type MakeDesk = (phase: number, window: SlidingWindow) => SettledDesk

/** State: the desks that have been made, and which of them is asked. What was dealt stays as it is. */
export class Changing implements UpstreamDesk {
  readonly rows: UpstreamDesk['rows']
  /** What was let in, whatever was in force. */
  readonly window: SlidingWindow = new SlidingWindow(1)
  #make: MakeDesk
  /** By phase. All serve the same paths. */
  #desks: (SettledDesk | undefined)[] = []
  #phase: number
  /** Made when it is first asked: there may be thousands of sessions, each with desks of its own. */
  #made: SettledDesk | undefined

  constructor(make: MakeDesk, phase: number) {
    this.#make = make
    this.#phase = phase
    this.rows = this.#current.rows.map((row, i) => {
      return { ...row, value: { ...row.value, pick: (head) => this.#current.rows[i]!.value.pick(head) } }
    })
  }

  get #current(): SettledDesk {
    return (this.#made ??= this.deskOf(this.#phase))
  }

  /** The desk of a phase; the same one whenever it is asked for. */
  deskOf(phase: number): SettledDesk {
    return (this.#desks[phase] ??= this.#make(phase, this.window))
  }

  /** From now on the desk of this phase is asked. */
  enter(phase: number): void {
    this.#phase = phase
    this.#made = this.#desks[phase]
  }

  /** From now on these desks are asked, that of this phase first. One of them may have been `made`. */
  replace(make: MakeDesk, phase: number, made?: readonly [phase: number, desk: SettledDesk]): void {
    this.#make = make
    this.#desks = []
    if (made !== undefined) this.#desks[made[0]] = made[1]
    this.enter(phase)
  }

  match(method: string, path: string): Picker {
    return this.#current.match(method, path)
  }

  refuse(status: number, message: string, path: string): Card {
    return this.#current.refuse(status, message, path)
  }

  fail(thrown: unknown): Card {
    return this.#current.fail(thrown)
  }

  hasKey(head: RequestHead): boolean | null {
    return this.#current.hasKey(head)
  }

  get preflight(): Picker | null {
    return this.#current.preflight
  }

  unrouted(...about: Parameters<UpstreamDesk['unrouted']>): Card {
    return this.#current.unrouted(...about)
  }

  /** All desks that have been made, by phase. */
  get desks(): readonly (SettledDesk | undefined)[] {
    return this.#desks
  }

  /** Plans of faults begin anew. */
  restart(): void {
    for (const desk of this.#desks) desk?.restart()
  }
}
