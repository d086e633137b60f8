// What the tests of this room make results and rows of: quiet ones, in which each test changes what it is about.
import type { LoadPlan } from '../../src/bench/client/plan.ts'
import type { ScalingRow, StreamsRow } from '../../src/bench/calibrate/results.ts'
import type { LoadResult } from '../../src/bench/client/tally.ts'
import { emptyHistogram, Histogram, type HistogramSnapshot } from '../../src/stats/histogram.ts'
import { type Percentiles, percentilesOf } from '../../src/stats/percentiles.ts'

/** A histogram of these times. */
export function histogramOf(...ms: readonly number[]): HistogramSnapshot {
  const histogram = new Histogram()
  for (const each of ms) histogram.record(each * 1000, 1)
  return histogram.snapshot()
}

export const noPercentiles: Percentiles = percentilesOf(emptyHistogram)

export function percentilesAt(p50: number, p99: number): Percentiles {
  return { count: 100, p50, p90: p50, p99, p999: p99, max: p99 }
}

export function loadResult(change: Partial<LoadResult> = {}): LoadResult {
  return {
    requests: 0,
    events: 0,
    errors: 0,
    error: null,
    measuredMs: 1000,
    cpuMs: 0,
    waiting: 0,
    underWay: 0,
    oldestMs: 0,
    ttft: emptyHistogram,
    gap: emptyHistogram,
    latency: emptyHistogram,
    lateness: emptyHistogram,
    ...change,
  }
}

export function loadPlan(change: Partial<LoadPlan> = {}): LoadPlan {
  return {
    host: '127.0.0.1',
    port: 1,
    request: 'GET / HTTP/1.1\r\n\r\n',
    delimiter: '\n\n',
    connections: 4,
    rate: null,
    rampMs: 0,
    warmMs: 0,
    measureMs: 100,
    events: 3,
    due: null,
    ...change,
  }
}

export function scalingOf(change: Partial<ScalingRow> = {}): ScalingRow {
  return {
    workers: 1,
    clients: 1,
    requestsPerSecond: 10_000,
    eventsPerSecond: 200_000,
    busiestWorker: 0.5,
    clientCpus: 0.5,
    clientLimited: false,
    ...change,
  }
}

export function streamsOf(change: Partial<StreamsRow> = {}): StreamsRow {
  return {
    streams: 250,
    eventsPerSecond: 5000,
    serverLatenessMs: percentilesAt(0.1, 1),
    clientLatenessMs: percentilesAt(0.2, 2),
    workerCpus: 0.1,
    bytesPerStream: null,
    errors: 0,
    kept: true,
    ...change,
  }
}
