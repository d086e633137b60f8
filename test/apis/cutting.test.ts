// A text of the user's in pieces: where it is cut, and that nothing is lost, whatever the text is.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { cutBytes, cutWords, endOfPiece } from '../../src/apis/cutting.ts'

const FAMILY = '👩‍👩‍👧‍👦'

describe('cutWords', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['Hello', ['Hello']],
    ['Hello world, it ends.', ['Hello', ' world', ',', ' it', ' ends', '.']],
    [' "Yes" (no)', [' "', 'Yes', '"', ' (', 'no', ')']],
    ["It's", ['It', "'s"]],
    ['they’ll', ['they', '’ll']],
    ["IT'S 'sour'", ['IT', "'S", " '", 'sour', "'"]],
    ["a'save", ['a', "'", 'save']],
    ["o'clock 'til", ['o', "'", 'clock', " '", 'til']],
    ['12345 6.7', ['123', '45', ' 6', '.', '7']],
    ['a\nb\r\n\r\nc\n', ['a', '\n', 'b', '\r\n\r\n', 'c', '\n']],
    ['a   b', ['a', '  ', ' b']],
    ['a\t\tb\tc', ['a', '\t', '\t', 'b', '\t', 'c']],
    ['a \n b', ['a', ' ', '\n', ' b']],
    ['   ', ['   ']],
    [' '.repeat(20), [' '.repeat(16), ' '.repeat(4)]],
    ['a\u00a0b\u3000c', ['a', '\u00a0', 'b', '\u3000', 'c']],
    ['\n'.repeat(17), ['\n'.repeat(16), '\n']],
    ['#'.repeat(17), ['#'.repeat(16), '#']],
    [`${'x'.repeat(16)} ${'y'.repeat(17)}`, ['x'.repeat(16), ` ${'y'.repeat(16)}`, 'y']],
    ['𝒳'.repeat(17), ['𝒳'.repeat(16), '𝒳']],
    ['Grüße, e\u0301te\u0301', ['Grüße', ',', ' e\u0301te\u0301']],
    ['世界，你好吗朋友', ['世界', '，', '你好吗', '朋友']],
    ['日本語コーヒーを飲む', ['日本語', 'コーヒ', 'ーを飲', 'む']],
    ['か\u3099き\u3099く\u3099け\u3099', ['か\u3099き\u3099く\u3099', 'け\u3099']],
    ['ง่ายมาก', ['ง่าย', 'มาก']],
    ['한국어 שלום', ['한국어', ' שלום']],
    ['می‌خواهم नमस्ते', ['می‌خواهم', ' नमस्ते']],
    [`a ${FAMILY} b`, ['a', ` ${FAMILY}`, ' b']],
    ['I ❤️ 🇩🇪!', ['I', ' ❤️', ' 🇩🇪!']],
    ['\u0301a', ['\u0301', 'a']],
    ['a\ud800b \udc00', ['a', '\ud800', 'b', ' \udc00']],
    ['nul\0', ['nul', '\0']],
  ])('%j', (text, expected) => {
    expect(cutWords(text)).toEqual(expected)
    expect(expected.join('')).toBe(text)
  })
})

describe('cutBytes', () => {
  test.each<[string, number, string[]]>([
    ['', 4, []],
    ['abcdef', 4, ['abcd', 'ef']],
    ['abcd', 4, ['abcd']],
    ['abcd', 1, ['a', 'b', 'c', 'd']],
    ['aüb', 2, ['a', 'ü', 'b']],
    ['üab', 3, ['üa', 'b']],
    ['世界a', 4, ['世', '界a']],
    ['👋🏽a', 4, ['👋', '🏽', 'a']],
    ['a👋b', 5, ['a👋', 'b']],
    ['a👋b', 3, ['a', '👋', 'b']],
    ['ü世', 1, ['ü', '世']],
    ['ab', 0, ['a', 'b']],
    ['\x7f\x7f\x7f', 3, ['\x7f\x7f\x7f']],
    ['\x80\x80', 3, ['\x80', '\x80']],
    ['\u07ff\u07ff', 4, ['\u07ff\u07ff']],
    ['\u0800\u0800', 5, ['\u0800', '\u0800']],
    ['\ud800a\udc00', 4, ['\ud800a', '\udc00']],
    ['\ud800', 2, ['\ud800']],
    ['\ud800\ud800\udc00\udc00', 4, ['\ud800', '\ud800\udc00', '\udc00']],
  ])('%j in pieces of %d bytes', (text, bytes, expected) => {
    expect(cutBytes(text, bytes)).toEqual(expected)
    expect(expected.join('')).toBe(text)
  })

  test.each<[number, number, number]>([
    [0, 0, 0],
    [0, 1, 1],
    [0, 3, 1],
    [0, 5, 3],
    [1, 4, 3],
    [1, 99, 4],
    [4, 99, 4],
  ])('a piece of a👋b that begins at %d with %d bytes ends at %d', (from, bytes, end) =>
    expect(endOfPiece('a👋b', from, bytes)).toBe(end),
  )
})

