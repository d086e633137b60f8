// Bytes, and where in them something is filled in.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hasMarks, type MarkKind, marks, withoutMarks } from '../../src/apis/marks.ts'
import { cut, type Frame, frameOf, isWhole, join, plainFrame, textOf } from '../../src/replies/frames.ts'

const bytesOf = ({ bytes }: Frame): string => new TextDecoder('latin1').decode(bytes)
const kinds = Object.keys(marks) as MarkKind[]

/** A text with marks in it. */
const marked = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...kinds.map((kind) => marks[kind].mark))))
  .map((parts) => parts.join('').toWellFormed())

/** Where each place stands, it says what is to be filled in. */
function checkPlaces(frame: Frame): void {
  for (const { kind, at, from, to } of frame.places ?? [])
    expect(bytesOf({ ...frame, bytes: frame.bytes.subarray(at, at + to - from) })).toBe(
      marks[kind as MarkKind].text.slice(from, to),
    )
}

test('a text without marks has no places, and what quotes others has none in any case', () => {
  expect(frameOf('plain ü').places).toBeNull()
  expect(plainFrame(marks.id.mark).places).toBeNull()
})

test('a byte order mark is a part of the text', () => {
  for (const text of ['\uFEFFa', `${marks.id.mark}\uFEFFa`]) expect(textOf(frameOf(text))).toBe(text)
})

test('texts of others lose what could be taken for a mark', () => {
  for (const kind of kinds) expect(withoutMarks(`a${marks[kind].mark}b`)).toBe('a\uFFFDb')
  expect(withoutMarks('ü\uFDD4\uFDCF')).toBe('ü\uFDD4\uFDCF')
  expect(JSON.stringify(marks.id.mark)).toBe(`"${marks.id.mark}"`) // JSON does not escape them
})

describe('any text', () => {
  test('has its marks where they were, in bytes', () => {
    fc.assert(
      fc.property(marked, (text) => {
        const frame = frameOf(text)
        checkPlaces(frame)
        expect((frame.places ?? []).every(isWhole)).toBe(true)
        expect(frame.places !== null).toBe(hasMarks(text))
        expect(textOf(frame)).toBe(text)
      }),
    )
  })

  test('put together has all of them', () => {
    fc.assert(
      fc.property(fc.array(marked), (texts) => {
        const joined = join(texts.map(frameOf))
        checkPlaces(joined)
        expect(textOf(joined)).toBe(texts.join(''))
      }),
    )
  })

  test('cut to pieces has parts of them, none twice and none missing', () => {
    fc.assert(
      fc.property(marked, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const frame = frameOf(text)
        const pieces = Array.from({ length: Math.ceil(frame.bytes.byteLength / size) }, (_, i) =>
          cut(frame, i * size, Math.min((i + 1) * size, frame.bytes.byteLength)),
        )
        for (const piece of pieces) {
          checkPlaces(piece)
          expect(piece.places).not.toEqual([])
          checkPlaces(cut(piece, 1, Math.max(1, piece.bytes.byteLength - 1)))
        }
        const widths = (frames: readonly Frame[]): number =>
          frames.flatMap(({ places }) => places ?? []).reduce((sum, { from, to }) => sum + to - from, 0)
        expect(widths(pieces)).toBe(widths([frame]))
        expect(pieces.map(bytesOf).join('')).toBe(bytesOf(frame))
      }),
    )
  })
})

test('a place that is cut is not a mark any more', () => {
  const frame = frameOf(`ab${marks.id.mark}`)
  expect(textOf(cut(frame, 0, 10))).toBe('abmock0000')
  expect(textOf(cut(frame, 1, frame.bytes.byteLength))).toBe(`b${marks.id.mark}`)
})
