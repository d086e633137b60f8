import { expect, test } from 'bun:test'
import { ID_PLACE } from '../../src/apis/content.ts'
import { STAMP_PLACE } from '../../src/apis/words.ts'
import { encode } from '../../src/replies/bytes.ts'
import { findPlaces, writeId, writeStamp } from '../../src/replies/places.ts'
import { countChunks, wholeReply } from '../../src/replies/reply.ts'
import { PLAIN, play, text, texts } from './_replies.ts'

test('wholeReply keeps its own headers', () => {
  const answer = { kind: 'whole', status: 405, body: '{"ü":1}', headers: { Allow: 'GET' } } as const
  const reply = wholeReply(answer, { ...PLAIN, headers: { 'x-request-id': 'x' } })
  expect(texts(reply)).toEqual(['{"ü":1}'])
  expect([...reply.dueMs]).toEqual([0])
  expect(reply).toMatchObject({ status: 405, whole: true, played: false, separate: false, places: null })
  expect(reply.headers).toEqual({ 'Content-Type': 'application/json', 'x-request-id': 'x', Allow: 'GET' })
  expect([[...reply.events], [...reply.bytes]]).toEqual([
    [0, 1],
    [0, 8],
  ])
})

test.each(['ok', 'merge:4', 'split:9', 'keepalive:20', 'abort:2', 'refuse', 'hang', 'status:500'])(
  'sums of %s: events and bytes before each frame, and in all',
  (pattern) => {
    const { frames, marks, events, bytes } = play(pattern)
    expect([events.length, bytes.length]).toEqual([frames.length + 1, frames.length + 1])
    let sums = [0, 0]
    for (const [i, frame] of frames.entries()) {
      expect([events[i]!, bytes[i]!]).toEqual(sums)
      sums = [sums[0]! + marks[i]!.events, sums[1]! + frame.byteLength]
    }
    expect([events.at(-1)!, bytes.at(-1)!]).toEqual(sums)
  },
)

test('countChunks: the content chunks in the first frames, whatever else there is', () => {
  const counts = (pattern: string, path?: string): number[] => {
    const reply = play(pattern, {}, path)
    return [...reply.frames, null].map((_, i) => countChunks(reply, i))
  }
  expect(counts('ok')).toEqual([0, 1, 2, 3, 4, 4, 4])
  expect(counts('ok', '/v1/messages')).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4])
  expect(counts('merge:3')).toEqual([0, 3, 4])
  expect(counts('abort:1')).toEqual([0, 1, 1])
})

test('findPlaces: byte offsets of every stamp and id, null when there is none', () => {
  const frame = encode(`ü${STAMP_PLACE}${ID_PLACE}|${ID_PLACE}`)
  expect(findPlaces(encode('plain'), STAMP_PLACE, ID_PLACE)).toBeNull()
  expect(findPlaces(frame, undefined, undefined)).toBeNull()
  expect(findPlaces(frame, STAMP_PLACE, ID_PLACE)).toEqual({ stamps: [2], ids: [28, 49] })
})

test('places stand by frame: null for a frame without any, and null in all when no frame has one', () => {
  expect(play('ok').places).toBeNull()
  const { frames, places } = play('ok', { stamp: 'true', uniqueIds: 'true' })
  expect(places!.map((at) => at && [at.stamps.length, at.ids.length])).toEqual([
    ...Array<number[]>(4).fill([1, 1]),
    [0, 1],
    null, // [DONE]
  ])
  const [at] = places![1]!.stamps
  expect(text(frames[1]!.subarray(at, at! + STAMP_PLACE.length))).toBe(STAMP_PLACE)
  expect(places![2]).toBe(places![1]!)
  const merged = play('merge:9', { stamp: 'true' })
  expect(merged.places!.map((places) => places?.stamps.length)).toEqual([4])
})

test('writeId', () => {
  const frame = encode(`<${ID_PLACE}>`)
  writeId(frame, 1, 12_345_678, 9)
  expect(text(frame)).toBe('<mock1234567800000009>')
})

test.each([
  [0, 0, '00000000@0000000000000000 '],
  [7, 1_795_380_000_123_456, '00000007@1795380000123456 '],
  [12, 1_795_380_000_000_000.75, '00000012@1795380000000000 '],
])('writeStamp(%d, %d)', (sequence, micros, expected) => {
  const frame = encode(`<${STAMP_PLACE}>`)
  writeStamp(frame, 1, sequence, micros)
  expect(text(frame)).toBe(`<${expected}>`)
})
