// A minimal instance of a JSON Schema: what is required and no more, the same for the same schema. Branches are tried in their order,
// a schema within itself last.
import { arrayFor } from './arrays.ts'
import { branchesIn, dependentOn, fits } from './check.ts'
import { sizeOf } from './equal.ts'
import { numberFor } from './numbers.ts'
import { objectFor, requiredIn } from './objects.ts'
import {
  expectSchemas,
  keywordOf,
  listIn,
  type Place,
  placeOf,
  sameIn,
  sameOf,
  type Schema,
  Unsatisfiable,
} from './place.ts'
import { type Accept, errorOf, type Failure, type Find, MOST_ROOM, NONE, Search } from './search.ts'
import { stringFor } from './strings.ts'
import * as types from './types.ts'

export { Unsatisfiable }

/** With each, a schema may stand once more within itself. */
const MOST_EFFORT = 3

/**
 * A minimal instance of a JSON Schema (2020-12, what is common of earlier drafts, and Google's with types in capitals), of up to a
 * million characters. It may share parts with the schema. References lead into the schema itself.
 * @throws Unsatisfiable with the schema path and why, also when the schema is none, or a search of 0.1 s finds nothing
 */
export function instanceOf(schema: unknown): unknown {
  const root = placeOf(schema, undefined, '#', undefined, false)
  const search = new Search(root, find)
  let first: Failure | undefined
  for (let effort = 0; effort <= MOST_EFFORT; effort++) {
    search.begin(effort)
    try {
      const found = search.find(search, [root], () => true, 0)
      if (found !== NONE) return found
    } catch (error) {
      throw first === undefined ? error : errorOf(first)
    }
    first ??= search.failure ?? { place: root, keyword: '', why: 'no instance was found' }
    if (!search.isLimited) break
  }
  throw errorOf(first!)
}

const UNDECIDED: Parts = { all: [], choices: [], allowed: types.ANY }

const find: Find = (search, places, accept, from) => {
  search.spend(1, places[0]!)
  const before = search.failure
  const found = settle(search, places, UNDECIDED, accept, from)
  if (found !== NONE) search.failure = before
  return found
}

const CHOICES = ['anyOf', 'oneOf', 'if', 'dependentSchemas', 'dependencies'] as const

/** A keyword that leaves a choice. */
interface Choice {
  readonly place: Place
  readonly keyword: (typeof CHOICES)[number]
}

/** What a value has to keep to: schemas that hold at once, choices they leave, and types they allow. */
interface Parts {
  readonly all: readonly Place[]
  readonly choices: readonly Choice[]
  readonly allowed: number
}

/** A value for what is taken apart `before` and these schemas: makes one choice after the other, and then the value. */
function settle(
  search: Search,
  places: readonly Place[],
  before: Parts,
  accept: Accept,
  from: number,
): unknown {
  const entered: Place[] = []
  try {
    const parts = takeApart(search, places, before, entered)
    if (parts === NONE) return NONE
    const choice = parts.choices[0]
    if (choice === undefined) return make(search, parts, accept, from)
    const rest = parts.choices.slice(1)
    for (const option of optionsOf(search, choice, parts.all)) {
      search.spend(1 + (parts.all.length >> 2), choice.place)
      const found = settle(search, option, { ...parts, choices: rest }, accept, from)
      if (found !== NONE) return found
    }
    return search.fail(choice.place, choice.keyword, 'no branch has an instance')
  } finally {
    for (const { schema } of entered) search.leave(schema)
  }
}

/** Follows `$ref`, `allOf` and dependent schemas until nothing is left but choices. */
function takeApart(
  search: Search,
  places: readonly Place[],
  before: Parts,
  entered: Place[],
): Parts | typeof NONE {
  const queue = [...places]
  const all = [...before.all]
  const choices = [...before.choices]
  let allowed = before.allowed
  for (let next = 0; next < queue.length; next++) {
    const place = queue[next]!
    const { schema } = place
    if (schema === false) return search.fail(place, '', 'nothing is allowed here')
    if (!holds(all, schema)) all.push(place)
    if (schema === true || all.at(-1) !== place) continue
    search.spend(all.length >> 4, place)
    allowed &= types.typesOf(place)
    if (allowed === 0) return search.fail(place, 'type', 'not a type that all schemas of this value allow')
    if (schema['$ref'] != null) {
      const target = search.follow(place)
      const isNew =
        typeof target?.schema === 'object' && !(holds(all, target.schema) || holds(queue, target.schema))
      if (target === undefined || (isNew && !search.enter(target.schema)))
        return search.fail(place, '$ref', 'leads into itself without an end')
      if (isNew) entered.push(target)
      queue.push(target)
    }
    if (schema['allOf'] != null) queue.push(...branchesIn(search, place, 'allOf'))
    for (const keyword of CHOICES) if (schema[keyword] != null) choices.push({ place, keyword })
  }
  return { all, choices, allowed }
}

const holds = (places: readonly Place[], schema: Schema): boolean =>
  places.some((place) => place.schema === schema)

