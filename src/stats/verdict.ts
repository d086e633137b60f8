// One sentence on whether the numbers can be trusted. The same rule everywhere.
import type { UpstreamSettings } from '../config/config.ts'
import type { Jitter } from '../config/jitter.ts'
import { formatMs, formatPercent, plural } from '../config/format.ts'
import { percentile } from './histogram.ts'
import type { Snapshot } from './snapshot.ts'

export interface Verdict {
  /** What was judged: the schedule where there is a delay, else saturation; null when there was too little to judge. */
  readonly about: 'schedule' | 'saturation' | null
  readonly kept: boolean | null
  readonly sentence: string
}

/** A worker that uses this share of a CPU has no time left to be punctual with. */
export const BUSY = 0.9

/** Fewer events than this say little about a p99. */
export const FEW_EVENTS = 100

/** What the verdict must know of the host. */
export interface Capacity {
  readonly workers: number
  /** CPUs the program may use. */
  readonly cpus: number
  readonly descriptorLimit: number | undefined
}

type TimedConfig = Pick<
  UpstreamSettings,
  'chunkCount' | 'ttftMs' | 'chunkDelayMs' | 'ttftJitter' | 'chunkDelayJitter'
>

/**
 * The longest p99 lateness that still keeps the schedule: a tenth of the smallest configured delay, at least 1 ms. Where
 * quantiles stand in place of a delay, their P50 counts. Undefined when there is no delay at all.
 */
export function toleranceMs(config: TimedConfig): number | undefined {
  const delays = [typicalMs(config.ttftMs, config.ttftJitter)]
  if (config.chunkCount > 0) delays.push(typicalMs(config.chunkDelayMs, config.chunkDelayJitter))
  const smallest = Math.min(...delays.filter((delay) => delay > 0))
  return Number.isFinite(smallest) ? Math.max(1, smallest / 10) : undefined
}

function typicalMs(delayMs: number, jitter: Jitter): number {
  return jitter.model === 'quantiles' ? jitter.ms[0] : delayMs
}

/** Near its limit of descriptors a worker has none left for connections that come at the same moment. */
export const NEARLY_ALL = 0.95

/** Where nobody counts descriptors, each stream is taken to have one. */
function usedUp({ peakDescriptors, peakOpen }: Snapshot, limit: number, workers: number): boolean {
  const share = peakDescriptors > 0 ? peakDescriptors / limit : peakOpen / (limit * workers)
  return share >= NEARLY_ALL
}

/** A verdict, and how near it is to the other one: 1 is the limit, below 0 there was too little to judge. */
interface Judgement {
  readonly verdict: Verdict
  readonly strain: number
}

const NOT_JUDGED = -1

/** One of several that are judged one by one. */
export interface Part extends Judgement {
  readonly name: string
}

/** One verdict on all parts: it is kept if that of each is that could be judged. `noun`: what they are. */
export function judgeAll(parts: readonly Part[], noun: 'upstream' | 'phase'): Judgement {
  const [worst, ...others] = parts.toSorted((a, b) => b.strain - a.strain)
  if (worst === undefined || others.length === 0 || worst.verdict.kept === null)
    return worst ?? { verdict: nothingToJudge(0), strain: NOT_JUDGED }
  const judged = parts.filter(({ verdict }) => verdict.kept !== null)
  const bad = judged.filter(({ verdict }) => verdict.kept === false)
  const { about, kept, sentence } = worst.verdict
  const all = plural(parts.length, noun)
  const named = `the ${noun} ${worst.name}`
  const passed =
    judged.length === parts.length
      ? `All ${all} passed`
      : `${judged.length} of ${all} passed, the rest had too few events`
  const said =
    bad.length > 0
      ? `${bad.length} of ${all} failed; worst: ${named}`
      : `${passed}; nearest to its limit: ${named}`
  return { verdict: { about, kept, sentence: `${said}. ${sentence}` }, strain: worst.strain }
}

function nothingToJudge(count: number): Verdict {
  return {
    about: null,
    kept: null,
    sentence: `Too few events to judge: ${count}, at least ${FEW_EVENTS} are needed.`,
  }
}

/** With a delay: was the schedule kept, and if not, the likely cause. Without: was the mock saturated. */
export function judge(snapshot: Snapshot, config: TimedConfig, capacity: Capacity): Verdict {
  return judgeClosely(snapshot, config, capacity).verdict
}

/** The same, so that it can be compared with others. */
export function judgeClosely(snapshot: Snapshot, config: TimedConfig, capacity: Capacity): Judgement {
  const { count } = snapshot.lateness
  const busiest = Math.max(0, ...snapshot.busy.map(({ peak }) => peak))
  const limitMs = toleranceMs(config)
  if (count < FEW_EVENTS) return { verdict: nothingToJudge(count), strain: NOT_JUDGED }
  if (limitMs === undefined) {
    const kept = busiest < BUSY
    const busyText = `the busiest worker used ${formatPercent(busiest)} of a CPU in its busiest second`
    const sentence = kept
      ? `Not saturated: ${busyText}, so the mock was not the bottleneck.`
      : `Saturated: ${busyText}, so the mock may have been the bottleneck.`
    return { verdict: { about: 'saturation', kept, sentence }, strain: busiest / BUSY }
  }
  const p99Ms = percentile(snapshot.lateness, 0.99) / 1000
  const kept = p99Ms <= limitMs
  const figures = `p99 lateness ${formatMs(p99Ms)}, at most ${formatMs(limitMs)} allowed`
  const sentence = kept
    ? `The schedule was kept: ${figures}.`
    : `The schedule was not kept: ${figures}; likely cause: ${likelyCause(snapshot, capacity, busiest)}.`
  return { verdict: { about: 'schedule', kept, sentence }, strain: p99Ms / limitMs }
}

function likelyCause(
  snapshot: Snapshot,
  { workers, cpus, descriptorLimit }: Capacity,
  busiest: number,
): string {
  if (descriptorLimit !== undefined && usedUp(snapshot, descriptorLimit, workers))
    return `the limit of ${descriptorLimit} descriptors per worker (raise the hard one, ulimit -Hn)`
  if (busiest >= BUSY)
    return workers < cpus
      ? `too few workers (${workers} on ${cpus} CPUs, the busiest at ${formatPercent(busiest)})`
      : `more load than this host's ${cpus} CPUs can serve on time`
  return 'other programs on the same CPUs, or bursts of requests that arrived together'
}
