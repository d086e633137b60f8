// CPU time and memory of processes, and of the whole host, as Linux tells them.
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  readonly cpuMs: number
  readonly bytes: number
}

/** CPU time and resident memory of processes; null where there is no /proc. Takes well under a millisecond, while the load runs. */
export function usageOf(pids: readonly number[]): Usage | null {
  try {
    // schedstat counts nanoseconds; the ticks in stat are 10 ms, 5 % of what a paced server uses in two seconds.
    const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`))
    const times = threads.map((thread) => Number(readProc(`${thread}/schedstat`).split(' ')[0]) / 1e6)
    const sizes = pids.map((pid) => residentBytes(pid))
    return { cpuMs: sum(times), bytes: sum(sizes) }
  } catch {
    return null
  }
}

/** Resident memory of a process. @throws Error where the system does not say */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) * 1024
}

/** A process and all below it. */
export function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)]
}

/** None where the system does not say. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((id) =>
      readProc(`${pid}/task/${id}/children`).split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** Linux counts in these. */
const TICKS_PER_SECOND = 100

/** CPU time that all programs of the host have used, ms; null where the system does not say. */
export function hostCpuMs(): number | null {
  try {
    const [user, nice, system, , , irq, softirq] = readProc('stat')
      .split('\n')[0]!
      .split(/\s+/)
      .slice(1)
      .map(Number)
    return ((user! + nice! + system! + irq! + softirq!) * 1000) / TICKS_PER_SECOND
  } catch {
    return null
  }
}

function readProc(path: string): string {
  return readFileSync(`/proc/${path}`, 'utf8')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
