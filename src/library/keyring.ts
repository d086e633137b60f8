// The keys that a mock may ask the library for: it lets in whoever has that of any of its upstreams, and which of them have one changes
// with phases, and with what is set and taken back.
import { longName } from '../config/table.ts'

/** State: the keys that were ever given, the one that was let in last first; an empty one is none. */
export class Keyring {
  #keys: readonly string[] = ['']

  /** `given`: options, with all that is in them. */
  constructor(given: unknown) {
    this.add(given)
  }

  /** The keys in these options may be in force from now on. */
  add(given: unknown): void {
    this.#keys = [...new Set([...keysIn(given), ...this.#keys])]
  }

  /** Tries one key after the other until one is let in; what is told with the last one is told. */
  async open<Answer extends { readonly status: number }>(
    ask: (key: string) => Promise<Answer>,
  ): Promise<Answer> {
    const [first, ...others] = this.#keys
    let answer = await ask(first!)
    for (const key of others) {
      if (answer.status !== 401) break
      answer = await ask(key)
      if (answer.status !== 401) this.#keys = [key, ...this.#keys.filter((one) => one !== key)]
    }
    return answer
  }
}

function keysIn(given: unknown): string[] {
  if (Array.isArray(given)) return given.flatMap(keysIn)
  if (typeof given !== 'object' || given === null) return []
  return Object.entries(given).flatMap(([name, value]: [string, unknown]) => {
    if (longName(name) !== 'api-key') return keysIn(value)
    return typeof value === 'string' && value !== '' ? [value] : []
  })
}
