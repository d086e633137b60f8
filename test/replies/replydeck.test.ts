import { describe, expect, test } from 'bun:test'
import { body, finished, type Made, makeDeck, text, texts } from './_replies.ts'
import type { Answer, StreamEvent } from '../../src/apis/api.ts'
import { readConfig } from '../../src/config/config.ts'
import { Contents } from '../../src/replies/contents.ts'
import { type DeckParts, ReplyDeck } from '../../src/replies/replydeck.ts'
import { Timetable } from '../../src/replies/timetable.ts'
import { drawSchedules } from '../../src/replies/timing.ts'

/** `a`, `b`, `a`, … as content, and an ending. */
function lettersAnswer(drawn: number): Answer {
  const content = (): StreamEvent[] =>
    Array.from({ length: drawn }, (_, step) => ({ data: 'ab'[step % 2]!, step, part: 'content' }))
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo: drawn,
    opening: [],
    content,
    ending: [{ data: '[DONE]', step: drawn, part: 'done' }],
    failure: () => ({ data: 'failed' }),
  }
}

function deckOf(answer: DeckParts['answer'], ...schedules: number[][]): Made {
  const timetable = new Timetable(
    schedules.map((times) => Float64Array.from(times)),
    0,
  )
  return finished(new ReplyDeck({ answer, timetable, headers: {}, contents: new Contents() }))
}

describe('replies', () => {
  test('a frame per event, due at its step', () => {
    const deck = deckOf(lettersAnswer, [5, 10, 15, 20])
    expect(deck.size).toBe(1)
    const reply = deck.at(0)
    expect(texts(reply)).toEqual(['data: a\n\n', 'data: b\n\n', 'data: a\n\n', 'data: [DONE]\n\n'])
    expect([...reply.dueMs]).toEqual([5, 10, 15, 20])
    expect(reply).toMatchObject({ whole: false, played: true, separate: false, places: null, status: 200 })
    expect(reply.headers).toEqual({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    })
    expect(reply.marks.map(({ part }) => part)).toEqual(['content', 'content', 'content', 'done'])
  })

  test('one per schedule; equal events share bytes and marks, equal lengths frames, all their headers', () => {
    const deck = deckOf(lettersAnswer, [1, 2, 3], [4, 5], [6, 7, 8])
    const [first, second, third] = [deck.at(0), deck.at(1), deck.at(2)]
    expect(deck.size).toBe(3)
    expect([first, second, third].map(({ frames }) => frames.length)).toEqual([3, 2, 3])
    for (const column of ['frames', 'marks', 'events', 'bytes'] as const)
      expect(first[column]).toBe(third[column])
    expect(first.frames[0]).toBe(second.frames[0]!)
    expect(first.marks[0]).toBe(second.marks[0]!)
    expect(first.headers).toBe(second.headers)
    expect([...third.dueMs]).toEqual([6, 7, 8])
    expect(deck.at(1)).toBe(second)
  })

  test('an answer that is not paced is one reply, however many schedules there are', () => {
    const deck = deckOf(() => ({ kind: 'whole', status: 200, body: '{}' }), [1], [2])
    expect(deck.size).toBe(1)
    expect([...deck.at(0).dueMs]).toEqual([0])
  })

  test('a paced body is due when its stream would end, or begin', () => {
    const deck = deckOf(
      (count) => ({ kind: 'whole', status: 200, body: String(count), step: count }),
      [1, 2],
      [1, 2, 30],
    )
    expect(deck.size).toBe(2)
    const early = deckOf(() => ({ kind: 'whole', status: 200, body: '{}', step: 'first' }), [1, 2], [3, 4, 5])
    expect([early.at(0), early.at(1)].map(({ dueMs }) => [...dueMs])).toEqual([[1], [3]])
    expect([deck.at(0), deck.at(1)].map(({ dueMs, frames }) => [...dueMs, text(frames[0]!)])).toEqual([
      [2, '1'],
      [30, '2'],
    ])
    expect(deck.at(0).headers).toBe(deck.at(1).headers)
  })

  test('further headers are added, those of the stream stay', () => {
    const deck = finished(
      new ReplyDeck({
        answer: lettersAnswer,
        timetable: new Timetable([Float64Array.of(0, 0)], 0),
        headers: { 'request-id': 'x' },
        contents: new Contents(),
      }),
    )
    expect(deck.at(0).headers).toMatchObject({ 'request-id': 'x', 'Content-Type': 'text/event-stream' })
  })
})

const varied = { ttftJitter: 'normal:0.1', chunkCountJitter: 'normal:0.3', chunkCount: '40' }

