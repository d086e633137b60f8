import { describe, expect, test } from 'bun:test'
import type { Answer } from '../../src/apis/api.ts'
import { ID_PLACE } from '../../src/apis/content.ts'
import { STAMP_PLACE } from '../../src/apis/words.ts'
import { type Preparation, prepareDeck, wholeReply } from '../../src/replies/reply.ts'
import { framings } from '../../src/replies/framing.ts'
import { findPlaces, writeId, writeStamp } from '../../src/replies/places.ts'

const plain: Preparation = { headers: {}, stamp: false, uniqueIds: false }

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** `a`, `b`, `a`, … as content, and an ending. */
function lettersAnswer(chunkCount: number): Answer {
  const events = Array.from({ length: chunkCount }, (_, step) => ({ data: 'ab'[step % 2]!, step }))
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    events: [...events, { data: '[DONE]', step: chunkCount }],
    failure: () => ({ data: 'failed' }),
  }
}

describe('prepareDeck', () => {
  test('a frame per event, due at its step', () => {
    const [reply, ...others] = prepareDeck(lettersAnswer, [Float64Array.of(5, 10, 15, 20)], plain)
    expect(others).toEqual([])
    expect(reply!.frames.map(text)).toEqual(['data: a\n\n', 'data: b\n\n', 'data: a\n\n', 'data: [DONE]\n\n'])
    expect([...reply!.dueMs]).toEqual([5, 10, 15, 20])
    expect(reply!.whole).toBe(false)
    expect(reply!.places).toBeNull()
    expect([...reply!.headers]).toEqual([
      ['cache-control', 'no-cache'],
      ['content-type', 'text/event-stream'],
      ['x-accel-buffering', 'no'],
    ])
  })

  test('a card per schedule; equal events share bytes, equal lengths share frames', () => {
    const deck = prepareDeck(
      lettersAnswer,
      [Float64Array.of(1, 2, 3), Float64Array.of(4, 5), Float64Array.of(6, 7, 8)],
      plain,
    )
    expect(deck.map((reply) => reply.frames.length)).toEqual([3, 2, 3])
    expect(deck[0]!.frames).toBe(deck[2]!.frames)
    expect(deck[0]!.frames[0]).toBe(deck[1]!.frames[0]!)
    expect([...deck[2]!.dueMs]).toEqual([6, 7, 8])
  })

  test('an answer without chunks is one card, however many schedules there are', () => {
    const deck = prepareDeck(
      () => ({ kind: 'whole', status: 200, body: '{}' }),
      [Float64Array.of(1), Float64Array.of(2)],
      plain,
    )
    expect(deck).toHaveLength(1)
    expect([...deck[0]!.dueMs]).toEqual([0])
  })

  test('a paced body is due when its stream would end', () => {
    const deck = prepareDeck(
      (count) => ({ kind: 'whole', status: 200, body: String(count), paced: true }),
      [Float64Array.of(1, 2), Float64Array.of(1, 2, 30)],
      plain,
    )
    expect(deck.map(({ dueMs, frames }) => [...dueMs, text(frames[0]!)])).toEqual([
      [2, '1'],
      [30, '2'],
    ])
  })

  test('further headers are added, those of the stream stay', () => {
    const [reply] = prepareDeck(lettersAnswer, [Float64Array.of(0, 0)], {
      ...plain,
      headers: { 'request-id': 'x' },
    })
    expect(reply!.headers.get('request-id')).toBe('x')
    expect(reply!.headers.get('content-type')).toBe('text/event-stream')
  })
})

test('wholeReply keeps its own headers', () => {
  const reply = wholeReply({ kind: 'whole', status: 405, body: '{"ü":1}', headers: { Allow: 'GET' } }, plain)
  expect(reply.frames.map(text)).toEqual(['{"ü":1}'])
  expect(reply.whole).toBe(true)
  expect([...reply.headers]).toEqual([
    ['allow', 'GET'],
    ['content-type', 'application/json'],
  ])
})

test.each([
  ['sse', { data: '{}' }, 'data: {}\n\n'],
  ['sse', { event: 'ping', data: '{}' }, 'event: ping\ndata: {}\n\n'],
  ['sse-crlf', { data: '{}' }, 'data: {}\r\n\r\n'],
  ['ndjson', { data: '{}' }, '{}\n'],
  ['json-array', { data: '[{}' }, '[{}'],
] as const)('framing %s of %p', (framing, event, framed) =>
  expect(framings[framing].frame({ ...event, step: 0 })).toBe(framed),
)

test('findPlaces: byte offsets of every stamp and id, null when there is none', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const plain = encode('plain')
  const frame = encode(`ü${STAMP_PLACE}${ID_PLACE}|${ID_PLACE}`)
  expect(findPlaces([plain, plain], STAMP_PLACE, ID_PLACE)).toBeNull()
  expect(findPlaces([frame], undefined, undefined)).toBeNull()
  const places = findPlaces([plain, frame, frame], STAMP_PLACE, ID_PLACE)!
  expect(places[0]).toEqual({ stamps: [], ids: [] })
  expect(places[1]).toEqual({ stamps: [2], ids: [28, 49] })
  expect(places[2]).toBe(places[1]!)
})

test('writeId', () => {
  const frame = new TextEncoder().encode(`<${ID_PLACE}>`)
  writeId(frame, 1, 12_345_678, 9)
  expect(text(frame)).toBe('<mock1234567800000009>')
})

test.each([
  [0, 0, '00000000@0000000000000000 '],
  [7, 1_795_380_000_123_456, '00000007@1795380000123456 '],
  [12, 1_795_380_000_000_000.75, '00000012@1795380000000000 '],
])('writeStamp(%d, %d)', (sequence, micros, expected) => {
  const frame = new TextEncoder().encode(`<${STAMP_PLACE}>`)
  writeStamp(frame, 1, sequence, micros)
  expect(text(frame)).toBe(`<${expected}>`)
})
