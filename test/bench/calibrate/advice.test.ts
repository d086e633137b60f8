// Every piece of advice that a calibration can give, and when it gives it.
import { describe, expect, test } from 'bun:test'
import { adviseScaling, adviseStreams } from '../../../src/bench/calibrate/advice.ts'
import type { ScalingRow, StreamsRow } from '../../../src/bench/calibrate/results.ts'
import { noPercentiles, percentilesAt, scalingOf, streamsOf } from '../_results.ts'

const LIMITED = 'The clients were as busy as they can be: the mock does more than these figures say.'
const NEITHER =
  'Neither the mock nor the clients were at their limit: the mock does more than these figures say.'

function use(workers: number, cpus: number): string {
  return `Use --workers ${workers} for throughput: more bring no more here, where clients take their share of ${cpus} CPUs.`
}

function below(rate: number): string {
  return `Below ${rate} requests/s at delay 0 the mock is not your bottleneck.`
}

describe('throughput', () => {
  type Row = Partial<ScalingRow>
  test.each([
    ['one number of workers', [{ requestsPerSecond: 10_000 }], [below(7000)]],
    ['its figure is cut to hundreds', [{ requestsPerSecond: 91_862 }], [below(64_300)]],
    ['just a hundred', [{ requestsPerSecond: 143 }], [below(100)]],
    ['less than a hundred', [{ requestsPerSecond: 142 }], [below(99)]],
    ['hardly any', [{ requestsPerSecond: 2 }], [below(1)]],
    ['nothing', [{ requestsPerSecond: 0 }], [below(0)]],
    ['its clients at their limit', [{ atLimit: 'clients' }], [below(7000), LIMITED]],
    ['nobody at the limit', [{ atLimit: null }], [below(7000), NEITHER]],
    [
      'more are better',
      [{ requestsPerSecond: 10_000 }, { workers: 2, requestsPerSecond: 20_000 }],
      [use(2, 8), below(14_000)],
    ],
    [
      'more are not better',
      [{ requestsPerSecond: 20_000 }, { workers: 2, requestsPerSecond: 10_000 }],
      [use(1, 8), below(14_000)],
    ],
    [
      'five percent more are not better',
      [{ requestsPerSecond: 10_000 }, { workers: 2, requestsPerSecond: 10_500 }],
      [use(1, 8), below(7000)],
    ],
    [
      'a little over five percent are',
      [{ requestsPerSecond: 10_000 }, { workers: 2, requestsPerSecond: 10_600 }],
      [use(2, 8), below(7400)],
    ],
    [
      'the best is between',
      [
        { requestsPerSecond: 100 },
        { workers: 2, requestsPerSecond: 1000 },
        { workers: 4, requestsPerSecond: 500 },
      ],
      [use(2, 8), below(700)],
    ],
    [
      'clients at their limit, but not where it was best',
      [{ atLimit: 'clients' }, { workers: 2, requestsPerSecond: 20_000 }],
      [use(2, 8), below(14_000)],
    ],
    [
      'clients at their limit where it was best',
      [{}, { workers: 2, requestsPerSecond: 20_000, atLimit: 'clients' }],
      [use(2, 8), below(14_000), LIMITED],
    ],
  ] as [string, Row[], string[]][])('%s', (_, rows, advice) => {
    expect(adviseScaling(rows.map(scalingOf), 8)).toEqual(advice)
  })
})

const NONE =
  'No number of streams was on time: other programs use these CPUs, or the delay is too short for this host.'
const NOISE =
  'Even ten streams were late, so how many stay on time is not told: other programs use these CPUs, or the delay is too short for this host. Repeat when they do not, or with a larger --seconds.'
const PORTS = 'One address has no more ports to one server: several client addresses could open more.'
const CLIENTS =
  'Where it broke off the server itself was on time, and the clients were not: from another host it can take more.'

function raise(limit: number): string {
  return `Raise the limit of descriptors (ulimit -Hn, now ${limit}) to try more.`
}

function upTo(trusted: number, beyond = ''): string {
  return `Up to about ${trusted} streams (70 % of the most, to leave room for bursts) numbers can be trusted${beyond}.`
}

