// What a body of legacy completions decides.
import { above, below } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { reading } from './_openai.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { readCompletion } from '../../../src/apis/reading/completions.ts'

const usual: Partial<Ask> = {
  stream: false,
  includeUsage: false,
  choices: 1,
  limit: 0,
  isExact: false,
  stop: [],
  logprobs: null,
  prompts: [],
  promptTokens: 1,
}
const nothing: Partial<Ask> = { own: { text: '', pieces: [] }, finish: 'length' }
const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`
const PROMPT = type('prompt', 'a string, an array of tokens, or an array of either')
const CHOICES = value('prompt', 'at most 128 choices, prompts times n')

test.each(
  named<[object, Partial<Ask> | string]>([
    [{}, {}],
    [{ prompt: null }, {}],
    [{ prompt: 'Hello, you' }, { promptTokens: 3 }],
    [{ prompt: 'a', suffix: 7, best_of: 'x' }, {}],
    [{ prompt: ['a', 'b', 'c'] }, { choices: 3 }],
    [{ prompt: ['a', 'b'], n: 3 }, { choices: 6 }],
    [{ prompt: [] }, {}],
    [{ prompt: [1, 2, 3] }, { promptTokens: 3 }],
    [{ prompt: [[1, 2, 3], [4]] }, { choices: 2, promptTokens: 4 }],
    [{ prompt: ['12345678', [4]] }, { choices: 2, promptTokens: 3 }],
    [{ prompt: 7 }, PROMPT],
    [{ prompt: {} }, PROMPT],
    [{ prompt: [1, 'a'] }, PROMPT],
    [{ prompt: [1.5] }, PROMPT],
    [{ prompt: [-1] }, PROMPT],
    [{ prompt: ['a', null] }, PROMPT],
    [{ prompt: [['a']] }, PROMPT],
    [{ prompt: new Array(128).fill('a') }, { choices: 128, promptTokens: 32 }],
    [{ prompt: new Array(129).fill('a') }, CHOICES],
    [{ prompt: ['a', 'b'], n: 65 }, CHOICES],
    [{ n: 0 }, below('n', 1)],
    [{ max_tokens: 3 }, { limit: 3 }],
    [{ max_tokens: 0 }, nothing],
    [
      { max_tokens: 0, prompt: 'a', echo: true },
      { ...nothing, prompts: ['a'] },
    ],
    [{ max_tokens: -1 }, below('max_tokens', 1)],
    [{ max_tokens: '0' }, type('max_tokens', 'an integer')],
    [
      { max_tokens: 9, ignore_eos: true },
      { limit: 9, isExact: true },
    ],
    [{ min_tokens: 9 }, { limit: 9, isExact: true }],
    [{ stop: ['x'] }, { stop: ['x'] }],
    [{ stop: {} }, type('stop', 'a string or an array of at most 64 strings')],
    [
      { echo: true, prompt: ['a', 'b'], n: 2 },
      { choices: 4, prompts: ['a', 'a', 'b', 'b'] },
    ],
    [
      { echo: true, prompt: [1, 2] },
      { promptTokens: 2, prompts: [''] },
    ],
    [{ echo: false, prompt: 'a' }, {}],
    [{ echo: 'yes' }, type('echo', 'a boolean')],
    [{ logprobs: 0 }, { logprobs: 0 }],
    [{ logprobs: 5 }, { logprobs: 5 }],
    [{ logprobs: null }, {}],
    [{ logprobs: 6 }, above('logprobs', 5)],
    [{ logprobs: -1 }, below('logprobs', 0)],
    [{ logprobs: true }, type('logprobs', 'an integer')],
    [
      { stream: true, stream_options: { include_usage: true } },
      { stream: true, includeUsage: true },
    ],
  ]),
)('%s', (_, body, expected) =>
  expect(reading(readCompletion, body)).toEqual(
    typeof expected === 'string' ? expected : { ...usual, ...expected },
  ),
)

describe('what would be too large', () => {
  const large = (field: string): unknown =>
    expect.stringMatching(new RegExp(`^${field}: This answer would be too large`))
  test.each([
    ['one choice of any number of chunks', {}, { chunkCount: '1000000' }, expect.any(Object)],
    ['a million chunks', { n: 128 }, { chunkCount: '8000' }, expect.any(Object)],
    ['more than a million chunks', { n: 128 }, { chunkCount: '8200' }, large('n')],
    ['much text', { n: 17 }, { chunkCount: '8192', text: 'long' }, large('n')],
    ['exactly as much', { ignore_eos: true, max_tokens: 131_072 }, { text: 'long' }, large('max_tokens')],
    ['exactly as many', { ignore_eos: true, max_tokens: 131_072 }, {}, expect.any(Object)],
    ['alternatives', { logprobs: 5 }, { chunkCount: '600000' }, large('logprobs')],
    [
      'a prompt and its alternatives',
      { logprobs: 5, echo: true, prompt: 'a,'.repeat(1 << 20) },
      {},
      large('logprobs'),
    ],
    ['a prompt again and again', { echo: true, n: 128, prompt: 'a'.repeat(1 << 23) }, {}, large('n')],
  ] as const)('%s', (_, body, flags, expected) =>
    expect(reading(readCompletion, body, flags)).toEqual(expected as never),
  )
})
