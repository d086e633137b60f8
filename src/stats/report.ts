// The numbers as people and scripts get them: GET /stats, the report file and the summary are made from this.
import type { Settings } from '../config/config.ts'
import { areNamed, type Config, type Upstream } from '../config/upstreams.ts'
import { ownOf } from '../config/own.ts'
import { formatCount, formatMs, plural } from '../config/format.ts'
import { numbers, type NumberName } from './numbers.ts'
import { type Judged, judgeUpstream, type Seen } from './phases.ts'
import { formatRate } from './rates.ts'
import { round } from './rounding.ts'
import { countRequests, countWaiting } from './routes.ts'
import { type AnyRow, counter, gauge, type ShownRow } from './rows.ts'
import { type Shares, total } from './shares.ts'
import { type Snapshot, sumSnapshots } from './snapshot.ts'
import { judgeAll } from './verdict.ts'

/** The numbers of all workers that could be asked. */
export interface Collection {
  readonly shares: Shares
  /** All shares in one. */
  readonly merged: Snapshot
  readonly workers: number
  /** Workers whose numbers are in `merged`. */
  readonly reported: number
  /** Workers that have died since the start, with the numbers they had not told. */
  readonly lost: number
  /** When the phases of upstreams began, by name, in Unix milliseconds; those of others at the start. */
  readonly began?: Readonly<Record<string, number>>
  /** What is served now, where that has changed; without keys. */
  readonly config?: Config
}

/** What is wanted of a collection; all of it where nothing is said. */
export interface Wanted {
  /** By its name. */
  readonly upstream?: string | undefined
  /** By its id. */
  readonly session?: string | undefined
}

/** What stays the same for the whole run. */
export interface RunFacts {
  readonly version: string
  readonly commit: string | null
  /** Without keys. */
  readonly config: Config
  /** Unix milliseconds. */
  readonly startedAtMs: number
  readonly cpus: number
  readonly descriptorLimit: number | undefined
}

/** What a report is made from. */
interface Told extends Collection {
  readonly facts: RunFacts
  /** Unix milliseconds. */
  readonly nowMs: number
}

/** A number that no worker keeps, because it is of all of them. */
function ofRun<const Path extends string>(row: ShownRow<Path, Told, number>) {
  return { ...row, whose: 'process' } as const
}

/** A number that follows from others. */
function ofEach<const Path extends string>(row: ShownRow<Path, Pick<Told, 'merged'>, number>) {
  return { ...row, whose: 'upstream' } as const
}

const runNumbers = {
  uptime: ofRun({
    path: 'uptimeSeconds',
    show: ({ facts, nowMs }) => round((nowMs - facts.startedAtMs) / 1000, 3),
    metrics: [gauge('uptime_seconds', 'Seconds since the program was started.')],
  }),
  expected: ofRun({
    path: 'workers.expected',
    show: ({ workers }) => workers,
    metrics: [gauge('workers', 'Worker processes that should serve.')],
  }),
  reported: ofRun({ path: 'workers.reported', show: ({ reported }) => reported }),
  missing: ofRun({
    path: 'workers.missing',
    show: ({ workers, reported }) => workers - reported,
    text: (missing, { workers }) =>
      missing === 0
        ? ''
        : `the latest numbers of ${missing} of ${workers.expected} workers, which did not answer`,
    metrics: [
      gauge('workers_missing', 'Workers that did not answer in time: their numbers are those told before.'),
    ],
  }),
  workersLost: ofRun({
    path: 'workers.lost',
    show: ({ lost }) => lost,
    text: (lost) => (lost === 0 ? '' : `what ${plural(lost, 'worker')} that died had done since last asked`),
    metrics: [
      counter(
        'workers_lost_total',
        'Workers that have died since the start, with the numbers they had not told.',
      ),
    ],
  }),
  total: ofEach({
    path: 'requests.total',
    show: ({ merged }) => countRequests(merged.routes),
    text: (total, { requests: { openSeconds } }) => {
      if (openSeconds === 0) return formatCount(total)
      const words = [
        formatRate(total, openSeconds),
        `in the ${formatMs(openSeconds * 1000)} in which there were some`,
      ]
      return `${formatCount(total)} (${words.join(' ').trim()})`
    },
  }),
  /** Those of `total` that have come, and have no answer yet. */
  waiting: ofEach({ path: 'requests.waiting', show: ({ merged }) => countWaiting(merged.routes) }),
}

/** Every number that is shown. */
export const shownNumbers = { ...runNumbers, ...numbers }
export type ShownName = keyof typeof shownNumbers

/** `requests.open` and its value, as an object in an object. */
type At<Path extends string, Value> = Path extends `${infer Head}.${infer Rest}`
  ? { readonly [Key in Head]: At<Rest, Value> }
  : { readonly [Key in Path]: Value }

/** What has everything that the parts have. */
type InOne<Parts> = (Parts extends unknown ? (part: Parts) => void : never) extends (
  whole: infer Whole,
) => void
  ? Whole
  : never

type Row<Name extends ShownName> = (typeof shownNumbers)[Name]

