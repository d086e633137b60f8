// The content that asks share which differ in nothing but what stands before it and behind it.
import { describe, expect, test } from 'bun:test'
import type { StreamAnswer, StreamEvent } from '../../src/apis/api.ts'
import { Contents } from '../../src/replies/contents.ts'
import { textOf } from '../../src/replies/frames.ts'
import { together } from './_replies.ts'
import { EVENT_BYTES, FRAME_BYTES, weightOf } from '../../src/replies/weights.ts'
import { finish } from '../../src/replies/work.ts'

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
  finish(contents.compose(answer))
    .frames.map((frame) => textOf(frame).trim())
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

  test('has marks of what it is', () => {
    const { marks } = finish(new Contents().compose(answerOf(2)))
    expect(marks.map(({ part, step, events }) => [part, step, events])).toEqual([
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
      finish(contents.compose(answer))
    expect(made).toEqual([4, 7])
  })

  test('is the bytes of different events, once, and pointers for each event', () => {
    const contents = new Contents()
    expect(contents.keptBytes).toBe(0)
    const first = finish(contents.compose(answerOf(3)))
    const weight = 3 * weightOf(first.frames[1]!.bytes) // a, b and -
    expect(contents.keptBytes).toBe(5 * EVENT_BYTES + weight)
    finish(contents.compose(answerOf(3, 1)))
    expect(contents.keptBytes).toBe(5 * EVENT_BYTES + weight)
    const more = finish(contents.compose(answerOf(4)))
    expect(contents.keptBytes).toBe(12 * EVENT_BYTES + weight)
    expect(more.frames[1]).toBe(first.frames[1]!)
    expect(more.marks[1]).toBe(first.marks[1]!)
  })

  test('is more where replies share what is made of it', () => {
    const contents = new Contents()
    const { trunk, frames } = finish(contents.compose(answerOf(10_000)))
    expect(trunk).toMatchObject({ from: 1, count: 19_999 })
    const weight = 3 * weightOf(frames[1]!.bytes)
    expect(contents.keptBytes).toBe(19_999 * (EVENT_BYTES + FRAME_BYTES) + weight)
  })

  test('is made once, also when two make it at the same time', () => {
    const contents = new Contents()
    const [first, second] = together([answerOf(700), answerOf(700, 600)].map((one) => contents.compose(one)))
    expect(first!.frames[9]).toBe(second!.frames[9]!)
    const alone = new Contents()
    finish(alone.compose(answerOf(700)))
    expect(contents.keptBytes).toBe(alone.keptBytes)
  })

  test('what stands around it is of each ask', () => {
    const contents = new Contents()
    const [opening, content] = finish(contents.compose(answerOf(2))).frames
    expect([contents.has(opening!.bytes), contents.has(content!.bytes)]).toEqual([false, true])
  })
})
