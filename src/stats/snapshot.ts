// The numbers of one worker, or of several merged: plain data that travels between processes as JSON.
import { type LedgerSnapshot, mergeLedgers } from './ledger.ts'
import { mergeTimelines, type Second } from './timeline.ts'
import { emptyHistogram, type HistogramSnapshot, mergeHistograms } from './histogram.ts'

export interface RouteCount {
  /** `POST /v1/chat/completions`, or `unrouted`. */
  readonly route: string
  readonly status: number
  readonly requests: number
}

/** Shares of one CPU that a worker used. */
export interface BusyShare {
  /** In the whole measuring window, idle times included. */
  readonly mean: number
  /** In the busiest second of it. */
  readonly peak: number
  /** In the last second. */
  readonly last: number
}

export interface Snapshot {
  /** Length of the measuring window in seconds; the longest of those merged. */
  readonly seconds: number
  readonly open: number
  /** Merged, the sum of each worker's own peak: an upper bound, since they need not have come together. */
  readonly peakOpen: number
  readonly completed: number
  readonly abortedBeforeFirstEvent: number
  readonly abortedMidStream: number
  /** Streams that were still open when the program ended. */
  readonly cut: number
  readonly events: number
  readonly bytes: number
  readonly routes: readonly RouteCount[]
  readonly lateness: HistogramSnapshot
  readonly ttft: HistogramSnapshot
  readonly loopDelay: HistogramSnapshot
  /** Events that were late because their client had not read the ones before; they are not in `lateness`. */
  readonly heldBack: number
  /** How long streams waited for clients that did not read. */
  readonly blocked: HistogramSnapshot
  /** One entry per pattern of faults. */
  readonly ledgers: readonly LedgerSnapshot[]
  readonly timeline: readonly Second[]
  /** One entry per worker. */
  readonly busy: readonly BusyShare[]
}

export const emptySnapshot: Snapshot = {
  seconds: 0,
  open: 0,
  peakOpen: 0,
  completed: 0,
  abortedBeforeFirstEvent: 0,
  abortedMidStream: 0,
  cut: 0,
  events: 0,
  bytes: 0,
  routes: [],
  lateness: emptyHistogram,
  ttft: emptyHistogram,
  loopDelay: emptyHistogram,
  heldBack: 0,
  blocked: emptyHistogram,
  ledgers: [],
  timeline: [],
  busy: [],
}

const sums = [
  'open',
  'peakOpen',
  'completed',
  'abortedBeforeFirstEvent',
  'abortedMidStream',
  'cut',
  'events',
  'bytes',
  'heldBack',
] as const satisfies (keyof Snapshot)[]
const histograms = ['lateness', 'ttft', 'loopDelay', 'blocked'] as const satisfies (keyof Snapshot)[]

/** Both together. Associative; `emptySnapshot` changes nothing. */
export function mergeSnapshots(a: Snapshot, b: Snapshot): Snapshot {
  const merged: Record<string, unknown> = {
    seconds: Math.max(a.seconds, b.seconds),
    routes: mergeRoutes(a.routes, b.routes),
    busy: [...a.busy, ...b.busy],
    ledgers: mergeLedgers(a.ledgers, b.ledgers),
    timeline: mergeTimelines(a.timeline, b.timeline),
  }
  for (const key of sums) merged[key] = a[key] + b[key]
  for (const key of histograms) merged[key] = mergeHistograms(a[key], b[key])
  return merged as unknown as Snapshot
}

function mergeRoutes(a: readonly RouteCount[], b: readonly RouteCount[]): RouteCount[] {
  const merged = new Map<string, RouteCount>()
  for (const count of [...a, ...b]) {
    const key = `${count.status} ${count.route}`
    merged.set(key, { ...count, requests: count.requests + (merged.get(key)?.requests ?? 0) })
  }
  return [...merged.values()]
}

/** All requests of a snapshot, streamed or whole. */
export function countRequests({ routes }: Snapshot): number {
  return routes.reduce((sum, { requests }) => sum + requests, 0)
}
