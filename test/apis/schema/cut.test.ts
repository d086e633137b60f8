import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { cutJson } from '../../../src/apis/schema/cut.ts'

test.each([
  ['', []],
  ['{}', ['{}']],
  ['{"city":"Paris","days":12345}', ['{"', 'city', '":"', 'Paris', '","', 'days', '":', '123', '45', '}']],
  ['[true, null]', ['[', 'true', ', ', 'null', ']']],
  ['"internationalization"', ['"', 'intern', 'ationa', 'lizati', 'on', '"']],
  ['"\\n\\\\"', ['"\\', 'n', '\\\\"']],
  ['"👋👋👋👋👋"', ['"👋👋👋', '👋👋"']],
  ['-1.5e-7', ['-', '1', '.', '5', 'e', '-', '7']],
] as const)('%j', (text, pieces) => expect(cutJson(text)).toEqual([...pieces]))

test('the pieces of any JSON are short, whole characters, and the text again', () =>
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, any) => {
      for (const text of [json, any]) {
        const pieces = cutJson(text)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(piece.isWellFormed()).toBe(text.isWellFormed())
          expect([...piece].length).toBeWithin(1, 7)
        }
      }
    }),
  ))

test('of about four characters', () => {
  const text = JSON.stringify({
    title: 'Words of a usual length',
    tags: ['first', 'second'],
    count: 12,
    done: true,
  })
  expect(text.length / cutJson(text).length).toBeWithin(2.5, 5)
})
