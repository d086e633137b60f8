// What the bodies of Cohere's chat decide, and how they are refused.
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { reading } from './_openai.ts'
import { readCohereChat } from '../../../src/apis/reading/cohere.ts'
import type { GivenFlags } from '../../../src/config/config.ts'

type Body = Readonly<Record<string, unknown>>

const usual = {
  stream: false,
  limit: 0,
  isExact: false,
  stop: [],
  promptTokens: 1,
  logprobs: null,
  echo: '',
  content: { reasoning: false, text: true, calls: 0 },
}

/** Rows of bodies and what differs from the usual, or how the refusal begins. */
function table(rows: readonly (readonly [Body, Body | string])[], flags: GivenFlags = {}): void {
  test.each(named(rows))('%s', (_, body, expected) => {
    const got = reading(readCohereChat, body, flags)
    if (typeof expected === 'string') expect(got).toStartWith(expected)
    else expect(got).toEqual({ ...usual, ...expected } as never)
  })
}

const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`
const says = (text: string): Body => ({ own: expect.objectContaining({ text }) })
const cited = (...given: readonly [string, object][]): string =>
  JSON.stringify({
    sources: given.map(([id, data]) => ({ type: 'document', id, document: { id, ...data } })),
  })
const OBJECT = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const user = (content: unknown): Body => ({ messages: [{ role: 'user', content }] })

describe('what is honoured', () => {
  table([
    [{}, {}],
    [{ stream: null, messages: null, tools: null, response_format: null, thinking: null }, {}],
    [
      { model: 'm', stream: true },
      { model: 'm', stream: true },
    ],
    [{ max_tokens: 3 }, { limit: 3 }],
    [{ stop_sequences: ['.', ''] }, { stop: ['.'] }],
    [user('abcdefgh'), { promptTokens: 2 }],
    [user([{ type: 'text', text: 'abcdefgh' }]), { promptTokens: 2 }],
    [user([{ type: 'image_url', image_url: { url: 'x'.repeat(9999) } }]), { promptTokens: 256 }],
    [
      { ...user('abcd'), documents: ['efgh', { id: 'x', data: { text: 'ijkl', title: 'mnop' } }] },
      { promptTokens: 4, echo: cited(['doc:0', { text: 'efgh' }], ['x', { text: 'ijkl', title: 'mnop' }]) },
    ],
    [{ documents: [{}, { id: '', data: 7 }] }, { echo: cited(['doc:0', {}], ['doc:1', {}]) }],
    [{ documents: [] }, {}],
    ...['ENABLED', 'FAST', 'ACCURATE', null].map((mode): [Body, Body] => [
      { documents: ['efgh'], citation_options: { mode } },
      { echo: cited(['doc:0', { text: 'efgh' }]) },
    ]),
    [{ documents: ['efgh'], citation_options: { mode: 'OFF' } }, {}],
    [{ documents: ['efgh'], citation_options: { mode: 'DISABLED' } }, {}],
    [{ documents: ['efgh'], citation_options: null }, { echo: cited(['doc:0', { text: 'efgh' }]) }],
    [{ logprobs: true }, { logprobs: 0 }],
    [{ logprobs: false }, {}],
    [
      {
        messages: [
          { role: 'assistant', tool_calls: [] },
          { role: 'assistant', content: null },
        ],
      },
      {},
    ],
    [{ response_format: { type: 'text' } }, {}],
    [{ response_format: { type: 'json_object' } }, says('{}')],
    [{ response_format: { type: 'json_object', json_schema: OBJECT } }, says('{"city":"text"}')],
    [{ response_format: { type: 'json_object', schema: OBJECT } }, says('{"city":"text"}')],
  ])
})

describe('thinking', () => {
  const content = (reasoning: boolean): Body => ({ content: { reasoning, text: true, calls: 0 } })
  table(
    [
      [{}, content(true)],
      [{ thinking: { type: 'enabled', token_budget: 5 } }, content(true)],
      [{ thinking: { type: 'disabled' } }, content(false)],
    ],
    { content: 'reasoning' },
  )
})

describe('tools', () => {
  const tools = ['a', 'b'].map((name) => ({ type: 'function', function: { name, parameters: OBJECT } }))
  const call = (name: string): Body => ({
    name,
    kind: 'function',
    input: expect.objectContaining({ text: '{"city":"text"}' }),
  })
  const calls = (...names: string[]): Body => ({
    content: { reasoning: false, text: false, calls: names.length },
    calls: names.map(call),
  })
  const result = {
    role: 'tool',
    tool_call_id: 'a_1',
    content: [{ type: 'document', document: { data: '4' } }],
  }

  table(
    [
      [{ tools }, calls('a', 'b')],
      [{ tools, tool_choice: 'REQUIRED' }, calls('a', 'b')],
      [{ tools, tool_choice: 'NONE' }, {}],
      [{ tool_choice: 'REQUIRED' }, {}],
      [
        { tools, messages: [{ role: 'user', content: '' }, { role: 'assistant' }, result] },
        { promptTokens: 256 },
      ],
    ],
    { content: 'tools:2' },
  )
  table([
    [{ tools }, {}],
    [{ tools, tool_choice: 'REQUIRED' }, calls('a')],
    [
      { tools: [{ type: 'function', function: { name: 'x' } }], tool_choice: 'REQUIRED' },
      {
        content: { reasoning: false, text: false, calls: 1 },
        calls: [{ name: 'x', kind: 'function', input: expect.objectContaining({ text: '{}' }) }],
      },
    ],
  ])
})

describe('what is refused', () => {
  table([
    [{ stream: 'yes' }, type('stream', 'a boolean')],
    [{ model: 7 }, type('model', 'a string')],
    [{ max_tokens: 0 }, 'max_tokens: '],
    [{ max_tokens: 1.5 }, type('max_tokens', 'an integer')],
    [{ stop_sequences: [1] }, 'stop_sequences: '],
    [{ messages: {} }, type('messages', 'an array of objects')],
    [{ messages: ['a'] }, type('messages[0]', 'an object')],
    [{ messages: [{ content: 'a' }] }, value('messages[0].role', 'one of user, assistant, system, tool')],
    [
      { messages: [{ role: 'chatbot', content: 'a' }] },
      value('messages[0].role', 'one of user, assistant, system, tool'),
    ],
    [{ messages: [{ role: 'user' }] }, type('messages[0].content', 'a string or an array of objects')],
    [user({ type: 'text', text: 'a' }), type('messages[0].content', 'a string or an array of objects')],
    [user(['a']), type('messages[0].content[0]', 'an object')],
    [user([{ text: 'a' }]), type('messages[0].content[0].type', 'a string')],
    [user([{ type: 'text' }]), type('messages[0].content[0].text', 'a string')],
    [{ documents: 'a' }, type('documents', 'an array of strings or objects')],
    [{ documents: [7] }, type('documents', 'an array of strings or objects')],
    [{ tools: [{ type: 'function' }] }, type('tools[0].function.name', 'a string')],
    [{ tools: [{ function: 7 }] }, type('tools[0].function', 'an object')],
    [
      { tools: [{ function: { name: 'a', parameters: [] } }] },
      type('tools[0].function.parameters', 'an object'),
    ],
    [{ tool_choice: 'required' }, value('tool_choice', 'REQUIRED or NONE')],
    [{ response_format: 'json' }, type('response_format', 'an object')],
    [{ response_format: { type: 'xml' } }, value('response_format.type', 'text or json_object')],
    [
      { response_format: { type: 'json_object', json_schema: 7 } },
      type('response_format.json_schema', 'an object'),
    ],
    [
      { response_format: { type: 'json_object', json_schema: { type: 'integer', minimum: 5, maximum: 4 } } },
      "response_format.json_schema: Invalid schema for 'response_format.json_schema': #",
    ],
    [{ thinking: true }, type('thinking', 'an object')],
    [{ logprobs: 2 }, type('logprobs', 'a boolean')],
    [{ citation_options: 'off' }, type('citation_options', 'an object')],
    [
      { citation_options: { mode: 'off' } },
      value('citation_options.mode', 'ENABLED, DISABLED, FAST, ACCURATE, OFF'),
    ],
    [{ thinking: { type: 'deep' } }, value('thinking.type', 'enabled or disabled')],
  ])
  table([[{ logprobs: true }, 'logprobs: This answer would be too large']], { chunkCount: '1000000' })
})
