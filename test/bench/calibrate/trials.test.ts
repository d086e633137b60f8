// The trials of a calibration: what each asks of the clients, and what its figures mean.
import { clientsFor, streamsBound } from '../../../src/bench/surroundings.ts'
import { describe, expect, test } from 'bun:test'
import {
  fewestWorkers,
  mostKept,
  planScaling,
  planStreams,
  scalingRow,
  streamsRow,
  workerCounts,
} from '../../../src/bench/calibrate/trials.ts'
import { RunError } from '../../../src/config/errors.ts'
import { percentilesOf } from '../../../src/stats/percentiles.ts'
import {
  histogramOf,
  loadResult,
  noPercentiles,
  percentilesAt,
  scalingOf,
  streamsOf,
  targetTo,
} from '../_results.ts'

test.each([
  [1, [1]],
  [2, [1, 2]],
  [3, [1, 2, 3]],
  [4, [1, 2, 4]],
  [7, [1, 2, 4, 7]],
  [8, [1, 2, 4, 8]],
  [96, [1, 2, 4, 8, 16, 32, 64, 96]],
])('of %j workers at most these are tried: %j', (most, counts) => {
  expect(workerCounts(most)).toEqual(counts)
})

test.each([
  // A CPU is left for the workers, but there is always a client.
  [1, 1, 1],
  [1, 2, 1],
  [2, 2, 1],
  [2, 3, 2],
  [8, 4, 3],
  [2, 96, 2],
])('%j workers on %j CPUs are loaded by %j clients', (workers, cpus, clients) => {
  expect(clientsFor(workers, cpus)).toBe(clients)
})

const addressed = { target: targetTo(8080), delimiter: '\r\r' } as const
const unwatched = { origin: { ttftMs: 0, latencyMs: 0 }, hungAfterMs: 10_000, watch: null }

test.each([
  [1, 3000, 64],
  [4, 1000, 256],
])('throughput of %j workers in %j ms: %j connections', (workers, measureMs, connections) => {
  const steady = { rate: null, rampMs: 0, warmMs: 500, due: null, ...unwatched }
  expect(planScaling(addressed, workers, measureMs)).toEqual({
    ...addressed,
    ...steady,
    connections,
    measureMs,
  })
})

test.each([
  // chunks, delay, first after, seconds: ramp, measured. A reply is spread over its own time, and measured whole.
  [18, 50, 50, 3, 950, 3000],
  [18, 50, 1000, 3, 1900, 3000],
  [18, 5, 5, 3, 500, 3000], // a short reply
  [100, 50, 50, 3, 5050, 5050], // longer than is measured
  [500, 50, 50, 3, 10_000, 25_050], // longer than a ramp may be
  [2000, 50, 50, 3, 10_000, 60_000], // longer than is waited for
  [2000, 50, 50, 90, 10_000, 90_000],
])(
  '%j chunks, %j ms apart, the first after %j ms',
  (chunkCount, chunkDelayMs, ttftMs, seconds, rampMs, measureMs) => {
    const plan = planStreams(addressed, 300, { chunkCount, chunkDelayMs, ttftMs, seconds }, [0, 1])
    const due = { ttftMs, delayMs: chunkDelayMs, steps: [0, 1] }
    const paced = { connections: 300, rate: null, rampMs, warmMs: rampMs + 500, measureMs, due }
    expect(plan).toEqual({ ...addressed, ...paced, ...unwatched })
  },
)

function busyOf(...means: readonly number[]) {
  return { perWorker: means.map((mean, worker) => ({ worker, mean, peak: 1, last: 1 })) }
}

