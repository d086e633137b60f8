// How late this process's event loop is, how busy, and how many descriptors are open: what every other work of it waits for.
import { statSync } from 'node:fs'
import type { Reading, Tally } from '../stats/tally.ts'

/** How often the delay of the event loop is measured while replies are under way, and while none are: then that costs most of a worker's CPU. */
const PROBE_MS = 50
const IDLE_PROBE_MS = 1000
/** The busy share is taken once a second. */
const SLICE_MS = 1000

/**
 * Ends slices of `tally`, that of the process, and records how late a periodic timer fires and what is open. `isServing`: replies are
 * under way. Returns what stops it.
 */
export function probeLoop(tally: Tally, isServing: () => boolean): () => void {
  let dueMs = 0
  let sliceEndsMs = performance.now() + SLICE_MS
  let timer: ReturnType<typeof setTimeout>
  const wait = (nowMs: number): void => {
    const probeMs = isServing() ? PROBE_MS : IDLE_PROBE_MS
    dueMs = nowMs + probeMs
    timer = setTimeout(probe, probeMs)
  }
  const probe = (): void => {
    const nowMs = performance.now()
    tally.loopDelay.record((nowMs - dueMs) * 1000, 1)
    if (nowMs >= sliceEndsMs) {
      sliceEndsMs = nowMs + SLICE_MS
      tally.endSlice(readClocks())
      tally.noteDescriptors(countDescriptors())
    }
    wait(nowMs)
  }
  tally.noteDescriptors(countDescriptors())
  wait(performance.now())
  return () => clearTimeout(timer)
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
