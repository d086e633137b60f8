// What the tests of this room make results and rows of: quiet ones, in which each test changes what it is about.
import { type LoadPlan, NO_ORIGIN } from '../../src/bench/client/plan.ts'
import type { ScalingRow, StreamsRow } from '../../src/bench/calibrate/results.ts'
import type { LoadResult } from '../../src/bench/client/tally.ts'
import type { Watched } from '../../src/bench/client/watch.ts'
import { type Target, targetOf, type Wishes } from '../../src/bench/client/target.ts'
import { formatOf } from '../../src/bench/client/formats.ts'
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

/** Every count is this one, and every delay. */
export function watchedOf(count: number, change: Partial<Watched> = {}): Watched {
  return {
    replies: count,
    chunks: count,
    lost: count,
    doubled: count,
    reordered: count,
    merged: count,
    split: count,
    comments: count,
    reads: count,
    readEvents: count,
    earlyHeads: count,
    sampled: count,
    altered: count,
    delay: emptyHistogram,
    leastMicros: null,
    byChunk: { sumMicros: [count], times: [count] },
    ...change,
  }
}

export function loadResult(change: Partial<LoadResult> = {}): LoadResult {
  return {
    requests: 0,
    events: 0,
    errors: 0,
    errorKinds: [],
    measuredMs: 1000,
    cpuMs: 0,
    waiting: 0,
    underWay: 0,
    oldestMs: 0,
    hung: 0,
    ttft: emptyHistogram,
    gap: emptyHistogram,
    latency: emptyHistogram,
    lateness: emptyHistogram,
    watched: null,
    ...change,
  }
}

export function wishesOf(change: Partial<Wishes> = {}): Wishes {
  return {
    format: 'chat',
    model: 'm',
    body: null,
    headers: [],
    isWhole: false,
    isHttp2: false,
    isInsecure: false,
    ca: null,
    keys: {},
    ...change,
  }
}

/** The address of a format at this port of 127.0.0.1. */
export function urlTo(port: number, change: Partial<Wishes> = {}, scheme = 'http'): URL {
  const { format, model, isWhole } = wishesOf(change)
  return new URL(`${scheme}://127.0.0.1:${port}${formatOf(format).path(model, isWhole)}`)
}

export function targetTo(port: number, change: Partial<Wishes> = {}, scheme = 'http'): Target {
  return targetOf(urlTo(port, change, scheme), wishesOf(change))
}

export function loadPlan(change: Partial<LoadPlan> = {}): LoadPlan {
  return {
    target: targetTo(1),
    delimiter: '\n\n',
    connections: 4,
    rate: null,
    rampMs: 0,
    warmMs: 0,
    measureMs: 100,
    due: null,
    origin: NO_ORIGIN,
    hungAfterMs: 10_000,
    watch: null,
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
    atLimit: 'server',
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
