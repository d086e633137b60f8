// What a deliberate fault is, and what comes of trying it: text in, text out.
import { formatPercent, plural } from '../../src/config/format.ts'

/** One deliberate fault. Never one that makes no difference: nothing could notice it. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string
  /** What stands there, exactly once. */
  readonly from: string
  /** What takes its place. */
  readonly to: string
  /** Those that ought to notice. */
  readonly tests: readonly string[]
  /** What goes wrong. */
  readonly why: string
}

/** Faults by the room that they are in. */
export type Rooms = Readonly<Record<string, readonly Mutant[]>>

/** A row that does not fit its file. */
export class Stale extends Error {}

/** @throws Stale unless `from` is there once, and what comes of it is another program */
export function applyMutant(source: string, { from, to }: Pick<Mutant, 'from' | 'to'>): string {
  const found = source.split(from).length - 1
  if (found !== 1)
    throw new Stale(found === 0 ? 'what it changes is not there' : `it is there ${found} times`)
  const changed = source.replace(from, () => to)
  if (codeOf(changed) === codeOf(source)) throw new Stale('it changes no code')
  return changed
}

/** Without comments and types. */
function codeOf(source: string): string {
  try {
    return new Bun.Transpiler({ loader: 'ts' }).transformSync(source)
  } catch {
    throw new Stale('what comes of it is no code')
  }
}

/** How one run of tests has ended. */
export interface TestRun {
  /** Null when it had to be killed. */
  readonly code: number | null
  /** All that was printed. */
  readonly output: string
}

export type Outcome = 'passed' | 'failed' | 'hung'

/** @throws Error where no test has run: that says nothing */
export function outcomeOf({ code, output }: TestRun): Outcome {
  if (code === null) return 'hung'
  if (code !== 0) return 'failed'
  if (!/^ *[1-9]\d* pass$/m.test(output)) throw new Error(`no test has run: ${output.trim()}`)
  return 'passed'
}

/** Resident memory of a group of processes, in bytes, from lines of a group and of kilobytes each. */
export function groupBytes(group: number, listed: string): number {
  return [...listed.matchAll(/^ *(\d+) +(\d+)$/gm)].reduce(
    (sum, [, one, kilobytes]) => sum + (Number(one) === group ? Number(kilobytes) * 1024 : 0),
    0,
  )
}

/** The rows that any of the words is about: the name of a room, or a part of a file's name. All of them without words. */
export function choose(rooms: Rooms, words: readonly string[]): Rooms {
  const isMeant = (room: string, { file }: Mutant): boolean =>
    words.length === 0 || words.some((word) => word === room || (!(word in rooms) && file.includes(word)))
  const chosen = Object.entries(rooms).map(([room, rows]) => [room, rows.filter((row) => isMeant(room, row))])
  return Object.fromEntries(chosen.filter(([, rows]) => rows!.length > 0)) as Rooms
}

/** What has come of a row. */
export interface Result {
  readonly room: string
  readonly mutant: Mutant
  /** `stale`: it was not tried. */
  readonly fate: 'noticed' | 'unnoticed' | 'stale'
}

/** At least this share has to be noticed. */
const LEAST = 0.9

/** All that was tried has been noticed, or nearly so, and every row fits. */
export function isGood(results: readonly Result[]): boolean {
  const { noticed, tried } = sumUp(results)
  return tried > 0 && noticed / tried >= LEAST && results.every(({ fate }) => fate !== 'stale')
}

function sumUp(results: readonly Result[]): { noticed: number; tried: number } {
  const count = (fate: Result['fate']): number => results.filter((result) => result.fate === fate).length
  return { noticed: count('noticed'), tried: count('noticed') + count('unnoticed') }
}

/** A line per room, what went unnoticed, what is stale, and the share. */
export function renderResults(results: readonly Result[]): string {
  const rooms = [...new Set(results.map(({ room }) => room))]
  const table = rooms.map((room) => {
    const { noticed, tried } = sumUp(results.filter((result) => result.room === room))
    return `${room.padEnd(10)}${`${noticed}/${tried}`.padStart(8)}`
  })
  const list = (fate: Result['fate']): string[] =>
    results.filter((result) => result.fate === fate).map(({ mutant }) => `${fate}: ${describe(mutant)}`)
  const { noticed, tried } = sumUp(results)
  return [
    ...table,
    ...list('unnoticed'),
    ...list('stale'),
    `noticed ${noticed} of ${plural(tried, 'fault')} (${formatPercent(noticed / Math.max(tried, 1))})`,
    ...(isGood(results) ? [] : [`at least ${formatPercent(LEAST)} must be noticed, and no row be stale`]),
    '',
  ].join('\n')
}

/** A row on one line. */
export function describe({ file, why }: Mutant): string {
  return `${file}: ${why}`
}
