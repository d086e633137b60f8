// What clients saw in each phase of an upstream, in short, and whether it can be trusted.
import type { Settings } from '../config/config.ts'
import { formatMs } from '../config/format.ts'
import { momentOf } from '../config/course.ts'
import type { Upstream } from '../config/upstreams.ts'
import { percentileMs, type Percentiles } from './percentiles.ts'
import { countRequests, showRoutes } from './routes.ts'
import type { Snapshot } from './snapshot.ts'
import { type Capacity, judgeAll, judgeClosely, type Part, type Verdict } from './verdict.ts'

export interface PhaseReport {
  readonly afterMs: number
  readonly requests: {
    readonly total: number
    /** Status 0: they have none, or ended without one. */
    readonly byStatus: Readonly<Record<string, number>>
  }
  readonly ttftMs: Pick<Percentiles, 'p50' | 'p99'>
  readonly latenessMs: Pick<Percentiles, 'p99'>
}

/** An upstream by its settings. */
export interface Judged {
  /** Those that are in force now. */
  readonly config: Settings
  readonly verdict: Verdict
  /** Where it has phases: which one is in force now, from 0. */
  readonly phase?: number
  readonly phases?: readonly PhaseReport[]
}

/** What its clients saw, in all and phase by phase, and what the process has. */
export interface Seen {
  readonly all: Snapshot
  readonly byPhase: readonly Snapshot[]
  readonly ofProcess: Snapshot
}

/** `sinceMs`: so long ago its first phase began. Each phase is judged by its own settings. */
export function judgeUpstream(
  upstream: Upstream,
  { all, byPhase, ofProcess }: Seen,
  capacity: Capacity,
  sinceMs: number,
): { readonly judged: Judged; readonly part: Part } {
  const { name, phases } = upstream
  const { busy, peakDescriptors } = ofProcess
  const { index: phase } = momentOf(upstream, sinceMs)
  const config = phases[phase]!.settings
  const judge = (numbers: Snapshot, settings: Settings) =>
    judgeClosely({ ...numbers, busy, peakDescriptors }, settings, capacity)
  if (phases.length === 1) {
    const part = { name, ...judge(all, config) }
    return { judged: { config, verdict: part.verdict }, part }
  }
  const parts = phases.map(({ afterMs, settings }, i) => ({
    name: afterMs === 0 ? 'from the start' : `from ${formatMs(afterMs)}`,
    ...judge(byPhase[i]!, settings),
  }))
  const part = { name, ...judgeAll(parts, 'phase') }
  const reports = phases.map(({ afterMs }, i) => reportPhase(afterMs, byPhase[i]!))
  return { judged: { config, verdict: part.verdict, phase, phases: reports }, part }
}

function reportPhase(afterMs: number, { routes, ttft, lateness }: Snapshot): PhaseReport {
  const byStatus: Record<string, number> = {}
  for (const { status, requests } of showRoutes(routes)) byStatus[status] = (byStatus[status] ?? 0) + requests
  return {
    afterMs,
    requests: { total: countRequests(routes), byStatus },
    ttftMs: { p50: percentileMs(ttft, 0.5), p99: percentileMs(ttft, 0.99) },
    latenessMs: { p99: percentileMs(lateness, 0.99) },
  }
}