describe('what is made', () => {
  test('only what is dealt, each length once', () => {
    const asked: number[] = []
    const deck = makeDeck({ flags: varied, asked })
    expect(deck.size).toBe(1024)
    expect(asked).toEqual([0]) // to find out how many there are
    asked.length = 0
    const lengths = new Set<number>()
    for (const index of [5, 900, 5, 17]) {
      const { marks } = deck.at(index)
      lengths.add(marks.filter(({ part }) => part === 'content').length)
    }
    expect(asked).toEqual([...lengths])
  })

  test('all of it at boot', () => {
    const asked: number[] = []
    const deck = makeDeck({ flags: varied, asked })
    deck.prepareAll()
    const made = asked.length
    for (let index = 0; index < deck.size; index++) expect(deck.at(index).frames.length).toBeGreaterThan(0)
    expect(asked).toHaveLength(made)
  })

  test.each([
    ['/v1/messages/count_tokens', 1],
    ['/v1/embeddings', 1024],
  ])('an answer that no chunk makes longer is asked for once, and kept once: %s', (path, size) => {
    const asked: number[] = []
    const deck = makeDeck({ flags: varied, path, asked })
    expect(deck.size).toBe(size)
    deck.prepareAll()
    expect(asked).toHaveLength(1)
    const replies = Array.from({ length: size }, (_, i) => deck.at(i))
    expect(new Set(replies.map(({ frames }) => frames[0]!)).size).toBe(1)
  })

  test('two asks whose events leave at the same steps share their due times', () => {
    const timetable = new Timetable(drawSchedules(readConfig({ ...varied }, {})), 50)
    const one = makeDeck({ flags: varied, timetable, ask: { model: 'one' } })
    const other = makeDeck({ flags: varied, timetable, ask: { model: 'other' } })
    for (const index of [0, 3, 1000]) expect(other.at(index).dueMs).toBe(one.at(index).dueMs)
    expect(body(other.at(0))).not.toBe(body(one.at(0)))
    // One more event at the end.
    const usage = makeDeck({ flags: varied, timetable, ask: { includeUsage: true } })
    expect([...usage.at(3).dueMs]).toEqual([...one.at(3).dueMs, one.at(3).dueMs.at(-1)!])
  })

  test('kept bytes grow with what is made, by little where bytes are shared', () => {
    const deck = makeDeck({ flags: { ...varied, chunkCountJitter: 'none' } })
    expect(deck.keptBytes).toBe(0)
    const first = deck.at(0).bytes.at(-1)! && deck.keptBytes
    deck.at(1)
    expect(first).toBeGreaterThan(1000)
    expect(deck.keptBytes - first).toBeLessThan(500)
    const merged = makeDeck({ pattern: 'merge:4', flags: { ...varied, chunkCountJitter: 'none' } })
    merged.at(0)
    const before = merged.keptBytes
    merged.at(1)
    expect(merged.keptBytes - before).toBeLessThan(1500) // the merged bytes are shared
  })
})

test('what is kept as content is not counted as the deck’s', () => {
  const contents = new Contents()
  const answer = (drawn: number): Answer => {
    const usual = lettersAnswer(drawn)
    if (usual.kind !== 'stream') throw new Error('no stream')
    return {
      ...usual,
      content: () => [...usual.content()].map((event) => ({ ...event, data: 'a'.repeat(10_000) })),
    }
  }
  const timetable = new Timetable([Float64Array.of(1, 2, 3)], 0)
  const deck = finished(new ReplyDeck({ answer, timetable, headers: {}, contents }))
  deck.at(0)
  expect(contents.keptBytes).toBeGreaterThan(10_000)
  expect(deck.keptBytes).toBeLessThan(2000)
})

describe('with faults', () => {
  test('a fault that does not apply leaves the replies as they are', () => {
    const deck = makeDeck({ pattern: 'no-done', path: '/v1/embeddings' })
    expect([deck.isApplied, deck.at(0).separate]).toEqual([false, false])
    expect(makeDeck({ pattern: 'ok' }).isApplied).toBe(true)
  })

  test('a fault that applies makes its writes separate, and leaves the due times of others alone', () => {
    const timetable = new Timetable([Float64Array.of(50, 100, 150, 200, 250)], 50)
    const usual = makeDeck({ timetable }).at(0)
    const deck = makeDeck({ pattern: 'stall:2:1000', timetable })
    expect([deck.isApplied, deck.at(0).separate]).toEqual([true, true])
    expect([...deck.at(0).dueMs]).toEqual([50, 100, 1150, 1200, 1250, 1250])
    expect([...usual.dueMs]).toEqual([50, 100, 150, 200, 250, 250])
  })

  test('what faults make of equal replies is kept once, where it is the same whenever it is due', () => {
    const flags = { ttftJitter: 'normal:0.3', chunkDelayJitter: 'normal:0.3' }
    for (const pattern of ['crlf', 'merge:2', 'stall:2:100', 'abort:2', 'split:9']) {
      const deck = makeDeck({ pattern, flags })
      expect(deck.at(1).frames).toBe(deck.at(0).frames)
      expect([...deck.at(1).dueMs]).not.toEqual([...deck.at(0).dueMs])
    }
  })

  test.each(['keepalive:20', 'keepalive:9+split:64', 'merge:3', 'crlf+stall:1:90', 'error:2', 'slow:5000'])(
    'reply i of %s is the one of schedule i, whatever was made before',
    (pattern) => {
      const flags = { chunkCountJitter: 'uniform:0.3', chunkDelayJitter: 'lognormal:0.5', chunkCount: '6' }
      const deck = makeDeck({ pattern, flags })
      const schedules = drawSchedules(readConfig(flags, {})).slice(0, 50)
      for (const [index, schedule] of schedules.entries()) {
        const alone = makeDeck({ pattern, flags, timetable: new Timetable([schedule], 50) })
        expect(deck.at(index)).toEqual(alone.at(0))
      }
    },
  )

  test.each([
    ['ok', 1024],
    ['garbage:1', 1024],
    ['status:429', 1],
    ['split:1', 7], // the seventh brings them over 262,144 frames
  ])('%s: %d replies', (pattern, size) =>
    expect(makeDeck({ pattern, flags: { chunkCount: '200', ttftJitter: 'normal:0.1' } }).size).toBe(size),
  )

  test('replies of a million chunks', () => {
    const flags = { chunkCount: '1000000', ttftJitter: 'normal:0.1' }
    for (const [pattern, frames] of [
      ['end:900000', 900_001],
      ['no-done', 1_000_001],
      ['merge:1000000', 2],
    ] as const) {
      const deck = makeDeck({ pattern, flags })
      expect(deck.at(0).frames).toHaveLength(frames)
    }
  })
})
