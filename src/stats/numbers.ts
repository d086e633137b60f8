// The one table of numbers that workers keep. What a snapshot holds, how several are put together, /stats, the report, /metrics
// and the texts of the summary follow from it. The rows are in the order of /stats. To add a number is to add a row; one that is
// counted or recorded also is a field of the tally, which does not compile without it.
import { formatBytes, formatCount, plural } from '../config/format.ts'
import { type BusyShare, carryBusy, describeBusy, mergeBusy, reportBusy } from './busy.ts'
import { describeFaults, faultMetrics, reportFaults } from './faults.ts'
import { type Leaving, leavingsSince, mergeLeavings, showLeavings } from './leavings.ts'
import { carryLedgers, type LedgerSnapshot, ledgersSince, mergeLedgers } from './ledger.ts'
import { type Memory, memoryCourse, memoryMetrics } from './memory.ts'
import { describePercentiles } from './percentiles.ts'
import { formatRate } from './rates.ts'
import { round } from './rounding.ts'
import {
  carryRoutes,
  closeRoutes,
  describeRoutes,
  leaveRoutes,
  mergeRoutes,
  type RouteCount,
  routesSince,
  showRoutes,
} from './routes.ts'
import {
  asItIs,
  count,
  countCourse,
  counter,
  gauge,
  histogram,
  latest,
  type Metric,
  histogramOfProcess,
  own,
  ownOfProcess,
} from './rows.ts'
import { mergeSpells, secondsOf, type Spell, spellsSince } from './spells.ts'
import { describeUnrouted, mergeUnrouted, showUnrouted, type Unrouted, unroutedSince } from './unrouted.ts'
import {
  carryTimeline,
  closeTimeline,
  type KeptSecond,
  leaveTimeline,
  mergeTimelines,
  showTimeline,
  timelineSince,
} from './timeline.ts'

const streamsEnded = (how: string): Metric<unknown, number> =>
  counter('streams_ended_total', 'Answers of a model that have ended, streamed or whole, and how.', { how })

