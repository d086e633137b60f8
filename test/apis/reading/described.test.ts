// Constraints that clients put into words.
import { describe, expect, test } from 'bun:test'
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema'
import { format, read } from './_anthropic.ts'
import { named } from '../../_helpers.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { withDescribed } from '../../../src/apis/reading/described.ts'

describe('the constraints in a description', () => {
  test.each(
    named<[string, object]>([
      ['{minimum: 3}', { minimum: 3 }],
      ['Days.\n\n{minimum: 3, maximum: 5}', { minimum: 3, maximum: 5 }],
      ['{minLength: 2, pattern: "^a, b: c$", format: "byte"}', { minLength: 2, format: 'byte' }],
      ['{pattern: "^[a-z]{2}$"}', { pattern: '^[a-z]{2}$' }],
      ['{default: {"a": 1}, uniqueItems: true, not: {"const": 5}}', { uniqueItems: true, not: { const: 5 } }],
      ['{pattern: ^a$}', { pattern: '^a$' }],
      ['{minimum: three}', {}],
      ['minimum: 3; exclusive maximum: 5.', { minimum: 3, exclusiveMaximum: 5 }],
      ['Days.\nmin items: 2; max items: 2.', { minItems: 2, maxItems: 2 }],
      ['pattern: ^[A-Z]{2}$; format: byte.', { pattern: '^[A-Z]{2}$', format: 'byte' }],
      ['multiple of: 2; not: {"const":4}.', { multipleOf: 2, not: { const: 4 } }],
      ['minimum: a few.', {}],
      ['minimum: 3', {}],
      ['{minimum: 3} and more', {}],
      ['{type: "string", $ref: "#"}', {}],
      ['A word.', {}],
      ['{}', {}],
      ['', {}],
    ]),
  )('%s', (_, description, expected) => {
    expect(withDescribed({ description })).toEqual({ ...expected, description })
  })

  test('wherever a schema stands, and nowhere else', () => {
    const description = 'minimum: 3.'
    const told = { minimum: 3, description }
    const given = { description }
    expect(
      withDescribed({
        properties: { a: given, b: { items: given }, description: given },
        anyOf: [given, true],
        $defs: { c: given },
        enum: [given],
        const: given,
      }),
    ).toEqual({
      properties: { a: told, b: { items: told }, description: told },
      anyOf: [told, true],
      $defs: { c: told },
      enum: [given],
      const: given,
    } as never)
  })

  test('what a schema has itself counts, and one without words is left as it is', () => {
    expect(withDescribed({ minimum: 1, description: '{minimum: 3}' })).toMatchObject({ minimum: 1 })
    const plain = {
      type: 'object',
      properties: { a: { type: 'string', description: 'A name.' } },
      enum: [{}],
    }
    expect(withDescribed(plain)).toBe(plain)
  })

  test('a million characters take no time', () => {
    const startMs = performance.now()
    for (const unit of ['{', 'minimum: ', '; a: ', ', a: ', '\n\n{', 'a.\n'])
      withDescribed({ description: unit.repeat(200_000) })
    expect(performance.now() - startMs).toBeLessThan(10_000) // 0.05 s; minutes, if more were looked at than the end
  })
})

describe('in a format', () => {
  const said = (schema: unknown) =>
    JSON.parse((read({ output_config: { format: format(schema) } }) as Ask).own!.text)

  test('they are kept', () => {
    const schema = {
      type: 'object',
      properties: {
        days: { type: 'integer', minimum: 3, description: 'Days' },
        code: { type: 'string', pattern: '^[A-Z]{3}$' },
        hours: { type: 'array', items: { type: 'number', exclusiveMinimum: 7 }, minItems: 2 },
      },
      required: ['days', 'code', 'hours'],
    }
    const sent = transformJSONSchema(schema)
    expect(JSON.stringify(sent)).not.toContain('"minimum"')
    const { days, code, hours } = said(sent)
    expect(days).toBe(3)
    expect(code).toMatch(/^[A-Z]{3}$/)
    expect([hours.length, hours.every((one: number) => one > 7)]).toEqual([2, true])
  })

  test('words that cannot be kept are words', () =>
    expect(said({ type: 'integer', maximum: 2, description: '{minimum: 3}' })).toBe(0))
})
