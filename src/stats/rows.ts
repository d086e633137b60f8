// What a row of the tables of numbers says: how a number is kept, put together and shown.
import { emptyHistogram, type HistogramSnapshot, mergeHistograms, subtractHistogram } from './histogram.ts'
import { describePercentiles, type Percentiles, percentilesOf } from './percentiles.ts'

/** One value of a metric, and what tells it from the others. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** A metric of Prometheus; several numbers may give samples of the same one. */
export type Metric<Source, Shown> =
  | {
      readonly type: 'counter' | 'gauge'
      /** Without the prefix that all of ours have. */
      readonly name: string
      readonly help: string
      /** `kept`: what is not shown but must not be missing here, such as series that are at 0. */
      readonly samples: (shown: Shown, kept: Source) => readonly Sample[]
    }
  /** Its buckets are those of the histogram that is kept, in seconds. */
  | { readonly type: 'histogram'; readonly name: string; readonly help: string }

/** What a text may say besides the number itself. */
export interface Surrounding {
  /** The length of the measuring window. */
  readonly windowSeconds: number
  readonly workers: { readonly expected: number }
  readonly requests: { readonly abortedBeforeFirstEvent: number; readonly openSeconds: number }
}

/** How a number is shown. */
export interface ShownRow<Path extends string, Source, Shown> {
  /** Where it stands in /stats and the report: `requests.open`. */
  readonly path: Path
  readonly show: (source: Source) => Shown
  /** How it reads in the summary: '' when there is nothing to say; a line break begins another line. */
  readonly text?: (shown: Shown, around: Surrounding) => string
  readonly metrics?: readonly Metric<Source, Shown>[]
}

/** A row whose number may be of any type. */
export type AnyRow = Pick<ShownRow<string, never, unknown>, 'path' | 'text' | 'metrics'>

/** What a number may depend on besides itself. */
export interface OpenStreams {
  readonly open: number
}

/** What becomes of a number with time. */
export interface Course<Kept> {
  /** Nothing counted. */
  readonly empty: Kept
  /** Those of two workers together. Associative; `empty` changes nothing. */
  readonly merge: (a: Kept, b: Kept) => Kept
  /** What has been counted since `before`, in the same window; of what tells how things are: nothing. */
  readonly since: (now: Kept, before: Kept) => Kept
  /** What belongs to a window that ends: not what goes on in the next. */
  readonly close: (kept: Kept) => Kept
  /** What the next window begins with. */
  readonly carry: (kept: Kept, all: OpenStreams) => Kept
  /** What is left of it when its worker has gone, in the same window. */
  readonly leave: (kept: Kept, all: OpenStreams) => Kept
}

/** A number that workers keep. */
export interface NumberRow<Kind extends 'count' | 'histogram' | 'own', Path extends string, Kept, Shown>
  extends ShownRow<Path, Kept, Shown>, Course<Kept> {
  /** How it is kept: in a field that is counted up, in a histogram, or in its own way. */
  readonly kind: Kind
  /** Whether it is about what clients of an upstream saw, or about the process that serves all of them. */
  readonly whose: 'upstream' | 'process'
}

/** A number of the process. */
export type OfProcess<Row> = Omit<Row, 'whose'> & { readonly whose: 'process' }
/** A number of each upstream. */
export type OfUpstream<Row> = Omit<Row, 'whose'> & { readonly whose: 'upstream' }

type Views<Shown> = Pick<ShownRow<string, Shown, Shown>, 'text' | 'metrics'>

/** How what is counted up goes on. */
export const countCourse: Course<number> = {
  empty: 0,
  merge: add,
  since: (now, before) => now - before,
  close: asItIs,
  carry: () => 0,
  leave: asItIs,
}

/** How a list of what came last goes on: each measuring window begins without any. */
export function latest<Kept>(): Omit<Course<readonly Kept[]>, 'merge' | 'since'> {
  return { empty: [], close: asItIs, carry: () => [], leave: asItIs }
}

/** What is counted up, and begins at 0 in each measuring window. */
export function count<const Path extends string>(
  path: Path,
  views: Views<number> = {},
): OfUpstream<NumberRow<'count', Path, number, number>> {
  return { kind: 'count', whose: 'upstream', path, ...countCourse, show: asItIs, ...views }
}

/** A histogram of microseconds, told in ms. */
export function histogram<const Path extends string>(
  path: Path,
  name: string,
  help: string,
  text?: typeof describePercentiles,
): OfUpstream<NumberRow<'histogram', Path, HistogramSnapshot, Percentiles>> {
  return {
    kind: 'histogram',
    whose: 'upstream',
    path,
    empty: emptyHistogram,
    merge: mergeHistograms,
    since: subtractHistogram,
    close: asItIs,
    carry: () => emptyHistogram,
    leave: asItIs,
    show: percentilesOf,
    metrics: [{ type: 'histogram', name, help }],
    ...(text && { text }),
  }
}

/** What is kept in its own way. */
export function own<const Path extends string, Kept, Shown>(
  row: Omit<NumberRow<'own', Path, Kept, Shown>, 'kind' | 'whose'>,
): OfUpstream<NumberRow<'own', Path, Kept, Shown>> {
  return { kind: 'own', whose: 'upstream', ...row }
}

/** What the process keeps in its own way. */
export function ownOfProcess<const Path extends string, Kept, Shown>(
  row: Omit<NumberRow<'own', Path, Kept, Shown>, 'kind' | 'whose'>,
): OfProcess<NumberRow<'own', Path, Kept, Shown>> {
  return { ...own(row), whose: 'process' }
}

/** A histogram of the process. */
export function histogramOfProcess<const Path extends string>(
  ...row: Parameters<typeof histogram<Path>>
): OfProcess<ReturnType<typeof histogram<Path>>> {
  return { ...histogram(...row), whose: 'process' }
}

export function counter(name: string, help: string, labels: Sample[0] = {}): Metric<unknown, number> {
  return { type: 'counter', name, help, samples: (value) => [[labels, value]] }
}

export function gauge(name: string, help: string): Metric<unknown, number> {
  return { type: 'gauge', name, help, samples: (value) => [[{}, value]] }
}

export function add(a: number, b: number): number {
  return a + b
}

export function asItIs<T>(value: T): T {
  return value
}
