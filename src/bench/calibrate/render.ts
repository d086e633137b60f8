// The results for people. Pure: data in, text out.
import { formatCount, formatMs, formatPercent, plural } from '../../config/format.ts'
import { describePercentiles } from '../../stats/percentiles.ts'
import { isOfClients } from './advice.ts'
import type { Calibration, ScalingRow, StreamsRow } from './results.ts'
import type { ForeignReport } from './foreign.ts'

export function renderCalibration(found: Calibration): string {
  const { host, settings, scaling, floor, streams, toleranceMs, advice } = found
  const { chunkCount, chunkDelayMs, ttftMs, seconds } = settings
  const parts = [
    `mock-llm-api ${found.version}, engine ${found.engine}, on ${host['cpu']}, ${host['usableCpus']} of ${host['cpus']} CPUs usable`,
    `${host['kernel']}, Bun ${host['bun']}, ${host['descriptorLimit'] ?? 'unknown'} descriptors per process, ${seconds} s a step`,
    'Server and clients share these CPUs: on hosts of their own each does more.',
    '',
    `Delay 0, ${found.eventsPerReply} events a reply:`,
    table(
      ['workers', 'requests/s', 'events/s', 'busiest worker', 'clients', 'at its limit'],
      scaling.map((row) => [
        String(row.workers),
        atLeast(row, row.requestsPerSecond),
        atLeast(row, row.eventsPerSecond),
        formatPercent(row.busiestWorker),
        `${formatPercent(row.clientCpus)} in ${row.clients}`,
        row.atLimit ?? 'neither',
      ]),
    ),
  ]
  if (floor !== null && toleranceMs !== null) {
    const head = [
      'streams',
      'events/s',
      'p50 late',
      'p99 late',
      'at the server',
      'workers',
      'KiB each',
      'on time',
    ]
    parts.push(
      '',
      `${chunkCount} chunks, ${formatMs(chunkDelayMs)} apart, the first after ${formatMs(ttftMs)}, by ${plural(found.streamWorkers, 'worker')};`,
      `on time is a p99 of at most ${formatMs(toleranceMs)} at the client (a tenth of the delay, or 1 ms). The first row is the floor of the timer:`,
      table(head, [streamsCells(floor), ...streams.map(streamsCells)]),
      '',
      `Most streams on time: ${describeMost(found, toleranceMs)}`,
    )
  }
  return `${[...parts, '', ...advice].join('\n')}\n`
}

function describeMost(
  { mostStreams, mostStreamsBounded, streams }: Calibration,
  toleranceMs: number,
): string {
  if (mostStreams === null) return 'not known, because even ten are late'
  const limit = streams.find(({ kept }) => !kept)
  const isMore = limit !== undefined && isOfClients(limit, toleranceMs)
  return `${isMore ? 'more than ' : ''}${formatCount(mostStreams)}${mostStreamsBounded ? ' (no more could be opened)' : ''}`
}

/** The figure of a server that was not at its limit is no ceiling. */
function atLeast({ atLimit }: ScalingRow, figure: number): string {
  return `${atLimit === 'server' ? '' : '> '}${formatCount(figure)}`
}

function streamsCells(row: StreamsRow): string[] {
  return [
    formatCount(row.streams),
    formatCount(row.eventsPerSecond),
    ...[row.clientLatenessMs.p50, row.clientLatenessMs.p99, row.serverLatenessMs.p99].map((ms) =>
      ms === null ? '-' : formatMs(ms),
    ),
    formatPercent(row.workerCpus),
    row.bytesPerStream === null || row.streams < 100 ? '-' : (row.bytesPerStream / 1024).toFixed(1),
    row.errors > 0 ? plural(row.errors, 'error') : row.kept ? 'yes' : 'no',
  ]
}

export function renderForeign(found: ForeignReport): string {
  const loop =
    found.loop === 'open'
      ? `open loop of ${found.rate} requests/s, latency from when each was due`
      : 'closed loop'
  const lines: [string, string][] = [
    ['server', found.url],
    ['load', `${plural(found.connections, 'connection')}, ${found.seconds} s, ${loop}`],
    [
      'requests',
      `${formatCount(found.requests)} (${formatCount(found.requestsPerSecond)}/s), ${found.eventsPerReply} events each`,
    ],
    ['events', `${formatCount(found.eventsPerSecond)}/s`],
    ['TTFT', describePercentiles(found.ttftMs)],
    ['gaps', describePercentiles(found.gapMs)],
    ['latency', describePercentiles(found.latencyMs)],
    [
      'lateness',
      found.latenessMs === null
        ? 'not known without --expect-delay-ms'
        : describePercentiles(found.latenessMs),
    ],
    [
      'client',
      `${formatPercent(found.clientCpus)} of a CPU${found.clients === 1 ? '' : ` in ${found.clients} processes`}`,
    ],
  ]
  if (found.underWay > 0)
    lines.push([
      'under way',
      `${plural(found.underWay, 'request')} at the end, the oldest for ${formatMs(found.oldestMs)}; they are not among the requests above`,
    ])
  for (const [reason, times] of found.errorKinds) lines.push(['errors', `${formatCount(times)}: ${reason}`])
  if (found.mostWaiting > 0)
    lines.push([
      'waiting',
      `at most ${plural(found.mostWaiting, 'request')} for a free connection: the server, or too few --connections, held them back`,
    ])
  return lines.map(([subject, text]) => `${subject.padEnd(10)}${text}\n`).join('')
}

/** Columns as wide as they must be, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)))
  return all
    .map((cells) => `  ${cells.map((cell, column) => cell.padStart(widths[column]!)).join('  ')}`.trimEnd())
    .join('\n')
}
