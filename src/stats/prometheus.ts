// The same numbers as Prometheus text exposition.
// https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
import { countsUpTo, type HistogramSnapshot } from './histogram.ts'
import { type Collection, type Report, rowOf, type ShownName, shownNumbers, valueIn } from './report.ts'
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

/** Renders a collection and the report made from it. A reset of the measuring window is a counter reset. */
export function renderMetrics({ merged }: Collection, report: Report): string {
  const { version, commit, engine } = report
  const families = new Map<string, string>([
    [
      'build_info',
      heading('build_info', 'gauge', 'Version, commit and engine of the program; always 1.') +
        line('build_info', [{ version, commit: commit ?? '', engine }, 1]),
    ],
  ])
  const kept: Readonly<Record<string, unknown>> = merged
  for (const name of new Set([...first, ...(Object.keys(shownNumbers) as ShownName[])])) {
    for (const metric of rowOf(name).metrics ?? []) {
      const samples =
        metric.type === 'histogram'
          ? bucketLines(metric.name, kept[name] as HistogramSnapshot)
          : metric
              .samples(valueIn(report, name), kept[name] as never)
              .map((sample) => line(metric.name, sample))
      if (samples.length === 0) continue
      const before = families.get(metric.name) ?? heading(metric.name, metric.type, metric.help)
      families.set(metric.name, before + samples.join(''))
    }
  }
  return [...families.values()].join('')
}

function bucketLines(name: string, histogram: HistogramSnapshot): string[] {
  const counts = countsUpTo(histogram, BOUNDS_MICROS)
  return [
    ...BOUNDS.map((bound, i) => line(`${name}_bucket`, [{ le: String(bound) }, counts[i]!])),
    line(`${name}_bucket`, [{ le: '+Inf' }, histogram.count]),
    line(`${name}_sum`, [{}, histogram.sumMicros / 1e6]),
    line(`${name}_count`, [{}, histogram.count]),
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
