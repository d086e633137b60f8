// What clients did with the replies that were faulty on purpose, as it is told.
import { formatCount, formatMs, plural } from '../config/format.ts'
import type { LedgerCounts, LedgerSnapshot } from './ledger.ts'
import { type Percentiles, percentilesOf } from './percentiles.ts'
import type { Metric } from './rows.ts'

export interface FaultReport extends LedgerCounts {
  readonly pattern: string
  /** How many left after so many content chunks. */
  readonly leftAfterChunks: Readonly<Record<string, number>>
  /** How long after the fault could be noticed clients left. */
  readonly leftAfterFaultMs: Percentiles
}

/** So many patterns are named in the summary: more do not fit on a screen beside the rest. */
const MOST_NAMED = 12

/** The patterns of whose replies something is to be told: they may have been dealt in an earlier window. */
export function reportFaults(ledgers: readonly LedgerSnapshot[]): readonly FaultReport[] {
  return ledgers
    .filter(
      ({ dealt, completed, leftBeforeFirstEvent, leftMidStream }) =>
        dealt + completed + leftBeforeFirstEvent + leftMidStream > 0,
    )
    .map(({ leftAfterChunks, leftAfterFault, ...counts }) => ({
      ...counts,
      leftAfterChunks: Object.fromEntries(leftAfterChunks),
      leftAfterFaultMs: percentilesOf(leftAfterFault),
    }))
}

/** A line for each of the patterns that were dealt most often. */
export function describeFaults(faults: readonly FaultReport[]): string {
  const most = faults.toSorted((a, b) => b.dealt - a.dealt).slice(0, MOST_NAMED)
  const others = faults.length - most.length
  return [
    ...most.map(describeFault),
    ...(others > 0 ? [`and ${plural(others, 'more pattern')}, which --report FILE tells`] : []),
  ].join('\n')
}

function describeFault(fault: FaultReport): string {
  const { pattern, dealt, completed, leftBeforeFirstEvent, leftMidStream, leftAfterFaultMs } = fault
  const left = leftBeforeFirstEvent + leftMidStream
  const soon =
    leftAfterFaultMs.p50 === null ? '' : `, ${formatMs(leftAfterFaultMs.p50)} after the fault (p50)`
  const ends = `, ${formatCount(completed)} played to the end, ${formatCount(left)} left by the client${soon}`
  return `${pattern}: ${formatCount(dealt)} dealt${completed + left === 0 ? '' : ends}`
}

export const faultMetrics: readonly Metric<readonly LedgerSnapshot[], readonly FaultReport[]>[] = [
  {
    type: 'counter',
    name: 'faults_dealt_total',
    help: 'Replies that were faulty on purpose, by pattern.',
    samples: (_, kept) => kept.map(({ pattern, dealt }) => [{ pattern }, dealt]),
  },
  {
    type: 'counter',
    name: 'faults_ended_total',
    help: 'How such replies ended.',
    samples: (_, kept) =>
      kept.flatMap(({ pattern, completed, leftBeforeFirstEvent, leftMidStream }) => [
        [{ pattern, how: 'completed' }, completed],
        [{ pattern, how: 'aborted_before_first_event' }, leftBeforeFirstEvent],
        [{ pattern, how: 'aborted_mid_stream' }, leftMidStream],
      ]),
  },
]
