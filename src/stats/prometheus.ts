// The same numbers as Prometheus text exposition.
// https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
import { countUpTo, type HistogramSnapshot } from './histogram.ts'
import type { Collection, Report } from './report.ts'

/** Upper bounds of the exposed buckets, in seconds. */
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60,
]

/** Renders a collection and the report made from it. A reset of the measuring window is a counter reset. */
export function renderMetrics({ merged }: Collection, report: Report): string {
  const { requests, sent, workers, busy } = report
  const ended = [
    sample('mock_llm_streams_ended_total', { how: 'completed' }, requests.completed),
    sample(
      'mock_llm_streams_ended_total',
      { how: 'aborted_before_first_event' },
      requests.abortedBeforeFirstEvent,
    ),
    sample('mock_llm_streams_ended_total', { how: 'aborted_mid_stream' }, requests.abortedMidStream),
  ]
  return [
    metric('mock_llm_build_info', 'gauge', 'Version and commit of the program; always 1.', [
      sample('mock_llm_build_info', { version: report.version, commit: report.commit ?? '' }, 1),
    ]),
    gauge('mock_llm_uptime_seconds', 'Seconds since the program was started.', report.uptimeSeconds),
    gauge('mock_llm_workers', 'Worker processes that should serve.', workers.expected),
    gauge('mock_llm_workers_missing', 'Workers whose numbers are not included.', workers.missing),
    metric(
      'mock_llm_workers_lost_total',
      'counter',
      'Workers that have died, with the numbers they had not told.',
      [sample('mock_llm_workers_lost_total', {}, workers.lost)],
    ),
    metric(
      'mock_llm_requests_total',
      'counter',
      'Requests answered, by route and status.',
      requests.byRoute.map(({ route, status, requests: count }) =>
        sample('mock_llm_requests_total', { route, status: String(status) }, count),
      ),
    ),
    metric('mock_llm_streams_ended_total', 'counter', 'Streams that have ended, and how.', ended),
    gauge('mock_llm_streams_open', 'Streams being played.', requests.open),
    gauge('mock_llm_streams_open_peak', 'Most streams open at once, summed over workers.', requests.peakOpen),
    metric('mock_llm_events_sent_total', 'counter', 'Events written.', [
      sample('mock_llm_events_sent_total', {}, sent.events),
    ]),
    metric('mock_llm_events_held_back_total', 'counter', 'Events late because the client had not read.', [
      sample('mock_llm_events_held_back_total', {}, sent.heldBack),
    ]),
    metric('mock_llm_sent_bytes_total', 'counter', 'Bytes of body written.', [
      sample('mock_llm_sent_bytes_total', {}, sent.bytes),
    ]),
    histogram(
      'mock_llm_lateness_seconds',
      'How late events were written, actual minus due.',
      merged.lateness,
    ),
    histogram('mock_llm_ttft_seconds', 'Time from the arrival of a request to its first event.', merged.ttft),
    histogram(
      'mock_llm_loop_delay_seconds',
      'How late a periodic timer of each worker fired.',
      merged.loopDelay,
    ),
    metric(
      'mock_llm_faults_dealt_total',
      'counter',
      'Replies that were faulty on purpose, by pattern.',
      report.faults.map(({ pattern, dealt }) => sample('mock_llm_faults_dealt_total', { pattern }, dealt)),
    ),
    metric(
      'mock_llm_faults_ended_total',
      'counter',
      'How such replies ended.',
      report.faults.flatMap(({ pattern, completed, leftBeforeFirstEvent, leftMidStream }) => [
        sample('mock_llm_faults_ended_total', { pattern, how: 'completed' }, completed),
        sample(
          'mock_llm_faults_ended_total',
          { pattern, how: 'aborted_before_first_event' },
          leftBeforeFirstEvent,
        ),
        sample('mock_llm_faults_ended_total', { pattern, how: 'aborted_mid_stream' }, leftMidStream),
      ]),
    ),
    histogram(
      'mock_llm_blocked_seconds',
      'How long streams waited for clients that did not read.',
      merged.blocked,
    ),
    metric(
      'mock_llm_worker_busy_ratio',
      'gauge',
      'Share of one CPU that each worker used in the last second.',
      busy.perWorker.map(({ last }, worker) =>
        sample('mock_llm_worker_busy_ratio', { worker: String(worker) }, last),
      ),
    ),
  ].join('')
}

function gauge(name: string, help: string, value: number): string {
  return metric(name, 'gauge', help, [sample(name, {}, value)])
}

function histogram(name: string, help: string, snapshot: HistogramSnapshot): string {
  return metric(name, 'histogram', help, [
    ...BOUNDS.map((bound) =>
      sample(`${name}_bucket`, { le: String(bound) }, countUpTo(snapshot, bound * 1e6)),
    ),
    sample(`${name}_bucket`, { le: '+Inf' }, snapshot.count),
    sample(`${name}_sum`, {}, snapshot.sumMicros / 1e6),
    sample(`${name}_count`, {}, snapshot.count),
  ])
}

function metric(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly string[],
): string {
  return samples.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/["\\]/g, '\\$&')}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}
