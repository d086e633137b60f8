// Whether the body of an answer is whole, and how it ends: format by format.
import { describe, expect, test } from 'bun:test'
import { type AnswerReader, createReader } from '../../../src/bench/client/answer.ts'
import { formatOf } from '../../../src/bench/client/formats.ts'
import { type FormatName, formatNames } from '../../../src/config/requests.ts'

function feed(reader: AnswerReader, text: string): void {
  const bytes = Buffer.from(`]${text}]`)
  reader.feed(bytes, 1, bytes.length - 1)
}

const streamed = (format: FormatName): AnswerReader =>
  createReader({ format, isWhole: false }, format === 'ollama' ? '\n' : '\n\n')

/** Last events, as servers say them; and others. */
const ends: Readonly<
  Record<FormatName, { readonly last: readonly string[]; readonly others: readonly string[] }>
> = {
  chat: {
    last: ['data: [DONE]\n\n', 'data:[DONE]\n\n', 'event: done\ndata: [DONE]\n\n', ': bye\ndata: [DONE]\n\n'],
    others: [
      'data: {"choices":[{"finish_reason":"stop"}]}\n\n',
      'data: "data: [DONE]"\n\n',
      'data: x[DONE]\n\n',
    ],
  },
  responses: {
    last: [
      'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n',
      'data: {"type": "response.incomplete"}\n\n',
      'data: {"sequence_number":9,"type":"response.failed"}\n\n',
    ],
    others: [
      'data: {"type":"response.output_text.done"}\n\n',
      'data: {"type":"response.output_text.delta","delta":"\\"type\\":\\"response.completed\\""}\n\n',
      'data: {"type":"responseXcompleted"}\n\n',
    ],
  },
  messages: {
    last: ['event: message_stop\ndata: {"type":"message_stop"}\n\n', 'data: {"type": "message_stop"}\n\n'],
    others: ['data: {"type":"message_delta"}\n\n', 'event: message_stop\ndata: {}\n\n'],
  },
  gemini: {
    last: [
      'data: {"candidates":[{"content":{},"finishReason":"STOP"}]}\n\n',
      'data: {"finishReason": "MAX_TOKENS"}\n\n',
    ],
    others: ['data: {"candidates":[{"content":{}}]}\n\n', 'data: {"finishReason":null}\n\n'],
  },
  ollama: {
    last: ['{"message":{"content":""},"done":true}\n', '{"done": true,"done_reason":"stop"}\n'],
    others: ['{"message":{"content":"x"},"done":false}\n', '{"response":"\\"done\\":true"}\n'],
  },
}

describe.each(formatNames)('a stream of %s', (format) => {
  const { last, others } = ends[format]
  const { lastSays } = formatOf(format)

  test.each(last)('is whole with %j as its last event', (end) => {
    const reader = streamed(format)
    feed(reader, others[0]!)
    feed(reader, end)
    expect([reader.events, reader.judge()]).toEqual([2, undefined])
  })

  test.each(others)('is not with %j', (end) => {
    const reader = streamed(format)
    feed(reader, last[0]!)
    feed(reader, end)
    expect(reader.judge()).toBe(`its last event is not ${lastSays}`)
  })

  test('is not where it is cut or empty, and is judged anew after a reset', () => {
    const reader = streamed(format)
    expect(reader.judge()).toBe('there are no events in it')
    feed(reader, last[0]! + others[0]!.slice(0, -4))
    expect(reader.judge()).toBe('its last event does not end')
    reader.reset()
    expect(reader.judge()).toBe('there are no events in it')
    feed(reader, last[0]!)
    expect(reader.judge()).toBeUndefined()
  })
})

test('comments are no events, and take none away', () => {
  const reader = streamed('chat')
  feed(reader, ': wait\n\n: wait\n\n')
  expect([reader.events, reader.comments, reader.judge()]).toEqual([0, 2, 'there are no events in it'])
  feed(reader, 'data: [DONE]\n\n: bye\n\n')
  expect([reader.events, reader.comments, reader.judge()]).toEqual([1, 3, undefined])
})

test('whoever listens is told of every event', () => {
  const told: string[] = []
  const reader = createReader({ format: 'chat', isWhole: false }, '\r\n\r\n', (bytes, from, to) =>
    told.push(bytes.toString('latin1', from, to)),
  )
  feed(reader, 'data: a\r\n\r\nda')
  feed(reader, 'ta: b\r\n\r\n')
  expect(told).toEqual(['data: a', 'data: b'])
})

describe('a whole answer', () => {
  test.each([
    [[], 0, 'it is empty'],
    [['{}'], 1, undefined],
    [['[]'], 1, undefined],
    [['{"a":', '1}'], 1, undefined],
    [['{"a":1}', '\r\n \t\n'], 1, undefined],
    [['{"a":1'], 1, 'it is no whole JSON'],
    [['{"a":1}', 'x'], 1, 'it is no whole JSON'],
    [['<html>'], 1, 'it is no whole JSON'],
    [['  ', '\n'], 1, 'it is no whole JSON'],
    [['data: [DONE]\n\n'], 1, undefined], // that it is JSON the first answer has shown
  ] as [string[], number, string | undefined][])('of the pieces %j', (pieces, events, reason) => {
    for (const format of formatNames) {
      const reader = createReader({ format, isWhole: true }, '\n\n')
      feed(reader, '{}')
      reader.reset()
      for (const piece of pieces) feed(reader, piece)
      expect([reader.events, reader.comments, reader.judge()]).toEqual([events, 0, reason])
    }
  })
})
