// The time in which requests were open: rates over the whole window would tell how long somebody waited before and after a load.

/** From when to when, in Unix ms. */
export type Spell = readonly [fromMs: number, toMs: number]

/** Shorter pauses count too: between two requests of one client there is always one. */
export const PAUSE_MS = 1_000
/** As many are kept; the last one goes on when there are more. */
export const MOST_SPELLS = 256

/** State: when requests were open at one worker, on the clock that never goes back. */
export class SpellLog {
  readonly #spells: [fromMs: number, toMs: number][] = []
  readonly #offsetMs: number
  #isOpen = false

  /** `offsetMs`: from that clock to Unix time. It stays, so that no time is counted twice when the clock is set. */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  /** From now on there are open requests. */
  begin(nowMs: number): void {
    this.#isOpen = true
    const last = this.#spells.at(-1)
    if (last !== undefined && (nowMs - last[1] < PAUSE_MS || this.#spells.length === MOST_SPELLS)) {
      last[1] = Math.max(last[1], nowMs)
    } else this.#spells.push([nowMs, nowMs])
  }

  /** From now on there are none. */
  end(nowMs: number): void {
    this.#isOpen = false
    const last = this.#spells.at(-1)
    if (last !== undefined) last[1] = Math.max(last[1], nowMs)
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
    this.#spells.length = 0
    if (this.#isOpen) this.#spells.push([nowMs, nowMs])
  }
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
