// What is made of the numbers: their sums, the report, the verdict, the renderings.
import { describe, expect, test } from 'bun:test'
import { readSettings, type GivenFlags } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { Histogram, type HistogramSnapshot } from '../../src/stats/histogram.ts'
import { renderMetrics } from '../../src/stats/prometheus.ts'
import { type Collection, makeReport, type RunFacts } from '../../src/stats/report.ts'
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../../src/stats/snapshot.ts'
import { renderLive, renderSummary } from '../../src/stats/summary.ts'
import { plain } from '../../src/config/terminal.ts'
import { judge, toleranceMs } from '../../src/stats/verdict.ts'

function micros(...values: number[]): HistogramSnapshot {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value, 1)
  return histogram.snapshot()
}

const one: Snapshot = {
  seconds: 10,
  spells: [
    [1000, 5000],
    [9000, 11_000],
  ],
  open: 3,
  peakOpen: 7,
  completed: 20,
  abortedBeforeFirstEvent: 1,
  abortedMidStream: 2,
  cut: 0,
  lost: 0,
  unrouted: [{ target: 'GET /nowhere', atMs: 1_795_380_000_000 }],
  leavings: [['mock1234567800000009', 1_795_380_000_000.125, 2]],
  peakDescriptors: 0,
  events: 460,
  bytes: 90_000,
  routes: [
    { route: 'POST /v1/chat/completions', status: 200, requests: 26, waiting: 0 },
    { route: 'unrouted', status: 404, requests: 2, waiting: 0 },
  ],
  lateness: micros(100, 200, 900),
  ttft: micros(50_000, 51_000),
  wholeTime: micros(950_000),
  loopDelay: micros(20),
  heldBack: 2,
  blocked: micros(300_000),
  ledgers: [
    {
      pattern: 'abort:5',
      dealt: 4,
      completed: 3,
      leftBeforeFirstEvent: 0,
      leftMidStream: 1,
      leftAfterChunks: [[2, 1]],
      leftAfterFault: micros(5000),
    },
  ],
  timeline: [
    { second: 100, byStatus: { '200': 5 }, waiting: 0 },
    { second: 101, byStatus: { '200': 1, '429': 2 }, waiting: 1 },
  ],
  memory: { prepared: { taken: 1000, limit: 64_000 }, bodies: { taken: 0, limit: 256_000 } },
  busy: [{ worker: 0, mean: 0.25, peak: 0.5, last: 0.25 }],
}
const two: Snapshot = {
  ...one,
  seconds: 9,
  routes: [{ route: 'POST /v1/chat/completions', status: 200, requests: 4, waiting: 0 }],
  lateness: micros(2000),
  busy: [{ worker: 1, mean: 0.75, peak: 0.8, last: 0.75 }],
}

function factsOf(flags: GivenFlags = {}): RunFacts {
  return {
    version: '1.2.3',
    commit: 'abc',
    config: singleUpstream(readSettings(flags, {})),
    startedAtMs: 1_795_380_000_000,
    cpus: 2,
    descriptorLimit: 1000,
  }
}

const merged = mergeSnapshots(one, two)
const collection: Collection = {
  shares: [{ upstream: '', phase: 0, session: null, numbers: merged }],
  merged,
  workers: 3,
  reported: 2,
  lost: 1,
}

describe('mergeSnapshots', () => {
  test('adds what adds up, and keeps the longest window and every worker', () => {
    const merged = mergeSnapshots(one, two)
    expect(merged).toMatchObject({
      seconds: 10,
      open: 6,
      peakOpen: 14,
      completed: 40,
      events: 920,
      memory: { prepared: { taken: 2000, limit: 128_000 }, bodies: { taken: 0, limit: 512_000 } },
      busy: [...one.busy, ...two.busy],
    })
    expect(merged.routes).toEqual([
      { route: 'POST /v1/chat/completions', status: 200, requests: 30, waiting: 0 },
      { route: 'unrouted', status: 404, requests: 2, waiting: 0 },
    ])
    expect(merged.lateness.count).toBe(4)
  })

  test('names workers by their place, whoever answers first', () => {
    expect(mergeSnapshots(two, one).busy.map(({ worker }) => worker)).toEqual([0, 1])
  })

  test('is associative, and an empty one changes nothing', () => {
    const three = { ...two, open: 9, busy: one.busy }
    expect(mergeSnapshots(mergeSnapshots(one, two), three)).toEqual(
      mergeSnapshots(one, mergeSnapshots(two, three)),
    )
    expect(mergeSnapshots(emptySnapshot, one)).toEqual(one)
  })
})

