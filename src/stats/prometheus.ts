// The same numbers as Prometheus text exposition.
// https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
import { countsUpTo, type HistogramSnapshot } from './histogram.ts'
import {
  type Collection,
  mergedFor,
  type Report,
  rowOf,
  type ShownName,
  shownNumbers,
  type UpstreamReport,
  valueIn,
} from './report.ts'
import type { Metric, Sample } from './rows.ts'

const PREFIX = 'mock_llm_'

/** So many buckets for each power of ten: each is less than 10 % wide, and so is the error of a percentile read from them. */
const PER_DECADE = 25
/** From just below 1 ms to 63 s. */
const FINE = 122

/** Upper bounds of the exposed buckets, in seconds. */
export const BOUNDS = [
  ...[0.0001, 0.0002, 0.0005],
  ...Array.from({ length: FINE }, (_, i) => Number((0.001 * 10 ** ((i - 1) / PER_DECADE)).toPrecision(4))),
]
const BOUNDS_MICROS = BOUNDS.map((seconds) => seconds * 1e6)

/** These come first, in this order; what has a metric besides follows. */
const first = [
  'uptime',
  'expected',
  'missing',
  'workersLost',
  'routes',
  'completed',
  'abortedBeforeFirstEvent',
  'abortedMidStream',
  'lost',
  'open',
  'peakOpen',
  'events',
  'heldBack',
  'bytes',
  'lateness',
  'ttft',
  'wholeTime',
  'loopDelay',
  'ledgers',
] as const satisfies ShownName[]

/**
 * Renders a collection and the report made from it. What upstreams have has their name as a label, where they have names. A reset of the
 * measuring window is a counter reset.
 */
export function renderMetrics(collection: Collection, report: Report): string {
  const { version, commit, engine, upstreams } = report
  const families = new Map<string, string>([
    [
      'build_info',
      heading('build_info', 'gauge', 'Version, commit and engine of the program; always 1.') +
        line('build_info', [{ version, commit: commit ?? '', engine }, 1]),
    ],
  ])
  const whole: Source = { labels: {}, report, kept: collection.merged }
  const each = Object.entries(upstreams ?? {}).map(([upstream, report]): Source => ({
    labels: { upstream },
    report,
    kept: mergedFor(collection, { upstream }),
  }))
  for (const name of new Set([...first, ...(Object.keys(shownNumbers) as ShownName[])])) {
    const sources = upstreams !== undefined && shownNumbers[name].whose === 'upstream' ? each : [whole]
    for (const metric of rowOf(name).metrics ?? []) {
      const samples = sources.flatMap((source) => linesOf(metric, name, source))
      if (samples.length === 0) continue
      const before = families.get(metric.name) ?? heading(metric.name, metric.type, metric.help)
      families.set(metric.name, before + samples.join(''))
    }
  }
  return [...families.values()].join('')
}

/** Whose numbers, and as what they are labelled. */
interface Source {
  readonly labels: Sample[0]
  readonly report: Report | UpstreamReport
  readonly kept: Readonly<Record<string, unknown>>
}

function linesOf(metric: Metric<never, never>, name: ShownName, { labels, report, kept }: Source): string[] {
  if (metric.type === 'histogram') return bucketLines(metric.name, kept[name] as HistogramSnapshot, labels)
  return metric
    .samples(valueIn(report, name) as never, kept[name] as never)
    .map(([own, value]) => line(metric.name, [{ ...labels, ...own }, value]))
}

function bucketLines(name: string, histogram: HistogramSnapshot, labels: Sample[0]): string[] {
  const counts = countsUpTo(histogram, BOUNDS_MICROS)
  return [
    ...BOUNDS.map((bound, i) => line(`${name}_bucket`, [{ ...labels, le: String(bound) }, counts[i]!])),
    line(`${name}_bucket`, [{ ...labels, le: '+Inf' }, histogram.count]),
    line(`${name}_sum`, [labels, histogram.sumMicros / 1e6]),
    line(`${name}_count`, [labels, histogram.count]),
  ]
}

function heading(name: string, type: Metric<never, never>['type'], help: string): string {
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} ${type}\n`
}

function line(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`)
  return `${PREFIX}${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

/** A label's value may be any text. */
function escape(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')
}
