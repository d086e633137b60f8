// Texts before which a reply ends: where they are found, and what is left before them.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { named } from '../_helpers.ts'
import { stopPieces } from '../../src/apis/stop.ts'

const piecesOf = (texts: readonly string[]): { text: string }[] => texts.map((text) => ({ text }))
const WINDOW = 256

function stop(texts: readonly string[], stops: readonly string[]): [string[], string | undefined] {
  const { pieces, sequence } = stopPieces(piecesOf(texts), stops)
  return [pieces.map(({ text }) => text), sequence]
}

const usual = ['One', ' two', ',', ' three']

test.each(
  named<[string[], string[], string[], string | undefined]>([
    [usual, ['four'], usual, undefined],
    [usual, [','], ['One', ' two'], ','],
    [usual, ['One'], [], 'One'],
    [usual, ['three'], ['One', ' two', ',', ' '], 'three'],
    [usual, ['o, t'], ['One', ' tw'], 'o, t'],
    [usual, ['three', ' two'], ['One'], ' two'],
    [usual, ['two', 'two,'], ['One', ' '], 'two,'],
    [usual, ['two,', 'two'], ['One', ' '], 'two,'],
    [['aa', 'aa'], ['aaa'], [], 'aaa'],
    [[], ['a'], [], undefined],
  ]),
)('%s', (_, texts, stops, left, sequence) => expect(stop(texts, stops)).toEqual([left, sequence]))

test('pieces that stay whole are the same objects', () => {
  const given = piecesOf(usual)
  const { pieces } = stopPieces(given, [','])
  expect([pieces[0], pieces[1]].map((piece, i) => piece === given[i])).toEqual([true, true])
})

describe('of very many pieces', () => {
  const long = Array.from({ length: 4 * WINDOW }, () => 'a')

  test.each([0, 1, WINDOW - 2, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW - 1, 3 * WINDOW, 4 * WINDOW - 3])(
    'one that begins in piece %d',
    (at) => {
      const texts = [...long]
      texts.splice(at, 3, 'b', 'c', 'd')
      expect(stop(texts, ['bcd', 'x'])).toEqual([long.slice(0, at), 'bcd'])
    },
  )

  test('one that is longer than all that are looked through at once', () => {
    const texts = ['x', ...long]
    const sequence = 'a'.repeat(3 * WINDOW)
    expect(stop(texts, [sequence])).toEqual([['x'], sequence])
  })
})

test('whatever is said, it ends where the text does that comes first', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 })
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 3,
  })
  fc.assert(
    fc.property(fc.array(part, { maxLength: 600 }), stops, (texts, sequences) => {
      const whole = texts.join('')
      const ends = sequences.map((sequence) => whole.indexOf(sequence)).filter((at) => at >= 0)
      const end = ends.length === 0 ? whole.length : Math.min(...ends)
      const [left, sequence] = stop(texts, sequences)
      expect(left.join('')).toBe(whole.slice(0, end))
      expect(sequence === undefined).toBe(ends.length === 0)
      if (sequence !== undefined) expect(whole.startsWith(sequence, end)).toBe(true)
    }),
    { seed: 5 },
  )
})
