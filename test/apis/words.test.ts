// The text of replies, and how it is cut into chunks.
import { describe, expect, test } from 'bun:test'
import { marks } from '../../src/apis/marks.ts'
import { chunkTexts } from '../../src/apis/words.ts'
import { type TextKind, textSizes } from '../../src/config/texts.ts'

const KINDS = Object.keys(textSizes) as TextKind[]
const pieces = (kind: TextKind, chunkBytes = 0, stamp = false): readonly string[] =>
  chunkTexts({ chunkBytes, stamp }, kind)
const bytesOf = (text: string): number => Buffer.byteLength(text)

describe('as they come', () => {
  test('words: a word, with the space before it, or a mark of punctuation each', () => {
    for (const word of pieces('words').slice(1)) expect(word).toMatch(/^( \S+|[.,]\n?)$/)
  })

  test('unicode: characters of one to four bytes, of several code points, combined, from right to left', () => {
    const text = pieces('unicode').join('')
    expect(pieces('unicode')).toHaveLength(18)
    const sizes = new Set([...text].map(bytesOf))
    expect([...sizes].toSorted()).toEqual([1, 2, 3, 4])
    for (const part of [
      '\u{1f3fd}',
      '\u200d',
      '\u0301',
      '\u{1f1e9}\u{1f1ea}',
      '\u05e9',
      '\u0645',
      '\ufe0f',
      '\u{1d4b3}',
    ])
      expect(text).toContain(part)
    expect(text).toBe(text.toWellFormed())
  })

  test('code: what has to be escaped, and no piece that is empty', () => {
    const text = pieces('code').join('')
    for (const part of ['"', '\\', '\\\\', '\t', '\n', "'", '{', '[1, 2.5e-3]']) expect(text).toContain(part)
    expect(text).toStartWith('const greet = ')
    for (const piece of pieces('code')) expect(piece).toMatch(/\S/)
  })
})

/** Whether pieces are an endless repetition of `text`, cut between characters, with spaces only where no character fits. */
function expectCut(cut: readonly string[], text: string, bytes: number): void {
  const characters = [...text]
  let at = 0
  for (const piece of cut) {
    expect(bytesOf(piece)).toBe(bytes)
    const given = [...piece]
    let taken = 0
    for (; taken < given.length && given[taken] === characters[at]; taken++) at = (at + 1) % characters.length
    const room = given.length - taken
    expect(given.slice(taken).join('')).toBe(' '.repeat(room))
    if (room > 0) expect(bytesOf(characters[at]!)).toBeGreaterThan(room)
  }
  // The circle is closed, or has as many pieces as there are characters.
  expect(at === 0 || cut.length === characters.length).toBe(true)
}

describe('of so many bytes', () => {
  test.each([1, 2, 3, 4, 5, 7, 16, 25, 64, 100, 257, 4096])('%d', (bytes) => {
    for (const kind of ['words', 'unicode', 'code'] as const)
      if (kind !== 'unicode' || bytes >= 4) expectCut(pieces(kind, bytes), pieces(kind).join(''), bytes)
  })

  test('the circle is no longer than it must be', () => {
    // 166 bytes, all of one: a piece for each of them, one for all, and where the numbers have a factor in common, fewer.
    expect(bytesOf(pieces('words').join(''))).toBe(166)
    for (const [bytes, count] of [
      [1, 166],
      [2, 83],
      [3, 166],
      [83, 2],
      [166, 1],
      [332, 1],
    ] as const)
      expect([bytes, pieces('words', bytes).length]).toEqual([bytes, count])
  })

  test.each([0, 1, 7, 100])(
    'short and long have a size of their own, whatever --chunk-bytes says: %d',
    (bytes) => {
      const text = pieces('words').join('')
      expectCut(pieces('short', bytes), text, 1)
      expectCut(pieces('long', bytes), text, 4096)
    },
  )
})

describe('with a stamp', () => {
  test('its place: eight digits, @, sixteen digits and a space', () =>
    expect(marks.stamp.text).toBe('00000000@0000000000000000 '))

  test.each([0, 1, 24, 25, 26, 31, 400])('and %d bytes', (given) => {
    for (const kind of KINDS) {
      const [piece, ...others] = pieces(kind, given, true)
      expect(others).toEqual([])
      expect(piece).toStartWith(marks.stamp.mark)
      const filling = piece!.slice(marks.stamp.mark.length)
      const { length } = marks.stamp.text
      expect(length + bytesOf(filling)).toBe(Math.max(length, textSizes[kind] || given))
      const source = pieces(kind === 'short' || kind === 'long' ? 'words' : kind).join('')
      expect(source.repeat(30)).toStartWith(filling.trimEnd())
    }
  })
})

test('texts are cut once for each setting, and for no other', () => {
  for (const kind of KINDS)
    for (const bytes of [0, 9, 90])
      for (const stamp of [true, false]) {
        expect(pieces(kind, bytes, stamp)).toBe(pieces(kind, bytes, stamp))
        if (kind === 'words') {
          expect(pieces(kind, bytes, stamp)).not.toEqual(pieces(kind, bytes, !stamp))
          expect(pieces(kind, bytes + 60, stamp)).not.toEqual(pieces(kind, bytes, stamp))
          expect(pieces('code', bytes + 60, stamp)).not.toEqual(pieces(kind, bytes + 60, stamp))
        }
      }
})
