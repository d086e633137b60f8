// The live line: once a second, on a terminal only.
import { CLEAR_LINE, type Paint } from '../config/terminal.ts'
import type { Collection } from '../stats/report.ts'
import { renderLive } from '../stats/summary.ts'

export const PERIOD_MS = 1_000

/** Of a terminal that does not tell. */
const USUAL_COLUMNS = 80

/** Shows what happened in the last second, over and over, on one line of `terminal`; does nothing elsewhere. @returns what ends it */
export function startLiveLine(
  terminal: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  collect: () => Promise<Collection>,
  paint: Paint,
  isForeground: () => boolean = () => true,
  periodMs = PERIOD_MS,
): () => void {
  if (!terminal.isTTY) return () => {}
  let stopped = false
  let before: Collection | undefined
  const timer = setInterval(async () => {
    const after = await collect()
    // In the background of a shell it would write over what is typed there.
    if (stopped || !isForeground()) return
    // In the last column some terminals begin a new line.
    const line =
      before && renderLive(before.merged, after.merged, (terminal.columns || USUAL_COLUMNS) - 1, paint)
    if (line !== undefined) terminal.write(CLEAR_LINE + line)
    before = after
  }, periodMs)
  return () => {
    if (stopped) return
    stopped = true
    clearInterval(timer)
    terminal.write(CLEAR_LINE)
  }
}
