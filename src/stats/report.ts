// The numbers as people and scripts get them: GET /stats, the report file and the summary are made from this.
import type { Settings } from '../config/config.ts'
import type { Config } from '../config/upstreams.ts'
import { formatCount, formatMs, plural } from '../config/format.ts'
import { numbers, type NumberName } from './numbers.ts'
import { formatRate } from './rates.ts'
import { round } from './rounding.ts'
import { countRequests, countWaiting } from './routes.ts'
import { type AnyRow, counter, gauge, type ShownRow } from './rows.ts'
import type { Shares } from './shares.ts'
import type { Snapshot } from './snapshot.ts'
import { judge, type Verdict } from './verdict.ts'

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
function ofRun<const Path extends string>(row: ShownRow<Path, Told, number>): ShownRow<Path, Told, number> {
  return row
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
  total: ofRun({
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
  waiting: ofRun({ path: 'requests.waiting', show: ({ merged }) => countWaiting(merged.routes) }),
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

/** Every number at its path. */
type Figures = InOne<{ [Name in ShownName]: At<Row<Name>['path'], ReturnType<Row<Name>['show']>> }[ShownName]>

export type Report = Figures & {
  readonly version: string
  readonly commit: string | null
  readonly engine: Settings['engine']
  readonly startedAt: string
  readonly config: Settings
  readonly verdict: Verdict
}

/** `nowMs` in Unix milliseconds. */
export function makeReport(collection: Collection, facts: RunFacts, nowMs: number): Report {
  const { merged, workers: expected } = collection
  const { version, commit, config, startedAtMs, cpus, descriptorLimit } = facts
  const told: Told = { ...collection, facts, nowMs }
  const { settings } = config.upstreams[0].phases[0]
  const figures = {}
  for (const { path, show } of Object.values(runNumbers)) put(figures, path, show(told))
  for (const name of Object.keys(numbers) as NumberName[]) {
    const { path, show } = numbers[name] as ShownRow<string, unknown, unknown>
    put(figures, path, show(merged[name]))
  }
  const { uptimeSeconds, windowSeconds, workers, ...others } = figures as Figures
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
    verdict: judge(merged, settings, { workers: expected, cpus, descriptorLimit }),
  }
}

/** How a number is shown, whatever it is. */
export function rowOf(name: ShownName): AnyRow {
  return shownNumbers[name] as AnyRow
}

/** What a report says of a number. */
export function valueIn(report: Report, name: ShownName): unknown {
  const keys = rowOf(name).path.split('.')
  return keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], report)
}

function put(into: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop()!
  const at = keys.reduce((outer, key) => (outer[key] ??= {}) as Record<string, unknown>, into)
  at[last] = value
}
