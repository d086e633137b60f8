// What a comparison has found out, as machines read it; the table and the page are made from it. Pure.
import type { Surroundings } from '../surroundings.ts'
import { type CompareConfig, DIRECT } from '../../config/compare.ts'
import { percentile } from '../../stats/histogram.ts'
import { round } from '../../stats/rounding.ts'
import { shownUrl } from '../client/target.ts'
import { mergeWatched, type WatchCounts, type Watched } from '../client/watch.ts'
import type { Aborts } from './aborts.ts'
import type { Findings } from './compare.ts'
import { hasStamps } from './contestant.ts'
import { describeDifferences, type Difference, medianOf } from './differences.ts'
import type { Pace } from './mock.ts'
import {
  type Bound,
  boundsOfStep,
  errorsIn,
  type Figures,
  figuresOf,
  type Level,
  MARGIN_MS,
  type Step,
  type Times,
  timesIn,
  watchedIn,
} from './step.ts'
import type { MostStreams } from './streams.ts'

export const addedNames = ['ttftP50', 'ttftP99', 'chunkP50', 'chunkP99', 'totalP50', 'totalP99'] as const
export type AddedName = (typeof addedNames)[number]

export interface CompareReport {
  readonly version: string
  readonly host: Readonly<Record<string, unknown>>
  readonly settings: {
    readonly rounds: number
    readonly seconds: number
    readonly format: string
    readonly isWhole: boolean
    readonly isHttp2: boolean
    /** Chunks are stamped: delays are those of each chunk. Else they are taken from the schedule. */
    readonly isStamped: boolean
    readonly pace: Pace | null
  }
  /** False where it was ended before all was measured. */
  readonly isComplete: boolean
  readonly direct: {
    readonly url: string
    readonly levels: readonly LevelReport[]
    readonly most: MostStreams | null
    readonly aborts: Aborts | null
  }
  readonly vias: readonly ViaReport[]
}

export interface ViaReport {
  readonly name: string
  readonly url: string
  readonly isSameText: boolean
  readonly levels: readonly AddedReport[]
  readonly aborts: Aborts | null
  readonly most: MostStreams | null
}

/** What one contestant did at one level, in all rounds. */
export interface LevelReport {
  readonly level: Level
  readonly rounds: number
  /** Medians of the rounds. */
  readonly figures: { readonly [Name in keyof Figures]: number | null }
  readonly requests: number
  readonly errors: number
  readonly errorKinds: readonly (readonly [reason: string, times: number])[]
  /** Requests that had been silent for too long when a step ended. */
  readonly hung: number
  /** How late the mock itself was, the median of the rounds. */
  readonly mockLatenessP99Ms: number | null
  readonly clientCpus: number
  /** CPUs that what is in between used; null where its process is not known. */
  readonly viaCpus: number | null
  /** In at least half of the rounds. */
  readonly bounds: readonly Bound[]
  readonly stream: StreamReport | null
  /** Distributions, as pairs of a share of all and the ms that it does not exceed. */
  readonly curves: {
    readonly ttft: readonly Point[]
    readonly chunk: readonly Point[]
    readonly total: readonly Point[]
  }
}

export type Point = readonly [share: number, ms: number]

/** What happened to streams. */
export interface StreamReport extends WatchCounts {
  readonly eventsPerRead: number
  /** By chunk the mean of the way from its stamp to the client, ms, more than the shortest there was; null where it never came. */
  readonly delayByChunkMs: readonly (number | null)[]
}

export interface AddedReport extends LevelReport {
  /** More than direct, ms; null where there are too few values. */
  readonly added: { readonly [Name in AddedName]: Difference | null }
  /** Requests per second as a share of those of direct. */
  readonly ratio: Difference | null
}

export function makeCompareReport(
  found: Findings,
  config: CompareConfig,
  { version, host }: Pick<Surroundings, 'version' | 'host'>,
): CompareReport {
  const { contestants, steps, pace, isComplete, aborts, most } = found
  const [direct, ...vias] = contestants
  /** What all programs of the host share, not only those that this one may use. */
  const cpus = Number(host['cpus'])
  const levels = levelsIn(steps)
  const stepsOf = (name: string, level: Level): Step[] =>
    steps.filter((step) => step.name === name && isSame(step.level, level))
  const levelOf = (name: string, level: Level): LevelReport =>
    reportLevel(level, stepsOf(name, level), name === DIRECT, cpus)
  const reached = (name: string): Level[] => levels.filter((level) => stepsOf(name, level).length > 0)
  return {
    version,
    host,
    settings: {
      rounds: config.rounds,
      seconds: config.seconds,
      format: direct?.asked.target.format ?? 'chat',
      isWhole: config.whole,
      isHttp2: config.http2,
      isStamped: direct !== undefined && hasStamps(direct.probed.text) && !config.whole,
      pace,
    },
    isComplete,
    direct: {
      url: direct === undefined ? '' : shownUrl(direct.asked.url),
      levels: reached(DIRECT).map((level) => levelOf(DIRECT, level)),
      most: most.get(DIRECT) ?? null,
      aborts: aborts.get(DIRECT) ?? null,
    },
    vias: vias.map(({ name, asked, isSame: isSameText }) => ({
      name,
      url: shownUrl(asked.url),
      isSameText,
      levels: reached(name).map((level) => ({
        ...levelOf(name, level),
        ...pairUp(stepsOf(DIRECT, level), stepsOf(name, level)),
      })),
      aborts: aborts.get(name) ?? null,
      most: most.get(name) ?? null,
    })),
  }
}

