// The types of JSON as bits, so that several schemas' types are intersected at once.
import { keywordOf, type Place, wrong } from './place.ts'

export const NULL = 1
export const BOOLEAN = 2
export const INTEGER = 4
/** A number that is no integer. */
export const FRACTION = 8
export const STRING = 16
export const ARRAY = 32
export const OBJECT = 64
export const NUMBER = INTEGER | FRACTION
export const ANY = 127

/** As JSON Schema writes them, and Google. */
const BITS: ReadonlyMap<unknown, number> = new Map(
  Object.entries({
    null: NULL,
    boolean: BOOLEAN,
    integer: INTEGER,
    number: NUMBER,
    string: STRING,
    array: ARRAY,
    object: OBJECT,
    type_unspecified: ANY,
  }).flatMap(([name, bits]) => [
    [name, bits],
    [name.toUpperCase(), bits],
  ]),
)

const EXPECTED = 'a type (string, number, integer, boolean, null, array, object) or a list of types'

/** The types a schema allows. @throws Unsatisfiable when it names one that there is not */
export function typesOf(place: Place): number {
  const type = keywordOf(place, 'type')
  if (type === undefined) return ANY
  const allowed = Array.isArray(type)
    ? type.reduce((all: number, one) => all | bitsOf(place, one), 0)
    : bitsOf(place, type)
  return keywordOf(place, 'nullable') === true ? allowed | NULL : allowed
}

function bitsOf(place: Place, type: unknown): number {
  const bits = BITS.get(type)
  if (bits === undefined) throw wrong(place, 'type', EXPECTED)
  return bits
}

export function typeOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return STRING
    case 'number':
      return Number.isInteger(value) ? INTEGER : FRACTION
    case 'boolean':
      return BOOLEAN
    default:
      return value === null ? NULL : Array.isArray(value) ? ARRAY : OBJECT
  }
}

/** In the order they are offered where nothing says which. */
const ORDER = [STRING, NUMBER, OBJECT, ARRAY, BOOLEAN, NULL]

const KEYWORDS = new Map<string, number>()
for (const [bits, names] of [
  [
    OBJECT,
    'properties required additionalProperties patternProperties propertyNames minProperties maxProperties',
  ],
  [OBJECT, 'dependentRequired dependentSchemas dependencies unevaluatedProperties'],
  [ARRAY, 'items prefixItems additionalItems minItems maxItems uniqueItems contains minContains maxContains'],
  [STRING, 'pattern format minLength maxLength'],
  [NUMBER, 'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'],
] as const)
  for (const name of names.split(' ')) KEYWORDS.set(name, bits)

/** The types that a schema's other keywords speak of. */
export function hintsOf(places: readonly Place[]): number {
  let hints = 0
  for (const { schema } of places)
    if (typeof schema === 'object')
      for (const [name, bits] of KEYWORDS) if (schema[name] != null) hints |= bits
  return hints
}

/** The allowed types, one by one, in the order they are offered: as listed, or as hinted at; null last. */
export function inOrder(places: readonly Place[], allowed: number, hints: number): readonly number[] {
  if ((allowed & (allowed - 1)) === 0 || allowed === NUMBER) return [allowed]
  const wanted: number[] = []
  for (const place of places) {
    const type = keywordOf(place, 'type')
    if (Array.isArray(type)) wanted.push(...type.map((one) => bitsOf(place, one)))
    else if (type !== undefined) wanted.push(bitsOf(place, type))
  }
  wanted.push(...ORDER.filter((bits) => bits & hints), ...ORDER)
  const order: number[] = []
  let left = allowed & ~NULL
  for (const bits of wanted) {
    if ((bits & left) === 0 || bits === ANY) continue
    order.push(bits & left)
    left &= ~bits
  }
  if (allowed & NULL) order.push(NULL)
  return order
}
