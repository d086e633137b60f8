// Collections of several upstreams: what their clients saw, share by share.
import { readConfigFile } from '../../src/config/configfile.ts'
import { shownConfig } from '../../src/config/upstreams.ts'
import { Histogram, type HistogramSnapshot } from '../../src/stats/histogram.ts'
import type { Collection, RunFacts } from '../../src/stats/report.ts'
import { processItself, type Shares, total } from '../../src/stats/shares.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'

export const STARTED_MS = 1_795_380_000_000

export function micros(value: number, times = 1): HistogramSnapshot {
  const histogram = new Histogram()
  histogram.record(value, times)
  return histogram.snapshot()
}

/** The facts of a run with this file. */
export async function factsOf(yaml: string): Promise<RunFacts> {
  return {
    version: '1.2.3',
    commit: null,
    config: shownConfig(await readConfigFile(yaml, 'mock.yaml', { flags: {}, environment: {} })),
    startedAtMs: STARTED_MS,
    cpus: 2,
    descriptorLimit: 1000,
  }
}

/** So many requests with one status, each with 20 events, so late. */
export function seen(requests: number, status = 200, lateMicros = 100): Snapshot {
  return {
    ...emptySnapshot,
    spells: [[STARTED_MS, STARTED_MS + 10_000]],
    routes: [{ route: 'POST /v1/chat/completions', status, requests, waiting: 0 }],
    completed: requests,
    events: 20 * requests,
    ttft: micros(50_000, requests),
    lateness: micros(lateMicros, 20 * requests),
  }
}

export const ofProcess: Snapshot = {
  ...emptySnapshot,
  seconds: 10,
  loopDelay: micros(20),
  busy: [{ worker: 0, mean: 0.25, peak: 0.5, last: 0.25 }],
}

/** Of upstream and phase: what its clients saw. */
export type Told = readonly (readonly [
  upstream: string,
  phase: number,
  numbers: Snapshot,
  session?: string,
])[]

/** After so many seconds. */
export function collectionOf(told: Told, seconds = 10): Collection {
  const shares: Shares = [
    { ...processItself, numbers: { ...ofProcess, seconds } },
    ...told.map(([upstream, phase, numbers, session = null]) => ({ upstream, phase, session, numbers })),
  ]
  return { shares, merged: total(shares), workers: 1, reported: 1, lost: 0 }
}

export const THREE = `
upstreams:
  - { name: fast, prefix: /fast }
  - { name: slow, prefix: /slow, phases: [{ after: 0s }, { after: 30s, chunk-delay-ms: 250 }] }
  - { name: other, listen: 127.0.0.1:9002, api-key: secret }
`
