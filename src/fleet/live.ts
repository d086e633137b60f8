// The live line: once a second, on a terminal only.
import { CLEAR_LINE } from '../config/terminal.ts'
import type { Collection } from '../stats/report.ts'
import { renderLive } from '../stats/summary.ts'

export const PERIOD_MS = 1_000

/** Shows what happened in the last second, over and over, on one line of `terminal`; does nothing elsewhere. */
export function startLiveLine(
  terminal: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  collect: () => Promise<Collection>,
  periodMs = PERIOD_MS,
): () => void {
  if (!terminal.isTTY) return () => {}
  let stopped = false
  let before: Collection | undefined
  const timer = setInterval(async () => {
    const after = await collect()
    if (stopped) return
    const line = before && renderLive(before.merged, after.merged)
    if (line !== undefined) terminal.write(CLEAR_LINE + line.slice(0, (terminal.columns || 80) - 1))
    before = after
  }, periodMs)
  return () => {
    stopped = true
    clearInterval(timer)
    terminal.write(CLEAR_LINE)
  }
}
