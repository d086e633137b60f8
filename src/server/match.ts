// Which row of a table a path belongs to: the row of this very path, else the first whose pattern it has, else the row that ends as it
// does behind a prefix, the longest such end first. The usual paths are looked up and never come to the others.
import { remember } from '../apis/remember.ts'
import { nearNames } from '../config/nearest.ts'

export interface Served<Value> {
  readonly method: string
  /**
   * A path; `{model}` stands for any text, slashes included, every other `{name}` for one without slash and colon, and `{id}` for none
   * that some path has in it.
   */
  readonly path: string
  /** It is served behind any prefix too. */
  readonly anywhere?: boolean
  readonly value: Value
}

/** Whether something in the path may be anything. */
export function isExact(path: string): boolean {
  return !path.includes('{')
}

/** What is served behind any prefix: the rows of one path. */
interface Suffix<Value> {
  /** Where it begins in a path that ends with it; -1 in others. */
  readonly beginIn: (path: string) => number
  /** How much of its end is known, and then how much in all. */
  readonly weight: number
  readonly byMethod: ReadonlyMap<string, Value>
}

/** State: none but the table. */
export class Router<Value> {
  /** By path, then method. */
  readonly #exact = new Map<string, Map<string, Value>>()
  readonly #open: { readonly method: string; readonly pattern: RegExp; readonly value: Value }[] = []
  readonly #suffixes: readonly Suffix<Value>[]
  /** Those of which every letter is known, the longest first. */
  readonly #ends: readonly string[]
  readonly #absent: ReadonlySet<string>

  /** `absent`: segments of a prefix behind which nothing is served, and which are no ids. */
  constructor(rows: readonly Served<Value>[], absent: ReadonlySet<string> = new Set()) {
    const names = new Set([...absent, ...rows.flatMap(({ path }) => path.split('/'))])
    const patternOf = patternsAmong(Array.from(names, escape).join('|'))
    for (const { method, path, value } of rows) {
      if (!isExact(path)) {
        this.#open.push({ method, pattern: patternOf(path), value })
        continue
      }
      const known = this.#exact.get(path) ?? new Map<string, Value>()
      this.#exact.set(path, known.set(method, value))
    }
    const anywhere = Map.groupBy(
      rows.filter((row) => row.anywhere),
      ({ path }) => path,
    )
    this.#suffixes = Array.from(anywhere, ([path, served]) => suffixOf(path, served, patternOf)).toSorted(
      (a, b) => b.weight - a.weight,
    )
    this.#ends = [...anywhere.keys()].filter(isExact).toSorted((a, b) => b.length - a.length)
    this.#absent = absent
  }

  /** The value of the first row that takes both. `path` is decoded and has no query. */
  find(method: string, path: string): Value | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact.get(method)
    const open = this.#open.find((row) => row.method === method && row.pattern.test(path))
    if (open !== undefined) return open.value
    return this.#behindPrefix(path)
      .find((byMethod) => byMethod.has(method))
      ?.get(method)
  }

  /** The value of the first row that takes the path, whatever the method. */
  findAny(path: string): Value | undefined {
    const [method] = this.methods(path)
    return method === undefined ? undefined : this.find(method, path)
  }

  /** The methods of all rows that take the path. */
  methods(path: string): Set<string> {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return new Set(exact.keys())
    const open = this.#open.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    return new Set(
      open.length > 0 ? open : this.#behindPrefix(path).flatMap((byMethod) => [...byMethod.keys()]),
    )
  }

  /**
   * What was probably meant by a path that no row takes: the same without slashes that are too many, or without a whole address in
   * place of a base URL; else a path that is spelled alike and takes the method.
   */
  meant(asked: string, path: string): readonly string[] {
    const method = asked === 'HEAD' ? 'GET' : asked
    const candidates = [path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, ''), this.#withoutAddress(path)]
    const found = candidates.find((one) => one !== path && this.find(method, one) !== undefined)
    if (found !== undefined) return [found]
    if (path.split('/').some((segment) => this.#absent.has(segment))) return []
    return nearNames(
      path,
      [...this.#exact].flatMap(([one, byMethod]) => (byMethod.has(method) ? [one] : [])),
    )
  }

  /** `/v1/chat/completions/embeddings` → `/v1/embeddings`: somebody gave the first as a base URL. */
  #withoutAddress(path: string): string {
    const end = this.#ends.find((one) => path.endsWith(one)) ?? ''
    const base = path.slice(0, path.length - end.length)
    const address = this.#addressIn(base)
    return address === undefined ? path : base.slice(0, base.indexOf(address)) + end
  }

  /** The end of an address that a prefix has in it, or that is one segment and ends it: a prefix may well have such a segment. */
  #addressIn(prefix: string): string | undefined {
    return this.#ends.find((end) =>
      end.indexOf('/', 1) > 0 ? `${prefix}/`.includes(`${end}/`) : prefix.endsWith(end),
    )
  }

  /** What is served behind a prefix at this path, by method, the longest end first. */
  #behindPrefix(path: string): ReadonlyMap<string, Value>[] {
    return this.#suffixes.flatMap(({ beginIn, byMethod }) => {
      const begin = beginIn(path)
      return begin >= 0 && this.#isPrefix(path.slice(0, begin)) ? [byMethod] : []
    })
  }

  /** Whole segments, none of them empty, and no whole address. */
  #isPrefix(prefix: string): boolean {
    if (prefix === '') return true
    const [first, ...segments] = prefix.split('/')
    return (
      first === '' &&
      segments.every((segment) => segment !== '' && !this.#absent.has(segment)) &&
      this.#addressIn(prefix) === undefined
    )
  }
}

function suffixOf<Value>(
  path: string,
  rows: readonly Served<Value>[],
  patternOf: (path: string) => RegExp,
): Suffix<Value> {
  const byMethod = new Map(rows.map(({ method, value }) => [method, value]))
  const [first, ...others] = path.split(PLACEHOLDER)
  const end = others.at(-1) ?? first!
  const weight = end.length * 1000 + path.length
  if (others.length === 0)
    return { beginIn: (one) => (one.endsWith(path) ? one.length - path.length : -1), weight, byMethod }
  const pattern = patternOf(path)
  // Where it begins first: to try every place would take the square of a long path's length.
  const beginIn = (one: string): number => {
    const begin = one.indexOf(first!)
    return begin >= 0 && pattern.test(one.slice(begin)) ? begin : -1
  }
  return { beginIn, weight, byMethod }
}

const PLACEHOLDER = /\{\w+\}/

/**
 * From a path to its pattern: what stands for something is never empty. `names` are no ids: they are what others have at that place, as a
 * part of a pattern. All tables of a process have the same patterns: made anew they would be a fifth of what a desk takes.
 */
const patternsAmong = remember((names: string) =>
  remember((path: string): RegExp => {
    const parts = path.split(/(\{\w+\})/).map((part) => {
      if (part === '{model}') return '.+'
      if (part === '{id}') return `(?!(?:${names})(?:/|$))[^/:]+`
      return PLACEHOLDER.test(part) ? '[^/:]+' : escape(part)
    })
    return new RegExp(`^${parts.join('')}$`, 's')
  }),
)

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
