// What was asked for and is not served: a wrong base URL shows in nothing else.

/** As it is kept. */
export interface Unrouted {
  /** `POST /v1/foo`. */
  readonly target: string
  /** Unix milliseconds; of the last such request. */
  readonly atMs: number
}

/** So many are kept, the latest. */
export const MOST_KEPT = 10
/** A path may have any length, and be made to take up memory. */
const MOST_CHARACTERS = 100
/** So many are named in the summary. */
const MOST_NAMED = 3

/** State: what one worker was asked for in vain in the present measuring window. */
export class UnroutedLog {
  /** The latest last. */
  readonly #atMs = new Map<string, number>()

  /** `path` is decoded, without the query: in that there may be a key. */
  note(method: string, path: string, unixMs: number): void {
    const target = shorten(`${method} ${path}`)
    this.#atMs.delete(target)
    this.#atMs.set(target, unixMs)
    if (this.#atMs.size > MOST_KEPT) this.#atMs.delete(this.#atMs.keys().next().value!)
  }

  snapshot(): Unrouted[] {
    return [...this.#atMs].map(([target, atMs]) => ({ target, atMs }))
  }

  reset(): void {
    this.#atMs.clear()
  }
}

/** What a terminal would heed, or could not show, is replaced. */
function shorten(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
  return short.replace(/\p{C}/gu, '\ufffd')
}

/** The latest of both. */
export function mergeUnrouted(a: readonly Unrouted[], b: readonly Unrouted[]): Unrouted[] {
  const latest = new Map<string, Unrouted>()
  for (const one of [...a, ...b].toSorted((x, y) => x.atMs - y.atMs)) {
    latest.delete(one.target)
    latest.set(one.target, one)
  }
  return [...latest.values()].slice(-MOST_KEPT)
}

/** What has been asked for since `before`. */
export function unroutedSince(now: readonly Unrouted[], before: readonly Unrouted[]): Unrouted[] {
  const known = new Map(before.map(({ target, atMs }) => [target, atMs]))
  return now.filter(({ target, atMs }) => known.get(target) !== atMs)
}

/** The latest first. */
export function showUnrouted(unrouted: readonly Unrouted[]): readonly string[] {
  return unrouted.map(({ target }) => target).toReversed()
}

/** The latest, and how many more are kept. */
export function describeUnrouted(targets: readonly string[]): string {
  const others =
    targets.length > MOST_NAMED ? `, and ${targets.length - MOST_NAMED} more, which --report FILE tells` : ''
  return targets.slice(0, MOST_NAMED).join(', ') + others
}
