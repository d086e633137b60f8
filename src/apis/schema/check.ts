// Whether a value is an instance of a schema (JSON Schema 2020-12, with formats, and with what is left of earlier drafts). Where
// branches were combined the values made are held against it; what was taken from `enum` and `const` always is.
import type { JsonObject } from '../api.ts'
import { isObject } from '../body.ts'
import { isEqual, keyOf } from './equal.ts'
import { fitsNumber } from './numbers.ts'
import * as at from './place.ts'
import type { Place } from './place.ts'
import type { Search } from './search.ts'
import { fitsPattern, fitsString } from './strings.ts'
import { typeOf, typesOf } from './types.ts'

/**
 * Whether the schema allows the value, which may be known to be one of its `enum`.
 * @throws Unsatisfiable when the schema is no schema, or this takes too long
 */
export function fits(search: Search, place: Place, value: unknown, isListed = false): boolean {
  search.spend(1, place)
  if (typeof place.schema === 'boolean') return place.schema
  if ((typesOf(place) & typeOf(value)) === 0) return false
  const constant = place.schema['const']
  if (constant !== undefined && !isEqual(search, place, constant, value)) return false
  const listed = at.listIn(place, 'enum')
  if (listed !== undefined && !isListed) {
    search.spend(listed.length >> 6, place)
    if (!listed.some((one) => isEqual(search, place, one, value))) return false
  }
  return fitsKind(search, place, value) && fitsBranches(search, place, value)
}

function fitsKind(search: Search, place: Place, value: unknown): boolean {
  if (typeof value === 'string') return fitsString(search, place, value)
  if (typeof value === 'number') return fitsNumber(place, value)
  if (Array.isArray(value)) return fitsArray(search, place, value)
  return !isObject(value) || fitsObject(search, place, value)
}

/** The branches of a keyword, each a schema for the same value. */
export function branchesIn(search: Search, place: Place, keyword: string): Place[] {
  const branches = at.listIn(place, keyword) ?? []
  search.spend(branches.length >> 3, place)
  return branches.map((schema, k) => at.sameOf(place, keyword, k, schema))
}

function fitsBranches(search: Search, place: Place, value: unknown): boolean {
  const { schema } = place
  if (typeof schema === 'boolean') return schema
  const is = (branch: Place): boolean => fits(search, branch, value)
  if (schema['$ref'] != null) {
    const target = search.follow(place)
    if (target === undefined || !is(target)) return false
  }
  if (schema['allOf'] != null && !branchesIn(search, place, 'allOf').every(is)) return false
  if (schema['anyOf'] != null && !branchesIn(search, place, 'anyOf').some(is)) return false
  if (schema['oneOf'] != null && !isOnce(branchesIn(search, place, 'oneOf'), is)) return false
  if (schema['not'] != null && is(at.sameIn(place, 'not')!)) return false
  if (schema['if'] == null) return true
  const next = at.sameIn(place, is(at.sameIn(place, 'if')!) ? 'then' : 'else')
  return next === undefined || is(next)
}

function isOnce(branches: readonly Place[], is: (branch: Place) => boolean): boolean {
  let times = 0
  for (const branch of branches) if (is(branch) && ++times > 1) break
  return times === 1
}

function isCount(place: Place, count: number, least: string, most: string): boolean {
  return count >= (at.countIn(place, least) ?? 0) && count <= (at.countIn(place, most) ?? Infinity)
}

/** The schemas of the first items. Earlier drafts have them in `items`, and that of the others in `additionalItems`. */
export function firstIn(place: Place): readonly unknown[] {
  return at.listIn(place, Array.isArray(at.keywordOf(place, 'items')) ? 'items' : 'prefixItems') ?? []
}

/** The schema of an item, if a schema says anything about it. */
export function itemOf(place: Place, k: number): Place | undefined {
  const isEarlier = Array.isArray(at.keywordOf(place, 'items'))
  const first = firstIn(place)
  if (k < first.length) return at.partOf(place, isEarlier ? 'items' : 'prefixItems', k, first[k])
  return at.partIn(place, isEarlier ? 'additionalItems' : 'items')
}

