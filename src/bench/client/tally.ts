// What one client process counts, and how the results of several are put together. Knows no clock.
import { RunError } from '../../config/errors.ts'
import { plural } from '../../config/format.ts'
import { Histogram, type HistogramSnapshot, mergeHistograms } from '../../stats/histogram.ts'
import { eventDueMs, type LoadPlan } from './plan.ts'
import { mergeWatched, type Watched } from './watch.ts'

/** A client process that uses this share of a CPU is as busy as it can be. */
export const CLIENT_BUSY = 0.9
/** So many kinds of errors are told apart. */
const MOST_KINDS = 20

export interface LoadResult {
  readonly requests: number
  readonly events: number
  readonly errors: number
  /** What they were, in words, and how many of each; the first one first. */
  readonly errorKinds: readonly (readonly [reason: string, times: number])[]
  readonly measuredMs: number
  /** CPU time of the client in the measured time, ms. */
  readonly cpuMs: number
  /** Longest number of requests that waited for a connection (open loop). */
  readonly waiting: number
  /** Requests without a whole reply at the end, those that wait for a connection included, and the age of the oldest, ms. */
  readonly underWay: number
  readonly oldestMs: number
  /** Those that had been silent for too long by then. */
  readonly hung: number
  /** TTFT and latency are from the origin of the plan on. */
  readonly ttft: HistogramSnapshot
  readonly gap: HistogramSnapshot
  readonly latency: HistogramSnapshot
  readonly lateness: HistogramSnapshot
  /** What became of stamped chunks; null where nobody looked. */
  readonly watched: Watched | null
}

/** Both together, of clients that ran at the same time. */
export function mergeResults(a: LoadResult, b: LoadResult): LoadResult {
  return {
    requests: a.requests + b.requests,
    events: a.events + b.events,
    errors: a.errors + b.errors,
    errorKinds: addKinds(a.errorKinds, b.errorKinds),
    measuredMs: Math.max(a.measuredMs, b.measuredMs),
    cpuMs: a.cpuMs + b.cpuMs,
    waiting: a.waiting + b.waiting,
    underWay: a.underWay + b.underWay,
    oldestMs: Math.max(a.oldestMs, b.oldestMs),
    hung: a.hung + b.hung,
    ttft: mergeHistograms(a.ttft, b.ttft),
    gap: mergeHistograms(a.gap, b.gap),
    latency: mergeHistograms(a.latency, b.latency),
    lateness: mergeHistograms(a.lateness, b.lateness),
    watched: a.watched && b.watched ? mergeWatched(a.watched, b.watched) : (a.watched ?? b.watched),
  }
}

function addKinds(a: LoadResult['errorKinds'], b: LoadResult['errorKinds']): LoadResult['errorKinds'] {
  const sums = new Map(a)
  for (const [reason, times] of b) sums.set(reason, (sums.get(reason) ?? 0) + times)
  return [...sums]
}

/** The times of the present reply of a connection. */
export interface ReplyTimes {
  /** When its request was sent; in an open loop, when it should have been. */
  startedMs: number
  /** When its latest event came. */
  lastMs: number
}

/** When the measured time ended, and what it took. */
export interface MeasuredTime {
  readonly endMs: number
  readonly measuredMs: number
  readonly cpuMs: number
  readonly hung: number
}

/** State: the counts since the last reset. */
export class LoadTally {
  readonly #plan: Pick<LoadPlan, 'due' | 'origin'>
  #requests = 0
  #events = 0
  #errors = 0
  readonly #errorKinds = new Map<string, number>()
  #mostWaiting = 0
  readonly #ttft = new Histogram()
  readonly #gap = new Histogram()
  readonly #latency = new Histogram()
  readonly #lateness = new Histogram()

  constructor(plan: Pick<LoadPlan, 'due' | 'origin'>) {
    this.#plan = plan
  }

  /** Events `before` up to `after` of a reply have come together. */
  arrived(times: ReplyTimes, before: number, after: number, nowMs: number): void {
    this.#events += after - before
    const sinceMs = nowMs - times.startedMs
    if (before === 0) this.#ttft.record((sinceMs - this.#plan.origin.ttftMs) * 1000, 1)
    else this.#gap.record((nowMs - times.lastMs) * 1000, 1)
    if (after - before > 1) this.#gap.record(0, after - before - 1)
    times.lastMs = nowMs
    for (let index = before; index < after; index++) {
      const dueMs = eventDueMs(this.#plan, index)
      if (dueMs === null) break
      this.#lateness.record((sinceMs - dueMs) * 1000, 1)
    }
  }

  /** A reply has been read to its end, and it was right. */
  ended({ startedMs }: ReplyTimes, nowMs: number): void {
    this.#requests++
    this.#latency.record((nowMs - startedMs - this.#plan.origin.latencyMs) * 1000, 1)
  }

  failed(reason: string): void {
    this.#errors++
    const kind = this.#errorKinds.has(reason) || this.#errorKinds.size < MOST_KINDS ? reason : 'others'
    this.#errorKinds.set(kind, (this.#errorKinds.get(kind) ?? 0) + 1)
  }

  /** So many requests wait for a connection now. */
  waiting(requests: number): void {
    if (requests > this.#mostWaiting) this.#mostWaiting = requests
  }

  /** The measured time begins: nothing before it counts. */
  reset(): void {
    for (const histogram of [this.#ttft, this.#gap, this.#latency, this.#lateness]) histogram.reset()
    this.#requests = this.#events = this.#errors = this.#mostWaiting = 0
    this.#errorKinds.clear()
  }

  /** `underWaySinceMs`: when each request that has no whole reply yet was sent, or should have been. */
  result(
    underWaySinceMs: readonly number[],
    { endMs, measuredMs, cpuMs, hung }: MeasuredTime,
    watched: Watched | null = null,
  ): LoadResult {
    return {
      requests: this.#requests,
      events: this.#events,
      errors: this.#errors,
      errorKinds: [...this.#errorKinds],
      measuredMs,
      cpuMs,
      waiting: this.#mostWaiting,
      underWay: underWaySinceMs.length,
      oldestMs: underWaySinceMs.reduce((oldest, sinceMs) => Math.max(oldest, endMs - sinceMs), 0),
      hung,
      ttft: this.#ttft.snapshot(),
      gap: this.#gap.snapshot(),
      latency: this.#latency.snapshot(),
      lateness: this.#lateness.snapshot(),
      watched,
    }
  }
}

/** @throws RunError where requests have failed: what was measured means nothing */
export function refuseErrors({ errors, errorKinds }: LoadResult): void {
  if (errors > 0)
    throw new RunError(
      `cannot measure: ${plural(errors, 'request')} failed, the first because: ${errorKinds[0]![0]}`,
    )
}
