// What a chat body decides.
import { above, below } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { reading } from './_openai.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { readChat } from '../../../src/apis/reading/openai.ts'
import type { GivenFlags } from '../../../src/config/config.ts'
import { parseContent } from '../../../src/config/contents.ts'

const usual: Partial<Ask> = {
  stream: false,
  includeUsage: false,
  choices: 1,
  limit: 0,
  isExact: false,
  stop: [],
  logprobs: null,
  promptTokens: 1,
  content: parseContent('text'),
}

const TOO_LARGE = expect.stringMatching(
  /^n: This answer would be too large: 128 choices of \d+ tokens each\.$/,
)

function readings(rows: readonly (readonly [object, Partial<Ask> | string | RegExp, GivenFlags?])[]) {
  test.each(named(rows.map(([body, expected, flags = {}]) => [body, expected, flags] as const)))(
    '%s',
    (_, body, expected, flags) =>
      expect(reading(readChat, body, flags)).toEqual(
        expected instanceof RegExp
          ? expect.stringMatching(expected)
          : typeof expected === 'string'
            ? expected
            : { ...usual, ...expected },
      ),
  )
}

const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`

describe('single fields', () => {
  const EXACT = 'at most 131072 when so many are to be sent exactly'
  readings([
    [{}, {}],
    [{ unknown: 1, temperature: 'hot' }, {}],
    [
      { model: 'm', stream: true },
      { model: 'm', stream: true },
    ],
    [{ model: null, stream: null, n: null, stop: null, logprobs: null, stream_options: null }, {}],
    [{ model: '' }, value('model', '1 to 256 characters')],
    [{ model: 7 }, type('model', 'a string')],
    [{ model: 'a\ud800' }, { model: 'a\ud800' }],
    [{ stream: 'yes' }, type('stream', 'a boolean')],
    [{ stream_options: { include_usage: true } }, { includeUsage: true }],
    [{ usage: { include: true } }, { includeUsage: true }],
    [{ usage: { include: 1 } }, {}],
    [{ usage: true }, {}],
    [{ stream_options: { include_usage: false }, usage: { include: true } }, {}],
    [{ stream_options: {} }, {}],
    [{ stream_options: [] }, type('stream_options', 'an object')],
    [{ stream_options: { include_usage: 1 } }, type('include_usage', 'a boolean')],
    [{ n: 128 }, { choices: 128 }],
    [{ n: 0 }, below('n', 1)],
    [{ n: -1 }, below('n', 1)],
    [{ n: 129 }, above('n', 128)],
    [{ n: 1.5 }, type('n', 'an integer')],
    [{ max_tokens: 3 }, { limit: 3 }],
    [{ max_completion_tokens: 5, max_tokens: 3 }, { limit: 5 }],
    [{ max_completion_tokens: null, max_tokens: 3 }, { limit: 3 }],
    [{ max_tokens: 1e9 }, { limit: 1e9 }],
    [{ max_tokens: 0 }, below('max_tokens', 1)],
    [{ max_completion_tokens: -1 }, below('max_completion_tokens', 1)],
    [{ max_tokens: '3' }, type('max_tokens', 'an integer')],
    [
      { max_tokens: 40, ignore_eos: true },
      { limit: 40, isExact: true },
    ],
    [{ min_tokens: 40 }, { limit: 40, isExact: true }],
    [{ ignore_eos: true, max_tokens: 1e9 }, value('max_tokens', EXACT)],
    [{ stop: 'x' }, { stop: ['x'] }],
    [{ stop: ['x', '', 'y'] }, { stop: ['x', 'y'] }],
    [{ stop: [7] }, type('stop', 'a string or an array of at most 64 strings')],
  ])
})

describe('probabilities', () => {
  const alone = "top_logprobs: The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
  readings([
    [{ logprobs: false }, {}],
    [{ logprobs: true }, { logprobs: 0 }],
    [{ logprobs: true, top_logprobs: null }, { logprobs: 0 }],
    [{ logprobs: true, top_logprobs: 20 }, { logprobs: 20 }],
    [{ logprobs: true, top_logprobs: 21 }, above('top_logprobs', 20)],
    [{ logprobs: true, top_logprobs: -1 }, below('top_logprobs', 0)],
    [{ logprobs: true, top_logprobs: true }, type('top_logprobs', 'an integer')],
    [{ logprobs: 5 }, type('logprobs', 'a boolean')],
    [{ top_logprobs: 2 }, alone],
    [{ logprobs: false, top_logprobs: 2 }, alone],
  ])
})

describe('messages', () => {
  const parts = (...content: unknown[]): object => ({ messages: [{ role: 'user', content }] })
  const PARTS = 'a string or an array of objects'
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  readings([
    [{ messages: [] }, {}],
    [{ messages: null }, {}],
    [{ messages: 'Hi' }, type('messages', 'an array of objects')],
    [{ messages: {} }, type('messages', 'an array of objects')],
    [{ messages: [null] }, type('messages[0]', 'an object')],
    [{ messages: [{ content: '12345678' }] }, { promptTokens: 2 }],
    [{ messages: [{ role: 7, content: '' }] }, type('messages[0].role', 'a string')],
    [
      { messages: [{ role: 'boss', content: '' }] },
      value('messages[0].role', 'one of developer, system, user, assistant, tool, function'),
    ],
    ...['developer', 'system', 'user', 'tool'].map(
      (role) => [{ messages: [{ role }] }, type('messages[0].content', PARTS)] as const,
    ),
    [{ messages: [{ role: 'assistant' }, { role: 'function', name: 'f', content: null }] }, {}],
    [{ messages: [{ role: 'user', content: 7 }] }, type('messages[0].content', PARTS)],
    [{ messages: [{ role: 'user', content: { text: 'x' } }] }, type('messages[0].content', PARTS)],
    [parts(), {}],
    [parts('x'), type('messages[0].content[0]', 'an object')],
    [parts(null), type('messages[0].content[0]', 'an object')],
    [parts({}), type('messages[0].content[0].type', 'a string')],
    [parts({ type: 'text' }), type('messages[0].content[0].text', 'a string')],
    [parts({ type: 'text', text: 7 }), type('messages[0].content[0].text', 'a string')],
    [parts({ type: 'refusal' }), type('messages[0].content[0].refusal', 'a string')],
    [parts({ type: 'image_url' }), type('messages[0].content[0].image_url', 'an object')],
    [parts({ type: 'image_url', image_url: 'x' }), type('messages[0].content[0].image_url', 'an object')],
    [parts({ type: 'image_url', image_url: {} }), type('messages[0].content[0].image_url.url', 'a string')],
    [
      parts({ type: 'input_audio', input_audio: {} }),
      type('messages[0].content[0].input_audio.data', 'a string'),
    ],
    [parts({ type: 'file', file: { file_id: 'f' } }, { type: 'constructor' }), { promptTokens: 256 }],
    [parts({ type: 'text', text: 'What is it?' }, picture, picture), { promptTokens: 3 + 2 * 256 }],
  ])
})

describe('the format of the text', () => {
  const schema = (one: object): object => ({
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: one } },
  })
  const own = (text: string): Partial<Ask> => ({ own: { text, pieces: expect.any(Array) as never } })
  const deep = (levels: number): object =>
    levels === 0
      ? { type: 'integer' }
      : { type: 'object', properties: { a: deep(levels - 1) }, required: ['a'] }
  readings([
    [{ response_format: null }, {}],
    [{ response_format: { type: 'text' } }, {}],
    [{ response_format: { type: 'json_object' } }, own('{}')],
    [{ response_format: 'json' }, type('response_format', 'an object')],
    [{ response_format: {} }, value('response_format.type', 'text, json_object or json_schema')],
    [{ response_format: { type: 'xml' } }, value('response_format.type', 'text, json_object or json_schema')],
    [{ response_format: { type: 'json_schema' } }, type('response_format.json_schema', 'an object')],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 7 } } },
      type('response_format.json_schema.name', 'a string'),
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: 'x' } } },
      type('response_format.json_schema.schema', 'an object'),
    ],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'n' } } }, own('{}')],
    [schema({ type: 'integer', minimum: 3, maximum: 3 }), own('3')],
    [schema(deep(100)), own(`${'{"a":'.repeat(100)}0${'}'.repeat(100)}`)],
    [schema({ enum: Array.from({ length: 20_000 }, (_, i) => `value ${i}`) }), own('"value 0"')],
    [schema({ const: 'a\ud800' }), own('"a\\ud800"')],
    [
      schema({
        type: 'object',
        properties: { a: { type: 'integer', minimum: 3, maximum: 1 } },
        required: ['a'],
      }),
      /^response_format: Invalid schema for 'response_format': #\/properties\/a\/minimum: no number/,
    ],
    [
      schema({ $ref: '#/$defs/none' }),
      /^response_format: Invalid schema for 'response_format': #\/\$ref: expected/,
    ],
  ])
})

describe('what would be too large', () => {
  const long = {
    type: 'object',
    properties: { a: { type: 'array', items: {}, minItems: 2000 } },
    required: ['a'],
  }
  const tools = [{ type: 'function', function: { name: 'long', parameters: long } }]
  const anything = expect.any(Object) as Partial<Ask>
  test.each(
    named<[object, GivenFlags, unknown]>([
      [{ n: 128 }, { chunkCount: '8000' }, anything],
      [{ n: 128 }, { chunkCount: '8200' }, TOO_LARGE],
      [{ n: 128, tools }, { content: 'tools' }, anything],
      [{ n: 128, tools }, { content: 'tools:16' }, TOO_LARGE],
    ]),
  )('%s', (_, body, flags, expected) => expect(reading(readChat, body, flags)).toEqual(expected as never))
})
