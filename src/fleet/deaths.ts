// How many deaths of workers are too many, and how long their replacement waits. Pure.

/** So many deaths within the window below end the program. */
export const MAX_DEATHS = 5
export const DEATH_WINDOW_MS = 10_000
/** Each death in the window doubles the wait before the replacement is started. */
const FIRST_BACK_OFF_MS = 50

/** The deaths of the window that ends with one at `nowMs`, that one included. */
export function recentDeaths(earlier: readonly number[], nowMs: number): readonly number[] {
  return [...earlier.filter((atMs) => nowMs - atMs < DEATH_WINDOW_MS), nowMs]
}

/** How long the replacement waits after the last of so many deaths; undefined: there have been too many. */
export function backOffMs(deaths: number): number | undefined {
  return deaths >= MAX_DEATHS ? undefined : FIRST_BACK_OFF_MS * 2 ** (deaths - 1)
}