export const numbers = {
  /** Length of the measuring window; the longest of those put together. */
  seconds: ownOfProcess({
    path: 'windowSeconds',
    ...countCourse,
    merge: Math.max,
    show: (seconds) => round(seconds, 3),
  }),
  /** When requests came or were open. */
  spells: own({
    path: 'requests.openSeconds',
    empty: [] as readonly Spell[],
    merge: mergeSpells,
    since: spellsSince,
    close: asItIs<readonly Spell[]>,
    carry: () => [],
    leave: asItIs<readonly Spell[]>,
    show: (spells) => round(secondsOf(spells), 3),
  }),
  /** At any time all that were ever begun are open or have ended in one of the ways below, in whichever window. */
  open: own({
    path: 'requests.open',
    ...countCourse,
    since: () => 0,
    carry: asItIs<number>,
    leave: () => 0,
    show: asItIs,
    metrics: [gauge('streams_open', 'Answers of a model under way, streamed or whole.')],
  }),
  /**
   * Put together, the sum of the peaks of each worker and upstream: an upper bound, since they need not have come at the same time. Those
   * of workers that have gone are in no sum with later ones: see the collector.
   */
  peakOpen: own({
    path: 'requests.peakOpen',
    ...countCourse,
    since: () => 0,
    carry: (_, { open }) => open,
    leave: () => 0,
    show: asItIs<number>,
    text: (streams) => `at most ${formatCount(streams)} open`,
    metrics: [gauge('streams_open_peak', 'Most answers under way at once in each worker, summed up.')],
  }),
  completed: count('requests.completed', {
    text: (streams) => `${formatCount(streams)} completed`,
    metrics: [streamsEnded('completed')],
  }),
  abortedBeforeFirstEvent: count('requests.abortedBeforeFirstEvent', {
    metrics: [streamsEnded('aborted_before_first_event')],
  }),
  abortedMidStream: count('requests.abortedMidStream', {
    text: (streams, { requests: { abortedBeforeFirstEvent: before } }) =>
      `${formatCount(before + streams)} left by the client (${formatCount(before)} before the first event)`,
    metrics: [streamsEnded('aborted_mid_stream')],
  }),
  /** Streams that were still open when the program ended. */
  cut: count('requests.cut', { text: (streams) => `${formatCount(streams)} cut at the end` }),
  /** Streams that were open in a worker that died. */
  lost: own({
    path: 'requests.lost',
    ...countCourse,
    leave: (streams, { open }) => streams + open,
    show: asItIs<number>,
    text: (streams) => (streams === 0 ? '' : `${formatCount(streams)} lost with a worker`),
    metrics: [streamsEnded('lost')],
  }),
  routes: own({
    path: 'requests.byRoute',
    empty: [] as readonly RouteCount[],
    merge: mergeRoutes,
    since: routesSince,
    close: closeRoutes,
    carry: carryRoutes,
    leave: leaveRoutes,
    show: showRoutes,
    text: describeRoutes,
    metrics: [
      {
        type: 'counter',
        name: 'requests_total',
        help: 'Requests by route and status, counted when the status was sent; 0: they ended without one.',
        samples: (_, kept) =>
          kept.map(({ route, status, requests }) => [{ route, status: String(status) }, requests]),
      },
      {
        type: 'gauge',
        name: 'requests_waiting',
        help: 'Requests that have come, and have no answer yet.',
        samples: (_, kept) =>
          kept.flatMap(({ route, status, waiting }) => (status === 0 ? [[{ route }, waiting]] : [])),
      },
    ],
  }),
  /** What was asked for last and is not served. */
  unrouted: own({
    path: 'requests.unrouted',
    ...latest<Unrouted>(),
    merge: mergeUnrouted,
    since: unroutedSince,
    show: showUnrouted,
    text: describeUnrouted,
  }),
  /** Who left last before a reply was over. */
  leavings: own({
    path: 'requests.leavings',
    ...latest<Leaving>(),
    merge: mergeLeavings,
    since: leavingsSince,
    show: showLeavings,
  }),
  /** The last minute, second by second. */
  timeline: own({
    path: 'requests.timeline',
    empty: [] as readonly KeptSecond[],
    merge: mergeTimelines,
    since: timelineSince,
    close: closeTimeline,
    carry: carryTimeline,
    leave: leaveTimeline,
    show: showTimeline,
  }),
  events: count('sent.events', {
    text: (events, { requests: { openSeconds } }) => {
      const rate = formatRate(events, openSeconds)
      return `${plural(events, 'event')}${rate && ` (${rate})`}`
    },
    metrics: [counter('events_sent_total', 'Events written; an answer that is one body is one.')],
  }),
  bytes: count('sent.bytes', {
    text: formatBytes,
    metrics: [counter('sent_bytes_total', 'Bytes of body written.')],
  }),
  /** Events that were late because their client had not read the ones before; they are not in `lateness`. */
  heldBack: count('sent.heldBack', {
    text: (events) =>
      events === 0 ? '' : `${formatCount(events)} events held back by clients that did not read`,
    metrics: [
      counter(
        'events_held_back_total',
        'Events that waited for the client to read, or for its body; their lateness is in no other metric.',
      ),
    ],
  }),
  lateness: histogram(
    'latenessMs',
    'lateness_seconds',
    'How late events were written, actual minus due; those held back are not among them.',
    describePercentiles,
  ),
  ttft: histogram(
    'ttftMs',
    'ttft_seconds',
    'Time from the arrival of a request to the first event of its stream.',
    describePercentiles,
  ),
  /** Answers that are one body, also when a fault sends it in pieces: there the last one counts. */
  wholeTime: histogram(
    'wholeMs',
    'whole_answer_seconds',
    'Time from the arrival of a request to all of an answer that is one body.',
    (percentiles) => (percentiles.count === 0 ? '' : describePercentiles(percentiles)),
  ),
  loopDelay: histogramOfProcess(
    'loopDelayMs',
    'loop_delay_seconds',
    'How late a periodic timer of each worker fired.',
    describePercentiles,
  ),
  /** Each time a client did not read. */
  blocked: histogram(
    'blockedMs',
    'blocked_seconds',
    'How long streams waited for clients that did not read.',
  ),
  /** What clients did with the replies that were faulty on purpose: an entry per pattern of faults. */
  ledgers: own({
    path: 'faults',
    empty: [] as readonly LedgerSnapshot[],
    merge: mergeLedgers,
    since: ledgersSince,
    close: asItIs<readonly LedgerSnapshot[]>,
    carry: carryLedgers,
    leave: asItIs<readonly LedgerSnapshot[]>,
    show: reportFaults,
    text: describeFaults,
    metrics: faultMetrics,
  }),
  /** Of the worker that had most; 0 where the system does not say. Connections are descriptors, and most descriptors connections. */
  peakDescriptors: ownOfProcess({
    path: 'descriptors.peak',
    ...countCourse,
    merge: Math.max,
    since: (now, before) => (now > before ? now : 0),
    show: asItIs<number>,
    metrics: [
      gauge(
        'descriptors_peak',
        'Most descriptors, connections among them, that one worker had open; looked at once a second.',
      ),
    ],
  }),
  /** What clients make the workers keep, and how much they keep at most. */
  memory: ownOfProcess({
    path: 'memory',
    ...memoryCourse,
    show: asItIs<Memory>,
    metrics: memoryMetrics,
  }),
  /** Shares of one CPU: an entry per worker. */
  busy: ownOfProcess({
    path: 'busy',
    empty: [] as readonly BusyShare[],
    merge: mergeBusy,
    since: () => [],
    close: asItIs<readonly BusyShare[]>,
    carry: carryBusy,
    leave: () => [],
    show: reportBusy,
    text: describeBusy,
    metrics: [
      {
        type: 'gauge',
        name: 'worker_busy_ratio',
        help: 'Share of one CPU that each worker used in the last second.',
        samples: ({ perWorker }) => perWorker.map(({ worker, last }) => [{ worker: String(worker) }, last]),
      },
    ],
  }),
}

type Numbers = typeof numbers
export type NumberName = keyof Numbers

/** The names of the numbers that the process has. */
export type ProcessName = {
  [Name in NumberName]: Numbers[Name]['whose'] extends 'process' ? Name : never
}[NumberName]

/** The names of the numbers that the tally keeps in one way. */
export type NamesOf<Kind> = {
  [Name in NumberName]: Numbers[Name]['kind'] extends Kind ? Name : never
}[NumberName]

/** The names of the numbers that the tally keeps in one way. */
export function namesOf<const Kind extends 'count' | 'histogram'>(kind: Kind): readonly NamesOf<Kind>[] {
  return (Object.keys(numbers) as NumberName[]).filter(
    (name) => numbers[name].kind === kind,
  ) as NamesOf<Kind>[]
}