function fitsArray(search: Search, place: Place, items: readonly unknown[]): boolean {
  if (!isCount(place, items.length, 'minItems', 'maxItems')) return false
  const { schema } = place as { readonly schema: JsonObject }
  if (schema['uniqueItems'] === true) {
    search.spend(items.length, place)
    if (new Set(items.map(keyOf)).size < items.length) return false
  }
  if (schema['items'] != null || schema['prefixItems'] != null)
    for (const [k, item] of items.entries()) {
      const part = itemOf(place, k)
      if (part !== undefined && !fits(search, part, item)) return false
    }
  const contained = at.partIn(place, 'contains')
  if (contained === undefined) return true
  const count = items.filter((item) => fits(search, contained, item)).length
  return (
    count >= (at.countIn(place, 'minContains') ?? 1) &&
    count <= (at.countIn(place, 'maxContains') ?? Infinity)
  )
}

/** The schemas of a property; earlier ones first. */
export function propertyOf(search: Search, place: Place, name: string): Place[] {
  const parts: Place[] = []
  const properties = at.mapIn(place, 'properties')
  if (properties !== undefined && Object.hasOwn(properties, name))
    parts.push(at.partOf(place, 'properties', name, properties[name]))
  const patterns = at.mapIn(place, 'patternProperties')
  if (patterns !== undefined)
    for (const pattern of search.namesOf(patterns, place))
      if (fitsPattern(search, place, 'patternProperties', pattern, name))
        parts.push(at.partOf(place, 'patternProperties', pattern, patterns[pattern]))
  if (parts.length > 0) return parts
  const others = at.partIn(place, 'additionalProperties')
  return others === undefined ? [] : [others]
}

/** What has to be there when `name` is: names, or a schema for the whole. */
export function dependentOn(
  place: Place,
  name: string,
): { names: readonly string[]; whole: Place | undefined } {
  const names: string[] = []
  let whole: Place | undefined
  for (const keyword of ['dependentRequired', 'dependentSchemas', 'dependencies'] as const) {
    const map = at.mapIn(place, keyword)
    const dependent = map === undefined ? undefined : at.own(map, name)
    if (dependent == null) continue
    if (keyword !== 'dependentRequired' && !Array.isArray(dependent))
      whole = at.sameOf(place, keyword, name, dependent)
    else if (Array.isArray(dependent) && dependent.every((one) => typeof one === 'string'))
      names.push(...dependent)
    else throw at.wrong(place, keyword, 'lists of names')
  }
  return { names, whole }
}

function fitsObject(search: Search, place: Place, value: JsonObject): boolean {
  const { schema } = place as { readonly schema: JsonObject }
  const names = search.namesOf(value, place)
  if (!isCount(place, names.length, 'minProperties', 'maxProperties')) return false
  const required = at.namesIn(place, 'required')
  if (required !== undefined) {
    search.spend(required.length >> 6, place)
    if (!required.every((name) => Object.hasOwn(value, name))) return false
  }
  const naming = at.partIn(place, 'propertyNames')
  const isTyped = ['properties', 'patternProperties', 'additionalProperties'].some(
    (one) => schema[one] != null,
  )
  const hasDependents = ['dependentRequired', 'dependentSchemas', 'dependencies'].some(
    (one) => schema[one] != null,
  )
  for (const name of names) {
    if (naming !== undefined && !fits(search, naming, name)) return false
    if (isTyped && !propertyOf(search, place, name).every((part) => fits(search, part, value[name])))
      return false
    if (!hasDependents) continue
    const dependent = dependentOn(place, name)
    if (!dependent.names.every((one) => Object.hasOwn(value, one))) return false
    if (dependent.whole !== undefined && !fits(search, dependent.whole, value)) return false
  }
  return true
}
