// What a measurement prints, for every figure and for those that are missing.
import { describe, expect, test } from 'bun:test'
import type { ForeignReport } from '../../../src/bench/calibrate/foreign.ts'
import { renderCalibration, renderForeign } from '../../../src/bench/calibrate/render.ts'
import type { Calibration, ScalingRow, StreamsRow } from '../../../src/bench/calibrate/results.ts'
import { noPercentiles, percentilesAt, scalingOf, streamsOf } from '../_results.ts'

const found: Calibration = {
  version: '1.2.3 (abc)',
  engine: 'socket',
  host: {
    cpu: 'AMD EPYC',
    usableCpus: 2,
    cpus: 4,
    kernel: 'linux 6.1',
    bun: '1.4.5',
    descriptorLimit: 20_000,
  },
  settings: { chunkCount: 18, chunkDelayMs: 50, ttftMs: 1500, seconds: 3 },
  eventsPerReply: 20,
  scaling: [scalingOf()],
  floor: streamsOf({ streams: 10, bytesPerStream: 99_999 }),
  toleranceMs: 5,
  streamWorkers: 1,
  streams: [streamsOf()],
  mostStreams: 250,
  mostStreamsBounded: false,
  advice: ['Do this.', 'Or that.'],
}

/** The cells of the rows behind a head that begins with this word. */
function cellsBehind(text: string, head: string): string[][] {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.trimStart().startsWith(`${head} `) && line.startsWith('  '))
  const rows = lines.slice(at + 1)
  return rows.slice(0, rows.indexOf('')).map((line) => line.trim().split(/ {2,}/))
}

test('a calibration as a whole', () => {
  expect(renderCalibration(found)).toBe(
    `mock-llm-api 1.2.3 (abc), engine socket, on AMD EPYC, 2 of 4 CPUs usable
linux 6.1, Bun 1.4.5, 20000 descriptors per process, 3 s a step
Server and clients share these CPUs: on hosts of their own each does more.

Delay 0, 20 events a reply:
  workers  requests/s  events/s  busiest worker    clients  at its limit
        1      10,000   200,000            50 %  50 % in 1        server

18 chunks, 50 ms apart, the first after 1.5 s, by 1 worker;
on time is a p99 of at most 5 ms at the client (a tenth of the delay, or 1 ms). The first row is the floor of the timer:
  streams  events/s  p50 late  p99 late  at the server  workers  KiB each  on time
       10     5,000    0.2 ms      2 ms           1 ms     10 %         -      yes
      250     5,000    0.2 ms      2 ms           1 ms     10 %         -      yes

Most streams on time: 250

Do this.
Or that.
`,
  )
})

test.each([
  ['descriptors that nobody knows', { host: {} }, 'Bun undefined, unknown descriptors per process'],
  ['several workers', { streamWorkers: 4 }, ', by 4 workers;\n'],
  ['a bound', { mostStreamsBounded: true }, '\nMost streams on time: 250 (no more could be opened)\n'],
  ['many streams', { mostStreams: 12_345 }, '\nMost streams on time: 12,345\n'],
  ['none on time', { mostStreams: 0 }, '\nMost streams on time: 0\n'],
  [
    'none known',
    { mostStreams: null, streams: [] },
    '\nMost streams on time: not known, because even ten are late\n',
  ],
  [
    'some that were too many for the clients alone',
    { streams: [streamsOf({ kept: false })] },
    '\nMost streams on time: more than 250\n',
  ],
  [
    'some that were too many for the server',
    { streams: [streamsOf({ kept: false, serverLatenessMs: percentilesAt(1, 6) })] },
    '\nMost streams on time: 250\n',
  ],
  ['no advice', { advice: [] }, '\nMost streams on time: 250\n\n'],
] as [string, Partial<Calibration>, string][])('%s', (_, change, text) => {
  expect(renderCalibration({ ...found, ...change })).toContain(text)
})

