// Which row of a table a path belongs to. Rows without a `{name}` are looked up; the others are tried in their order.

export interface Served<Value> {
  readonly method: string
  /** A path; `{name}` stands for any text, slashes included. */
  readonly path: string
  readonly value: Value
}

/** Whether something in the path may be anything. */
export function isExact(path: string): boolean {
  return !path.includes('{')
}

/** State: none but the table. */
export class Router<Value> {
  /** By path, then method. */
  readonly #exact = new Map<string, Map<string, Value>>()
  readonly #open: { readonly method: string; readonly pattern: RegExp; readonly value: Value }[] = []

  constructor(rows: readonly Served<Value>[]) {
    for (const { method, path, value } of rows) {
      if (!isExact(path)) {
        this.#open.push({ method, pattern: patternOf(path), value })
        continue
      }
      const known = this.#exact.get(path) ?? new Map<string, Value>()
      this.#exact.set(path, known.set(method, value))
    }
  }

  /** The value of the first row that takes both. `path` is decoded and has no query. */
  find(method: string, path: string): Value | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact.get(method)
    return this.#open.find((row) => row.method === method && row.pattern.test(path))?.value
  }

  /** The methods of all rows that take the path. */
  methods(path: string): Set<string> {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return new Set(exact.keys())
    return new Set(this.#open.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
  }
}

function patternOf(path: string): RegExp {
  const literal = path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${literal.join('(?:.+)')}$`, 's')
}
