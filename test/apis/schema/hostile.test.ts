// Schemas that would cost time, memory or the stack, and what is no schema at all.
import { describe, expect, test } from 'bun:test'
import { instanceOf, Unsatisfiable } from '../../../src/apis/schema/instance.ts'

function attempt(schema: unknown): unknown {
  try {
    return instanceOf(schema)
  } catch (error) {
    if (error instanceof Unsatisfiable) return error.path
    throw error
  }
}

/** `wrap` around a schema, so many times. */
function nested(
  levels: number,
  wrap: (inner: unknown) => unknown,
  inner: unknown = { type: 'string' },
): unknown {
  let schema = inner
  for (let k = 0; k < levels; k++) schema = wrap(schema)
  return schema
}

const list = <T>(length: number, make: (k: number) => T): T[] => Array.from({ length }, (_, k) => make(k))
const map = <T>(length: number, make: (k: number) => [string, T]): Record<string, T> =>
  Object.fromEntries(list(length, make))

const wraps: Readonly<Record<string, (inner: unknown) => unknown>> = {
  properties: (a) => ({ type: 'object', required: ['a'], properties: { a } }),
  items: (items) => ({ type: 'array', minItems: 1, items }),
  prefixItems: (item) => ({ type: 'array', minItems: 1, prefixItems: [item] }),
  contains: (contains) => ({ type: 'array', contains }),
  additionalProperties: (additionalProperties) => ({ required: ['a'], type: 'object', additionalProperties }),
  patternProperties: (a) => ({ required: ['a'], type: 'object', patternProperties: { '^a': a } }),
  propertyNames: (propertyNames) => ({ minProperties: 1, type: 'object', propertyNames }),
  dependentSchemas: (a) => ({ required: ['a'], type: 'object', dependentSchemas: { a } }),
  allOf: (inner) => ({ allOf: [inner] }),
  anyOf: (inner) => ({ anyOf: [inner] }),
  oneOf: (inner) => ({ oneOf: [inner] }),
  not: (not) => ({ not }),
  then: (then) => ({ if: true, then }),
}

