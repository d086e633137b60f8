// Where it is said that nothing can be made, and what is no schema.
import { describe, expect, test } from 'bun:test'
import { instanceOf } from '../../../src/apis/schema/instance.ts'
import { refusal } from './_rows.ts'

const inProperty = (a: unknown): unknown => ({ type: 'object', required: ['a'], properties: { a } })

describe('no instance', () => {
  test.each<[unknown, string]>([
    [false, ''],
    [{ allOf: [true, false] }, '/allOf/1'],
    [{ type: 'string', minLength: 3, maxLength: 2 }, '/minLength'],
    [{ type: 'number', minimum: 3, maximum: 2 }, '/minimum'],
    [{ type: 'number', exclusiveMinimum: 3, maximum: 3 }, '/exclusiveMinimum'],
    [{ type: 'integer', minimum: 0.1, maximum: 0.9 }, '/minimum'],
    [{ type: 'number', multipleOf: 5, minimum: 1, maximum: 4 }, '/minimum'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, '/minItems'],
    [{ type: 'array', minItems: 3, uniqueItems: true, items: { type: 'boolean' } }, '/uniqueItems'],
    [{ type: 'array', minItems: 1, items: false }, '/items'],
    [{ type: 'array', contains: { type: 'null' }, items: { type: 'string' } }, '/contains/type'],
    [{ type: 'array', contains: { type: 'null' }, maxItems: 0 }, '/contains'],
    [{ type: 'object', required: ['b'], additionalProperties: false }, '/additionalProperties'],
    [{ type: 'object', minProperties: 1, additionalProperties: false }, '/additionalProperties'],
    [{ type: 'object', required: ['a', 'b'], maxProperties: 1 }, '/maxProperties'],
    [{ type: 'object', required: ['a'], propertyNames: { minLength: 2 } }, '/propertyNames'],
    [{ type: 'string', enum: [1, 2] }, '/enum'],
    [{ type: 'string', const: 1 }, '/const'],
    [{ enum: [] }, '/enum'],
    [{ type: [] }, '/type'],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, '/allOf/1/type'],
    [{ anyOf: [{ type: 'string', minLength: 2, maxLength: 1 }, false] }, '/anyOf/0/minLength'],
    [{ anyOf: [] }, '/anyOf'],
    [{ oneOf: [true, true] }, '/oneOf'],
    [{ not: true }, '/not'],
    [{ type: 'string', pattern: 'a(?<=b)' }, '/pattern'],
    [{ type: 'string', pattern: '^(a)\\1$' }, '/pattern'],
    [{ type: 'string', pattern: '(' }, '/pattern'],
    [{ type: 'string', pattern: '^a$', minLength: 2 }, '/pattern'],
    [{ type: 'string', format: 'uuid', maxLength: 35 }, '/format'],
  ])('%j', (schema, path) => {
    expect(refusal(schema).path).toBe(`#${path}`)
    expect(refusal(inProperty(schema)).path).toBe(`#/properties/a${path}`)
  })

  test('what was in the way of a branch is forgotten where another one went', () => {
    const a = { anyOf: [{ type: 'string', minLength: 2, maxLength: 1 }, { type: 'null' }] }
    expect(refusal({ type: 'object', required: ['a', 'b'], properties: { a, b: false } }).path).toBe(
      '#/properties/b',
    )
  })

  test('names in paths are escaped, and long ones cut', () => {
    const names = ['a/b~c', 'x'.repeat(1000)]
    const [escaped, cut] = names.map((name) =>
      refusal({ type: 'object', required: [name], properties: { [name]: false } }),
    )
    expect(escaped!.path).toBe('#/properties/a~1b~0c')
    expect(cut!.path).toBe(`#/properties/${'x'.repeat(100)}…`)
    expect(escaped!.message).toBe('#/properties/a~1b~0c: nothing is allowed here')
  })
})

describe('no schema', () => {
  const JUNK: readonly unknown[] = [null, 0, 'string', [], [{}]]

  test.each(JUNK.map((junk) => [junk]))('%j as a whole', (junk) => {
    expect(refusal(junk).message).toBe('#: expected a schema, an object or a boolean')
  })

  test.each(['not', 'allOf/0', 'anyOf/1', 'oneOf/1', 'items', 'prefixItems/0', 'contains', 'properties/b'])(
    '%s',
    (path) => {
      const [keyword, key] = path.split('/')
      for (const junk of JUNK.slice(1)) {
        const value =
          key === undefined
            ? junk
            : keyword === 'properties'
              ? { b: junk }
              : key === '1'
                ? [true, junk]
                : [junk]
        if (keyword === 'items' && Array.isArray(value)) continue // earlier drafts have a list there
        const { message } = refusal({ [keyword!]: value })
        expect(message).toBe(`#/${path}: expected a schema, an object or a boolean`)
      }
    },
  )

  test.each<[string, readonly unknown[], string]>([
    ['type', ['strin', 5, ['string', 5], {}], 'a type'],
    ['minLength', [-1, 1.5, 'x', [], true], 'a whole number'],
    ['maxLength', [-1, 1.5, 'x'], 'a whole number'],
    ['minItems', [-1, 1.5, 'x'], 'a whole number'],
    ['maxItems', [-1, 1.5, 'x'], 'a whole number'],
    ['minProperties', [-1, 1.5, 'x'], 'a whole number'],
    ['maxProperties', [-1, 1.5, 'x'], 'a whole number'],
    ['minimum', ['1', [], true], 'a number'],
    ['maximum', ['1', [], true], 'a number'],
    ['exclusiveMinimum', ['1', []], 'a number'],
    ['multipleOf', [0, -1, '1'], 'a number'],
    ['pattern', [1, [], {}], 'a string'],
    ['format', [1, [], {}], 'a string'],
    ['enum', [1, 'a', {}], 'an array'],
    ['anyOf', [1, 'a', {}], 'an array'],
    ['oneOf', [1, 'a', {}], 'an array'],
    ['allOf', [1, 'a', {}], 'an array'],
    ['required', [1, 'a', {}, true, [1]], 'an array'],
    ['properties', [1, 'a', []], 'an object'],
    ['$ref', [1, [], {}], 'a string'],
    ['$ref', ['http://example.com/a', 'a', '#a', ''], 'a reference within the schema'],
    ['$ref', ['#/', '#/a', '#/$defs/a', '#/allOf/9', '#/allOf/x'], 'a reference to something that is there'],
    ['$ref', ['#/$ref', '#/allOf'], 'a reference to a schema'],
  ])('%s: %j', (keyword, values, expected) => {
    const type = { Le: 'string', It: 'array', Pr: 'object' }[keyword.slice(3, 5)]
    for (const value of values) {
      const { message } = refusal({ ...(type !== undefined && { type }), allOf: [true], [keyword]: value })
      expect(message).toStartWith(`#/${keyword}: expected ${expected}`)
    }
  })

  test('null is a keyword that is not set', () => {
    const nothing = {
      $ref: null,
      enum: null,
      anyOf: null,
      required: null,
      minItems: null,
      not: null,
      properties: null,
    }
    expect(instanceOf({ type: 'object', ...nothing })).toEqual({})
  })
})
