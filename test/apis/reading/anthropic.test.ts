// What Anthropic's bodies decide, and how they are refused.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { format, outcome, read, search, TEXT, tool, user } from './_anthropic.ts'
import { named } from '../../_helpers.ts'
import type { JsonObject } from '../../../src/apis/api.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { readCounting } from '../../../src/apis/reading/anthropic.ts'
import type { GivenFlags } from '../../../src/config/config.ts'
import short from '../inputs/messages-max-tokens.json' with { type: 'json' }

const USUAL: Partial<Ask> = {
  model: 'mock-model',
  stream: false,
  limit: 0,
  isExact: false,
  stop: [],
  promptTokens: 1,
  content: TEXT,
}

/** Refusals begin with the path, which is also the field. */
function expectRefused(body: JsonObject, message: string, flags: GivenFlags = {}): void {
  expect(read(body, flags)).toEqual([message.slice(0, message.indexOf(': ')), message])
}

const NOTHING = { type: 'object', properties: { a: { type: 'integer', enum: ['x'] } }, required: ['a'] }

describe('the fields of a message', () => {
  test.each(
    named<[JsonObject, Partial<Ask>]>([
      [{}, {}],
      [{ messages: [], max_tokens: null, stream: null, stop_sequences: null, tools: null }, {}],
      [{ tool_choice: null, thinking: null, output_config: null, output_format: null, system: null }, {}],
      [
        { model: 'claude-mine', stream: true },
        { model: 'claude-mine', stream: true },
      ],
      [{ max_tokens: 1 }, { limit: 1 }],
      [{ max_tokens: 1_000_000 }, { limit: 1_000_000 }],
      [
        { max_tokens: 7, ignore_eos: true },
        { limit: 7, isExact: true },
      ],
      [{ stop_sequences: ['.', '', '\n\n', '\ud800'] }, { stop: ['.', '\n\n', '\ud800'] }],
      [{ stop_sequences: new Array(64).fill('x') }, { stop: new Array(64).fill('x') }],
      [{ temperature: 'warm', top_k: [], metadata: 7, container: {} }, {}],
      [short, { model: 'm', limit: 4 }],
    ]),
  )('%s', (_, body, expected) => expect(read(body)).toEqual({ ...USUAL, ...expected }))

  test.each(
    named<[JsonObject, number]>([
      [{ messages: [user] }, 1],
      [{ messages: [{ role: 'user', content: 'x'.repeat(9) }] }, 3],
      [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(9) }] }] }, 3],
      [{ messages: [user], system: 'x'.repeat(7) }, 2],
      [{ messages: [user], system: [{ type: 'text', text: 'x'.repeat(11), cache_control: {} }] }, 3],
      [{ messages: [user, { role: 'system', content: 'x'.repeat(7) }] }, 2],
      [
        { messages: [{ role: 'user', content: [{ type: 'image', source: { data: 'x'.repeat(9999) } }] }] },
        256,
      ],
      [{ messages: [{ role: 'user', content: [{ type: 'document', source: {}, title: 'Title' }] }] }, 256],
      [
        {
          messages: [
            {
              role: 'user',
              content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image' }] }],
            },
          ],
        },
        256,
      ],
      [{ messages: [user], tools: [tool('x'.repeat(200))] }, 1],
    ]),
  )('%s: the tokens of the prompt, in messages and when counted', (_, body, promptTokens) => {
    expect(read(body)).toEqual({ ...USUAL, promptTokens })
    expect(readCounting(body)).toEqual({ promptTokens })
  })

  test.each(
    named<[JsonObject, string]>([
      [{ model: 7 }, 'model: Input should be a valid string'],
      [{ model: '' }, 'model: String should have at least 1 character'],
      [{ model: 'x'.repeat(257) }, 'model: String should have at most 256 characters'],
      [{ messages: 'Hi' }, 'messages: Input should be a valid list'],
      [{ messages: {} }, 'messages: Input should be a valid list'],
      [{ messages: [user, 'Hi'] }, 'messages.1: Input should be an object'],
      [{ messages: [null] }, 'messages.0: Input should be an object'],
      [{ messages: [{ role: 7 }] }, "messages.0.role: Input should be 'user', 'assistant' or 'system'"],
      [{ messages: [{ role: 'tool' }] }, "messages.0.role: Input should be 'user', 'assistant' or 'system'"],
      [{ messages: [{ role: 'user', content: 5 }] }, 'messages.0.content: Input should be a valid list'],
      [{ messages: [{ role: 'user', content: {} }] }, 'messages.0.content: Input should be a valid list'],
      [
        { messages: [user, { role: 'user', content: [{ type: 'text', text: 'x' }, 'x'] }] },
        'messages.1.content.1: Input should be an object',
      ],
      [
        { messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] },
        'messages.0.content.0.text.text: Input should be a valid string',
      ],
      [{ system: 5 }, 'system: Input should be a valid list'],
      [{ system: ['x'] }, 'system.0: Input should be an object'],
      [{ system: [{ type: 'text' }] }, 'system.0.text.text: Input should be a valid string'],
    ]),
  )('%s is refused, in messages and when counted', (_, body, message) => {
    expectRefused(body, message)
    expect(outcome(() => readCounting(body))).toEqual([message.slice(0, message.indexOf(': ')), message])
  })

  test.each(
    named<[JsonObject, string]>([
      [{ stream: 'yes' }, 'stream: Input should be a valid boolean'],
      [{ max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
      [{ max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 1'],
      [{ max_tokens: 'many' }, 'max_tokens: Input should be a valid integer'],
      [{ max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
      [{ max_tokens: true }, 'max_tokens: Input should be a valid integer'],
      [
        { max_tokens: 1e9, model: 'mine' },
        'max_tokens: 1000000000 > 1000000, which is the maximum allowed number of output tokens for mine',
      ],
      [
        { max_tokens: 1_000_001 },
        'max_tokens: 1000001 > 1000000, which is the maximum allowed number of output tokens for mock-model',
      ],
      [{ stop_sequences: 'x' }, 'stop_sequences: Input should be a valid list'],
      [{ stop_sequences: ['x', 7] }, 'stop_sequences.1: Input should be a valid string'],
      [
        { stop_sequences: new Array(65).fill('x') },
        'stop_sequences: List should have at most 64 items, not 65',
      ],
      [{ thinking: 'yes' }, 'thinking: Input should be an object'],
      [{ thinking: {} }, "thinking: Unable to extract tag using discriminator 'type'"],
      [
        { thinking: { type: 'deep' } },
        "thinking: Input tag 'deep' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'",
      ],
      [
        { thinking: { type: 'enabled', budget_tokens: '1k' } },
        'thinking.enabled.budget_tokens: Input should be a valid integer',
      ],
      [{ output_config: 'x' }, 'output_config: Input should be an object'],
      [{ output_config: { format: [] } }, 'output_config.format: Input should be an object'],
      [
        { output_config: { format: { type: 'json_object' } } },
        "output_config.format.type: Input should be 'json_schema'",
      ],
      [{ output_format: 7 }, 'output_format: Input should be an object'],
      [{ output_format: { type: 'json_schema' } }, 'output_format.schema: Field required'],
      [{ output_format: format(true) }, 'output_format.schema: Input should be an object'],
      [{ tools: 'x' }, 'tools: Input should be a valid list'],
      [{ tools: [tool('a'), 'x'] }, 'tools.1: Input should be an object'],
      [{ tools: [{ name: 7 }] }, 'tools.0.custom.name: Input should be a valid string'],
      [
        { tools: [search, { name: 'a', input_schema: 'x' }] },
        'tools.1.custom.input_schema: Input should be an object',
      ],
      [{ tool_choice: 'any' }, 'tool_choice: Input should be an object'],
      [{ tool_choice: {} }, "tool_choice: Unable to extract tag using discriminator 'type'"],
      [
        { tool_choice: { type: 'required' } },
        "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'",
      ],
      [{ tool_choice: { type: 'tool' } }, 'tool_choice.tool.name: Field required'],
      [{ tool_choice: { type: 'tool', name: 7 } }, 'tool_choice.tool.name: Input should be a valid string'],
      [
        { tool_choice: { type: 'auto', disable_parallel_tool_use: 'no' } },
        'tool_choice.disable_parallel_tool_use: Input should be a valid boolean',
      ],
    ]),
  )('%s is refused', (_, body, message) => expectRefused(body, message))

  test('a tool that must be called and is not there', () =>
    expect(read({ tools: [tool('a')], tool_choice: { type: 'tool', name: 'other' } })).toEqual([
      'tool_choice',
      "Tool 'other' not found in provided tools",
    ]))

  test('schemas that have no instance: the path to the schema, and the place in it', () => {
    const why = 'Invalid schema: #/properties/a'
    const flags = { content: 'tools' }
    const rows: [JsonObject, string][] = [
      [{ output_config: { format: format(NOTHING) } }, 'output_config.format.schema'],
      [{ output_format: format(NOTHING) }, 'output_format.schema'],
      [{ tools: [search, { name: 'a', input_schema: NOTHING }] }, 'tools.1.custom.input_schema'],
    ]
    for (const [body, path] of rows) {
      const [param, message] = read(body, flags) as [string, string]
      expect([param, message.startsWith(`${path}: ${why}`)]).toEqual([path, true])
    }
  })
})

test('whatever stands where it is read: it decides something, or is refused', () => {
  const names = [
    'role',
    'type',
    'name',
    'content',
    'text',
    'schema',
    'format',
    'input_schema',
    'budget_tokens',
  ]
  const types = ['text', 'tool', 'any', 'json_schema', 'tool_result', 'enabled', 'user', 'system', 'custom']
  const any = fc.constantFrom(...types, '', 'x', '\ud800', null, true, 0, -1, 1.5, [], {}, [null])
  const object = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(any, fc.dictionary(fc.constantFrom(...names), any)),
  )
  const fields = ['messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'output_format']
  const others = ['model', 'stream', 'max_tokens', 'stop_sequences']
  const body = fc.dictionary(
    fc.constantFrom(...fields, ...others),
    fc.oneof(any, object, fc.array(object, { maxLength: 3 })),
  )
  fc.assert(
    fc.property(body, (given) => {
      const decided = read(given as JsonObject, { content: 'tools:2' })
      if (Array.isArray(decided)) expect(decided[1].length).toBeGreaterThan(0)
      else expect(decided.content!.calls === 0 || decided.calls!.length === decided.content!.calls).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
