// Where in a schema something stands, so that every complaint names its place; and keywords read with their types checked.
import type { JsonObject } from '../api.ts'
import { isObject } from '../body.ts'

/** No instance of a schema was found, or it is no schema. */
export class Unsatisfiable extends Error {
  /** A JSON pointer to the keyword that stands in the way, as in `#/properties/a/minLength`. */
  readonly path: string

  constructor(path: string, why: string) {
    super(`${path}: ${why}`)
    this.name = 'Unsatisfiable'
    this.path = path
  }
}

export type Schema = JsonObject | boolean

/** A schema and the way that led to it. */
export interface Place {
  readonly schema: Schema
  readonly from: Place | undefined
  /** A keyword of the schema of `from`, or where a reference leads, as in `#/$defs/a`. */
  readonly step: string
  readonly key: string | number | undefined
  /** It describes the same value as `from`, not a part of it. */
  readonly isSameValue: boolean
  readonly depth: number
}

/** Schemas within schemas, references followed included. No body is nested deeper. */
const MOST_DEPTH = 512
/** Longer names are cut where a path is shown. */
const MOST_SHOWN = 100

/** @throws Unsatisfiable when it is no schema, or nested too deep */
export function placeOf(
  schema: unknown,
  from: Place | undefined,
  step: string,
  key: string | number | undefined,
  isSameValue: boolean,
): Place {
  const depth = from === undefined ? 0 : from.depth + 1
  const place = { schema: schema as Schema, from, step, key, isSameValue, depth }
  if (typeof schema !== 'boolean' && !isObject(schema))
    throw new Unsatisfiable(pathOf(place), 'expected a schema, an object or a boolean')
  if (depth > MOST_DEPTH)
    throw new Unsatisfiable(pathOf(place), `more than ${MOST_DEPTH} schemas within each other`)
  return place
}

/** @throws Unsatisfiable when one of them is no schema, even where none is needed */
export function expectSchemas(place: Place, keyword: string, schemas: readonly unknown[]): void {
  for (const [k, schema] of schemas.entries())
    if (typeof schema !== 'boolean' && !isObject(schema)) placeOf(schema, place, keyword, k, true)
}

/** The schema in a keyword, for a part of the value. */
export function partOf(from: Place, step: string, key: string | number | undefined, schema: unknown): Place {
  return placeOf(schema, from, step, key, false)
}

/** The schema in a keyword, for the same value. */
export function sameOf(from: Place, step: string, key: string | number | undefined, schema: unknown): Place {
  return placeOf(schema, from, step, key, true)
}

/** The schema of a keyword, if it is there. Null counts as absent, as serializers write what is not set. */
export function sameIn(from: Place, keyword: string): Place | undefined {
  const schema = keywordOf(from, keyword)
  return schema === undefined ? undefined : sameOf(from, keyword, undefined, schema)
}

export function partIn(from: Place, keyword: string): Place | undefined {
  const schema = keywordOf(from, keyword)
  return schema === undefined ? undefined : partOf(from, keyword, undefined, schema)
}

/** A JSON pointer to a place, or to a keyword in it. */
export function pathOf(place: Place, keyword?: string): string {
  const steps = keyword === undefined ? [] : [keyword]
  for (let at: Place | undefined = place; at !== undefined; at = at.from) {
    if (at.key !== undefined) steps.push(escapeName(String(at.key)))
    steps.push(at.step)
    if (at.step.startsWith('#')) break
  }
  return steps.toReversed().join('/')
}

function escapeName(name: string): string {
  const shown = name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name
  return shown.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function keywordOf({ schema }: Place, keyword: string): unknown {
  return typeof schema === 'boolean' ? undefined : (schema[keyword] ?? undefined)
}

export function wrong(place: Place, keyword: string, expected: string): Unsatisfiable {
  return new Unsatisfiable(pathOf(place, keyword), `expected ${expected}`)
}

/** A count, which Google's clients may write as a text. @throws Unsatisfiable when it is none */
export function countIn(place: Place, keyword: string): number | undefined {
  const value = keywordOf(place, keyword)
  if (value === undefined) return undefined
  const count = typeof value === 'string' && /^\d{1,19}$/.test(value) ? Number(value) : value
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count
  throw wrong(place, keyword, 'a whole number of at least 0')
}

/** @throws Unsatisfiable when it is no number */
export function numberIn(place: Place, keyword: string): number | undefined {
  const value = keywordOf(place, keyword)
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw wrong(place, keyword, 'a number')
}

/** @throws Unsatisfiable when it is no text */
export function textIn(place: Place, keyword: string): string | undefined {
  const value = keywordOf(place, keyword)
  if (value === undefined || typeof value === 'string') return value
  throw wrong(place, keyword, 'a string')
}

/** @throws Unsatisfiable when it is no list */
export function listIn(place: Place, keyword: string): readonly unknown[] | undefined {
  const value = keywordOf(place, keyword)
  if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined
  throw wrong(place, keyword, 'an array')
}

/** @throws Unsatisfiable when it is no object */
export function mapIn(place: Place, keyword: string): JsonObject | undefined {
  const value = keywordOf(place, keyword)
  if (value === undefined || isObject(value)) return value
  throw wrong(place, keyword, 'an object')
}

/** A list of names. @throws Unsatisfiable when it holds anything else */
export function namesIn(place: Place, keyword: string): readonly string[] | undefined {
  const names = listIn(place, keyword)
  if (names === undefined || names.every((name) => typeof name === 'string')) return names
  throw wrong(place, keyword, 'an array of strings')
}

/** What stands under a name, be it one that every object inherits. */
export function own(map: JsonObject, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined
}
