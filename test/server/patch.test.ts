// What is filled in just before bytes are written.
import { describe, expect, test } from 'bun:test'
import { type MarkKind, marks } from '../../src/apis/marks.ts'
import { cut, type Frame, frameOf } from '../../src/replies/frames.ts'
import { countStamps, Filling, IdSource, idText, writeStamp, writeTime } from '../../src/server/patch.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const encode = (value: string): Uint8Array => new TextEncoder().encode(value)

test('an id is written as it reads', () => {
  const id = { high: 12_345_678, low: 9 }
  const { bytes, places } = frameOf(`<${marks.id.mark}>`)
  const filling = new Filling(id)
  filling.fill(bytes, places!)
  expect(text(bytes)).toBe('<mock1234567800000009>')
  expect(filling.idText).toBe('mock1234567800000009')
  expect(idText(id)).toBe('mock1234567800000009')
})

test.each([
  [0, 0, '00000000@0000000000000000 '],
  [7, 1_795_380_000_123_456, '00000007@1795380000123456 '],
  [12, 1_795_380_000_000_000.75, '00000012@1795380000000000 '],
])('writeStamp(%d, %d)', (sequence, micros, expected) => {
  const bytes = encode(`<${marks.stamp.text}>`)
  writeStamp(bytes, 1, sequence, micros)
  expect(text(bytes)).toBe(`<${expected}>`)
})

test.each([
  [0, '1970-01-01T00:00:00.000000Z'],
  [1_795_380_000_000_007, '2026-11-22T20:40:00.000007Z'],
  [1_795_380_000_999_999, '2026-11-22T20:40:00.999999Z'],
  [1_795_380_001_000_000, '2026-11-22T20:40:01.000000Z'],
])('writeTime(%d)', (micros, expected) => {
  const bytes = encode(`<${marks.time.text}>`)
  writeTime(bytes, 1, micros)
  expect(text(bytes)).toBe(`<${expected}>`)
})

test('ids are counted up, and go on behind the last', () => {
  const ids = new IdSource(99_999_999)
  expect([ids.next(), ids.next()]).toEqual([
    { high: 99_999_999, low: 1 },
    { high: 99_999_999, low: 2 },
  ])
})

const fill = (filling: Filling, { bytes, places }: Frame): string => {
  const copy = bytes.slice()
  if (places !== null) filling.fill(copy, places)
  return text(copy)
}

describe('the frames of one reply', () => {
  const line = `${marks.stamp.mark}${marks.id.mark}${marks.time.mark}`

  test('have one id, stamps that count up, and times that agree', () => {
    const filling = new Filling({ high: 1, low: 2 })
    const before = Date.now()
    const [one, other] = [fill(filling, frameOf(`ü${line}`)), fill(filling, frameOf(line))]
    expect(one).toMatch(/^ü00000000@\d{16} mock0000000100000002\d{4}-\d\d-\d\dT[\d:.]{15}Z$/)
    expect(other).toMatch(/^00000001@\d{16} mock0000000100000002\d{4}-\d\d-\d\dT[\d:.]{15}Z$/)
    const micros = Number(/@(\d{16})/.exec(other)![1])
    expect(micros / 1000).toBeGreaterThanOrEqual(before - 1000)
    const time = Date.parse(other.slice(-marks.time.text.length))
    expect(Math.floor(micros / 1000)).toBe(time)
  })

  test.each(Object.keys(marks) as MarkKind[])('cut anywhere, a place says what it says whole: %s', (kind) => {
    const whole = frameOf(`<${marks[kind].mark}>`)
    const { length } = whole.bytes
    for (let at = 0; at <= length; at++) {
      const filling = new Filling({ high: 12_345_678, low: 87_654_321 })
      const pieces = [cut(whole, 0, at), cut(whole, at, length)]
      const said = pieces.map((piece) => fill(filling, piece)).join('')
      expect(said).toMatch(
        {
          id: /^<mock1234567887654321>$/,
          stamp: /^<00000000@1\d{15} >$/,
          short: /^<999999>$/,
          time: /^<20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z>$/,
        }[kind],
      )
      const next = fill(filling, frameOf(marks.stamp.mark))
      expect(next).toStartWith(kind === 'stamp' ? '00000001@' : '00000000@')
    }
  })

  test.each([
    [0, 25, 1],
    [0, 1, 1],
    [1, 25, 0],
    [24, 25, 0],
  ])('of bytes %d to %d of a stamp %d are one that begins', (from, to, stamps) =>
    expect(countStamps(cut(frameOf(marks.stamp.mark), from, to).places!)).toBe(stamps),
  )

  test('stamps that were not sent are given again', () => {
    const filling = new Filling({ high: 1, low: 1 })
    const frame = frameOf(line + line)
    fill(filling, frame)
    filling.takeBack(countStamps(frame.places!.slice(3)))
    expect(fill(filling, frameOf(line))).toStartWith('00000001@')
  })
})
