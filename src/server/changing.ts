// An upstream whose settings change while it serves: a desk for each of its phases, of which one is asked.
import type { Card, Picker } from './card.ts'
import type { Desk, SettledDesk } from './desk.ts'
import type { Served } from './match.ts'

/** State: the desks of its phases, and which of them is asked. What was dealt stays as it is. */
export class Changing implements Desk {
  readonly rows: Desk['rows']
  #desks: readonly SettledDesk[]
  #current: SettledDesk

  /** `desks`: one at least. All serve the same paths. */
  constructor(desks: readonly SettledDesk[]) {
    this.#desks = desks
    this.#current = desks[0]!
    this.rows = this.#current.rows.map((row, i): Served<{ readonly pick: Picker }> => {
      return { ...row, value: { pick: (head) => this.#current.rows[i]!.value.pick(head) } }
    })
  }

  /** From now on the desk of this phase is asked. */
  enter(phase: number): void {
    this.#current = this.#desks[phase]!
  }

  /** From now on these desks are asked, that of this phase first. */
  replace(desks: readonly SettledDesk[], phase: number): void {
    this.#desks = desks
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

  guard(pick: Picker): Picker {
    return (head) => this.#current.guard(pick)(head)
  }

  /** Plans of faults begin anew. */
  restart(): void {
    for (const desk of this.#desks) desk.restart()
  }

  /** All desks there are, by phase. */
  get desks(): readonly SettledDesk[] {
    return this.#desks
  }
}