test('makeReport', () => {
  expect(makeReport(collection, factsOf(), 1_795_380_012_345)).toMatchObject({
    version: '1.2.3',
    commit: 'abc',
    engine: 'bun',
    startedAt: '2026-11-22T20:40:00.000Z',
    uptimeSeconds: 12.345,
    windowSeconds: 10,
    workers: { expected: 3, reported: 2, missing: 1, lost: 1 },
    requests: { total: 32, open: 6, completed: 40, abortedBeforeFirstEvent: 2, abortedMidStream: 4 },
    sent: { events: 920, bytes: 180_000, heldBack: 4 },
    latenessMs: { count: 4, p50: 0.2, p99: 2, p999: 2, max: 2 },
    busy: { peak: 0.8, perWorker: [...one.busy, ...two.busy] },
    verdict: { kept: null },
  })
})

describe('the verdict', () => {
  const capacity = { workers: 2, cpus: 2, descriptorLimit: 1000 }
  const late = (p99Micros: number, peak = 0.25, change: Partial<Snapshot> = {}): Snapshot => ({
    ...one,
    lateness: micros(...new Array<number>(100).fill(p99Micros)),
    busy: [{ worker: 0, mean: 0.1, peak, last: 0 }],
    ...change,
  })
  const oneWorker = { ...capacity, workers: 1 }
  const quantiles = { ttftMs: '0', chunkDelayJitter: 'quantiles:50/60/70/80' }

  test.each([
    [
      'kept',
      {},
      late(4900),
      capacity,
      true,
      'The schedule was kept: p99 lateness 4.9 ms, at most 5 ms allowed.',
    ],
    ['never stricter than 1 ms', { chunkDelayMs: '2' }, late(990), capacity, true, 'at most 1 ms allowed.'],
    ['the smaller delay counts', { ttftMs: '20' }, late(2500), capacity, false, 'at most 2 ms allowed'],
    ['quantiles take the place of the delay', quantiles, late(6000), capacity, false, 'at most 5 ms allowed'],
    ['busy, all CPUs in use', {}, late(6000, 0.95), capacity, false, "more load than this host's 2 CPUs"],
    [
      'too few workers',
      {},
      late(6000, 0.95),
      oneWorker,
      false,
      'too few workers (1 on 2 CPUs, the busiest at 95 %)',
    ],
    [
      'descriptors',
      {},
      late(6000, 0.2, { peakOpen: 1990 }),
      capacity,
      false,
      'the limit of 1000 descriptors per worker',
    ],
    ['somebody else', {}, late(6000), capacity, false, 'other programs on the same CPUs'],
    [
      'zero delay, idle',
      { chunkDelayMs: '0' },
      late(6000),
      capacity,
      true,
      'Not saturated: the busiest worker used 25 %',
    ],
    [
      'zero delay, busy',
      { chunkDelayMs: '0' },
      late(0, 0.91),
      capacity,
      false,
      'Saturated: the busiest worker used 91 %',
    ],
    [
      'too little',
      {},
      { ...one, lateness: micros(1) },
      capacity,
      null,
      'Too few events to judge: 1, at least 100',
    ],
  ] as const)('%s', (_name, flags, snapshot, host, kept, sentence) => {
    const verdict = judge(snapshot, readSettings(flags, {}), host)
    expect(verdict.sentence).toContain(sentence)
    expect(verdict.kept).toBe(kept)
    expect(verdict.about).toBe(
      kept === null ? null : sentence.includes('aturated') ? 'saturation' : 'schedule',
    )
  })

  test.each([
    [{ ttftMs: '50', chunkDelayMs: '50' }, 5],
    [{ ttftMs: '0', chunkDelayMs: '50' }, 5],
    [{ ttftMs: '300', chunkDelayMs: '0' }, 30],
    [{ ttftMs: '120', chunkDelayMs: '50', chunkCount: '0' }, 12],
    [{ ttftMs: '1', chunkDelayMs: '1' }, 1],
    [{ ttftMs: '0', chunkDelayMs: '0' }, undefined],
    [{ ttftMs: '5000', chunkDelayJitter: 'quantiles:20/30/40/50' }, 2],
    [{ chunkDelayMs: '0', chunkDelayJitter: 'lognormal:1' }, undefined],
  ])('%j tolerate %j ms', (flags, tolerance) => expect(toleranceMs(readSettings(flags, {}))).toBe(tolerance))
})