describe('schemas within schemas', () => {
  test.each(Object.entries(wraps))('%s, 100,000 deep', (_, wrap) => {
    const found = attempt(nested(100_000, wrap))
    if (found !== 'text') expect(found).toMatch(/^#\/./)
  })

  // As deep as a body may be: each of these takes two levels of it, or one.
  test.each(['properties', 'items', 'allOf', 'anyOf', 'oneOf', 'contains'])('%s, 250 deep', (name) => {
    expect(JSON.stringify(attempt(nested(250, wraps[name]!)))).toContain('"text"')
  })

  test('500 items deep', () => {
    expect(JSON.stringify(attempt(nested(500, wraps['items']!)))).toBe(
      `${'['.repeat(500)}"text"${']'.repeat(500)}`,
    )
  })

  test('a path that long is told', () => {
    const found = attempt(nested(200, wraps['properties']!, false)) as string
    expect(found).toBe(`#${'/properties/a'.repeat(200)}`)
  })
})

describe('references', () => {
  const within = ($defs: Record<string, unknown>, name = 'a'): unknown => ({ $ref: `#/$defs/${name}`, $defs })

  test.each([
    ['to themselves', { $ref: '#' }, '#/$ref'],
    ['in a circle', within({ a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }), '#/$defs/b/$ref'],
    ['in a circle by allOf', within({ a: { allOf: [{ $ref: '#/$defs/a' }] } }), '#/$defs/a/allOf/0/$ref'],
    [
      'an object that requires itself',
      { type: 'object', required: ['a'], properties: { a: { $ref: '#' } } },
      '#/properties/a/$ref',
    ],
    ['an array of itself', { type: 'array', minItems: 1, items: { $ref: '#' } }, '#/items/$ref'],
    [
      'two that require each other',
      within({
        a: { type: 'object', required: ['b'], properties: { b: { $ref: '#/$defs/b' } } },
        b: { type: 'object', required: ['a'], properties: { a: { $ref: '#/$defs/a' } } },
      }),
      '#/$defs/b/properties/a/$ref',
    ],
    [
      'many ways, none with an end',
      {
        type: 'object',
        required: list(20, (k) => `p${k}`),
        additionalProperties: { anyOf: list(20, (k) => ({ $ref: '#', title: k })) },
      },
      '#/additionalProperties/anyOf/0/$ref',
    ],
    [
      'a chain of 10,000',
      within(
        map(10_000, (k) => [`d${k}`, { $ref: `#/$defs/d${k + 1}` }]),
        'd0',
      ),
      '#/$defs/d512',
    ],
    ['a long way', { $ref: `#${'/a'.repeat(1_000_000)}` }, '#/$ref'],
  ])('%s', (_, schema, expected) => expect(attempt(schema)).toBe(expected))

  test('of two that need one another, one level within the other', () => {
    const pair = (other: string, least: number): unknown => ({
      type: 'object',
      required: ['with'],
      properties: { with: { type: 'array', minItems: least, items: { $ref: `#/$defs/${other}` } } },
    })
    expect(attempt(within({ a: pair('b', 1), b: pair('a', 0) }))).toEqual({ with: [{ with: [] }] })
  })
})

describe('much of something', () => {
  const MB = 1 << 20

  test.each([
    ['5 MB of enum: the first', { enum: list(500_000, (k) => `value ${k}`) }, 'value 0'],
    ['5 MB of enum, none of the type', { type: 'integer', enum: list(500_000, (k) => `value ${k}`) }, '#'],
    ['5 MB in one value of an enum', { enum: ['x'.repeat(5 * MB), 'short'] }, 'short'],
    ['a const of 5 MB', { const: 'x'.repeat(5 * MB) }, '#/const'],
    ['a const 100,000 deep', { const: nested(100_000, (inner) => [inner]) }, '#/const'],
    ['minLength', { type: 'string', minLength: 1e9 }, '#/minLength'],
    ['minLength, with a pattern', { type: 'string', minLength: 1e5, pattern: '^a*$' }, '#/pattern'],
    ['minItems', { type: 'array', minItems: 1e9 }, '#/minItems'],
    ['minItems of nothing', { type: 'array', minItems: 900_000, items: { type: 'string' } }, '#/items'],
    ['minContains', { type: 'array', contains: {}, minContains: 1e9 }, '#/contains'],
    ['minProperties', { type: 'object', minProperties: 1e9 }, '#/minProperties'],
    [
      'minItems of minLength',
      { type: 'array', minItems: 2000, items: { type: 'string', minLength: 1000 } },
      '#/items',
    ],
    [
      'minItems of minItems',
      nested(9, (items) => ({ type: 'array', minItems: 50, items })),
      `#${'/items'.repeat(8)}`,
    ],
    ['a pattern that repeats', { type: 'string', pattern: '^((a{1000}){1000}){1000}$' }, '#/pattern'],
    ['a pattern of 1 MB', { type: 'string', pattern: 'a'.repeat(MB) }, '#/pattern'],
    [
      'a pattern 10,000 deep',
      { type: 'string', pattern: `${'('.repeat(5000)}a${')'.repeat(5000)}` },
      '#/pattern',
    ],
    ['required', { type: 'object', required: list(1_000_000, (k) => `p${k}`) }, '#'],
    ['properties, none required', { type: 'object', properties: map(300_000, (k) => [`p${k}`, true]) }, {}],
    ['allOf', { allOf: list(100_000, () => ({})) }, '#/allOf/'],
    ['anyOf, the last', { anyOf: [...list(90_000, () => false), { type: 'null' }] }, null],
    [
      'anyOf by anyOf',
      {
        allOf: list(30, (k) => ({ anyOf: list(30, (j) => ({ minimum: k, title: j })) })),
        type: 'number',
        maximum: 3,
      },
      '#/allOf/',
    ],
    ['a name of 5 MB', { type: 'object', required: ['x'.repeat(5 * MB)] }, '#'],
    [
      'multiples of much',
      { allOf: [1e300, 3e-300, 7e-300].map((multipleOf) => ({ multipleOf, type: 'number', minimum: 1 })) },
      '#/allOf/0/minimum',
    ],
    ['not, and not', nested(400, (not) => ({ not }), { type: 'object', required: ['a'] }), '#/not'],
  ])('%s', (_, schema, expected) => {
    const startedMs = performance.now()
    const found = attempt(schema)
    expect(performance.now() - startedMs).toBeLessThan(10_000) // 0.1 s, where nothing else runs
    if (typeof expected === 'string' && expected.startsWith('#')) expect(found).toStartWith(expected)
    else expect(found).toEqual(expected)
  })

  test.each([
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(.*)*$',
    '^((a*)*)*$',
    '(x+x+)+y',
    '^(a?){500}a{500}$',
    '^([a-z]+)*\\d$',
  ])('%s, on which backtracking does not end', (pattern) => {
    const startedMs = performance.now()
    attempt({ type: 'string', pattern, minLength: 3000 })
    attempt({ enum: [`${'a'.repeat(5000)}!`], pattern })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })
})

describe('names that every object inherits', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

  test.each(names)('%s is a property like any other', (name) => {
    const schema: unknown = JSON.parse(
      `{"type":"object","required":["${name}"],"properties":{"${name}":{"type":"integer"}}}`,
    )
    const found = attempt(schema)
    expect(JSON.stringify(found)).toBe(`{"${name}":0}`)
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
  })

  test.each(names)('%s is not there unless it is listed', (name) => {
    expect(JSON.stringify(attempt({ type: 'object', required: [name], properties: {} }))).toBe(
      `{"${name}":"text"}`,
    )
    expect(attempt({ $ref: `#/$defs/${name}`, $defs: {} })).toBe('#/$ref')
    expect(
      attempt({ type: 'object', properties: {}, dependentRequired: {}, required: [name], maxProperties: 1 }),
    ).toHaveProperty([name])
  })

  test('nothing is left on other objects', () => {
    attempt(
      JSON.parse(
        '{"type":"object","required":["__proto__"],"properties":{"__proto__":{"const":{"polluted":1}}}}',
      ),
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
