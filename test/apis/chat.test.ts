import { describe, expect, test } from 'bun:test'
import { eventsOf } from './_events.ts'
import type { StreamEvent } from '../../src/apis/api.ts'
import { defaultAsk } from '../../src/apis/ask.ts'
import { chat } from '../../src/apis/chat.ts'
import { marks } from '../../src/apis/marks.ts'
import { chunkTexts } from '../../src/apis/words.ts'
import { readSettings } from '../../src/config/config.ts'

function chatEvents(drawn: number): StreamEvent[] {
  const config = readSettings({}, {})
  return eventsOf(chat({ config, createdAt: 7 }, defaultAsk(config), drawn))
}

describe('the chat stream', () => {
  test('content events at their steps, then the ending at step N', () => {
    const events = chatEvents(3)
    expect(events.map((event) => event.step)).toEqual([0, 1, 2, 3, 3])
    const chunk = (delta: object, finish_reason: string | null): string =>
      JSON.stringify({
        id: 'chatcmpl-mock',
        object: 'chat.completion.chunk',
        created: 7,
        model: 'mock-model',
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      })
    expect(events.map((event) => event.data)).toEqual([
      chunk({ role: 'assistant', content: 'Hello' }, null),
      chunk({ content: ' world' }, null),
      chunk({ content: ',' }, null),
      chunk({}, 'stop'),
      '[DONE]',
    ])
  })

  test('an empty completion names the role in its finish event', () => {
    const events = chatEvents(0)
    expect(events.map((event) => event.step)).toEqual([0, 0])
    expect(JSON.parse(events[0]!.data).choices[0]).toMatchObject({
      delta: { role: 'assistant', content: '' },
      finish_reason: 'stop',
    })
  })

  test('the text goes round, and only the first event names the role', () => {
    const words = chunkTexts({ chunkBytes: 0, stamp: false }, 'words')
    const texts = chatEvents(2 * words.length).slice(0, -2)
    expect(texts.map((event) => JSON.parse(event.data).choices[0].delta.content)).toEqual([
      ...words,
      ...words,
    ])
    expect(texts.filter((event) => event.data.includes('"role"'))).toHaveLength(1)
  })
})

describe('chunkTexts', () => {
  const words = chunkTexts({ chunkBytes: 0, stamp: false }, 'words')

  test('words start as promised and read as text', () => {
    expect(words.slice(0, 2)).toEqual(['Hello', ' world'])
    expect(words.slice(0, 18).join('')).toEndWith(' on time.')
  })

  test.each([1, 4, 7, 185, 4096, 65_536])(
    'pieces of %d bytes, whose circle is the text over and over',
    (chunkBytes) => {
      const pieces = chunkTexts({ chunkBytes, stamp: false }, 'words')
      for (const piece of pieces) expect(Buffer.byteLength(piece)).toBe(chunkBytes)
      const text = words.join('')
      const circle = pieces.join('')
      expect(circle.length % text.length).toBe(0)
      expect(circle).toBe(text.repeat(circle.length / text.length))
    },
  )

  test.each([
    [0, marks.stamp.mark],
    [26, marks.stamp.mark],
    [31, `${marks.stamp.mark}Hello`],
  ])('with a stamp and %d bytes', (chunkBytes, text) =>
    expect(chunkTexts({ chunkBytes, stamp: true }, 'words')).toEqual([text]),
  )
})
