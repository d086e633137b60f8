// The report, the metrics and the summary of several upstreams, against texts written by hand.
import { describe, expect, test } from 'bun:test'
import { bucketsOf, withBuckets } from '../../src/stats/buckets.ts'
import { renderMetrics } from '../../src/stats/prometheus.ts'
import {
  type Collection,
  makeReport,
  type Report,
  type RunFacts,
  type Wanted,
} from '../../src/stats/report.ts'
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../../src/stats/snapshot.ts'
import { renderLive, renderSummary } from '../../src/stats/summary.ts'
import { judgeAll, type Part } from '../../src/stats/verdict.ts'
import { collectionOf, factsOf, micros, ofProcess, seen, STARTED_MS, THREE } from './_upstreams.ts'

const three = await factsOf(THREE)
const single = await factsOf('upstreams: [{ name: only }]')
const unnamed = await factsOf('{}')

const collection = collectionOf([
  ['fast', 0, seen(100)],
  ['slow', 0, seen(40, 429)],
  ['slow', 1, seen(20, 200, 30_000)],
  ['slow', 1, seen(2, 200, 20_000), 'test-1'],
])

const report = (
  facts: RunFacts,
  afterMs = 10_000,
  wanted: Wanted = {},
  of: Collection = collection,
): Report => makeReport(of, facts, STARTED_MS + afterMs, wanted)

describe('with names', () => {
  test('each upstream has numbers, settings and a verdict of its own', () => {
    const { upstreams, requests, config, verdict, loopDelayMs } = report(three)
    expect(Object.keys(upstreams!)).toEqual(['fast', 'slow', 'other'])
    expect(requests).toMatchObject({ total: 162, completed: 162 })
    expect(loopDelayMs.count).toBe(1)
    expect(upstreams!['fast']).toMatchObject({
      prefix: '/fast',
      listen: null,
      requests: { total: 100, completed: 100 },
      sent: { events: 2000 },
      latenessMs: { count: 2000, p99: 0.1 },
      config: { chunkDelayMs: 50 },
      verdict: { kept: true },
    })
    expect(upstreams!['other']).toMatchObject({
      prefix: '',
      listen: { host: '127.0.0.1', port: 9002 },
      requests: { total: 0 },
      config: { apiKey: '(set)' },
      verdict: { about: null },
    })
    expect(verdict.kept).toBe(false)
    expect(verdict.sentence).toStartWith('1 of 3 upstreams failed; worst: the upstream slow. ')
    expect(config).toMatchObject({ chunkDelayMs: 50, apiKey: '' })
    expect(JSON.stringify(report(three))).not.toContain('secret')
  })

  test('what is of the process stands at the top alone', () => {
    const told = Object.keys(report(three).upstreams!['fast']!)
    for (const name of ['busy', 'memory', 'descriptors', 'loopDelayMs', 'windowSeconds', 'workers'])
      expect(told).not.toContain(name)
  })

  test('one alone is told in the same shape', () => {
    const one = report(three, 10_000, { upstream: 'fast' })
    const { upstreams, ...whole } = report(three)
    expect(Object.keys(one)).toEqual(Object.keys(whole))
    expect(one).toMatchObject({
      requests: { total: 100 },
      latenessMs: { count: 2000 },
      busy: { perWorker: [{ worker: 0 }] },
      verdict: upstreams!['fast']!.verdict,
      config: upstreams!['fast']!.config,
    })
  })

  test('of a session only what is its own', () => {
    const { requests, upstreams, busy } = report(three, 10_000, { session: 'test-1' })
    expect([requests.total, upstreams!['slow']!.requests.total, upstreams!['fast']!.requests.total]).toEqual([
      2, 2, 0,
    ])
    expect(busy.perWorker).toHaveLength(1)
    expect(report(three, 10_000, { session: 'test-1', upstream: 'fast' }).requests.total).toBe(0)
    expect(report(three, 10_000, { session: 'test-1', upstream: 'slow' }).requests.total).toBe(2)
    expect(report(three, 10_000, { session: 'test-2' }).requests.total).toBe(0)
  })

  test('a single one too', () => {
    const { upstreams, verdict } = report(single, 0, {}, collectionOf([['only', 0, seen(100)]]))
    expect(Object.keys(upstreams!)).toEqual(['only'])
    expect(verdict).toEqual(upstreams!['only']!.verdict)
  })

  test('buckets are told of all, and of each', () => {
    const told = withBuckets(report(three), collection, {}) as Report & { readonly buckets: object }
    expect(told.buckets).toEqual(bucketsOf(collection.merged))
    expect(told.upstreams!['fast']).toMatchObject({ buckets: { latenessMs: [0.1, 2000] } })
    const one = withBuckets(report(three, 0, { upstream: 'fast' }), collection, { upstream: 'fast' })
    expect(one).toMatchObject({ buckets: { latenessMs: [0.1, 2000] } })
    expect(one).not.toHaveProperty('upstreams')
  })
})

