// What goes wrong with the program itself: told on stderr, a line per kind, however often it happens. A client that finds such a fault
// must not be able to fill a disk with it, nor a pipe that nobody reads: `console.error` would wait there for ever.

/** The kinds that are told apart; there are few, or something is very wrong. */
const MOST_KINDS = 100
const MOST_CHARACTERS = 200

/** State: how often each kind has come. */
export class Complaints {
  readonly #write: (line: string) => void
  readonly #counts = new Map<string, number>()

  /** `write` takes a line with its end, and does not wait. */
  constructor(write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.#write = write
  }

  /** Tells of `thrown` the first, the tenth, the hundredth time, and so on. */
  tell(thrown: unknown): void {
    const kind = describe(thrown)
    if (!this.#counts.has(kind) && this.#counts.size === MOST_KINDS) return
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    if (!/^10*$/.test(String(count))) return
    this.#write(`mock-llm-api: a fault of the mock: ${kind}${count === 1 ? '' : ` (${count} times)`}\n`)
  }
}

/** One line: the error and the place in the program where it was thrown. */
function describe(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  const place = thrown instanceof Error ? /\n\s+at ([^\n]+)/.exec(thrown.stack ?? '')?.[1] : undefined
  const line = text.replace(/\s+/g, ' ').slice(0, MOST_CHARACTERS)
  return place === undefined ? line : `${line}, at ${place.slice(0, MOST_CHARACTERS)}`
}
