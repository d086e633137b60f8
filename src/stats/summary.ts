// The numbers for people: the summary at the end and the live line. Pure: data in, text out.
import { formatCount, formatMs, formatPercent } from '../config/format.ts'
import { percentile, subtractHistogram } from './histogram.ts'
import { type Report, rowOf, type ShownName, valueIn } from './report.ts'
import { countRequests } from './routes.ts'
import type { Snapshot } from './snapshot.ts'

/** About eight lines, one subject each. */
export function renderSummary(report: Report): string {
  const text = (...names: readonly ShownName[]): string =>
    names
      .map((name) => textOf(report, name))
      .filter((piece) => piece !== '')
      .join(', ')
  const lines: readonly (readonly [subject: string, text: string])[] = [
    ['requests', text('total', 'routes')],
    ['streams', text('completed', 'abortedMidStream', 'cut', 'lost', 'peakOpen')],
    ['unrouted', text('unrouted')],
    ['fault', text('ledgers')],
    ['sent', text('events', 'bytes', 'heldBack')],
    ['TTFT', text('ttft')],
    ['whole', text('wholeTime')],
    ['lateness', text('lateness')],
    ['loop delay', text('loopDelay')],
    ['busy', `${text('busy')}, engine ${report.engine}`],
    ['verdict', report.verdict.sentence],
    ['lost', text('workersLost')],
    ['missing', text('missing')],
  ]
  return lines
    .filter(([, said]) => said !== '')
    .flatMap(([subject, said]) => said.split('\n').map((line) => `${subject.padEnd(11)}${line}\n`))
    .join('')
}

function textOf(report: Report, name: ShownName): string {
  return rowOf(name).text?.(valueIn(report, name), report) ?? ''
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
    `${rate(({ routes }) => countRequests(routes))} requests/s  ${rate(({ events }) => events)} events/s  ` +
    `${formatCount(after.open)} open  p99 late ${formatMs(late)}  busy ${formatPercent(busy)}`
  )
}