describe('without a name', () => {
  test('there are no upstreams and no phases, and the order is as it was', () => {
    const told = report(unnamed, 0, {}, collectionOf([['', 0, seen(100)]]))
    expect(Object.keys(told)).toEqual([
      'version', 'commit', 'engine', 'startedAt', 'uptimeSeconds', 'windowSeconds', 'workers', 'config', 'requests', 'sent',
      'latenessMs', 'ttftMs', 'wholeMs', 'loopDelayMs', 'blockedMs', 'faults', 'descriptors', 'memory', 'busy', 'verdict',
    ]) // prettier-ignore
    expect(told.requests.total).toBe(100)
    expect(told.verdict.kept).toBe(true)
  })

  test('phases are told at the top', async () => {
    const facts = await factsOf('phases: [{ after: 0s }, { after: 20s, ttft-ms: 7 }]')
    const told = report(facts, 20_000, {}, collectionOf([['', 1, seen(100)]]))
    expect(told).toMatchObject({
      phase: 1,
      config: { ttftMs: 7 },
      phases: [{ afterMs: 0 }, { afterMs: 20_000 }],
    })
    expect(told.verdict.sentence).toStartWith(
      '1 of 2 phases passed, the rest had too few events; nearest to its limit: the phase from 20 s. ',
    )
  })
})

describe('phases', () => {
  test('say what came in each, in short', () => {
    expect(report(three).upstreams!['slow']!.phases).toEqual([
      {
        afterMs: 0,
        requests: { total: 40, byStatus: { '429': 40 } },
        ttftMs: { p50: 50, p99: 50 },
        latenessMs: { p99: 0.1 },
      },
      {
        afterMs: 30_000,
        requests: { total: 22, byStatus: { '200': 22 } },
        ttftMs: { p50: 50, p99: 50 },
        latenessMs: { p99: 30 },
      },
    ])
    expect(report(three).upstreams!['fast']).not.toHaveProperty('phases')
  })

  test.each([
    [0, 0, undefined, 50],
    [29_999, 0, undefined, 50],
    [30_000, 1, undefined, 250],
    [40_000, 0, 15_000, 50],
    [46_000, 1, 15_000, 250],
    [10_000, 0, 20_000, 50], // a clock that was set
  ])('after %d ms phase %d is in force, when they began at %j', (afterMs, phase, anchor, chunkDelayMs) => {
    const began = anchor === undefined ? {} : { began: { slow: STARTED_MS + anchor } }
    const upstream = report(three, afterMs, {}, { ...collection, ...began }).upstreams!['slow']!
    expect(upstream).toMatchObject({ phase, config: { chunkDelayMs } })
  })

  test('each is judged by its own settings', () => {
    const of = (lateMicros: number, delayed: number): Report =>
      report(
        three,
        0,
        { upstream: 'slow' },
        collectionOf([
          ['slow', 0, seen(10, 200, lateMicros)],
          ['slow', 1, seen(10, 200, delayed)],
        ]),
      )
    expect(of(4000, 4500).verdict).toEqual({
      about: 'schedule',
      kept: true,
      sentence:
        'All 2 phases passed; nearest to its limit: the phase from the start. The schedule was kept: p99 lateness 4 ms, at most 5 ms allowed.',
    })
    expect(of(4000, 26_000).verdict).toMatchObject({ kept: false })
    expect(of(4000, 26_000).verdict.sentence).toStartWith(
      '1 of 2 phases failed; worst: the phase from 30 s. The schedule was not kept: p99 lateness 26 ms, at most 25 ms',
    )
  })

  test("numbers of phases that are no longer there are the upstream's all the same", () => {
    const told = report(
      three,
      0,
      {},
      collectionOf([
        ['fast', 0, seen(3)],
        ['fast', 7, seen(4)],
      ]),
    )
    expect(told.upstreams!['fast']!.requests.total).toBe(7)
  })
})

