import { describe, expect, test } from 'bun:test'
import type { Answer } from '../../src/apis/api.ts'
import { STAMP_PLACE } from '../../src/apis/words.ts'
import { prepareDeck, wholeReply } from '../../src/replies/reply.ts'
import { frameEvent } from '../../src/replies/sse.ts'
import { writeStamp } from '../../src/replies/stamp.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** `a`, `b`, `a`, … as content, and an ending. */
function lettersAnswer(chunkCount: number): Answer {
  const events = Array.from({ length: chunkCount }, (_, step) => ({ data: 'ab'[step % 2]!, step }))
  return { kind: 'stream', status: 200, events: [...events, { data: '[DONE]', step: chunkCount }] }
}

describe('prepareDeck', () => {
  test('a frame per event, due at its step', () => {
    const [reply, ...others] = prepareDeck(lettersAnswer, [Float64Array.of(5, 10, 15, 20)])
    expect(others).toEqual([])
    expect(reply!.frames.map(text)).toEqual(['data: a\n\n', 'data: b\n\n', 'data: a\n\n', 'data: [DONE]\n\n'])
    expect([...reply!.dueMs]).toEqual([5, 10, 15, 20])
    expect(reply!.whole).toBe(false)
    expect(reply!.stampAt).toBeNull()
    expect([...reply!.headers]).toEqual([
      ['cache-control', 'no-cache'],
      ['content-type', 'text/event-stream'],
      ['x-accel-buffering', 'no'],
    ])
  })

  test('a card per schedule; equal events share bytes, equal lengths share frames', () => {
    const deck = prepareDeck(lettersAnswer, [
      Float64Array.of(1, 2, 3),
      Float64Array.of(4, 5),
      Float64Array.of(6, 7, 8),
    ])
    expect(deck.map((reply) => reply.frames.length)).toEqual([3, 2, 3])
    expect(deck[0]!.frames).toBe(deck[2]!.frames)
    expect(deck[0]!.frames[0]).toBe(deck[1]!.frames[0]!)
    expect([...deck[2]!.dueMs]).toEqual([6, 7, 8])
  })

  test('an answer without chunks is one card, however many schedules there are', () => {
    const deck = prepareDeck(
      () => ({ kind: 'whole', status: 200, body: '{}' }),
      [Float64Array.of(1), Float64Array.of(2)],
    )
    expect(deck).toHaveLength(1)
    expect([...deck[0]!.dueMs]).toEqual([0])
  })

  test('finds the places of stamps', () => {
    const [reply] = prepareDeck(
      () => ({
        kind: 'stream',
        status: 200,
        events: [`{"ü":"${STAMP_PLACE}"}`, 'end'].map((data, step) => ({ data, step })),
      }),
      [Float64Array.of(0, 0)],
    )
    expect(reply!.stampAt).toEqual(['data: {"ü":"'.length + 1, -1])
  })
})

test('wholeReply keeps its own headers', () => {
  const reply = wholeReply({ kind: 'whole', status: 405, body: '{"ü":1}', headers: { Allow: 'GET' } })
  expect(reply.frames.map(text)).toEqual(['{"ü":1}'])
  expect(reply.whole).toBe(true)
  expect([...reply.headers]).toEqual([
    ['allow', 'GET'],
    ['content-type', 'application/json'],
  ])
})

test('frameEvent: LF only, one space, a blank line', () => expect(frameEvent('{}')).toBe('data: {}\n\n'))

test.each([
  [0, 0, '00000000@0000000000000000 '],
  [7, 1_795_380_000_123_456, '00000007@1795380000123456 '],
  [12, 1_795_380_000_000_000.75, '00000012@1795380000000000 '],
])('writeStamp(%d, %d)', (sequence, micros, expected) => {
  const frame = new TextEncoder().encode(`<${STAMP_PLACE}>`)
  writeStamp(frame, 1, sequence, micros)
  expect(text(frame)).toBe(`<${expected}>`)
})
