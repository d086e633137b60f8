// Random schemas, of every keyword there is, most of which can be satisfied.
import fc from 'fast-check'

export type Schema = boolean | Readonly<Record<string, unknown>>

const name = fc.constantFrom('a', 'b', 'c', 'id', 'toString', 'constructor', 'x_1') // ajv overlooks __proto__
const literal: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -3, 2.5, '', 'a', 'text', [], {}),
  fc.constantFrom<unknown>([1], ['a', 'b'], { a: 1 }, { a: 'b', id: null }),
)

/** Each of these keywords in one schema of four. */
function some(keywords: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const given = Object.entries(keywords).map(([keyword, value]) =>
    fc.oneof(
      { arbitrary: fc.constant([]), weight: 3 },
      { arbitrary: value.map((one) => [[keyword, one]]), weight: 1 },
    ),
  )
  return fc.tuple(...given).map((entries) => Object.fromEntries(entries.flat() as [string, unknown][]))
}

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const quarters = (min: number, max: number): fc.Arbitrary<number> => whole(4 * min, 4 * max).map((n) => n / 4)

const PATTERNS = [
  '^[a-z]+$',
  'x',
  '^\\d{3}-\\d{4}$',
  '^(ab|cd)*$',
  '[A-Z]',
  '^.{2,5}$',
  '^a?b+c{1,2}',
  '\\s',
  '^$',
]
const FORMATS =
  'date time date-time duration email hostname ipv4 ipv6 uri uri-reference uuid json-pointer byte'

const strings = some({
  minLength: whole(0, 5),
  maxLength: whole(2, 14),
  pattern: fc.constantFrom(...PATTERNS),
  format: fc.constantFrom(...FORMATS.split(' ')),
})
const numbers = some({
  minimum: quarters(-10, 3),
  maximum: quarters(0, 10),
  exclusiveMinimum: quarters(-10, 1),
  exclusiveMaximum: quarters(-1, 10),
  multipleOf: fc.constantFrom(1, 2, 3, 0.5, 0.1, 0.01, 0.25, 7),
})

const { any } = fc.letrec<{ any: Schema }>((tie) => {
  const part = tie('any')
  const arrays = some({
    items: part,
    prefixItems: fc.array(part, { minLength: 1, maxLength: 2 }),
    minItems: whole(0, 3),
    maxItems: whole(1, 5),
    uniqueItems: fc.boolean(),
    contains: part,
    minContains: whole(0, 2),
    maxContains: whole(1, 3),
  }).map(({ prefixItems, ...others }) =>
    // ajv 8.20.0 overlooks `contains` where an array is shorter than `prefixItems`.
    prefixItems === undefined || others['contains'] !== undefined ? others : { prefixItems, ...others },
  )
  const objects = some({
    properties: fc.dictionary(name, part, { maxKeys: 3 }),
    required: fc.uniqueArray(name, { maxLength: 3 }),
    additionalProperties: part,
    patternProperties: fc.dictionary(fc.constantFrom('^x_', 'b$', '^[a-c]$'), part, {
      minKeys: 1,
      maxKeys: 2,
    }),
    propertyNames: fc.constantFrom({ pattern: '^[a-z_]+' }, { maxLength: 3 }, { minLength: 1 }, true),
    minProperties: whole(0, 3),
    maxProperties: whole(2, 5),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
    dependentSchemas: fc.dictionary(name, part, { maxKeys: 1 }),
  })
  const branches = fc.array(part, { minLength: 1, maxLength: 3 })
  const combined = some({
    anyOf: branches,
    oneOf: branches,
    allOf: branches,
    not: part,
    if: part,
    then: part,
    else: part,
    $ref: fc.constantFrom('#', '#/$defs/one', '#/$defs/t~1w~0o%20'),
  })
  const typed = (type: unknown, keywords: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Schema> =>
    keywords.map((given) => ({ type, ...given }))
  return {
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { arbitrary: fc.boolean(), weight: 1 },
      { arbitrary: fc.constantFrom({ type: 'string' }, { type: 'integer' }, { type: 'null' }), weight: 6 },
      { arbitrary: typed('string', strings), weight: 4 },
      { arbitrary: fc.oneof(typed('number', numbers), typed('integer', numbers)), weight: 4 },
      {
        arbitrary: some({ enum: fc.uniqueArray(literal, { minLength: 1, maxLength: 4 }), const: literal }),
        weight: 2,
      },
      { arbitrary: fc.constantFrom({ type: 'boolean' }, { type: ['string', 'null'] }, {}), weight: 2 },
      { arbitrary: typed('array', arrays), weight: 4 },
      { arbitrary: typed('object', objects), weight: 6 },
      { arbitrary: fc.oneof(strings, numbers, arrays, objects), weight: 2 },
      { arbitrary: combined, weight: 4 },
      {
        arbitrary: fc.tuple(combined, objects, numbers).map((parts) => Object.assign({}, ...parts) as Schema),
        weight: 1,
      },
    ),
  }
})

/** A whole schema, with two definitions that references lead to. */
export const schemas: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .tuple(any, any, any)
  .map(([root, one, two]) => ({
    ...(typeof root === 'boolean' ? { allOf: [root] } : root),
    $defs: { one, 't/w~o ': two },
  }))
