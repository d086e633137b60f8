// How many streams at once go through without a stall. Pure but for the trial it is given.

export interface MostStreams {
  readonly streams: number
  /** Nothing above was tried. */
  readonly isBounded: boolean
}

/** A gap of so many delays between two chunks is a stall. */
export const STALL_GAPS = 10

/**
 * Doubles from `first` until `trial` says that there was a stall, or `bound` is reached. A stall is tried once more: other programs of
 * this host may have made it. 0 streams where there always was one.
 */
export async function doubleStreams(
  first: number,
  bound: number,
  trial: (streams: number) => Promise<boolean>,
): Promise<MostStreams> {
  let most = 0
  for (let next = Math.min(first, bound); ; next = Math.min(next * 2, bound)) {
    if (!(await trial(next)) && !(await trial(next))) return { streams: most, isBounded: false }
    most = next
    if (next === bound) return { streams: most, isBounded: true }
  }
}