/** The schemas that hold because of properties that are required. */
function dependents(search: Search, place: Place, all: readonly Place[]): Place[] {
  return [...requiredIn(search, all)].flatMap((name) => dependentOn(place, name).whole ?? [])
}

/** The schemas of each way to go, the one that costs least first: with `if`, none, in the hope that the value will do. */
function* optionsOf(
  search: Search,
  { place, keyword }: Choice,
  all: readonly Place[],
): Generator<readonly Place[]> {
  if (keyword === 'dependentSchemas' || keyword === 'dependencies') {
    yield dependents(search, place, all)
    yield [] // it may be no object
    return
  }
  if (keyword !== 'if') {
    const branches = listIn(place, keyword)!
    search.spend(branches.length >> 6, place)
    expectSchemas(place, keyword, branches)
    for (const [k, schema] of branches.entries()) yield [sameOf(place, keyword, k, schema)]
    return
  }
  yield []
  const then = sameIn(place, 'then')
  const otherwise = sameIn(place, 'else')
  if (then !== undefined) yield [sameIn(place, 'if')!, then]
  if (otherwise !== undefined) yield [otherwise]
}

/** Keywords that what is made need not keep to by itself. */
const UNSURE = ['not', 'oneOf', 'if', 'dependentSchemas', 'dependencies', 'maxContains']

/** The places with such keywords. Plain loops: they run for every value there is. */
function unsureOf(all: readonly Place[]): readonly Place[] {
  let unsure: Place[] | undefined
  for (const place of all) {
    if (typeof place.schema === 'boolean') continue
    for (const keyword of UNSURE)
      if (place.schema[keyword] != null) {
        ;(unsure ??= []).push(place)
        break
      }
  }
  return unsure ?? SURE
}

const SURE: readonly Place[] = []

/** What is not made otherwise, for schemas that only say what a value is not. */
const ODD: readonly unknown[] = ['', 'A-1', -1, 0.5, -0.5, 1e9, -1e9, [null], { text: null }]

/** A value for schemas whose choices are made. */
function make(search: Search, { all, allowed }: Parts, accept: Accept, from: number): unknown {
  const unsure = unsureOf(all)
  const accepted: Accept =
    unsure.length === 0
      ? accept
      : (value) => unsure.every((place) => fits(search, place, value)) && accept(value)
  const found = anyOf(search, all, allowed, accepted, from)
  if (found !== NONE || unsure.length === 0) return found
  const keyword = UNSURE.find((one) => keywordOf(unsure[0]!, one) !== undefined)!
  search.fail(unsure[0]!, keyword, 'no value was found that it lets through')
  if (search.isLimited && search.effort === 0) return NONE
  return oneOf(search, unsure[0]!, keyword, ODD, all, accept, 0)
}

function anyOf(
  search: Search,
  all: readonly Place[],
  allowed: number,
  accept: Accept,
  from: number,
): unknown {
  for (const place of all) {
    const constant = typeof place.schema === 'object' ? place.schema['const'] : undefined
    if (constant !== undefined) return oneOf(search, place, 'const', [constant], all, accept, 0)
    const values = listIn(place, 'enum')
    if (values !== undefined) return oneOf(search, place, 'enum', values, all, accept, from)
  }
  const hints = allowed === types.NUMBER || (allowed & (allowed - 1)) === 0 ? 0 : types.hintsOf(all)
  if (allowed === types.ANY && hints === 0) {
    const shown = all.flatMap((place) =>
      [keywordOf(place, 'default') ?? [], listIn(place, 'examples') ?? []].flat(1),
    )
    const found = shown.length === 0 ? NONE : oneOf(search, all[0]!, '', shown, all, accept, 0)
    if (found !== NONE) return found
  }
  for (const type of types.inOrder(all, allowed, hints)) {
    const found = ofType(search, type, all, accept, from)
    if (found !== NONE) return found
  }
  return NONE
}

/** One of the values that a schema holds itself. */
function oneOf(
  search: Search,
  source: Place,
  keyword: string,
  values: readonly unknown[],
  all: readonly Place[],
  accept: Accept,
  from: number,
): unknown {
  for (let t = 0; t < values.length; t++) {
    const value = values[(from + t) % values.length]
    const size = sizeOf(search, source, value, MOST_ROOM)
    if (
      size > MOST_ROOM ||
      !all.every((place) => fits(search, place, value, place === source && keyword === 'enum'))
    )
      continue
    if (!accept(value)) continue
    search.take(size, source)
    return value
  }
  return search.fail(source, keyword, 'no value in it is allowed by all that holds here')
}

const TRUTH = [false, true]

function ofType(search: Search, type: number, all: readonly Place[], accept: Accept, from: number): unknown {
  switch (type) {
    case types.STRING:
      return stringFor(search, all, accept, from)
    case types.OBJECT:
      return objectFor(search, all, accept, from)
    case types.ARRAY:
      return arrayFor(search, all, accept, from)
    case types.BOOLEAN:
      return search.first(2, from, (k) => TRUTH[k], accept)
    case types.NULL:
      return accept(null) ? null : NONE
    default:
      return numberFor(search, all, type, accept, from)
  }
}
