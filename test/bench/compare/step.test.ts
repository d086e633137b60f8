// The figures of a step, and what keeps them from being those of what is in between.
import { describe, expect, test } from 'bun:test'
import { boundsOfStep, errorsIn, figuresOf, type Step, timesIn } from '../../../src/bench/compare/step.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import { histogramOf } from '../_results.ts'
import { busyOf, stepOf, watchedOf } from './_findings.ts'

const many = histogramOf(...Array.from({ length: 100 }, (_, i) => (i < 98 ? 1 : 9)))

describe('figures', () => {
  const none = {
    ttftP50: null,
    ttftP99: null,
    chunkP50: null,
    chunkP99: null,
    totalP50: null,
    totalP99: null,
  }
  test.each([
    ['of nothing', {}, {}, { requestsPerSecond: 100 }],
    ['by the time measured', {}, { requests: 50, measuredMs: 2000 }, { requestsPerSecond: 25 }],
    ['of few', {}, { ttft: histogramOf(1, 2, 3) }, { ttftP50: 2 }],
    ['of a hundred', {}, { ttft: many }, { ttftP50: 1, ttftP99: 9 }],
    [
      'from their origin on',
      { origin: { ttftMs: 49, latencyMs: 900 } },
      { ttft: many, latency: many },
      { ttftP50: 50, ttftP99: 58, totalP50: 901, totalP99: 909 },
    ],
    ['of a schedule', {}, { lateness: many }, { chunkP50: 1, chunkP99: 9 }],
    [
      'of stamps, which are a ms early',
      {},
      { lateness: histogramOf(7), watched: watchedOf({ delay: many }) },
      { chunkP50: 0, chunkP99: 8 },
    ],
  ] as [string, Partial<Step>, Partial<LoadResult>, object][])('%s', (_, change, result, figures) => {
    const told = figuresOf(stepOf(change, result))
    expect(told).toEqual({ ...none, requestsPerSecond: 100, ...figures } as typeof told)
  })

  test('of several steps, together', () => {
    const steps = [stepOf({}, { ttft: histogramOf(1) }), stepOf({ round: 2 }, { ttft: histogramOf(3, 5) })]
    expect(timesIn(steps, 'ttft')).toEqual({ histogram: histogramOf(1, 3, 5), fromMs: 0 })
  })
})

describe('bounds', () => {
  const cpus = 2
  test.each([
    ['none', true, {}, {}, []],
    [
      'a worker at its limit',
      true,
      { mock: { busy: busyOf(0.1, 0.9) }, hostCpuMs: 1100 },
      {},
      ['mock-bound'],
    ],
    ['a worker just below', true, { mock: { busy: busyOf(0.89) }, hostCpuMs: 990 }, {}, []],
    ['a worker at its limit behind something', false, { mock: { busy: busyOf(0.95) } }, {}, []],
    ['a client at its limit', true, { hostCpuMs: 1100 }, { cpuMs: 900 }, ['client-bound']],
    ['a client at its limit behind something', false, {}, { cpuMs: 900 }, ['client-bound']],
    ['two clients, half as busy each', true, { clients: 2, hostCpuMs: 1100 }, { cpuMs: 900 }, []],
    // 200 ms of the mock and 100 of the client; of two CPUs 200 ms are a tenth.
    ['other programs, just not too many', true, { hostCpuMs: 500 }, {}, []],
    ['other programs', true, { hostCpuMs: 501 }, {}, ['host-busy']],
    ['what is in between, which may be another program', false, { hostCpuMs: 2000 }, {}, []],
    ['what is in between, which is known', false, { hostCpuMs: 1500, viaCpuMs: 1200 }, {}, []],
    ['others beside it', false, { hostCpuMs: 1800, viaCpuMs: 1200 }, {}, ['host-busy']],
    ['a host that does not say', true, { hostCpuMs: null }, {}, []],
    [
      'all',
      true,
      { mock: { busy: busyOf(1) }, hostCpuMs: 3000 },
      { cpuMs: 950 },
      ['mock-bound', 'client-bound', 'host-busy'],
    ],
  ] as [string, boolean, object, Partial<LoadResult>, string[]][])(
    '%s',
    (_, isDirect, change, result, bounds) => {
      expect(boundsOfStep(stepOf(change, result), isDirect, cpus) as string[]).toEqual(bounds)
    },
  )
})

test('errors of several steps by kind, the most frequent first', () => {
  const steps = [
    stepOf(
      {},
      {
        errorKinds: [
          ['a', 1],
          ['b', 2],
        ],
      },
    ),
    stepOf(
      {},
      {
        errorKinds: [
          ['c', 9],
          ['b', 3],
        ],
      },
    ),
    stepOf(),
  ]
  expect(errorsIn(steps)).toEqual([
    ['c', 9],
    ['b', 5],
    ['a', 1],
  ])
})