describe('streams', () => {
  const late = { kept: false, clientLatenessMs: percentilesAt(1, 9), serverLatenessMs: percentilesAt(1, 6) }
  const kept = { streams: 1000 }
  const over = '; beyond 1000 p99 is over 5 ms late'

  interface Case {
    readonly floor?: Partial<StreamsRow>
    readonly rows: readonly Partial<StreamsRow>[]
    readonly most: number
    readonly bounded?: boolean
    readonly given?: { readonly localPorts: number; readonly descriptorLimit: number | undefined }
    readonly toleranceMs?: number
    readonly advice: readonly string[]
  }

  test.each([
    ['none on time', { rows: [late], most: 0, advice: [NONE] }],
    ['not even the floor', { floor: late, rows: [], most: 0, advice: [NOISE] }],
    ['none could be opened', { rows: [], most: 0, bounded: true, advice: [NONE] }],
    ['server and clients late', { rows: [kept, late], most: 1000, advice: [upTo(700, over)] }],
    [
      'only the clients late',
      {
        rows: [kept, { ...late, serverLatenessMs: percentilesAt(1, 4) }],
        most: 1000,
        advice: [upTo(700, over), CLIENTS],
      },
    ],
    [
      'the server just on time',
      {
        rows: [kept, { ...late, serverLatenessMs: percentilesAt(1, 5) }],
        most: 1000,
        advice: [upTo(700, over), CLIENTS],
      },
    ],
    [
      'only the first that was late counts',
      {
        rows: [kept, late, { ...late, serverLatenessMs: percentilesAt(1, 4) }],
        most: 1000,
        advice: [upTo(700, over)],
      },
    ],
    [
      'the server saw nothing',
      { rows: [kept, { ...late, serverLatenessMs: noPercentiles }], most: 1000, advice: [upTo(700, over)] },
    ],
    [
      'requests failed while the server was on time',
      {
        rows: [kept, { ...late, errors: 1, serverLatenessMs: percentilesAt(1, 4) }],
        most: 1000,
        advice: [upTo(700, '; beyond 1000 requests fail')],
      },
    ],
    [
      'another tolerance',
      {
        rows: [kept, late],
        most: 1000,
        toleranceMs: 7.5,
        advice: [upTo(700, '; beyond 1000 p99 is over 7.5 ms late'), CLIENTS],
      },
    ],
    ['cut to tens', { rows: [kept], most: 3750, advice: [upTo(2620)] }],
    ['just ten', { rows: [kept], most: 15, advice: [upTo(10)] }],
    ['less than ten', { rows: [kept], most: 14, advice: [upTo(9)] }],
    ['no more ports', { rows: [kept], most: 28_000, bounded: true, advice: [upTo(19_600), PORTS] }],
    [
      'no more ports, descriptors unknown',
      {
        rows: [kept],
        most: 28_000,
        bounded: true,
        given: { localPorts: 28_000, descriptorLimit: undefined },
        advice: [upTo(19_600), PORTS],
      },
    ],
    [
      'no more descriptors',
      {
        rows: [kept],
        most: 936,
        bounded: true,
        given: { localPorts: 28_000, descriptorLimit: 1000 },
        advice: [upTo(650), raise(1000)],
      },
    ],
    [
      'no more descriptors, of which there are a few more than ports',
      {
        rows: [kept],
        most: 27_946,
        bounded: true,
        given: { localPorts: 28_000, descriptorLimit: 28_010 },
        advice: [upTo(19_560), raise(28_010)],
      },
    ],
  ] as [string, Case][])(
    '%s',
    (_, { floor, rows, most, bounded = false, given, toleranceMs = 5, advice }) => {
      const host = given ?? { localPorts: 28_000, descriptorLimit: 1_000_000 }
      const about = { mostStreams: most, mostStreamsBounded: bounded, toleranceMs, given: host }
      expect(adviseStreams(streamsOf(floor), rows.map(streamsOf), about)).toEqual([...advice])
    },
  )
})