describe('a verdict on several', () => {
  const part = (name: string, strain: number, about: 'schedule' | 'saturation' = 'schedule'): Part => ({
    name,
    strain,
    verdict: {
      about: strain < 0 ? null : about,
      kept: strain < 0 ? null : strain <= 1,
      sentence: `${name}!`,
    },
  })

  test.each([
    ['one is what it is', [part('a', 2)], false, 'a!'],
    [
      'all good',
      [part('a', 0.1), part('b', 0.5)],
      true,
      'All 2 upstreams passed; nearest to its limit: the upstream b. b!',
    ],
    [
      'one bad',
      [part('a', 0.1), part('b', 1.5), part('c', 3)],
      false,
      '2 of 3 upstreams failed; worst: the upstream c. c!',
    ],
    [
      'too little of one',
      [part('a', -1), part('b', 0)],
      true,
      '1 of 2 upstreams passed, the rest had too few events; nearest to its limit: the upstream b. b!',
    ],
    ['too little of all', [part('a', -1), part('b', -1)], null, 'a!'],
  ])('%s', (_, parts, kept, sentence) => {
    expect(judgeAll(parts, 'upstream').verdict).toMatchObject({ kept, sentence })
  })
})

describe('the metrics', () => {
  const linesOf = (text: string, pattern: RegExp): string[] =>
    text.split('\n').filter((line) => pattern.test(line))

  test('what upstreams have is labelled, what the process has is not', () => {
    const text = renderMetrics(collection, report(three))
    expect(
      linesOf(
        text,
        /^mock_llm_(requests_total|streams_open|ttft_seconds_count|loop_delay_seconds_count|workers|uptime_seconds|worker_busy_ratio)\b/,
      ),
    ).toEqual([
      'mock_llm_uptime_seconds 10',
      'mock_llm_workers 1',
      'mock_llm_requests_total{upstream="fast",route="POST /v1/chat/completions",status="200"} 100',
      'mock_llm_requests_total{upstream="slow",route="POST /v1/chat/completions",status="429"} 40',
      'mock_llm_requests_total{upstream="slow",route="POST /v1/chat/completions",status="200"} 22',
      'mock_llm_streams_open{upstream="fast"} 0',
      'mock_llm_streams_open{upstream="slow"} 0',
      'mock_llm_streams_open{upstream="other"} 0',
      'mock_llm_ttft_seconds_count{upstream="fast"} 100',
      'mock_llm_ttft_seconds_count{upstream="slow"} 62',
      'mock_llm_ttft_seconds_count{upstream="other"} 0',
      'mock_llm_loop_delay_seconds_count 1',
      'mock_llm_worker_busy_ratio{worker="0"} 0.25',
    ])
    expect(text).toContain('mock_llm_lateness_seconds_bucket{upstream="fast",le="0.0001"} 2000\n')
    expect(text).toContain('mock_llm_lateness_seconds_sum{upstream="fast"} 0.2\n')
    for (const heading of linesOf(text, /^# TYPE/))
      expect(linesOf(text, /^# TYPE/).filter((line) => line === heading)).toHaveLength(1)
  })

  test('one with a name has it as a label, one without has none', () => {
    const named = collectionOf([['only', 0, seen(5)]])
    expect(renderMetrics(named, report(single, 0, {}, named))).toContain(
      'mock_llm_events_sent_total{upstream="only"} 100\n',
    )
    const nameless = collectionOf([['', 0, seen(5)]])
    const text = renderMetrics(nameless, report(unnamed, 0, {}, nameless))
    expect(text).toContain('mock_llm_events_sent_total 100\n')
    expect(text).not.toContain('upstream')
  })
})

describe('the summary', () => {
  const tableOf = (told: Report, columns?: number): string =>
    renderSummary(told, undefined, columns).split('\n\n')[1]!

  test('has a table of upstreams', () => {
    expect(tableOf(report(three))).toBe(`\
upstream  requests  rate  TTFT p50  late p99  verdict   not 200
fast           100  10/s     50 ms    0.1 ms  kept      -
slow            62   6/s     50 ms     30 ms  not kept  429: 40
other            0     -         -         -  -         -
`)
    expect(renderSummary(report(three))).toContain(
      '\nverdict    1 of 3 upstreams failed; worst: the upstream slow. ',
    )
  })

  test('of one with a name too, and none of one without', () => {
    const named = collectionOf([['only', 0, seen(1)]])
    expect(tableOf(report(single, 0, {}, named))).toBe(`\
upstream  requests  rate  TTFT p50  late p99  verdict  not 200
only             1   0/s     50 ms    0.1 ms  -        -
`)
    expect(renderSummary(report(unnamed, 0, {}, collectionOf([['', 0, seen(1)]])))).not.toContain('\n\n')
  })

  test('statuses: those of which there are most come first, and no answer is one', () => {
    const routes = [200, 0, 503, 429].map((status, i) => ({
      route: 'POST /x',
      status,
      requests: 10 ** i,
      waiting: 0,
    }))
    const named = collectionOf([['only', 0, { ...seen(0), routes }]])
    expect(tableOf(report(single, 0, {}, named))).toContain('-        429: 1,000, 503: 100, no answer: 10\n')
  })

  test('fits the terminal: first statuses are cut, then names', async () => {
    const long = await factsOf(`upstreams: [{ name: ${'long-name-'.repeat(3)}a, prefix: /a }, { name: b }]`)
    const routes = [500, 501, 502, 503].map((status) => ({
      route: 'POST /x',
      status,
      requests: 1000,
      waiting: 0,
    }))
    const told = report(long, 0, {}, collectionOf([['b', 0, { ...seen(1000), routes }]]))
    for (const columns of [110, 100, 90, 80, 70]) {
      const lines = tableOf(told, columns).trimEnd().split('\n')
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
      expect(lines[2]).toMatch(/^b .* 4,000 {2}400\/s /)
    }
    expect(tableOf(told, 90)).toMatch(/^long-name-long-name-long-name-a .*\nb .* 500: 1,000…$/m)
    expect(tableOf(told, 75)).toMatch(/^long-name-long-name… /m)
  })
})

test('the live line is one of all upstreams', () => {
  const before = collectionOf([['fast', 0, { ...emptySnapshot, events: 10 }]]).merged
  const after: Snapshot = mergeSnapshots(
    { ...ofProcess, seconds: 11 },
    { ...emptySnapshot, events: 510, open: 3, ttft: micros(1000) },
  )
  expect(renderLive(before, after)).toStartWith('0 requests/s  500 events/s  3 open  TTFT p50 1 ms')
})
