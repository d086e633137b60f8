// The time in which requests came or were open: rates over the whole window would tell how long somebody waited before and after a load.

/** From when to when, in Unix ms. */
export type Spell = readonly [fromMs: number, toMs: number]

/** Shorter pauses count too: between two requests of one client there is always one. */
export const PAUSE_MS = 1_000
/** As many are kept; with more, those count as one between which the pause was shortest. */
export const MOST_SPELLS = 256

/** State: when requests came or were open at one worker, on the clock that never goes back. */
export class SpellLog {
  readonly #spells: [fromMs: number, toMs: number][] = []
  readonly #offsetMs: number
  #sinceMs: number
  #isOpen = false

  /** `offsetMs`: from that clock to Unix time. It stays, so that no time is counted twice when the clock is set. */
  constructor(sinceMs: number, offsetMs: number) {
    this.#sinceMs = sinceMs
    this.#offsetMs = offsetMs
  }

  /** From now on there are open requests. */
  begin(nowMs: number): void {
    this.#isOpen = true
    this.touch(nowMs)
  }

  /** From now on there are none. */
  end(nowMs: number): void {
    this.#isOpen = false
    this.touch(nowMs)
  }

  /** There is something to do. What came before the window does not count. */
  touch(nowMs: number): void {
    const atMs = Math.max(nowMs, this.#sinceMs)
    const last = this.#spells.at(-1)
    if (last !== undefined && atMs - last[1] < PAUSE_MS) last[1] = Math.max(last[1], atMs)
    else {
      if (this.#spells.length === MOST_SPELLS) joinNearest(this.#spells)
      this.#spells.push([atMs, atMs])
    }
  }

  snapshot(nowMs: number): Spell[] {
    const last = this.#spells.length - 1
    return this.#spells.map(([from, to], i) => {
      const until = i === last && this.#isOpen ? Math.max(to, nowMs) : to
      return [from + this.#offsetMs, until + this.#offsetMs]
    })
  }

  /** What is open is so from now on. */
  reset(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#spells.length = 0
    if (this.#isOpen) this.#spells.push([nowMs, nowMs])
  }
}

function joinNearest(spells: [fromMs: number, toMs: number][]): void {
  const pauses = spells.slice(1).map(([from], i) => from - spells[i]![1])
  const at = pauses.indexOf(Math.min(...pauses))
  spells[at]![1] = spells[at + 1]![1]
  spells.splice(at + 1, 1)
}

/** When requests were open at either, in order. */
export function mergeSpells(a: readonly Spell[], b: readonly Spell[]): Spell[] {
  const merged: [fromMs: number, toMs: number][] = []
  for (const [from, to] of [...a, ...b].toSorted(([one], [other]) => one - other)) {
    const last = merged.at(-1)
    if (last !== undefined && from - last[1] < PAUSE_MS) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

/** What of `now` is not in `before`. */
export function spellsSince(now: readonly Spell[], before: readonly Spell[]): Spell[] {
  return before.reduce<Spell[]>(
    (left, [from, to]) =>
      left.flatMap(([begin, end]): Spell[] => {
        if (end <= from || begin >= to) return [[begin, end]]
        const pieces: Spell[] = [
          [begin, from],
          [to, end],
        ]
        return pieces.filter(([pieceFrom, pieceTo]) => pieceFrom < pieceTo)
      }),
    [...now],
  )
}

/** How long that is, in seconds. */
export function secondsOf(spells: readonly Spell[]): number {
  return spells.reduce((sum, [from, to]) => sum + to - from, 0) / 1000
}
