// The numbers as people and scripts get them: GET /stats, the report file and the summary are made from this.
import type { Config } from '../config/config.ts'
import { type HistogramSnapshot, percentile } from './histogram.ts'
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

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
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
  }
  readonly sent: { readonly events: number; readonly bytes: number }
  readonly latenessMs: Percentiles
  readonly ttftMs: Percentiles
  readonly loopDelayMs: Percentiles
  /** Shares of one CPU. */
  readonly busy: { readonly max: number; readonly perWorker: readonly number[] }
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
  const { open, peakOpen, completed, abortedBeforeFirstEvent, abortedMidStream, cut, events, bytes } = merged
  const perWorker = merged.busy.map((share) => round(share, 4))
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
      byRoute: merged.routes,
    },
    sent: { events, bytes },
    latenessMs: percentiles(merged.lateness),
    ttftMs: percentiles(merged.ttft),
    loopDelayMs: percentiles(merged.loopDelay),
    busy: { max: Math.max(0, ...perWorker), perWorker },
    verdict: judge(merged, config, capacity),
  }
}

/** In ms. */
function percentiles(histogram: HistogramSnapshot): Percentiles {
  const at = (p: number): number => round(percentile(histogram, p) / 1000, 3)
  return {
    count: histogram.count,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: round(histogram.maxMicros / 1000, 3),
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
