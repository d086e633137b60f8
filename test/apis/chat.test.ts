import { describe, expect, test } from 'bun:test'
import { chatStream } from '../../src/apis/chat.ts'
import { wordAt, wordCount } from '../../src/apis/words.ts'
import { readConfig } from '../../src/config/config.ts'

function eventsOf(chunkCount: number): { data: string; step: number }[] {
  const answer = chatStream({ config: readConfig({ chunkCount: String(chunkCount) }, {}), createdAt: 7 })
  if (answer.kind !== 'stream') throw new Error('not a stream')
  return [...answer.events]
}

describe('chatStream', () => {
  test('content events at their steps, then the ending at step N', () => {
    const events = eventsOf(3)
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
      chunk({ content: ' and' }, null),
      chunk({}, 'stop'),
      '[DONE]',
    ])
  })

  test('an empty completion names the role in its finish event', () => {
    const events = eventsOf(0)
    expect(events.map((event) => event.step)).toEqual([0, 0])
    expect(JSON.parse(events[0]!.data).choices[0]).toMatchObject({
      delta: { role: 'assistant', content: '' },
      finish_reason: 'stop',
    })
  })

  test('the text goes round, and only the first event names the role', () => {
    const texts = eventsOf(2 * wordCount).slice(0, -2)
    expect(texts.map((event) => JSON.parse(event.data).choices[0].delta.content)).toEqual(
      Array.from({ length: 2 * wordCount }, (_, i) => wordAt(i)),
    )
    expect(texts.filter((event) => event.data.includes('"role"'))).toHaveLength(1)
  })
})

test('the words start as promised and read as text', () => {
  expect([wordAt(0), wordAt(1)]).toEqual(['Hello', ' world'])
  const first = Array.from({ length: 18 }, (_, i) => wordAt(i)).join('')
  expect(first).toEndWith('exactly on time.')
})
