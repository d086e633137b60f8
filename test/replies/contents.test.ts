// The content that asks share which differ in nothing but what stands before it and behind it.
import { describe, expect, test } from 'bun:test'
import type { StreamAnswer, StreamEvent } from '../../src/apis/api.ts'
import { Contents } from '../../src/replies/contents.ts'
import { textOf } from '../../src/replies/frames.ts'
import { BEAT_BYTES, weightOf } from '../../src/replies/weights.ts'

const made: number[] = []

/** `a`, `b`, `a`, … with `-` between them. */
function answerOf(drawn: number, upTo = drawn): StreamAnswer {
  const content = (): StreamEvent[] => {
    made.push(drawn)
    return Array.from({ length: drawn }, (_, step): StreamEvent[] => [
      ...(step > 0 ? [{ data: '-', step }] : []),
      { data: 'ab'[step % 2]!, step, part: 'content' },
    ]).flat()
  }
  return {
    kind: 'stream',
    status: 200,
    framing: 'ndjson',
    drawn,
    upTo,
    opening: [{ data: '<', step: 0 }],
    content,
    ending: [{ data: '>', step: upTo, part: 'last' }],
    failure: () => ({ data: 'failed' }),
  }
}

const said = (contents: Contents, answer: StreamAnswer): string =>
  contents
    .compose(answer)
    .beats.map(({ frame }) => textOf(frame).trim())
    .join('')

describe('an answer', () => {
  test.each([
    [0, '<>'],
    [1, '<a>'],
    [2, '<a-b>'], // what stands between two chunks comes with the second
    [3, '<a-b-a>'],
    [4, '<a-b-a-b>'],
  ])('of four chunks, cut after %d', (upTo, expected) =>
    expect(said(new Contents(), answerOf(4, upTo))).toBe(expected),
  )

  test('is all due at once, with marks of what it is', () => {
    const beats = new Contents().compose(answerOf(2)).beats
    expect(beats.map(({ dueMs }) => dueMs)).toEqual([0, 0, 0, 0, 0])
    expect(beats.map(({ mark }) => [mark.part, mark.step, mark.events])).toEqual([
      [undefined, 0, 1],
      ['content', 0, 1],
      [undefined, 1, 1],
      ['content', 1, 1],
      ['last', 2, 1],
    ])
  })
})

describe('what is kept', () => {
  test('the content is made once for each number of chunks, however it is cut', () => {
    const contents = new Contents()
    made.length = 0
    for (const answer of [answerOf(4), answerOf(4, 2), answerOf(7), answerOf(4, 0), answerOf(7, 1)])
      contents.compose(answer).beats
    expect(made).toEqual([4, 7])
  })

  test('is the bytes of different events, once, and a beat for each event', () => {
    const contents = new Contents()
    expect(contents.keptBytes).toBe(0)
    const [, first] = contents.compose(answerOf(3)).beats
    const weight = 3 * weightOf(first!.frame.bytes) // a, b and -
    expect(contents.keptBytes).toBe(5 * BEAT_BYTES + weight)
    contents.compose(answerOf(3, 1)).beats
    expect(contents.keptBytes).toBe(5 * BEAT_BYTES + weight)
    const more = contents.compose(answerOf(4)).beats
    expect(contents.keptBytes).toBe(12 * BEAT_BYTES + weight)
    expect([more[1]!.frame, more[1]!.mark]).toEqual([first!.frame, first!.mark])
    expect(more[1]!.frame.bytes).toBe(first!.frame.bytes)
    expect(more[1]!.mark).toBe(first!.mark)
  })

  test('what stands around it is of each ask', () => {
    const contents = new Contents()
    const [opening, content] = contents.compose(answerOf(2)).beats
    expect([contents.has(opening!.frame.bytes), contents.has(content!.frame.bytes)]).toEqual([false, true])
  })
})