/** The names of the numbers that each upstream has. */
type UpstreamName = {
  [Name in ShownName]: Row<Name>['whose'] extends 'upstream' ? Name : never
}[ShownName]

/** These numbers, each at its path. */
type Figures<Name extends ShownName> = InOne<
  { [Each in Name]: At<Row<Each>['path'], ReturnType<Row<Each>['show']>> }[Name]
>

/** What is told of one of several upstreams. */
export type UpstreamReport = Figures<UpstreamName> & Judged & Pick<Upstream, 'listen' | 'prefix'>

/** Of one upstream, or of all: then `config` is that of the run, with what is usual for all of them. */
export type Report = Figures<ShownName> &
  Judged & {
    readonly version: string
    readonly commit: string | null
    readonly engine: Settings['engine']
    readonly startedAt: string
    /** By name, where they have names. */
    readonly upstreams?: Readonly<Record<string, UpstreamReport>>
  }

/** `nowMs` in Unix milliseconds. An upstream that is wanted must be one of those there are. */
export function makeReport(
  collection: Collection,
  facts: RunFacts,
  nowMs: number,
  wanted: Wanted = {},
): Report {
  const { version, commit, startedAtMs, cpus, descriptorLimit } = facts
  const { config = facts.config, began = {} } = collection
  const capacity = { workers: collection.workers, cpus, descriptorLimit }
  const seenBy = sortShares(collection, wanted)
  const told: Told = { ...collection, merged: mergedFor(collection, wanted), facts, nowMs }
  const isWhole = areNamed(config) && wanted.upstream === undefined
  const parts = config.upstreams
    .filter(({ name }) => isWhole || name === (wanted.upstream ?? ''))
    .map((upstream) => {
      const seen = seenBy(upstream)
      return {
        upstream,
        seen,
        ...judgeUpstream(upstream, seen, capacity, nowMs - (ownOf(began, upstream.name) ?? startedAtMs)),
      }
    })
  const { uptimeSeconds, windowSeconds, workers, ...others } = figuresOf(told, namesShown)
  const { config: settings, ...judged } = isWhole
    ? {
        config: config.run as Settings, // it is made of all options, whatever its type promises
        verdict: judgeAll(
          parts.map(({ part }) => part),
          'upstream',
        ).verdict,
        upstreams: Object.fromEntries(
          parts.map(({ upstream: { name, listen, prefix }, seen, judged }) => [
            name,
            { listen, prefix, ...figuresOf({ ...told, merged: seen.all }, namesOfUpstreams), ...judged },
          ]),
        ),
      }
    : parts[0]!.judged
  return {
    version,
    commit,
    engine: config.run.engine,
    startedAt: new Date(startedAtMs).toISOString(),
    uptimeSeconds,
    windowSeconds,
    workers,
    config: settings,
    ...others,
    ...judged,
  }
}

/** All that is wanted in one. */
export function mergedFor({ shares, merged }: Collection, { upstream, session }: Wanted): Snapshot {
  if (upstream === undefined && session === undefined) return merged
  return total(
    shares,
    (whose) =>
      (upstream === undefined || whose.upstream === upstream) &&
      (session === undefined || whose.session === session),
  )
}

/** What each upstream's clients saw. */
function sortShares(collection: Collection, wanted: Wanted): (upstream: Upstream) => Seen {
  const { session } = wanted
  const shares = collection.shares.filter((share) => session === undefined || share.session === session)
  const ofProcess = total(collection.shares, () => false)
  const byName = Map.groupBy(shares, ({ upstream }) => upstream)
  return ({ name, phases }) => {
    const own = byName.get(name) ?? []
    const byPhase = Map.groupBy(own, ({ phase }) => phase)
    const sum = (some: Shares = []): Snapshot => sumSnapshots(some.map(({ numbers }) => numbers))
    const ofPhases = phases.map((_, i) => sum(byPhase.get(i)))
    const others = own.filter(({ phase }) => phase === null || phase >= phases.length)
    return { all: sumSnapshots([...ofPhases, sum(others)]), byPhase: ofPhases, ofProcess }
  }
}

const namesShown = Object.keys(shownNumbers) as ShownName[]
const namesOfUpstreams = namesShown.filter(
  (name): name is UpstreamName => shownNumbers[name].whose === 'upstream',
)

function figuresOf<Name extends ShownName>(told: Told, names: readonly Name[]): Figures<Name> {
  const figures = {}
  for (const name of names) {
    const { path, show } = shownNumbers[name] as ShownRow<string, unknown, unknown>
    put(figures, path, show(Object.hasOwn(runNumbers, name) ? told : told.merged[name as NumberName]))
  }
  return figures as Figures<Name>
}

/** How a number is shown, whatever it is. */
export function rowOf(name: ShownName): AnyRow {
  return shownNumbers[name] as AnyRow
}

/** What a report says of a number; that of an upstream, where it has it. */
export function valueIn(report: Report | UpstreamReport, name: ShownName): unknown {
  const keys = rowOf(name).path.split('.')
  return keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], report)
}

function put(into: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop()!
  const at = keys.reduce((outer, key) => (outer[key] ??= {}) as Record<string, unknown>, into)
  at[last] = value
}
