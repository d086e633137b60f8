// The numbers for people: the summary at the end and the live line. Pure: data in, text out.
import { formatCount, formatMs, formatPercent } from '../config/format.ts'
import { type Paint, plain } from '../config/terminal.ts'
import { percentile, subtractHistogram } from './histogram.ts'
import { ledgersSince } from './ledger.ts'
import { type Report, rowOf, type ShownName, valueIn } from './report.ts'
import { countRequests, routesSince } from './routes.ts'
import type { Snapshot } from './snapshot.ts'
import { renderUpstreams } from './table.ts'

/**
 * About eight lines, one subject each; longer ones go on below their text where a terminal is told to be so wide. Behind them a table of
 * upstreams, where they have names.
 */
export function renderSummary(
  report: Report,
  paint: Paint = plain,
  columns = Number.POSITIVE_INFINITY,
): string {
  const text = (...names: readonly ShownName[]): string =>
    names
      .map((name) => textOf(report, name))
      .filter((piece) => piece !== '')
      .join(', ')
  const { kept, sentence } = report.verdict
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
    ['verdict', sentence],
    ['lost', text('workersLost')],
    ['missing', text('missing')],
  ]
  const told = lines
    .filter(([, said]) => said !== '')
    .flatMap(([subject, said]) =>
      said.split('\n').map((line) => {
        const text = wrap(line, columns - INDENT).join(`\n${' '.repeat(INDENT)}`)
        const isColored = subject === 'verdict' && kept !== null
        return `${paint('dim', subject.padEnd(INDENT))}${isColored ? paint(kept ? 'green' : 'red', text) : text}\n`
      }),
    )
    .join('')
  return report.upstreams ? `${told}\n${renderUpstreams(report.upstreams, paint, columns)}` : told
}

/** How far the texts of the summary stand to the right. */
const INDENT = 11
/** A terminal that is narrower than this cuts words itself. */
const LEAST_COLUMNS = 20

/** Lines of at most so many characters, as far as words allow. */
function wrap(text: string, columns: number): string[] {
  if (columns < LEAST_COLUMNS) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

function textOf(report: Report, name: ShownName): string {
  return rowOf(name).text?.(valueIn(report, name), report) ?? ''
}

/** What stands between the pieces of the live line. */
const APART = '  '

/**
 * What happened between two snapshots of all workers, on one line: as many pieces, the most wanted first, as have room in `columns`;
 * undefined when they cannot be compared.
 */
export function renderLive(
  before: Snapshot,
  after: Snapshot,
  columns = Number.POSITIVE_INFINITY,
  paint: Paint = plain,
): string | undefined {
  const seconds = after.seconds - before.seconds
  if (seconds <= 0 || after.events < before.events) return undefined // a reset
  const shown: string[] = []
  let left = columns
  for (const { name = '', value, unit = '', style } of livePieces(before, after, seconds)) {
    left -= name.length + value.length + unit.length
    if (left < 0) break
    left -= APART.length
    const isFound = style !== undefined && !/^[0-]/.test(value)
    shown.push(`${paint('dim', name)}${isFound ? paint(style, value) : value}${paint('dim', unit)}`)
  }
  return shown.join(APART)
}

interface LivePiece {
  readonly name?: string
  readonly value: string
  readonly unit?: string
  /** Of a value that should be 0. */
  readonly style?: 'red' | 'yellow'
}

function livePieces(before: Snapshot, after: Snapshot, seconds: number): LivePiece[] {
  const requests = countRequests(after.routes) - countRequests(before.routes)
  const answered = routesSince(after.routes, before.routes)
  const failed = answered.filter(({ status }) => status === 0 || status >= 400)
  const dealt = ledgersSince(after.ledgers, before.ledgers).reduce((sum, ledger) => sum + ledger.dealt, 0)
  const rate = (count: number): string => formatCount(count / seconds)
  const time = (name: 'ttft' | 'lateness', share: number): string => {
    const taken = subtractHistogram(after[name], before[name])
    return taken.count === 0 ? '-' : formatMs(percentile(taken, share) / 1000)
  }
  return [
    { value: rate(requests), unit: ' requests/s' },
    { value: rate(after.events - before.events), unit: ' events/s' },
    { value: formatCount(after.open), unit: ' open' },
    { name: 'TTFT p50 ', value: time('ttft', 0.5) },
    { name: 'late p99 ', value: time('lateness', 0.99) },
    { name: 'errors ', value: shareOf(countRequests(failed), countRequests(answered)), style: 'red' },
    { name: 'faults ', value: shareOf(dealt, requests), style: 'yellow' },
    { name: 'busy ', value: formatPercent(Math.max(0, ...after.busy.map(({ last }) => last))) },
  ]
}

/** What is not nothing is not told as nothing. */
function shareOf(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %'
  return part / whole < 0.005 ? '< 1 %' : formatPercent(Math.min(1, part / whole))
}
