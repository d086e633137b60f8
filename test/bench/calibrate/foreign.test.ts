// Another server: what is asked of the client, and what its figures become.
import type { Surroundings } from '../../../src/bench/surroundings.ts'
import { afterAll, describe, expect, test } from 'bun:test'
import { measureForeign, planForeign, reportForeign } from '../../../src/bench/calibrate/foreign.ts'
import type { Probed } from '../../../src/bench/client/probe.ts'
import type { Rig } from '../../../src/bench/client/rig.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import { type CalibrateConfig, readCalibrateConfig } from '../../../src/config/calibrate.ts'
import { percentilesOf } from '../../../src/stats/percentiles.ts'
import { histogramOf, loadResult, noPercentiles, targetTo } from '../_results.ts'
import { serveInProcess } from '../../_helpers.ts'

const url = new URL('http://127.0.0.1:9000/v1?a=b')
const target = targetTo(9000)
const probed: Probed = {
  delimiter: '\r\n\r\n',
  events: 20,
  chunks: 18,
  steps: [0, 1, 1],
  text: 'x',
  bytes: 9,
}

function configOf(flags: Parameters<typeof readCalibrateConfig>[0]): CalibrateConfig {
  return readCalibrateConfig({ url: url.href, ...flags }, {})
}

describe('the plan', () => {
  const { steps } = probed
  test.each([
    ['as it is', {}, {}],
    ['longer', { seconds: '7' }, { measureMs: 7000 }],
    ['other connections', { connections: '5' }, { connections: 5 }],
    ['an open loop', { rate: '200/s' }, { rate: 200 }],
    [
      'a schedule',
      { expectDelayMs: '50', expectTtftMs: '100' },
      { rampMs: 1000, warmMs: 1500, due: { ttftMs: 100, delayMs: 50, steps } },
    ],
    [
      'a delay, which the first event has too',
      { expectDelayMs: '50' },
      { rampMs: 950, warmMs: 1450, due: { ttftMs: 50, delayMs: 50, steps } },
    ],
    [
      'a first event alone',
      { expectTtftMs: '40' },
      { rampMs: 40, warmMs: 540, due: { ttftMs: 40, delayMs: null, steps } },
    ],
    ['no delay at all', { expectDelayMs: '0' }, { due: { ttftMs: 0, delayMs: 0, steps } }],
    [
      'a reply longer than a ramp may be',
      { expectDelayMs: '1000' },
      { rampMs: 10_000, warmMs: 10_500, due: { ttftMs: 1000, delayMs: 1000, steps } },
    ],
    [
      'an open loop spreads by itself',
      { expectDelayMs: '50', rate: '10/s' },
      { rate: 10, due: { ttftMs: 50, delayMs: 50, steps } },
    ],
  ])('%s', (_, flags, change) => {
    expect(planForeign(configOf(flags), target, probed)).toEqual({
      target,
      delimiter: '\r\n\r\n',
      connections: 64,
      rate: null,
      rampMs: 0,
      warmMs: 500,
      measureMs: 3000,
      due: null,
      origin: { ttftMs: 0, latencyMs: 0 },
      hungAfterMs: 10_000,
      watch: null,
      ...change,
    })
  })
})

describe('the report', () => {
  const quiet = {
    url: url.href,
    loop: 'closed',
    rate: null,
    connections: 64,
    seconds: 3,
    eventsPerReply: 20,
    requests: 0,
    requestsPerSecond: 0,
    eventsPerSecond: 0,
    mostWaiting: 0,
    underWay: 0,
    oldestMs: 0,
    errors: 0,
    errorKinds: [],
    clients: 1,
    clientCpus: 0,
    ttftMs: noPercentiles,
    gapMs: noPercentiles,
    latencyMs: noPercentiles,
    latenessMs: null,
  }
  const some = histogramOf(1, 2, 3)
  test.each([
    ['nothing', {}, {}],
    ['requests', { requests: 100, measuredMs: 3000 }, { requests: 100, requestsPerSecond: 33.3 }],
    ['events', { events: 2000, measuredMs: 3000 }, { eventsPerSecond: 666.7 }],
    ['requests that waited', { waiting: 7 }, { mostWaiting: 7 }],
    ['requests without an answer', { underWay: 3, oldestMs: 12.34567 }, { underWay: 3, oldestMs: 12.346 }],
    [
      'errors',
      { errors: 2, errorKinds: [['status 500', 2]] },
      { errors: 2, errorKinds: [['status 500', 2]] },
    ],
    ['a busy client', { cpuMs: 1234.56, measuredMs: 2000 }, { clientCpus: 0.617 }],
    ['first events', { ttft: some }, { ttftMs: percentilesOf(some) }],
    ['gaps', { gap: some }, { gapMs: percentilesOf(some) }],
    ['latencies', { latency: some }, { latencyMs: percentilesOf(some) }],
  ] as [string, Partial<LoadResult>, object][])('of %s', (_, result, figures) => {
    const report = reportForeign(configOf({}), url, probed, loadResult(result), 1)
    expect(report).toEqual({ ...quiet, ...figures } as typeof report)
  })

  test.each([
    ['an open loop', { rate: '25/s' }, { loop: 'open', rate: 25, latenessMs: null }],
    ['connections and seconds', { connections: '5', seconds: '9' }, { connections: 5, seconds: 9 }],
    ['an expected delay', { expectDelayMs: '5' }, { latenessMs: percentilesOf(some) }],
    ['an expected first event', { expectTtftMs: '5' }, { latenessMs: percentilesOf(some) }],
  ])('with %s', (_, flags, figures) => {
    const report = reportForeign(configOf(flags), url, probed, loadResult({ lateness: some }), 1)
    expect(report).toEqual({ ...quiet, ...figures } as typeof report)
  })
})

describe('a client at its limit', () => {
  const server = serveInProcess({ chunkDelayMs: '0' })
  afterAll(() => server.stop(0))

  test.each([
    ['gets company where there are CPUs', 4, 900, [1, 3]],
    ['has none to get', 2, 900, [1]],
    ['is not at it', 4, 899, [1]],
  ])('%s', async (_, cpus, cpuMs, loads) => {
    const own = new URL(`http://127.0.0.1:${server.port}/v1/chat/completions`)
    const seen: number[] = []
    const rig = {
      load: async (_: unknown, clients: number) => {
        seen.push(clients)
        return loadResult({ cpuMs })
      },
    } as unknown as Rig
    const given = { cpus, environment: {}, progress: () => {} } as unknown as Surroundings
    const { clients } = await measureForeign(configOf({ url: own.href }), own, given, rig)
    expect([seen, clients]).toEqual([loads, loads.at(-1)!])
  })
})