describe('renderings', () => {
  const report = makeReport(collection, factsOf(), 1_795_380_012_345)

  test('the summary', () => {
    expect(renderSummary(report)).toBe(`\
requests   32 (5/s in the 6 s in which there were some), POST /v1/chat/completions 200: 30, unrouted 404: 2
streams    40 completed, 6 left by the client (2 before the first event), 0 cut at the end, at most 14 open
unrouted   GET /nowhere
fault      abort:5: 8 dealt, 6 played to the end, 2 left by the client, 5 ms after the fault (p50)
sent       920 events (153/s), 180 kB, 4 events held back by clients that did not read
TTFT       p50 50 ms, p90 50.99 ms, p99 50.99 ms, p99.9 50.99 ms, max 51 ms
whole      p50 950 ms, p90 950 ms, p99 950 ms, p99.9 950 ms, max 950 ms
lateness   p50 0.2 ms, p90 2 ms, p99 2 ms, p99.9 2 ms, max 2 ms
loop delay p50 0.02 ms, p90 0.02 ms, p99 0.02 ms, p99.9 0.02 ms, max 0.02 ms
busy       25 % (at most 50 %), 75 % (at most 80 %) of a CPU per worker, engine bun
verdict    Too few events to judge: 4, at least 100 are needed.
lost       what 1 worker that died had done since last asked
missing    the latest numbers of 1 of 3 workers, which did not answer
`)
  })

  test('the live line is about what came in between', () => {
    const after = {
      ...one,
      seconds: 11,
      events: 1460,
      busy: [{ worker: 0, mean: 0.3, peak: 0.9, last: 0.8 }],
      lateness: micros(100, 200, 900, 5000),
    }
    expect(renderLive(one, after)).toBe(
      '0 requests/s  1,000 events/s  3 open  TTFT p50 -  late p99 5 ms  errors 0 %  faults 0 %  busy 80 %',
    )
    expect(renderLive(after, one)).toBeUndefined() // a reset
  })

  test('on a narrow terminal the summary goes on below its text, and words are whole', () => {
    const wide = renderSummary(report)
    const narrow = renderSummary(report, plain, 60)
    expect(narrow.split('\n').filter((line) => line.length > 60)).toEqual([])
    expect(narrow.replaceAll(/\n {11}/g, ' ')).toBe(wide)
    expect(renderSummary(report, plain, 30)).toBe(wide) // where a word hardly fits, it is the terminal's business
  })

  test('the metrics are well formed, with cumulative buckets', () => {
    const text = renderMetrics(collection, report)
    expect(text).toEndWith('\n')
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) mock_llm_\w+ .+|mock_llm_\w+(\{(\w+="[^"]*",?)+\})? [0-9.e+-]+)$/)
    expect(text).toContain('mock_llm_build_info{version="1.2.3",commit="abc",engine="bun"} 1\n')
    expect(text).toContain('mock_llm_requests_total{route="POST /v1/chat/completions",status="200"} 30\n')
    expect(text).toContain('mock_llm_worker_busy_ratio{worker="1"} 0.75\n')
    const buckets = [...text.matchAll(/^mock_llm_lateness_seconds_bucket\{le="(.+?)"\} (\d+)$/gm)]
    expect(buckets.at(-1)!.slice(1)).toEqual(['+Inf', '4'])
    expect(buckets.find(([, le]) => le === '0.001')![2]).toBe('3')
    const counts = buckets.map(([, , count]) => Number(count))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(text).toContain('mock_llm_lateness_seconds_sum 0.0032\n')
  })
})
