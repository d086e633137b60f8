// Instances of schemas as texts in pieces, and which of them are kept.
import { describe, expect, test } from 'bun:test'
import { BadRequest } from '../../../src/apis/api.ts'
import { ownJson } from '../../../src/apis/reading/structure.ts'

/** A schema that no other test uses. */
const schemaOf = (name: string, more = ''): object => {
  return { type: 'object', properties: { [name]: { const: `kept${more}` } }, required: [name] }
}

test('the pieces together are the text', () => {
  const { text, pieces } = ownJson(schemaOf('ü'), 'tools')
  expect(text).toBe('{"ü":"kept"}')
  expect(pieces.join('')).toBe(text)
  expect(pieces.length).toBeGreaterThan(1)
})

test('a schema without an instance is refused, with what it is of and where', () => {
  const make = (): unknown =>
    ownJson({ type: 'object', properties: { a: false }, required: ['a'] }, 'tools (f)')
  expect(make).toThrow(BadRequest)
  expect(make).toThrow(/^Invalid schema for 'tools \(f\)': #\/properties\/a/)
})

describe('what is kept', () => {
  test('equal schemas have the same text, as long as there is room', () => {
    const often = ownJson(schemaOf('often'), 'x')
    const once = ownJson(schemaOf('once'), 'x')
    expect(ownJson(schemaOf('often'), 'y')).toBe(often)
    for (let i = 0; i < 1000; i++) {
      ownJson(schemaOf(`a${i}`), 'x')
      expect(ownJson(schemaOf('often'), 'x')).toBe(often)
    }
    expect(ownJson(schemaOf('once'), 'x')).not.toBe(once)
    expect(ownJson(schemaOf('once'), 'x')).toEqual(once)
  })

  test.each([
    [8000, true],
    [8200, false],
    [20_000, false],
  ])('an instance of about %d characters: %j', (length, isKept) => {
    const schema = schemaOf('long', 'x'.repeat(length))
    expect(ownJson(schema, 'x') === ownJson(schema, 'x')).toBe(isKept)
  })
})