test.each([
  ['no tolerance', { toleranceMs: null }],
  ['no floor', { floor: null }],
] as [string, Partial<Calibration>][])('with %s there is throughput, and nothing of streams', (_, change) => {
  const text = renderCalibration({ ...found, ...change })
  expect(text.split('\n').slice(4)).toEqual([
    'Delay 0, 20 events a reply:',
    '  workers  requests/s  events/s  busiest worker    clients  at its limit',
    '        1      10,000   200,000            50 %  50 % in 1        server',
    '',
    'Do this.',
    'Or that.',
    '',
  ])
})

test.each([
  [{}, ['1', '10,000', '200,000', '50 %', '50 % in 1', 'server']],
  [{ workers: 16, clients: 3 }, ['16', '10,000', '200,000', '50 %', '50 % in 3', 'server']],
  [
    { requestsPerSecond: 1_234_567, eventsPerSecond: 9 },
    ['1', '1,234,567', '9', '50 %', '50 % in 1', 'server'],
  ],
  [{ busiestWorker: 0.996, clientCpus: 1.86 }, ['1', '10,000', '200,000', '100 %', '186 % in 1', 'server']],
  [{ atLimit: 'clients' }, ['1', '> 10,000', '> 200,000', '50 %', '50 % in 1', 'clients']],
  [{ atLimit: null }, ['1', '> 10,000', '> 200,000', '50 %', '50 % in 1', 'neither']],
] as [Partial<ScalingRow>, string[]][])('a row of throughput with %j', (change, cells) => {
  const text = renderCalibration({ ...found, scaling: [scalingOf(), scalingOf(change)] })
  expect(cellsBehind(text, 'workers')[1]).toEqual(cells)
})

const usual = ['250', '5,000', '0.2 ms', '2 ms', '1 ms', '10 %', '-', 'yes']

/** The usual cells but for those at these places. */
function but(changed: Readonly<Record<number, string>>): string[] {
  return usual.map((cell, i) => changed[i] ?? cell)
}

test.each([
  [{}, usual],
  [{ streams: 12_500, eventsPerSecond: 263_158 }, but({ 0: '12,500', 1: '263,158' })],
  [{ clientLatenessMs: percentilesAt(3, 1200) }, but({ 2: '3 ms', 3: '1.2 s' })],
  [{ serverLatenessMs: percentilesAt(3, 4) }, but({ 4: '4 ms' })],
  // Where nothing came there is no lateness, which is not the same as none.
  [{ clientLatenessMs: noPercentiles }, but({ 2: '-', 3: '-' })],
  [{ serverLatenessMs: noPercentiles }, but({ 4: '-' })],
  [{ workerCpus: 1.5 }, but({ 5: '150 %' })],
  [{ bytesPerStream: 10_240 }, but({ 6: '10.0' })],
  [{ bytesPerStream: 0 }, but({ 6: '0.0' })],
  // With few streams memory says nothing of each.
  [{ streams: 100, bytesPerStream: 1024 }, but({ 0: '100', 6: '1.0' })],
  [{ streams: 99, bytesPerStream: 1024 }, but({ 0: '99', 6: '-' })],
  [{ kept: false }, but({ 7: 'no' })],
  [{ kept: false, errors: 1 }, but({ 7: '1 error' })],
  [{ kept: false, errors: 12 }, but({ 7: '12 errors' })],
] as [Partial<StreamsRow>, string[]][])('a row of streams with %j', (change, cells) => {
  const text = renderCalibration({ ...found, streams: [streamsOf(), streamsOf(change)] })
  expect(cellsBehind(text, 'streams')[2]).toEqual(cells)
  const asFloor = renderCalibration({ ...found, floor: streamsOf(change) })
  expect(cellsBehind(asFloor, 'streams')).toEqual([cells, usual])
})