function levelsIn(steps: readonly Step[]): Level[] {
  const levels: Level[] = []
  for (const { level } of steps) if (!levels.some((known) => isSame(known, level))) levels.push(level)
  return levels
}

function isSame(a: Level, b: Level): boolean {
  return a.connections === b.connections && a.rate === b.rate
}

/** Each round of what is in between beside the same round of the mock alone. */
function pairUp(direct: readonly Step[], via: readonly Step[]): Pick<AddedReport, 'added' | 'ratio'> {
  const pairs = via.flatMap((step) => {
    const beside = direct.find(({ round: number }) => number === step.round)
    return beside === undefined ? [] : [{ of: figuresOf(step), beside: figuresOf(beside) }]
  })
  const added = Object.fromEntries(
    addedNames.map((name) => {
      const values = pairs.flatMap(({ of, beside }) => {
        const [more, less] = [of[name], beside[name]]
        return more === null || less === null ? [] : [more - less]
      })
      return [name, roundAll(describeDifferences(values), 4)]
    }),
  ) as AddedReport['added']
  const ratios = pairs.flatMap(({ of, beside }) =>
    beside.requestsPerSecond === 0 ? [] : [of.requestsPerSecond / beside.requestsPerSecond],
  )
  return { added, ratio: roundAll(describeDifferences(ratios, 1), 4) }
}

function roundAll(difference: Difference | undefined, digits: number): Difference | null {
  if (difference === undefined) return null
  const { median, low, high } = difference
  return { ...difference, median: round(median, digits), low: round(low, digits), high: round(high, digits) }
}

function reportLevel(level: Level, steps: readonly Step[], isDirect: boolean, cpus: number): LevelReport {
  const all = steps.map(figuresOf)
  const figures = Object.fromEntries(
    (Object.keys(all[0]!) as (keyof Figures)[]).map((name) => [
      name,
      medianOrNull(
        all.map((one) => one[name]),
        4,
      ),
    ]),
  ) as LevelReport['figures']
  const bounds = steps.map((step) => boundsOfStep(step, isDirect, cpus))
  const errorKinds = errorsIn(steps)
  return {
    level,
    rounds: steps.length,
    figures,
    requests: sumOf(steps, ({ result }) => result.requests),
    errors: sumOf(steps, ({ result }) => result.errors),
    errorKinds,
    hung: sumOf(steps, ({ result }) => result.hung),
    mockLatenessP99Ms: medianOrNull(
      steps.map(({ mock }) => mock.latenessMs.p99),
      3,
    ),
    clientCpus: round(medianOf(steps.map(({ result }) => result.cpuMs / result.measuredMs)), 3),
    viaCpus: medianOrNull(
      steps.map(({ viaCpuMs, result }) => (viaCpuMs === null ? null : viaCpuMs / result.measuredMs)),
      3,
    ),
    bounds: [...new Set(bounds.flat())].filter(
      (bound) => bounds.filter((one) => one.includes(bound)).length * 2 >= steps.length,
    ),
    stream: reportStream(watchedIn(steps, mergeWatched)),
    curves: {
      ttft: curveOf(timesIn(steps, 'ttft')),
      chunk: curveOf(timesIn(steps, 'chunk')),
      total: curveOf(timesIn(steps, 'total')),
    },
  }
}

const MOST_NINES = 5
const POINTS_PER_NINE = 10
/** One value, less what a power of ten is short of it. */
const LEAST_BEYOND = 0.999

/** Denser towards the end, and as far as there is a value of its own for each point. */
function curveOf({ histogram, fromMs }: Times): Point[] {
  const points: Point[] = []
  for (let i = 0; i <= MOST_NINES * POINTS_PER_NINE; i++) {
    const beyond = 10 ** (-i / POINTS_PER_NINE)
    if (histogram.count * beyond < LEAST_BEYOND) break
    const share = 1 - beyond
    points.push([round(share, 6), round(percentile(histogram, share) / 1000 + fromMs, 4)])
  }
  return points
}

function reportStream(watched: Watched | null): StreamReport | null {
  if (watched === null) return null
  const { delay: _, byChunk, leastMicros: __, ...counts } = watched
  return {
    ...counts,
    eventsPerRead: round(counts.readEvents / Math.max(1, counts.reads), 2),
    delayByChunkMs: byChunk.sumMicros.map((sum, i) => {
      const times = byChunk.times[i]!
      return times === 0 ? null : round(sum / times / 1000 - MARGIN_MS, 4)
    }),
  }
}

function medianOrNull(values: readonly (number | null)[], digits: number): number | null {
  const known = values.filter((value) => value !== null)
  return known.length < values.length || known.length === 0 ? null : round(medianOf(known), digits)
}

function sumOf(steps: readonly Step[], pick: (step: Step) => number): number {
  return steps.reduce((sum, step) => sum + pick(step), 0)
}
