// Requests by status, second by second: whether a client backs off shows in nothing else.

/** As it is told. */
export interface Second {
  /** Unix seconds. */
  readonly second: number
  /** Requests that came in it, by the status they got; status 0: they have none, or ended without one. */
  readonly byStatus: Readonly<Record<string, number>>
}

/** As it is kept: those that wait for their status are apart. */
export interface KeptSecond extends Second {
  readonly waiting: number
}

/** So many seconds are kept, the latest. */
export const MOST_SECONDS = 60
/** A second has the slot of its number modulo this, a power of two. */
const SLOTS = 64
const MASK = SLOTS - 1
/** The slot of what is no longer kept: written to, never read. */
const OLD = SLOTS

/** State: the last minute of one worker, a row of counts for each status and one for what waits. */
export class Minute {
  readonly waiting: Int32Array = newRow()
  readonly #rows = new Map<number, Int32Array>()
  #latest = 0

  /** The counts of a status, slot by slot; the same object whenever it is asked for. */
  row(status: number): Int32Array {
    let row = this.#rows.get(status)
    if (row === undefined) this.#rows.set(status, (row = newRow()))
    return row
  }

  /** Where a second is counted. The latest one ever asked for is the end of the minute. */
  slotOf(second: number): number {
    if (second > this.#latest) this.#goOn(second)
    return this.#latest - second < MOST_SECONDS ? second & MASK : OLD
  }

  #goOn(second: number): void {
    for (let at = Math.max(this.#latest + 1, second - SLOTS + 1); at <= second; at++) {
      this.waiting[at & MASK] = 0
      for (const row of this.#rows.values()) row[at & MASK] = 0
    }
    this.#latest = second
  }

  /** The minute that ends with `second`, without the seconds in which nothing came. */
  snapshot(second: number): KeptSecond[] {
    this.slotOf(second)
    const seconds: KeptSecond[] = []
    for (let at = this.#latest - MOST_SECONDS + 1; at <= this.#latest; at++) {
      const counts = [...this.#rows].flatMap(([status, row]): [number, number][] => {
        const count = row[at & MASK]!
        return count === 0 ? [] : [[status, count]]
      })
      const waiting = Math.max(0, this.waiting[at & MASK]!) // below 0: see `clear`
      if (waiting > 0 || counts.length > 0)
        seconds.push({ second: at, byStatus: Object.fromEntries(counts), waiting })
    }
    return seconds
  }

  /** What waits stays. */
  reset(): void {
    for (const row of this.#rows.values()) row.fill(0)
  }

  /** The clock has been set: nothing is known of the last minute, and what waits ends in seconds in which it did not come. */
  clear(): void {
    this.reset()
    this.waiting.fill(0)
    this.#latest = 0
  }
}

function newRow(): Int32Array {
  return new Int32Array(SLOTS + 1)
}

/** Both together, second by second, in order. */
export function mergeTimelines(a: readonly KeptSecond[], b: readonly KeptSecond[]): KeptSecond[] {
  const merged = new Map<number, KeptSecond>()
  for (const { second, byStatus, waiting } of [...a, ...b]) {
    const known = merged.get(second)
    const sums: Record<string, number> = { ...known?.byStatus }
    for (const [status, count] of Object.entries(byStatus)) sums[status] = (sums[status] ?? 0) + count
    merged.set(second, { second, byStatus: sums, waiting: waiting + (known?.waiting ?? 0) })
  }
  return [...merged.values()].toSorted((one, other) => one.second - other.second).slice(-MOST_SECONDS)
}

/** What has been counted since `before`, without the seconds in which nothing was; of what waits nothing. */
export function timelineSince(now: readonly KeptSecond[], before: readonly KeptSecond[]): KeptSecond[] {
  const known = new Map(before.map(({ second, byStatus }) => [second, byStatus]))
  return compact(
    now.map(({ second, byStatus }) => {
      const less = known.get(second)
      const counts = Object.entries(byStatus).map(([status, count]) => [
        status,
        count - (less?.[status] ?? 0),
      ])
      return { second, byStatus: Object.fromEntries(counts), waiting: 0 }
    }),
  )
}

/** What has an answer, or will not get one. */
export function closeTimeline(seconds: readonly KeptSecond[]): KeptSecond[] {
  return compact(seconds.map((second) => ({ ...second, waiting: 0 })))
}

/** What waits. */
export function carryTimeline(seconds: readonly KeptSecond[]): KeptSecond[] {
  return compact(seconds.map((second) => ({ ...second, byStatus: {} })))
}

/** What waits gets no answer any more. */
export function leaveTimeline(seconds: readonly KeptSecond[]): KeptSecond[] {
  return showTimeline(seconds).map((second) => ({ ...second, waiting: 0 }))
}

/** Without what is 0. */
function compact(seconds: readonly KeptSecond[]): KeptSecond[] {
  return seconds.flatMap(({ second, byStatus, waiting }) => {
    const counts = Object.entries(byStatus).filter(([, count]) => count !== 0)
    return counts.length === 0 && waiting === 0
      ? []
      : [{ second, byStatus: Object.fromEntries(counts), waiting }]
  })
}

/** As it is told: what waits has status 0. */
export function showTimeline(seconds: readonly KeptSecond[]): readonly Second[] {
  return seconds.map(({ second, byStatus, waiting }) => ({
    second,
    byStatus: waiting === 0 ? byStatus : { ...byStatus, '0': (byStatus['0'] ?? 0) + waiting },
  }))
}