describe('whatever the text is', () => {
  const anyUnits = fc
    .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })))
    .map((units) => String.fromCharCode(...units))
  /** Of what is cut in different ways, so that every border between two of them comes up. */
  const mixed = fc
    .array(
      fc.constantFrom(
        ..."ab  .'’’s\n\r\t12é世界かーกู่้ا\u0301\u200d\u200c👩🇩\u00a0\ud83d",
        FAMILY,
        'zebra'.repeat(5),
      ),
    )
    .map((parts) => parts.join(''))
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), anyUnits, mixed)

  const bytesOf = (text: string): number => Buffer.byteLength(text)
  const runs = { numRuns: 300 }

  /** Joined it is the text, no piece is empty, and no border is in a surrogate pair. */
  function expectWhole(pieces: string[], text: string): void {
    expect(pieces.join('')).toBe(text)
    for (const piece of pieces) expect(piece).not.toBe('')
    expect(pieces.flatMap((piece) => [...piece])).toEqual([...text])
    if (text.isWellFormed()) for (const piece of pieces) expect(piece.isWellFormed()).toBe(true)
  }

  test('words: nothing is lost and no piece is long', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = cutWords(text)
        expectWhole(pieces, text)
        for (const piece of pieces) expect([...piece.replace(/^ /, '')].length).toBeLessThanOrEqual(16)
      }),
      runs,
    )
  })

  test('words: letters, signs and line breaks do not share a piece, and a space is at its beginning', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const piece of cutWords(text)) {
          const kinds = [/[\p{L}\p{N}]/u, /[^\s\p{L}\p{N}\p{M}\u200c\u200d'’]/u, /[\r\n]/]
          expect([piece, kinds.filter((kind) => kind.test(piece)).length <= 1]).toEqual([piece, true])
          if (/\S/.test(piece)) expect(piece).toMatch(/^ ?\S+$/)
        }
      }),
      runs,
    )
  })

  test('bytes: nothing is lost, no piece is too large, and none could be larger', () => {
    fc.assert(
      fc.property(texts, fc.nat(20), (text, bytes) => {
        const pieces = cutBytes(text, bytes)
        expectWhole(pieces, text)
        for (const [i, piece] of pieces.entries()) {
          if ([...piece].length > 1) expect(bytesOf(piece)).toBeLessThanOrEqual(bytes)
          const next = [...(pieces[i + 1] ?? '')][0]
          if (next !== undefined) expect(bytesOf(piece) + bytesOf(next)).toBeGreaterThan(bytes)
        }
      }),
      runs,
    )
  })

  test('a quarter of a megabyte of any kind is cut in no time', () => {
    const kinds = [
      'a word, and ',
      'x',
      ' ',
      '\t',
      '\n',
      '!?',
      "'",
      '’s',
      '1 ',
      '世界',
      'ก่',
      `${FAMILY} `,
      '\u0301',
      '\ud800',
    ]
    const startMs = performance.now()
    for (const kind of kinds) {
      const text = kind.repeat((1 << 18) / kind.length)
      expect(cutWords(text).join('') === text).toBe(true)
      expect(cutBytes(text, 7).join('') === text).toBe(true)
    }
    expect(performance.now() - startMs).toBeLessThan(10_000) // 0.1 s; for ever, if it were not linear
  })
})
