// The numbers of one worker, or of several put together: plain data that travels between processes as JSON.
import { type HistogramSnapshot, sumHistograms } from './histogram.ts'
import { type NumberName, numbers } from './numbers.ts'

export type Snapshot = { readonly [Name in NumberName]: (typeof numbers)[Name]['empty'] }

export const emptySnapshot = fill((name) => numbers[name].empty)

/** Both together. Associative; `emptySnapshot` changes nothing. */
export function mergeSnapshots(a: Snapshot, b: Snapshot): Snapshot {
  if (a === emptySnapshot) return b
  if (b === emptySnapshot) return a
  return fill((name) => (numbers[name].merge as Anyhow)(a[name], b[name]))
}

/** All of them together. */
export function sumSnapshots(all: readonly Snapshot[]): Snapshot {
  const told = all.filter((snapshot) => snapshot !== emptySnapshot)
  if (told.length < 2) return told[0] ?? emptySnapshot
  return fill((name) => {
    const { kind, merge } = numbers[name]
    const values: readonly unknown[] = told.map((snapshot) => snapshot[name])
    return kind === 'histogram'
      ? sumHistograms(values as readonly HistogramSnapshot[])
      : values.reduce((a, b) => (merge as Anyhow)(a, b)) // Math.max would take the index for a value
  })
}

/** What a worker has counted since `before`, which it told in the same window: merged with that it is what was counted by `now`. */
export function snapshotSince(now: Snapshot, before: Snapshot): Snapshot {
  return fill((name) => (numbers[name].since as Anyhow)(now[name], before[name]))
}

/** What of it belongs to a window that ends: what goes on is counted in the next, which begins with `carrySnapshot`. */
export function closeSnapshot(last: Snapshot): Snapshot {
  return fill((name) => (numbers[name].close as Anyhow)(last[name], last))
}

/** What the next window begins with: what is open and what waits, and all that has a name, at 0. */
export function carrySnapshot(last: Snapshot): Snapshot {
  return fill((name) => (numbers[name].carry as Anyhow)(last[name], last))
}

/** What is left when the worker has gone: what it counted, and that what was open is lost. */
export function leaveSnapshot(last: Snapshot): Snapshot {
  return fill((name) => (numbers[name].leave as Anyhow)(last[name], last))
}

type Anyhow = (a: unknown, b: unknown) => unknown

/** A snapshot of what `valueOf` says of each number. */
function fill(valueOf: (name: NumberName) => unknown): Snapshot {
  const names = Object.keys(numbers) as NumberName[]
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as unknown as Snapshot
}
