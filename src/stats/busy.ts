// The share of a CPU that each worker used.
import { formatPercent } from '../config/format.ts'
import { round } from './rounding.ts'

/** Shares of one CPU that a worker used. */
export interface BusyShare {
  /** Which one it is; its replacement is the same. */
  readonly worker: number
  /** In the whole measuring window, idle times included. */
  readonly mean: number
  /** In the busiest second of it. */
  readonly peak: number
  /** In the last second. */
  readonly last: number
}

export interface BusyReport {
  /** Of the busiest worker. */
  readonly peak: number
  readonly perWorker: readonly BusyShare[]
}

/** In the order of the workers. */
export function mergeBusy(a: readonly BusyShare[], b: readonly BusyShare[]): readonly BusyShare[] {
  return [...a, ...b].toSorted((one, other) => one.worker - other.worker)
}

/** The same workers, of which nothing is known. */
export function carryBusy(shares: readonly BusyShare[]): readonly BusyShare[] {
  return shares.map(({ worker }) => ({ worker, mean: 0, peak: 0, last: 0 }))
}

export function reportBusy(shares: readonly BusyShare[]): BusyReport {
  const perWorker = shares.map(({ worker, mean, peak, last }) => ({
    worker,
    mean: round(mean, 4),
    peak: round(peak, 4),
    last: round(last, 4),
  }))
  return { peak: Math.max(0, ...perWorker.map(({ peak }) => peak)), perWorker }
}

export function describeBusy({ perWorker }: BusyReport): string {
  if (perWorker.length === 0) return 'not known' // all workers have died
  const shares = perWorker.map(({ mean, peak }) => `${formatPercent(mean)} (at most ${formatPercent(peak)})`)
  return `${shares.join(', ')} of a CPU per worker`
}
