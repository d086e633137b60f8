// Objects of the properties a schema requires, in the order in which it lists them.
import type { JsonObject } from '../api.ts'
import { isObject } from '../body.ts'
import { dependentOn, fits, propertyOf } from './check.ts'
import { countIn, mapIn, namesIn, partIn, partOf, type Place } from './place.ts'
import { type Accept, MOST_ROOM, NONE, type Search, strictest, TOO_LARGE } from './search.ts'

/** What is made otherwise than at first, where that was not accepted. */
interface Variation {
  /** Candidate number of each property. */
  readonly from: number
  /** Properties beyond those required. */
  readonly more: number
  /** One property of another candidate number than the rest. */
  readonly odd?: { readonly name: string; readonly by: number }
  /** A property that is left out. */
  readonly without?: string
}

const SHIFTS = [1, 2, 3, 4]

/** The names that must be there, with all that depend on them. @throws Unsatisfiable when `required` is no list of names */
export function requiredIn(search: Search, places: readonly Place[]): Set<string> {
  const names = new Set<string>()
  for (const place of places) {
    const required = namesIn(place, 'required')
    if (required === undefined) continue
    search.spend(required.length >> 3, place)
    for (const name of required) names.add(name)
  }
  return withDependents(places, names)
}

/** Sets grow while they are gone through, so what depends on a dependent is found as well. */
function withDependents(places: readonly Place[], names: Set<string>): Set<string> {
  const dependents = places.filter(
    ({ schema }) =>
      typeof schema === 'object' && (schema['dependentRequired'] ?? schema['dependencies']) != null,
  )
  if (dependents.length > 0)
    for (const name of names)
      for (const place of dependents) for (const one of dependentOn(place, name).names) names.add(one)
  return names
}

/** An object that keeps to all schemas. */
export function objectFor(search: Search, places: readonly Place[], accept: Accept, from: number): unknown {
  const min = strictest(places, (place) => countIn(place, 'minProperties'), true)
  const max = strictest(places, (place) => countIn(place, 'maxProperties'), false)
  if (min.value > max.value) return search.fail(min.place!, 'minProperties', 'more than maxProperties allows')
  if (min.value > MOST_ROOM) return search.fail(min.place!, 'minProperties', TOO_LARGE)
  const required = requiredIn(search, places)
  if (required.size > max.value) return search.fail(max.place!, 'maxProperties', 'fewer than are required')
  for (const place of places) expectProperties(search, place)
  const naming = places.flatMap((place) => partIn(place, 'propertyNames') ?? [])
  const make = (variation: Variation): unknown => {
    const { more, odd } = variation
    const least = more === 0 ? min.value : Math.max(min.value, required.size) + more
    if (least > max.value) return NONE
    const draft: Draft = { ...variation, search, places, naming, most: max.value, values: new Map() }
    if (!add(draft, required)) return NONE
    if (odd !== undefined && !add(draft, withDependents(places, new Set([odd.name])))) return NONE
    if (draft.values.size < least && !fill(draft, least))
      return search.fail(min.place ?? places[0]!, 'minProperties', 'no more properties are allowed')
    return objectOf(draft)
  }
  const object = make({ from, more: 0 })
  if (object === NONE || accept(object)) return object
  search.isLimited = true
  if (search.effort === 0) return NONE
  for (const variation of variations(search, places, required, from)) {
    const other = make(variation)
    if (other !== NONE && accept(other)) return other
  }
  return NONE
}

function* variations(
  search: Search,
  places: readonly Place[],
  required: Set<string>,
  from: number,
): Generator<Variation> {
  for (const by of SHIFTS) yield { from: from + by, more: 0 }
  for (const more of [1, 2]) yield { from, more }
  for (const name of required) for (const by of SHIFTS) yield { from, more: 0, odd: { name, by } }
  for (const place of places)
    for (const name of listed(search, place)) {
      if (required.has(name)) continue
      yield { from, more: 0, without: name }
      for (const by of [0, ...SHIFTS]) yield { from, more: 0, odd: { name, by } }
    }
}

/** @throws Unsatisfiable when what describes a property is no schema, even where it is not needed */
function expectProperties(search: Search, place: Place): void {
  const properties = mapIn(place, 'properties')
  for (const name of listed(search, place)) {
    const schema = properties![name]
    if (typeof schema !== 'boolean' && !isObject(schema)) partOf(place, 'properties', name, schema)
  }
}

/** The names in `properties`. */
function listed(search: Search, place: Place): readonly string[] {
  const properties = mapIn(place, 'properties')
  return properties === undefined ? [] : search.namesOf(properties, place)
}

/** An object while it is made. */
interface Draft extends Variation {
  readonly search: Search
  readonly places: readonly Place[]
  readonly naming: readonly Place[]
  readonly most: number
  readonly values: Map<string, unknown>
}

/** The value of a property, or NONE. */
function valueFor({ search, places, naming, odd, from }: Draft, name: string): unknown {
  for (const place of naming)
    if (!fits(search, place, name)) return search.fail(place, '', 'does not allow a name that is needed')
  const parts: Place[] = []
  for (const place of places) parts.push(...propertyOf(search, place, name))
  if (parts.length === 0) parts.push(partOf(places[0]!, 'properties', name, true))
  search.take(name.length + 4, places[0]!)
  return search.find(search, parts, anything, odd?.name === name ? from + odd.by : from)
}

const anything: Accept = () => true

/** Adds properties, all or none. */
function add(draft: Draft, names: Iterable<string>): boolean {
  const added: [string, unknown][] = []
  for (const name of names) {
    if (draft.values.has(name)) continue
    const value = valueFor(draft, name)
    if (value === NONE || draft.values.size + added.length >= draft.most) return false
    added.push([name, value])
  }
  for (const [name, value] of added) draft.values.set(name, value)
  return true
}

/** Adds properties until there are `least`: those that are listed, then those whose names a pattern allows, then any. */
function fill(draft: Draft, least: number): boolean {
  const { search, places, naming, values } = draft
  const isEnough = (name: string): boolean => {
    if (name !== draft.without) add(draft, withDependents(places, new Set([name])))
    return values.size >= least
  }
  for (const place of places) if (listed(search, place).some(isEnough)) return true
  const named = places.flatMap((place) =>
    search
      .namesOf(mapIn(place, 'patternProperties') ?? {}, place)
      .map((pattern) => partOf(place, 'patternProperties', pattern, { type: 'string', pattern })),
  )
  for (const kind of [...named, partOf(places[0]!, 'propertyNames', undefined, { type: 'string' })]) {
    const tried = new Set<string>()
    const isNew: Accept = (name) => !values.has(name as string) && !tried.has(name as string)
    for (let k = 0; ; k++) {
      const name = search.find(search, [kind, ...naming], isNew, k)
      if (name === NONE) break
      tried.add(name as string)
      const before = values.size
      if (isEnough(name as string)) return true
      if (values.size === before && tried.size > MOST_REFUSED) break
    }
  }
  return false
}

/** After so many names in vain it is not names that are in the way. */
const MOST_REFUSED = 8

/** The properties of a draft in the order in which the schemas list them, then the others. */
function objectOf({ search, places, values }: Draft): JsonObject {
  const object: Record<string, unknown> = {}
  for (const place of places)
    for (const name of listed(search, place)) if (values.has(name)) put(object, name, values.get(name))
  for (const [name, value] of values) if (!Object.hasOwn(object, name)) put(object, name, value)
  return object
}

/** Also under the name that would set the prototype. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}
