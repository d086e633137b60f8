// /metrics as a whole: names, types, units, labels, escaping and values, against a text written by hand.
import { expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { Histogram, type HistogramSnapshot } from '../../src/stats/histogram.ts'
import { renderMetrics } from '../../src/stats/prometheus.ts'
import { makeReport } from '../../src/stats/report.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'

function micros(...values: number[]): HistogramSnapshot {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value, 1)
  return histogram.snapshot()
}

const merged: Snapshot = {
  ...emptySnapshot,
  seconds: 10,
  open: 5,
  peakOpen: 8,
  completed: 20,
  abortedBeforeFirstEvent: 1,
  abortedMidStream: 2,
  cut: 3,
  lost: 4,
  routes: [
    { route: 'POST /v1/chat/completions', status: 0, requests: 1, waiting: 6 },
    { route: 'POST /v1/chat/completions', status: 200, requests: 27, waiting: 0 },
    { route: 'GET /"quoted"\\back\nline', status: 404, requests: 0, waiting: 0 },
  ],
  unrouted: [{ target: 'GET /secret', atMs: 1 }],
  leavings: [['mock1234567800000009', 1_795_380_000_000.125, 2]],
  timeline: [{ second: 1, byStatus: { '200': 27 }, waiting: 6 }],
  events: 460,
  bytes: 90_000,
  heldBack: 7,
  lateness: micros(80, 200, 900, 1500),
  ttft: micros(50_000, 51_000),
  wholeTime: micros(61_000_000, 90_000_000),
  loopDelay: micros(),
  blocked: micros(300_000),
  ledgers: [
    {
      pattern: 'abort:5',
      dealt: 4,
      completed: 3,
      leftBeforeFirstEvent: 0,
      leftMidStream: 1,
      leftAfterChunks: [[2, 1]],
      leftAfterFault: micros(5000),
    },
  ],
  peakDescriptors: 123,
  busy: [
    { worker: 0, mean: 0.25, peak: 0.5, last: 0.123456789 },
    { worker: 2, mean: 0.75, peak: 0.8, last: 1 },
  ],
}

const facts = {
  version: '1.2.3',
  commit: null,
  config: singleUpstream(readSettings({ engine: 'socket' }, {})),
  startedAtMs: 1_795_380_000_000,
  cpus: 2,
  descriptorLimit: 1000,
}