describe('throughput', () => {
  test('a row says what was counted, in seconds and shares', () => {
    const result = loadResult({ requests: 3001, events: 60_020, measuredMs: 2000, cpuMs: 1802 })
    expect(scalingRow(4, 2, result, busyOf(0.2, 0.7, 0.6))).toEqual({
      workers: 4,
      clients: 2,
      requestsPerSecond: 1501,
      eventsPerSecond: 30_010,
      busiestWorker: 0.7,
      clientCpus: 0.901,
      atLimit: null,
    })
  })

  test.each([
    [1, 899, 1, 'server'],
    [1, 900, 1, 'clients'],
    [1, 1000, 0.5, 'clients'],
    [2, 1000, 0.9, 'server'],
    [2, 1799, 0.899, null],
    [2, 1800, 0.899, 'clients'],
  ] as const)(
    '%j clients that used %j ms of CPU in a second, and a worker %j of a CPU: %j',
    (clients, cpuMs, share, atLimit) => {
      const row = scalingRow(1, clients, loadResult({ cpuMs }), busyOf(0.1, share))
      expect(row.atLimit).toBe(atLimit)
    },
  )

  test('where no worker told how busy it was, none was', () => {
    expect(scalingRow(1, 1, loadResult(), busyOf()).busiestWorker).toBe(0)
  })

  test.each([
    [1, '1 request'],
    [12, '12 requests'],
  ])('with %j failed requests it means nothing', (errors, told) => {
    const errorKinds = [
      ['status 500', 1],
      ['status 503', errors - 1],
    ] as const
    const failed = loadResult({ requests: 1000, errors, errorKinds })
    expect(() => scalingRow(1, 1, failed, busyOf(1))).toThrow(
      new RunError(`cannot measure: ${told} failed, the first because: status 500`),
    )
  })

  test.each([
    [[100], 1],
    [[100, 200], 2],
    [[100, 111], 1],
    [[100, 112], 2],
    [[90, 100], 1],
    [[89, 100], 2],
    [[100, 50, 20], 1],
    [[50, 91, 100, 95], 2],
    [[0, 0], 1],
  ])('the fewest workers with nine tenths of the best of %j: %j', (rates, workers) => {
    const rows = rates.map((requestsPerSecond, i) => scalingOf({ workers: i + 1, requestsPerSecond }))
    expect(fewestWorkers(rows)).toBe(workers)
  })
})

describe('streams', () => {
  const served = {
    latenessMs: percentilesAt(0.5, 1),
    busy: busyOf(0.25, 0.5004),
    idleBytes: 1_000_000,
    residentBytes: 3_000_000,
  }

  test('a row says what clients and server saw', () => {
    const result = loadResult({ events: 5001, measuredMs: 2000, lateness: histogramOf(1, 2, 3) })
    expect(streamsRow(200, result, served, 5)).toEqual({
      streams: 200,
      eventsPerSecond: 2501,
      serverLatenessMs: served.latenessMs,
      clientLatenessMs: percentilesOf(histogramOf(1, 2, 3)),
      workerCpus: 0.75,
      bytesPerStream: 10_000,
      errors: 0,
      kept: true,
    })
  })

  test.each([
    ['on time', [1, 2], 0, true],
    ['just on time', [2], 0, true],
    ['late', [2.1], 0, false],
    ['late in the last hundredth', [...Array(98).fill(1), 9, 9], 0, false],
    ['late in less than the last hundredth', [...Array(99).fill(1), 9], 0, true],
    ['with an error', [1], 1, false],
    ['without an event', [], 0, false],
  ])('%s', (_, late, errors, kept) => {
    const row = streamsRow(10, loadResult({ errors, lateness: histogramOf(...late) }), served, 2)
    expect([row.kept, row.errors]).toEqual([kept, errors])
  })

  test.each([
    [1000, 3000, 200, 10],
    [1000, 3099, 200, 10],
    [1000, 3100, 200, 11],
    [3000, 1000, 200, 0], // memory was given back
    [null, 3000, 200, null],
    [1000, null, 200, null],
    [0, 1000, 10, 100],
  ])('%j bytes without streams, %j with them', (idleBytes, residentBytes, streams, each) => {
    const row = streamsRow(streams, loadResult(), { ...served, idleBytes, residentBytes }, 2)
    expect(row.bytesPerStream).toBe(each)
  })

  test('where the server saw nothing, that is what its figures say', () => {
    const row = streamsRow(10, loadResult(), { ...served, latenessMs: noPercentiles }, 2)
    expect([row.serverLatenessMs, row.clientLatenessMs]).toEqual([noPercentiles, noPercentiles])
  })

  test.each([
    [28_000, undefined, 28_000],
    [28_000, 1_000_000, 28_000],
    [28_000, 20_000, 19_936],
    [28_000, 28_064, 28_000],
    [28_000, 28_063, 27_999],
    [28_000, 64, 0],
  ])('with %j ports and %j descriptors %j can be opened', (localPorts, descriptorLimit, bound) => {
    expect(streamsBound({ localPorts, descriptorLimit })).toBe(bound)
  })

  test.each([
    [[], 0],
    [[[250, false]], 0],
    [[[250, true]], 250],
    [
      [
        [250, true],
        [500, true],
        [750, false],
      ],
      500,
    ],
    [
      [
        [250, false],
        [500, true],
      ],
      500,
    ],
  ] as [[number, boolean][], number][])('the most of %j on time: %j', (rows, most) => {
    expect(mostKept(rows.map(([streams, kept]) => streamsOf({ streams, kept })))).toBe(most)
  })
})
