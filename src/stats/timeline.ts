// Requests by status, second by second: whether a client backs off shows in nothing else.

export interface Second {
  /** Unix seconds. */
  readonly second: number
  /** Requests that began in it, by the status they got; status 0: never answered. */
  readonly byStatus: Readonly<Record<string, number>>
}

/** So many seconds are kept, the latest. */
const MOST_SECONDS = 60

/** Both together, second by second, in order. */
export function mergeTimelines(a: readonly Second[], b: readonly Second[]): Second[] {
  const merged = new Map<number, Record<string, number>>()
  for (const { second, byStatus } of [...a, ...b]) {
    const sums = merged.get(second) ?? {}
    for (const [status, count] of Object.entries(byStatus)) sums[status] = (sums[status] ?? 0) + count
    merged.set(second, sums)
  }
  return [...merged]
    .map(([second, byStatus]) => ({ second, byStatus }))
    .toSorted((one, other) => one.second - other.second)
    .slice(-MOST_SECONDS)
}

/** The counts of `now` less those of `before`, without zeros; undefined when nothing is left. */
export function subtractCounts(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> | undefined {
  const rest = Object.entries(now).flatMap(([status, count]): [string, number][] => {
    const more = count - (before[status] ?? 0)
    return more > 0 ? [[status, more]] : []
  })
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}
