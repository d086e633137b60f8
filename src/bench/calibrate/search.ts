// How many streams stay on time: which numbers are tried, one after the other. Pure but for the trial it is given.
import type { StreamsRow } from './results.ts'

const FIRST_STREAMS = 250
/** A result below this says nothing more than that the host is not fit. */
const FEWEST_STREAMS = 10
/** The search ends when the numbers of streams that were and were not on time differ by less than this factor. */
const CLOSE_ENOUGH = 1.1

/**
 * Doubles until it is too much, or `bound` is reached, then halves the difference. What was not on time is tried once more: other
 * programs of this host may have disturbed it. Rows in the order of the numbers of streams.
 */
export async function searchMost(
  bound: number,
  trial: (streams: number, remark?: string) => Promise<StreamsRow>,
): Promise<StreamsRow[]> {
  const rows: StreamsRow[] = []
  let [kept, broken] = [0, Number.POSITIVE_INFINITY]
  let next = Math.min(FIRST_STREAMS, bound)
  while (broken > kept * CLOSE_ENOUGH && kept < bound) {
    let row = await trial(next)
    if (!row.kept) row = await trial(next, ', once more')
    rows.push(row)
    if (row.kept) kept = next
    else broken = next
    next = broken === Number.POSITIVE_INFINITY ? Math.min(kept * 2, bound) : Math.floor((kept + broken) / 2)
    if (next < FEWEST_STREAMS) break
  }
  return rows.toSorted((a, b) => a.streams - b.streams)
}
