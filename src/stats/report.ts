// The numbers as people and scripts get them: GET /stats, the report file and the summary are made from this.
import type { Config } from '../config/config.ts'
import { type HistogramSnapshot, percentile } from './histogram.ts'
import type { LedgerSnapshot } from './ledger.ts'
import { countRequests, type Snapshot } from './snapshot.ts'
import { type Capacity, judge, type Verdict } from './verdict.ts'

/** The numbers of all workers that could be asked. */
export interface Collection {
  readonly merged: Snapshot
  readonly workers: number
  /** Workers whose numbers are in `merged`. */
  readonly reported: number
  /** Workers that have died since the start, with the numbers they had not told. */
  readonly lost: number
}

/** What stays the same for the whole run. */
export interface RunFacts {
  readonly version: string
  readonly commit: string | null
  readonly config: Config
  /** Unix milliseconds. */
  readonly startedAtMs: number
  readonly cpus: number
  readonly descriptorLimit: number | undefined
}

/** All null when there are no values. */
export interface Percentiles {
  readonly count: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

export interface FaultReport {
  readonly pattern: string
  readonly dealt: number
  /** Played to their end, faulty as it was, while the client was there. */
  readonly completed: number
  readonly leftBeforeFirstEvent: number
  readonly leftMidStream: number
  /** How many left after so many content chunks. */
  readonly leftAfterChunks: Readonly<Record<string, number>>
  /** How long after the fault could be noticed clients left. */
  readonly leftAfterFaultMs: Percentiles
}

export interface Report {
  readonly version: string
  readonly commit: string | null
  readonly startedAt: string
  readonly uptimeSeconds: number
  /** The measuring window: since the start, or the last reset. */
  readonly windowSeconds: number
  readonly workers: {
    readonly expected: number
    readonly reported: number
    readonly missing: number
    readonly lost: number
  }
  readonly config: Config
  readonly requests: {
    readonly total: number
    readonly open: number
    readonly peakOpen: number
    readonly completed: number
    readonly abortedBeforeFirstEvent: number
    readonly abortedMidStream: number
    readonly cut: number
    readonly byRoute: Snapshot['routes']
    /** The last minute, second by second. */
    readonly timeline: Snapshot['timeline']
  }
  readonly sent: { readonly events: number; readonly bytes: number; readonly heldBack: number }
  readonly latenessMs: Percentiles
  readonly ttftMs: Percentiles
  readonly loopDelayMs: Percentiles
  /** How long streams waited for clients that did not read, each time one did not. */
  readonly blockedMs: Percentiles
  /** What clients did with the replies that were faulty on purpose. */
  readonly faults: readonly FaultReport[]
  /** Shares of one CPU. */
  readonly busy: { readonly peak: number; readonly perWorker: Snapshot['busy'] }
  readonly verdict: Verdict
}

/** `nowMs` in Unix milliseconds. */
export function makeReport(
  { merged, workers, reported, lost }: Collection,
  facts: RunFacts,
  nowMs: number,
): Report {
  const { version, commit, config, startedAtMs } = facts
  const capacity: Capacity = { workers, cpus: facts.cpus, descriptorLimit: facts.descriptorLimit }
  const {
    open,
    peakOpen,
    completed,
    abortedBeforeFirstEvent,
    abortedMidStream,
    cut,
    events,
    bytes,
    heldBack,
  } = merged
  const perWorker = merged.busy.map(({ mean, peak, last }) => ({
    mean: round(mean, 4),
    peak: round(peak, 4),
    last: round(last, 4),
  }))
  return {
    version,
    commit,
    startedAt: new Date(startedAtMs).toISOString(),
    uptimeSeconds: round((nowMs - startedAtMs) / 1000, 3),
    windowSeconds: round(merged.seconds, 3),
    workers: { expected: workers, reported, missing: workers - reported, lost },
    config,
    requests: {
      total: countRequests(merged),
      open,
      peakOpen,
      completed,
      abortedBeforeFirstEvent,
      abortedMidStream,
      cut,
      byRoute: merged.routes.toSorted((a, b) => a.route.localeCompare(b.route) || a.status - b.status),
      timeline: merged.timeline,
    },
    sent: { events, bytes, heldBack },
    latenessMs: percentilesOf(merged.lateness),
    ttftMs: percentilesOf(merged.ttft),
    loopDelayMs: percentilesOf(merged.loopDelay),
    blockedMs: percentilesOf(merged.blocked),
    faults: merged.ledgers.filter(({ dealt }) => dealt > 0).map(describeLedger),
    busy: { peak: Math.max(0, ...perWorker.map(({ peak }) => peak)), perWorker },
    verdict: judge(merged, config, capacity),
  }
}

function describeLedger({ leftAfterChunks, leftAfterFault, ...counts }: LedgerSnapshot): FaultReport {
  return {
    ...counts,
    leftAfterChunks: Object.fromEntries(leftAfterChunks),
    leftAfterFaultMs: percentilesOf(leftAfterFault),
  }
}

/** In ms. */
export function percentilesOf(histogram: HistogramSnapshot): Percentiles {
  const { count, maxMicros } = histogram
  const milliseconds = (micros: number): number | null => (count === 0 ? null : round(micros / 1000, 3))
  const at = (p: number): number | null => milliseconds(percentile(histogram, p))
  return { count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: milliseconds(maxMicros) }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
