// Requests of tests that run at the same time, told apart by a header: each test has plans, limits and numbers of its own.
import type { RequestHead } from '../apis/api.ts'
import type { Card, Picker } from './card.ts'
import type { Changing } from './changing.ts'
import type { Desk, UpstreamDesk } from './desk.ts'
import { MOST_SESSION_CHARACTERS, SESSION_HEADER } from './journal/entry.ts'

/** Whatever else is in a header arrives as other characters than those that were meant. */
const ASCII = /^[ -~]+$/

/** State: the desks of the sessions used last. Whoever has none asks the desk of all. */
export class Sessions implements UpstreamDesk {
  readonly rows: UpstreamDesk['rows']
  readonly #usual: Changing
  /** Paths of what the mock tells of itself: no session is about them. */
  readonly #own: ReadonlySet<string>
  readonly #most: number
  readonly #make: (id: string) => Changing
  readonly #drop: (id: string) => void
  /** By name, the one used longest ago first. */
  readonly #open = new Map<string, Changing>()

  /** `make` the desk of a session; `drop` is told which one has made room for another. */
  constructor(usual: Changing, most: number, make: (id: string) => Changing, drop: (id: string) => void) {
    this.#usual = usual
    this.#most = most
    this.#make = make
    this.#drop = drop
    this.#own = new Set(usual.rows.flatMap(({ path, value }) => (isOwn(value) ? [path] : [])))
    this.rows = usual.rows.map((row, i) => {
      return {
        ...row,
        value: { ...row.value, pick: (head) => this.#pick(head, (desk) => desk.rows[i]!.value.pick) },
      }
    })
  }

  /** The desks of all sessions. */
  get all(): Iterable<readonly [id: string, desk: Changing]> {
    return this.#open
  }

  match(method: string, path: string): Picker {
    return (head) => this.#pick(head, (desk) => desk.match(method, path))
  }

  refuse(status: number, message: string, path: string): Card {
    return this.#usual.refuse(status, message, path)
  }

  hasKey(head: RequestHead): boolean | null {
    return this.#usual.hasKey(head)
  }

  get preflight(): Picker | null {
    return this.#usual.preflight
  }

  unrouted(...about: Parameters<UpstreamDesk['unrouted']>): Card {
    return this.#usual.unrouted(...about)
  }

  fail(thrown: unknown): Card {
    return this.#usual.fail(thrown)
  }

  #pick(head: RequestHead, pickerIn: (desk: Desk) => Picker): ReturnType<Picker> {
    const id = head.header(SESSION_HEADER)
    // Who may not ask makes no session, and takes no other's room.
    if (id === null || this.#own.has(head.path) || this.#usual.hasKey(head) === false)
      return pickerIn(this.#usual)(head)
    if (id.length > MOST_SESSION_CHARACTERS || !ASCII.test(id))
      return this.#usual.refuse(
        400,
        `X-Test-Session takes 1 to ${MOST_SESSION_CHARACTERS} characters of ASCII.`,
        head.path,
      )
    return pickerIn(this.#of(id))(head)
  }

  #of(id: string): Changing {
    const known = this.#open.get(id)
    if (known !== undefined) this.#open.delete(id)
    const desk = known ?? this.#make(id)
    this.#open.set(id, desk)
    if (this.#open.size > this.#most) {
      const [oldest] = this.#open.keys()
      this.#open.delete(oldest!)
      this.#drop(oldest!)
    }
    return desk
  }
}

function isOwn({ route }: UpstreamDesk['rows'][number]['value']): boolean {
  return route === undefined || route.role === 'health'
}
