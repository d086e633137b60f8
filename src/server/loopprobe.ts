// How late this process's event loop is, and how busy: what every other work of it waits for its turn.
import type { Reading, Tally } from '../stats/tally.ts'

/** How often the delay of the event loop is measured. */
const PROBE_MS = 50
/** The busy share is taken once a second. */
const PROBES_PER_SLICE = 20

/** Ends slices of `tally`, and records how late a periodic timer fires. Returns what stops it. */
export function probeLoop(tally: Tally): () => void {
  let dueMs = performance.now() + PROBE_MS
  let probes = 0
  const probe = setInterval(() => {
    const nowMs = performance.now()
    tally.loopDelay.record((nowMs - dueMs) * 1000, 1)
    dueMs = nowMs + PROBE_MS
    if (++probes % PROBES_PER_SLICE === 0) tally.endSlice(readClocks())
  }, PROBE_MS)
  return () => clearInterval(probe)
}

export function readClocks(): Reading {
  const { user, system } = process.cpuUsage()
  return { nowMs: performance.now(), cpuMicros: user + system, unixMs: Date.now() }
}
