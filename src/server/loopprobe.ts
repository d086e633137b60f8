// How late this process's event loop is, how busy, and how many descriptors are open: what every other work of it waits for.
import { statSync } from 'node:fs'
import type { Reading, Tally } from '../stats/tally.ts'

/** How often the delay of the event loop is measured. */
const PROBE_MS = 50
/** The busy share is taken once a second. */
const PROBES_PER_SLICE = 20

/** Ends slices of `tally`, and records how late a periodic timer fires and what is open. Returns what stops it. */
export function probeLoop(tally: Tally): () => void {
  let dueMs = performance.now() + PROBE_MS
  let probes = 0
  const probe = setInterval(() => {
    const nowMs = performance.now()
    tally.loopDelay.record((nowMs - dueMs) * 1000, 1)
    dueMs = nowMs + PROBE_MS
    if (++probes % PROBES_PER_SLICE !== 0) return
    tally.endSlice(readClocks())
    tally.noteDescriptors(countDescriptors())
  }, PROBE_MS)
  tally.noteDescriptors(countDescriptors())
  return () => clearInterval(probe)
}

/**
 * Linux tells their number as the size of a folder, since 6.2; elsewhere it is 0. That takes 2 µs; to list the folder would take 11 ms
 * with 15,000 of them.
 */
function countDescriptors(): number {
  return statSync('/proc/self/fd', { throwIfNoEntry: false })?.size ?? 0
}

export function readClocks(): Reading {
  const { user, system } = process.cpuUsage()
  return { nowMs: performance.now(), cpuMicros: user + system, unixMs: Date.now() }
}