const GOLDEN = String.raw`# HELP mock_llm_build_info Version, commit and engine of the program; always 1.
# TYPE mock_llm_build_info gauge
mock_llm_build_info{version="1.2.3",commit="",engine="socket"} 1
# HELP mock_llm_uptime_seconds Seconds since the program was started.
# TYPE mock_llm_uptime_seconds gauge
mock_llm_uptime_seconds 12.345
# HELP mock_llm_workers Worker processes that should serve.
# TYPE mock_llm_workers gauge
mock_llm_workers 3
# HELP mock_llm_workers_missing Workers that did not answer in time: their numbers are those told before.
# TYPE mock_llm_workers_missing gauge
mock_llm_workers_missing 1
# HELP mock_llm_workers_lost_total Workers that have died since the start, with the numbers they had not told.
# TYPE mock_llm_workers_lost_total counter
mock_llm_workers_lost_total 1
# HELP mock_llm_requests_total Requests by route and status, counted when the status was sent; 0: they ended without one.
# TYPE mock_llm_requests_total counter
mock_llm_requests_total{route="POST /v1/chat/completions",status="0"} 1
mock_llm_requests_total{route="POST /v1/chat/completions",status="200"} 27
mock_llm_requests_total{route="GET /\"quoted\"\\back\nline",status="404"} 0
# HELP mock_llm_requests_waiting Requests that have come, and have no answer yet.
# TYPE mock_llm_requests_waiting gauge
mock_llm_requests_waiting{route="POST /v1/chat/completions"} 6
# HELP mock_llm_streams_ended_total Answers of a model that have ended, streamed or whole, and how.
# TYPE mock_llm_streams_ended_total counter
mock_llm_streams_ended_total{how="completed"} 20
mock_llm_streams_ended_total{how="aborted_before_first_event"} 1
mock_llm_streams_ended_total{how="aborted_mid_stream"} 2
mock_llm_streams_ended_total{how="lost"} 4
# HELP mock_llm_streams_open Answers of a model under way, streamed or whole.
# TYPE mock_llm_streams_open gauge
mock_llm_streams_open 5
# HELP mock_llm_streams_open_peak Most answers under way at once in each worker, summed up.
# TYPE mock_llm_streams_open_peak gauge
mock_llm_streams_open_peak 8
# HELP mock_llm_events_sent_total Events written; an answer that is one body is one.
# TYPE mock_llm_events_sent_total counter
mock_llm_events_sent_total 460
# HELP mock_llm_events_held_back_total Events that waited for the client to read, or for its body; their lateness is in no other metric.
# TYPE mock_llm_events_held_back_total counter
mock_llm_events_held_back_total 7
# HELP mock_llm_sent_bytes_total Bytes of body written.
# TYPE mock_llm_sent_bytes_total counter
mock_llm_sent_bytes_total 90000
# HELP mock_llm_lateness_seconds How late events were written, actual minus due; those held back are not among them.
# TYPE mock_llm_lateness_seconds histogram
mock_llm_lateness_seconds_bucket{le="0.0001"} 1
mock_llm_lateness_seconds_bucket{le="0.0002"} 2
mock_llm_lateness_seconds_bucket{le="0.000912"} 3
mock_llm_lateness_seconds_bucket{le="0.001585"} 4
mock_llm_lateness_seconds_bucket{le="+Inf"} 4
mock_llm_lateness_seconds_sum 0.00268
mock_llm_lateness_seconds_count 4
# HELP mock_llm_ttft_seconds Time from the arrival of a request to the first event of its stream.
# TYPE mock_llm_ttft_seconds histogram
mock_llm_ttft_seconds_bucket{le="0.05248"} 2
mock_llm_ttft_seconds_bucket{le="+Inf"} 2
mock_llm_ttft_seconds_sum 0.101
mock_llm_ttft_seconds_count 2
# HELP mock_llm_whole_answer_seconds Time from the arrival of a request to all of an answer that is one body.
# TYPE mock_llm_whole_answer_seconds histogram
mock_llm_whole_answer_seconds_bucket{le="63.1"} 1
mock_llm_whole_answer_seconds_bucket{le="+Inf"} 2
mock_llm_whole_answer_seconds_sum 151
mock_llm_whole_answer_seconds_count 2
# HELP mock_llm_loop_delay_seconds How late a periodic timer of each worker fired.
# TYPE mock_llm_loop_delay_seconds histogram
mock_llm_loop_delay_seconds_bucket{le="+Inf"} 0
mock_llm_loop_delay_seconds_sum 0
mock_llm_loop_delay_seconds_count 0
# HELP mock_llm_faults_dealt_total Replies that were faulty on purpose, by pattern.
# TYPE mock_llm_faults_dealt_total counter
mock_llm_faults_dealt_total{pattern="abort:5"} 4
# HELP mock_llm_faults_ended_total How such replies ended.
# TYPE mock_llm_faults_ended_total counter
mock_llm_faults_ended_total{pattern="abort:5",how="completed"} 3
mock_llm_faults_ended_total{pattern="abort:5",how="aborted_before_first_event"} 0
mock_llm_faults_ended_total{pattern="abort:5",how="aborted_mid_stream"} 1
# HELP mock_llm_blocked_seconds How long streams waited for clients that did not read.
# TYPE mock_llm_blocked_seconds histogram
mock_llm_blocked_seconds_bucket{le="0.302"} 1
mock_llm_blocked_seconds_bucket{le="+Inf"} 1
mock_llm_blocked_seconds_sum 0.3
mock_llm_blocked_seconds_count 1
# HELP mock_llm_descriptors_peak Most descriptors, connections among them, that one worker had open; looked at once a second.
# TYPE mock_llm_descriptors_peak gauge
mock_llm_descriptors_peak 123
# HELP mock_llm_worker_busy_ratio Share of one CPU that each worker used in the last second.
# TYPE mock_llm_worker_busy_ratio gauge
mock_llm_worker_busy_ratio{worker="0"} 0.1235
mock_llm_worker_busy_ratio{worker="2"} 1
`

test('the whole text', () => {
  const collection = { shares: [], merged, workers: 3, reported: 2, lost: 1 }
  const text = renderMetrics(collection, makeReport(collection, facts, 1_795_380_012_345))
  // Of the buckets those that hold more than the one before, and the last.
  let before = '0'
  const told = text.split('\n').filter((line) => {
    const bucket = /_bucket\{le="(.+)"\} (\d+)$/.exec(line)
    if (bucket === null) return true
    const isNew = bucket[2] !== before
    before = bucket[1] === '+Inf' ? '0' : bucket[2]!
    return isNew || bucket[1] === '+Inf'
  })
  expect(told.join('\n')).toBe(GOLDEN)
})
