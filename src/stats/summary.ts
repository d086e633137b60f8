// The numbers for people: the summary at the end and the live line. Pure: data in, text out.
import { formatBytes, formatCount, formatMs, formatPercent, plural } from '../config/format.ts'
import { percentile, subtractHistogram } from './histogram.ts'
import type { FaultReport, Percentiles, Report } from './report.ts'
import { countRequests, type Snapshot } from './snapshot.ts'

/** So many routes are named in the summary, and so many faults. */
const MOST_ROUTES = 3

/** About eight lines, one subject each. */
export function renderSummary(report: Report): string {
  const { requests, sent, workers, busy, windowSeconds: seconds } = report
  const rate = (count: number): string => `${formatCount(count / Math.max(seconds, 0.001))}/s`
  const left = requests.abortedBeforeFirstEvent + requests.abortedMidStream
  const held =
    sent.heldBack === 0 ? '' : `, ${formatCount(sent.heldBack)} events held back by clients that did not read`
  const lines: [string, string][] = [
    [
      'requests',
      `${formatCount(requests.total)} in ${formatMs(seconds * 1000)} (${rate(requests.total)}), ${describeRoutes(report)}`,
    ],
    [
      'streams',
      `${formatCount(requests.completed)} completed, ${formatCount(left)} left by the client ` +
        `(${formatCount(requests.abortedBeforeFirstEvent)} before the first event), ${formatCount(requests.cut)} cut at the end, ` +
        `at most ${formatCount(requests.peakOpen)} open`,
    ],
    ['sent', `${formatCount(sent.events)} events (${rate(sent.events)}), ${formatBytes(sent.bytes)}${held}`],
    ['TTFT', describePercentiles(report.ttftMs)],
    ['lateness', describePercentiles(report.latenessMs)],
    ['loop delay', describePercentiles(report.loopDelayMs)],
    [
      'busy',
      `${busy.perWorker.map(({ mean, peak }) => `${formatPercent(mean)} (at most ${formatPercent(peak)})`).join(', ')} of a CPU per worker`,
    ],
    ['verdict', report.verdict.sentence],
  ]
  lines.splice(2, 0, ...describeFaults(report))
  if (workers.lost > 0)
    lines.push(['lost', `what ${plural(workers.lost, 'worker')} that died had done since last asked`])
  if (workers.missing > 0)
    lines.push([
      'missing',
      `the latest numbers of ${workers.missing} of ${workers.expected} workers, which did not answer`,
    ])
  return lines.map(([subject, text]) => `${subject.padEnd(11)}${text}\n`).join('')
}

/** What happened between two snapshots of all workers, on one line; undefined when they cannot be compared. */
export function renderLive(before: Snapshot, after: Snapshot): string | undefined {
  const seconds = after.seconds - before.seconds
  if (seconds <= 0 || after.events < before.events) return undefined // a reset
  const rate = (key: (snapshot: Snapshot) => number): string =>
    formatCount((key(after) - key(before)) / seconds)
  const late = percentile(subtractHistogram(after.lateness, before.lateness), 0.99) / 1000
  const busy = Math.max(0, ...after.busy.map(({ last }) => last))
  return (
    `${rate(countRequests)} requests/s  ${rate(({ events }) => events)} events/s  ${formatCount(after.open)} open  ` +
    `p99 late ${formatMs(late)}  busy ${formatPercent(busy)}`
  )
}

function describeRoutes({ requests: { byRoute } }: Report): string {
  if (byRoute.length === 0) return 'none'
  const most = byRoute.toSorted((a, b) => b.requests - a.requests).slice(0, MOST_ROUTES)
  const others = byRoute.length > MOST_ROUTES ? `, and ${byRoute.length - MOST_ROUTES} more` : ''
  return (
    most
      .map(
        ({ route, status, requests }) =>
          `${route} ${status === 0 ? 'no answer' : status}: ${formatCount(requests)}`,
      )
      .join(', ') + others
  )
}

function describeFaults({ faults }: Report): [string, string][] {
  const most = faults.toSorted((a, b) => b.dealt - a.dealt).slice(0, MOST_ROUTES)
  const others = faults.length - most.length
  return [
    ...most.map(describeFault),
    ...(others > 0
      ? [['fault', `and ${plural(others, 'more pattern')}, see /stats`] satisfies [string, string]]
      : []),
  ]
}

/** What clients made of one pattern of faults. */
function describeFault(fault: FaultReport): [string, string] {
  const { pattern, dealt, completed, leftBeforeFirstEvent, leftMidStream, leftAfterFaultMs } = fault
  const left = leftBeforeFirstEvent + leftMidStream
  const soon =
    leftAfterFaultMs.p50 === null ? '' : `, ${formatMs(leftAfterFaultMs.p50)} after the fault (p50)`
  const ends = `, ${formatCount(completed)} played to the end, ${formatCount(left)} left by the client${soon}`
  return ['fault', `${pattern}: ${formatCount(dealt)} dealt${completed + left === 0 ? '' : ends}`]
}

/** `p50 1 ms, p90 2 ms, …`, or `none`. */
export function describePercentiles({ p50, p90, p99, p999, max }: Percentiles): string {
  const figures = Object.entries({ p50, p90, p99, 'p99.9': p999, max })
  return (
    figures.flatMap(([name, value]) => (value === null ? [] : [`${name} ${formatMs(value)}`])).join(', ') ||
    'none'
  )
}
