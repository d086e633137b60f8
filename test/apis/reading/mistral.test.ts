// What Mistral's bodies decide where they differ from OpenAI's.
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { reading } from './_openai.ts'
import { readEmbeddings } from '../../../src/apis/embeddings.ts'
import { readFill, readMistralChat, renameEmbeddings } from '../../../src/apis/reading/mistral.ts'

describe('chat', () => {
  test.each(['https://a/b.png', { url: 'https://a/b.png' }])('a picture may be %j', (image_url) => {
    const content = [
      { type: 'text', text: 'abcd' },
      { type: 'image_url', image_url },
    ]
    const read = reading(readMistralChat, { messages: [{ role: 'user', content }] })
    expect(read).toMatchObject({ promptTokens: 257 })
  })

  test.each(
    named<[object, string]>([
      [{ messages: 'a' }, 'messages: '],
      [{ messages: [{ role: 'user', content: [7] }] }, 'messages[0].content[0]: '],
      [
        { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 7 }] }] },
        'messages[0].content[0].image_url: ',
      ],
      [{ n: 0 }, 'n: '],
      [{ tool_choice: 7 }, 'tool_choice: '],
    ]),
  )('%s is refused', (_, body, refusal) => expect(reading(readMistralChat, body)).toStartWith(refusal))

  test('any tool will do', () => {
    const tools = [{ type: 'function', function: { name: 'a', parameters: {} } }]
    expect(reading(readMistralChat, { tools, tool_choice: 'any' })).toMatchObject({ calls: [{ name: 'a' }] })
  })
})

describe('what stands between two texts', () => {
  const usual = { stream: false, limit: 0, isExact: false, stop: [], promptTokens: 1 }
  const read = (_: unknown, body: Readonly<Record<string, unknown>>) => readFill(body)

  test.each(
    named<[object, object]>([
      [{}, {}],
      [{ prompt: null, suffix: null }, {}],
      [{ prompt: 'abcd', suffix: 'efgh' }, { promptTokens: 2 }],
      [
        { model: 'm', stream: true, max_tokens: 3, stop: '.' },
        { model: 'm', stream: true, limit: 3, stop: ['.'] },
      ],
    ]),
  )('%s', (_, body, expected) => expect(reading(read, body)).toEqual({ ...usual, ...expected }))

  test.each(
    named<[object, string]>([
      [{ prompt: ['a'] }, "prompt: Invalid type for 'prompt': expected a string."],
      [{ suffix: 7 }, "suffix: Invalid type for 'suffix': expected a string."],
      [{ stream: 1 }, 'stream: '],
      [{ max_tokens: 0 }, 'max_tokens: '],
      [{ stop: [1] }, 'stop: '],
    ]),
  )('%s is refused', (_, body, refusal) => expect(reading(read, body)).toStartWith(refusal))
})

test('embeddings call their dimensions otherwise', () => {
  expect(readEmbeddings(renameEmbeddings({ input: 'a', output_dimension: 7 }), 8).dimensions).toBe(7)
  expect(readEmbeddings(renameEmbeddings({ input: 'a' }), 8).dimensions).toBe(8)
  const read = (_: unknown, body: Readonly<Record<string, unknown>>) =>
    readEmbeddings(renameEmbeddings(body), 8)
  expect(reading(read, { input: 'a', output_dimension: 0 })).toStartWith('output_dimension: ')
})
