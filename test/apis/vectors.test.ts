// What embeddings say of texts: equal for equal ones, similar where words are shared, unlike otherwise, and never nothing.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { embed, embedTokens } from '../../src/apis/vectors.ts'

const USUAL = 1536

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}

const likeness = (a: string, b: string): number => cosine(embed(a, USUAL), embed(b, USUAL))
const words = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `word${from + i}`)

test('the numbers are the same for ever', () => {
  expect([...embed('Hello world', 4)]).toEqual(
    [-0.585981429, -0.739050388, 0.282283157, 0.175346732].map(Math.fround),
  )
  expect([...embedTokens([1, 2, 3], 4)]).toEqual(
    [0.130098537, -0.420449585, -0.888576746, -0.129336223].map(Math.fround),
  )
})

describe('texts that are alike', () => {
  test('the more words they share, the more, whatever else there is', () => {
    const text = words(0, 10).join(' ')
    const likenesses = Array.from({ length: 11 }, (_, shared) =>
      likeness(text, [...words(0, shared), ...words(100, 110 - shared)].join(' ')),
    )
    for (const [shared, value] of likenesses.entries())
      expect(Math.abs(value - shared / 10)).toBeLessThan(0.05)
    expect(likenesses.toSorted((a, b) => a - b)).toEqual(likenesses)
  })

  test.each([
    ['order', 'the cat sat on a mat', 'on a mat the cat sat'],
    ['capitals', 'The Cat SAT', 'the cat sat'],
    ['capitals of others', 'ÄRGER Ωμέγα', 'ärger ωμέγα'],
    ['signs', 'Well, (this) is: "it"!', 'well this is it'],
    ['spaces', 'a  b\n\tc\u00a0d', 'a b c d'],
    ['dashes and quotes', 'one—two “three”', 'one two three'],
    ['borders of scripts', 'one世two', 'one 世 two'],
    ['signs between Chinese', '世界，你好。', '世界你好'],
  ])('%s make little difference', (_, a, b) => {
    expect(likeness(a, b)).toBeGreaterThan(0.9)
    expect(likeness(a, b)).toBeLessThan(0.9999)
  })

  test.each([
    ['Chinese', '世界你好', '你好朋友', 0.4],
    ['Japanese', 'こんにちは世界', 'さようなら世界', 0.2],
    ['Thai', 'ภาษาไทย', 'ภาษาลาว', 0.5],
  ])('without spaces, characters are words: %s', (_, a, b, least) => {
    expect(likeness(a, b)).toBeGreaterThan(least)
    expect(likeness(a, b)).toBeLessThan(0.95)
  })
})

describe('texts that are not', () => {
  const different = [
    '',
    ' ',
    '!',
    '?!',
    '\n',
    'a',
    'b',
    'cat',
    'cats',
    '1',
    '12',
    'é',
    '世',
    '界',
    '👋',
    '👋🏽',
    '\ud800',
    '\udfff',
    '\0',
    'ไ',
  ]

  test('hardly any two are similar', () => {
    for (const [i, one] of different.entries())
      for (const other of different.slice(i + 1))
        expect([one, other, Math.abs(likeness(one, other)) < 0.3]).toEqual([one, other, true])
    const likenesses = words(0, 300).map((word) => Math.abs(likeness(`some ${word}`, `other x${word}`)))
    expect(likenesses.reduce((sum, one) => sum + one) / 300).toBeLessThan(0.05)
    expect(Math.max(...likenesses)).toBeLessThan(0.3)
  })

  test('tokens: order and number count a little, which they are counts most', () => {
    const tokens = (...ids: number[]): Float32Array => embedTokens(ids, USUAL)
    expect(cosine(tokens(1, 2, 3), tokens(3, 2, 1))).toBeWithin(0.9, 0.9999)
    expect(cosine(tokens(1, 2, 3, 4), tokens(1, 2, 3, 5))).toBeWithin(0.6, 0.85)
    for (const [one, other] of [
      [tokens(1), tokens(2)],
      [tokens(), tokens(0)],
      [tokens(), embed('', USUAL)],
      [tokens(0), tokens(1 << 20)],
    ] as const)
      expect(Math.abs(cosine(one, other))).toBeLessThan(0.2)
  })
})

describe('whatever is embedded', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  )
  const tokens = fc.array(fc.oneof(fc.nat(200_000), fc.integer(), fc.double({ noNaN: true })))
  const dimensions = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 16_384 }))

  test('is of unit length, in numbers of nine decimals, and the same the second time', () => {
    fc.assert(
      fc.property(texts, tokens, dimensions, (text, ids, size) => {
        for (const make of [() => embed(text, size), () => embedTokens(ids, size)]) {
          const vector = make()
          expect(vector).toHaveLength(size)
          expect(Math.abs(cosine(vector, vector) - 1)).toBeLessThan(1e-5)
          expect(vector.every((value) => Math.fround(Math.round(value * 1e9) / 1e9) === value)).toBe(true)
          expect(make()).toEqual(vector)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('goes into every dimension', () => {
    for (const size of [1, 2, 3, 64, 16_384])
      expect(embed('', size).filter((value) => value === 0).length).toBeLessThan(1 + size / 1000)
  })

  test('takes time by its length', () => {
    const text = words(0, 8000).join(' ')
    const startMs = performance.now()
    for (let i = 0; i < 20; i++) embed(text, USUAL)
    for (let i = 0; i < 1000; i++) embed(words(0, 20).join(' '), USUAL)
    expect(performance.now() - startMs).toBeLessThan(5000) // 0.1 s
  })
})