describe('another server', () => {
  const report: ForeignReport = {
    url: 'http://127.0.0.1:9000/v1',
    loop: 'closed',
    rate: null,
    connections: 64,
    seconds: 3,
    eventsPerReply: 20,
    requests: 3000,
    requestsPerSecond: 1000,
    eventsPerSecond: 20_000,
    mostWaiting: 0,
    underWay: 0,
    oldestMs: 0,
    errors: 0,
    errorKinds: [],
    clients: 1,
    clientCpus: 0.5,
    ttftMs: percentilesAt(1, 2),
    gapMs: percentilesAt(3, 4),
    latencyMs: percentilesAt(5, 6),
    latenessMs: percentilesAt(7, 8),
  }
  const p = (p50: number, p99: number): string =>
    `p50 ${p50} ms, p90 ${p50} ms, p99 ${p99} ms, p99.9 ${p99} ms, max ${p99} ms`

  test('as a whole', () => {
    expect(renderForeign(report)).toBe(
      `server    http://127.0.0.1:9000/v1
load      64 connections, 3 s, closed loop
requests  3,000 (1,000/s), 20 events each
events    20,000/s
TTFT      ${p(1, 2)}
gaps      ${p(3, 4)}
latency   ${p(5, 6)}
lateness  ${p(7, 8)}
client    50 % of a CPU
`,
    )
  })

  /** The lines that differ from the usual ones. */
  const changed = (change: Partial<ForeignReport>): string[] => {
    const all = renderForeign(report).split('\n')
    return renderForeign({ ...report, ...change })
      .split('\n')
      .filter((line) => !all.includes(line))
  }

  test.each([
    [
      { loop: 'open', rate: 12.5 },
      ['load      64 connections, 3 s, open loop of 12.5 requests/s, latency from when each was due'],
    ],
    [{ connections: 1, seconds: 9 }, ['load      1 connection, 9 s, closed loop']],
    [{ requests: 0, requestsPerSecond: 0 }, ['requests  0 (0/s), 20 events each']],
    [{ eventsPerReply: 7 }, ['requests  3,000 (1,000/s), 7 events each']],
    [{ eventsPerSecond: 0 }, ['events    0/s']],
    [{ ttftMs: noPercentiles }, ['TTFT      none']],
    [{ gapMs: noPercentiles }, ['gaps      none']],
    [{ latencyMs: noPercentiles }, ['latency   none']],
    [{ latenessMs: noPercentiles }, ['lateness  none']],
    [{ latenessMs: null }, ['lateness  not known without --expect-delay-ms']],
    [{ clientCpus: 1.86, clients: 2 }, ['client    186 % of a CPU in 2 processes']],
    [{ clientCpus: 0.934 }, ['client    93 % of a CPU']],
    [
      { underWay: 1, oldestMs: 2500 },
      ['under way 1 request at the end, the oldest for 2.5 s; they are not among the requests above'],
    ],
    [
      { underWay: 64, oldestMs: 31 },
      ['under way 64 requests at the end, the oldest for 31 ms; they are not among the requests above'],
    ],
    [{ errors: 1, errorKinds: [['status 500', 1]] }, ['errors    1: status 500']],
    [
      {
        errors: 1240,
        errorKinds: [
          ['status 500', 1234],
          ['cannot connect: no', 6],
        ],
      },
      ['errors    1,234: status 500', 'errors    6: cannot connect: no'],
    ],
    ...([1, 60] as const).map((mostWaiting) => [
      { mostWaiting },
      [
        `waiting   at most ${mostWaiting} request${mostWaiting === 1 ? '' : 's'} for a free connection: the server, or too few --connections, held them back`,
      ],
    ]),
    [
      { underWay: 2, oldestMs: 1, errors: 3, errorKinds: [['x', 3]], mostWaiting: 4 },
      [
        expect.stringMatching(/^under way 2 /),
        'errors    3: x',
        expect.stringMatching(/^waiting   at most 4 /),
      ],
    ],
  ] as [Partial<ForeignReport>, string[]][])('with %j', (change, lines) => {
    expect(changed(change)).toEqual(lines)
  })
})
