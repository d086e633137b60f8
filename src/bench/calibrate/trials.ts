// The trials of a calibration: what each asks of the clients, and what its figures mean. Pure.
import type { CalibrateConfig } from '../../config/calibrate.ts'
import { percentilesOf } from '../../stats/percentiles.ts'
import type { Report } from '../../stats/report.ts'
import { round } from '../../stats/rounding.ts'
import { HUNG_AFTER_MS, type LoadPlan, NO_ORIGIN } from '../client/plan.ts'
import type { ScalingRow, StreamsRow } from './results.ts'
import { CLIENT_BUSY, type LoadResult, refuseErrors } from '../client/tally.ts'
import { SERVER_BUSY } from '../surroundings.ts'

const CONNECTIONS_PER_WORKER = 64
const WARM_MS = 500

/** Whom to ask, and how its streams are read. */
export type Addressed = Pick<LoadPlan, 'target' | 'delimiter'>

/** The numbers of workers that are tried: powers of two, and the most. */
export function workerCounts(most: number): number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i)
  return [...new Set([...powers, most])]
}

/** Throughput: connections that ask again as soon as they have read. */
export function planScaling(addressed: Addressed, workers: number, measureMs: number): LoadPlan {
  return {
    ...addressed,
    connections: CONNECTIONS_PER_WORKER * workers,
    rate: null,
    rampMs: 0,
    warmMs: WARM_MS,
    measureMs,
    due: null,
    origin: NO_ORIGIN,
    hungAfterMs: HUNG_AFTER_MS,
    watch: null,
  }
}

type Paced = Pick<CalibrateConfig, 'chunkCount' | 'chunkDelayMs' | 'ttftMs' | 'seconds'>

/** Paced streams, begun spread over the time of a reply, and measured for at least one. `steps` are those of the events. */
export function planStreams(
  addressed: Addressed,
  streams: number,
  { chunkCount, chunkDelayMs, ttftMs, seconds }: Paced,
  steps: readonly number[],
): LoadPlan {
  const replyMs = ttftMs + chunkCount * chunkDelayMs
  const rampMs = Math.min(10_000, Math.max(replyMs, 500))
  return {
    ...addressed,
    connections: streams,
    rate: null,
    rampMs,
    warmMs: rampMs + WARM_MS,
    measureMs: Math.max(seconds * 1000, Math.min(replyMs, 60_000)),
    due: { ttftMs, delayMs: chunkDelayMs, steps },
    origin: NO_ORIGIN,
    hungAfterMs: HUNG_AFTER_MS,
    watch: null,
  }
}

type Busy = Pick<Report['busy'], 'perWorker'>

/** @throws RunError when a request has failed: throughput with failures in it means nothing */
export function scalingRow(
  workers: number,
  clients: number,
  result: LoadResult,
  { perWorker }: Busy,
): ScalingRow {
  const { cpuMs, measuredMs } = result
  refuseErrors(result)
  const clientCpus = cpuMs / measuredMs
  const busiestWorker = Math.max(0, ...perWorker.map(({ mean }) => mean))
  return {
    workers,
    clients,
    requestsPerSecond: perSecond(result.requests, result),
    eventsPerSecond: perSecond(result.events, result),
    busiestWorker,
    clientCpus: round(clientCpus, 3),
    atLimit: clientCpus / clients >= CLIENT_BUSY ? 'clients' : busiestWorker >= SERVER_BUSY ? 'server' : null,
  }
}

/** What the server says of a trial with paced streams. */
interface Served {
  readonly latenessMs: Report['latenessMs']
  readonly busy: Busy
  /** Resident memory without streams and with them; null where the system does not say. */
  readonly idleBytes: number | null
  readonly residentBytes: number | null
}

export function streamsRow(
  streams: number,
  result: LoadResult,
  { latenessMs, busy, idleBytes, residentBytes }: Served,
  toleranceMs: number,
): StreamsRow {
  const clientLatenessMs = percentilesOf(result.lateness)
  return {
    streams,
    eventsPerSecond: perSecond(result.events, result),
    serverLatenessMs: latenessMs,
    clientLatenessMs,
    workerCpus: round(
      busy.perWorker.reduce((sum, { mean }) => sum + mean, 0),
      3,
    ),
    bytesPerStream:
      residentBytes === null || idleBytes === null
        ? null
        : Math.max(0, Math.round((residentBytes - idleBytes) / streams)),
    errors: result.errors,
    kept: result.errors === 0 && clientLatenessMs.p99 !== null && clientLatenessMs.p99 <= toleranceMs,
  }
}

function perSecond(count: number, { measuredMs }: LoadResult): number {
  return Math.round((count / measuredMs) * 1000)
}

/** The fewest workers with 90 % of the best throughput: further ones only take time from the clients on the same CPUs. */
export function fewestWorkers(scaling: readonly ScalingRow[]): number {
  const best = Math.max(...scaling.map((row) => row.requestsPerSecond))
  return scaling.find((row) => row.requestsPerSecond >= 0.9 * best)!.workers
}

/** The most streams of the rows that were on time; 0 where none was. */
export function mostKept(rows: readonly StreamsRow[]): number {
  return Math.max(0, ...rows.filter(({ kept }) => kept).map(({ streams }) => streams))
}
