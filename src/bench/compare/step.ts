// One step of a comparison: a contestant under a load, and what all sides say of it. Pure.
import { formatCount, plural } from '../../config/format.ts'
import type { Report } from '../../stats/report.ts'
import { type HistogramSnapshot, mergeHistograms, percentile } from '../../stats/histogram.ts'
import type { Origin } from '../client/plan.ts'
import { CLIENT_BUSY, type LoadResult } from '../client/tally.ts'
import type { Watched } from '../client/watch.ts'
import { SERVER_BUSY } from '../surroundings.ts'

/** What is measured at: so many connections, or so many requests a second on at most so many. */
export interface Level {
  readonly connections: number
  readonly rate: number | null
}

export function describeLevel({ connections, rate }: Level): string {
  return rate === null
    ? plural(connections, 'connection')
    : `${formatCount(rate)} requests/s, on at most ${plural(connections, 'connection')}`
}

export interface Step {
  /** `direct`, or the name of what is in between. */
  readonly name: string
  readonly level: Level
  readonly round: number
  readonly clients: number
  readonly origin: Origin
  readonly result: LoadResult
  /** What the mock says of the same time. */
  readonly mock: Pick<Report, 'latenessMs' | 'busy'>
  /** CPU time of what is in between in that time; null where its process is not known. */
  readonly viaCpuMs: number | null
  /** CPU time of all programs of the host; null where the system does not say. */
  readonly hostCpuMs: number | null
}

/**
 * So much earlier than when it was expected a time is still told: histograms know nothing below zero, and clocks differ a little.
 */
export const MARGIN_MS = 1

/** So many values make a 99th percentile: with fewer it is the largest of them. */
const FEWEST_FOR_P99 = 100

/** The figures of a step that are compared, ms but for the last; null where there are too few values. */
export function figuresOf(step: Step): Figures {
  const { requests, measuredMs } = step.result
  const [ttft, chunk, total] = [timesOf(step, 'ttft'), timesOf(step, 'chunk'), timesOf(step, 'total')]
  return {
    ttftP50: msAt(ttft, 0.5),
    ttftP99: msAt(ttft, 0.99),
    chunkP50: msAt(chunk, 0.5),
    chunkP99: msAt(chunk, 0.99),
    totalP50: msAt(total, 0.5),
    totalP99: msAt(total, 0.99),
    requestsPerSecond: (requests / measuredMs) * 1000,
  }
}

export interface Figures {
  readonly ttftP50: number | null
  readonly ttftP99: number | null
  /** From the stamp in a chunk to the client, more than the shortest such way there was; or from when it was due. */
  readonly chunkP50: number | null
  readonly chunkP99: number | null
  readonly totalP50: number | null
  readonly totalP99: number | null
  readonly requestsPerSecond: number
}

/** Times of one kind, and from when on they are. */
export interface Times {
  readonly histogram: HistogramSnapshot
  readonly fromMs: number
}

export type TimesName = 'ttft' | 'chunk' | 'total'

function timesOf({ result, origin }: Step, name: TimesName): Times {
  const { ttft, latency, watched, lateness } = result
  if (name === 'ttft') return { histogram: ttft, fromMs: origin.ttftMs }
  if (name === 'total') return { histogram: latency, fromMs: origin.latencyMs }
  return watched === null
    ? { histogram: lateness, fromMs: 0 }
    : { histogram: watched.delay, fromMs: -MARGIN_MS }
}

/** The times of several steps of one plan together. */
export function timesIn(steps: readonly Step[], name: TimesName): Times {
  const all = steps.map((step) => timesOf(step, name))
  return { histogram: all.map(({ histogram }) => histogram).reduce(mergeHistograms), fromMs: all[0]!.fromMs }
}

function msAt({ histogram, fromMs }: Times, p: number): number | null {
  const least = p > 0.9 ? FEWEST_FOR_P99 : 1
  return histogram.count < least ? null : percentile(histogram, p) / 1000 + fromMs
}

/** What keeps the figures of a step from being those of what is in between. */
export type Bound = 'mock-bound' | 'client-bound' | 'host-busy'

/** Other programs use this share of all CPUs at most. */
const OTHERS_MOST = 0.1

/** What bounds a step of the mock alone, or of what is in between; `cpus` are those of the host. */
export function boundsOfStep(step: Step, isDirect: boolean, cpus: number): Bound[] {
  const { result, mock, clients, hostCpuMs, viaCpuMs } = step
  const bounds: Bound[] = []
  const busiest = Math.max(0, ...mock.busy.perWorker.map(({ mean }) => mean))
  if (isDirect && busiest >= SERVER_BUSY) bounds.push('mock-bound')
  if (result.cpuMs / result.measuredMs / clients >= CLIENT_BUSY) bounds.push('client-bound')
  // What is in between, whose process is not known, cannot be told from other programs.
  if (hostCpuMs !== null && (isDirect || viaCpuMs !== null)) {
    const mockMs = mock.busy.perWorker.reduce((sum, { mean }) => sum + mean, 0) * result.measuredMs
    const others = hostCpuMs - mockMs - result.cpuMs - (viaCpuMs ?? 0)
    if (others / (cpus * result.measuredMs) > OTHERS_MOST) bounds.push('host-busy')
  }
  return bounds
}

/** All that several steps of a contestant saw of streams. */
export function watchedIn(
  steps: readonly Step[],
  merge: (a: Watched, b: Watched) => Watched,
): Watched | null {
  return steps.reduce<Watched | null>(
    (all, { result: { watched } }) => (all === null ? watched : watched === null ? all : merge(all, watched)),
    null,
  )
}

/** The errors of several steps by kind, the most frequent first. */
export function errorsIn(steps: readonly Step[]): [reason: string, times: number][] {
  const sums = new Map<string, number>()
  for (const { result } of steps)
    for (const [reason, times] of result.errorKinds) sums.set(reason, (sums.get(reason) ?? 0) + times)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}
