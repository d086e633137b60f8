// Equality of JSON values as JSON Schema has it, and how large they are.
import { isObject } from '../body.ts'
import type { Place } from './place.ts'
import type { Search } from './search.ts'

/** No value that a schema holds is nested deeper, where the schema came in a body. */
const MOST_DEPTH = 512

/** Whether two values are equal; the order of names does not matter. Charged for by what is compared. */
export function isEqual(search: Search, place: Place, a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || depth > MOST_DEPTH)
    return false
  search.spend(1, place)
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    search.spend(a.length >> 6, place)
    return a.every((item, at) => isEqual(search, place, item, b[at], depth + 1))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = search.namesOf(a, place)
  if (names.length !== search.namesOf(b, place).length) return false
  return names.every((name) => Object.hasOwn(b, name) && isEqual(search, place, a[name], b[name], depth + 1))
}

/** How many characters of JSON a value takes, about; Infinity when it is too deep, and more than `most` when it is too large. */
export function sizeOf(search: Search, place: Place, value: unknown, most: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 5
  if (depth > MOST_DEPTH) return Infinity
  search.spend(1, place)
  let size = 2
  const isList = Array.isArray(value)
  const names = isList ? undefined : search.namesOf(value as Record<string, unknown>, place)
  const length = names?.length ?? (value as readonly unknown[]).length
  for (let at = 0; at < length && size <= most; at++) {
    const name = names?.[at]
    if (name !== undefined) size += name.length + 3
    const part = name === undefined ? (value as unknown[])[at] : (value as Record<string, unknown>)[name]
    size += sizeOf(search, place, part, most - size, depth + 1) + 1
  }
  return size
}

/** A text that equal values share and others do not. */
export function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${keyOf(value[name])}`).join()}}`
}
