// The words of a reply are tokens: who counts with OpenAI's tokenizers finds as many as there are chunks.
import { describe, expect, test } from 'bun:test'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import { chunkTexts } from '../../src/apis/words.ts'

const words = chunkTexts({ chunkBytes: 0, stamp: false }, 'words')
const circles = [...words, ...words, ...words]

describe.each([
  ['cl100k_base', cl100k],
  ['o200k_base', o200k],
])('%s', (_, { encode, decode }) => {
  const cut = (text: string): string[] => encode(text).map((token) => decode([token]))

  test('each chunk alone is one token', () => {
    for (const word of words) expect(cut(word)).toEqual([word])
  })

  test('the text of any number of chunks, up to three circles, is cut into these chunks', () => {
    for (let count = 1; count <= circles.length; count++) {
      const chunks = circles.slice(0, count)
      expect(cut(chunks.join(''))).toEqual(chunks)
    }
  })

  test('a text that is not made of its words is not', () => {
    expect(cut('antidisestablishmentarianism').length).toBeGreaterThan(1)
    expect(cut(`${words.slice(0, 18).join('')}.`)).not.toHaveLength(19)
  })
})

test('the default count is one sentence, and a circle ends with its line', () => {
  expect(words.slice(0, 18).join('')).toBe(
    'Hello world, this reply was prepared before you asked, and every word arrives on time.',
  )
  expect(words.slice(18).join('')).toMatch(/^ [^.]+\.\n$/)
})
