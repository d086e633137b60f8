// The numbers of one worker, or of several put together: plain data that travels between processes as JSON.
import { type NumberName, numbers } from './numbers.ts'

export type Snapshot = { readonly [Name in NumberName]: (typeof numbers)[Name]['empty'] }

export const emptySnapshot = fill((name) => numbers[name].empty)

/** Both together. Associative; `emptySnapshot` changes nothing. */
export function mergeSnapshots(a: Snapshot, b: Snapshot): Snapshot {
  return fill((name) => (numbers[name].merge as (a: unknown, b: unknown) => unknown)(a[name], b[name]))
}

/** A snapshot of what `valueOf` says of each number. */
function fill(valueOf: (name: NumberName) => unknown): Snapshot {
  const names = Object.keys(numbers) as NumberName[]
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as unknown as Snapshot
}
