// The upstreams in the summary: a line for each, as a table that fits the terminal.
import { formatCount, formatMs } from '../config/format.ts'
import { type Paint, plain } from '../config/terminal.ts'
import { formatRate } from './rates.ts'
import type { UpstreamReport } from './report.ts'
import type { RouteReport } from './routes.ts'
import type { Verdict } from './verdict.ts'

const HEADINGS = ['upstream', 'requests', 'rate', 'TTFT p50', 'late p99', 'verdict', 'not 200'] as const
/** Columns of texts; the others are numbers, and stand to the right. */
const TEXTS: ReadonlySet<string> = new Set(['upstream', 'verdict', 'not 200'])
/** Those that may be cut, the first of them first. */
const ELASTIC = [HEADINGS.indexOf('not 200'), HEADINGS.indexOf('upstream')]
const APART = '  '

/** At most `columns` wide, as far as that can be: texts are cut, numbers never. Empty without upstreams. */
export function renderUpstreams(
  upstreams: Readonly<Record<string, UpstreamReport>>,
  paint: Paint = plain,
  columns = Number.POSITIVE_INFINITY,
): string {
  const rows = Object.entries(upstreams).map(([name, report]) => cellsOf(name, report))
  const widths = fit(
    HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((cells) => cells[i]!.length))),
    columns,
  )
  const render = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const text = cell.length > widths[i]! ? `${cell.slice(0, widths[i]! - 1)}…` : cell
        return TEXTS.has(HEADINGS[i]!) ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
      })
      .join(APART)
      .trimEnd()
  return [paint('dim', render(HEADINGS)), ...rows.map(render)].map((line) => `${line}\n`).join('')
}

function cellsOf(name: string, { requests, ttftMs, latenessMs, verdict }: UpstreamReport): string[] {
  return [
    name,
    formatCount(requests.total),
    formatRate(requests.total, requests.openSeconds) || '-',
    ttftMs.p50 === null ? '-' : formatMs(ttftMs.p50),
    latenessMs.p99 === null ? '-' : formatMs(latenessMs.p99),
    inShort(verdict),
    describeStatuses(requests.byRoute),
  ]
}

function inShort({ about, kept }: Verdict): string {
  if (about === null) return '-'
  return about === 'schedule' ? (kept ? 'kept' : 'not kept') : kept ? 'not saturated' : 'saturated'
}

/** `429: 12, no answer: 3`; those of which there are most come first. */
function describeStatuses(routes: readonly RouteReport[]): string {
  const counts = new Map<number, number>()
  for (const { status, requests } of routes)
    if (status !== 200) counts.set(status, (counts.get(status) ?? 0) + requests)
  const texts = [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([status, requests]) => `${status === 0 ? 'no answer' : status}: ${formatCount(requests)}`)
  return texts.join(', ') || '-'
}

/** Takes from the columns that may be cut, down to their headings. */
function fit(widths: readonly number[], columns: number): number[] {
  const fitted = [...widths]
  let over = widths.reduce((sum, width) => sum + width, APART.length * (widths.length - 1)) - columns
  for (const i of ELASTIC) {
    const taken = Math.max(0, Math.min(over, fitted[i]! - HEADINGS[i]!.length))
    fitted[i]! -= taken
    over -= taken
  }
  return fitted
}
