// What a Responses body decides.
import { above, below, refusalOf } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { createdAt, named } from '../../_helpers.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { MOST_EXACT } from '../../../src/apis/body.ts'
import { readResponse } from '../../../src/apis/reading/responses.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'

type Body = Readonly<Record<string, unknown>>

function read(body: Body, flags: GivenFlags = {}): Partial<Ask> {
  return readResponse({ config: readSettings({ reply: 'auto', ...flags }, {}), createdAt }, body)
}

/** What is asked for, or `field: message` of the refusal. */
function result(body: Body, flags: GivenFlags = {}): Partial<Ask> | string {
  try {
    return read(body, flags)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

const type = (name: string, expected: string): string =>
  `${name}: Invalid type for '${name}': expected ${expected}.`
const value = (name: string, expected: string): string =>
  `${name}: Invalid value for '${name}': expected ${expected}.`

const TEXT = { reasoning: false, text: true, calls: 0 }
const CALL = { reasoning: false, text: false, calls: 1 }
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const mine = { type: 'function', name: 'mine', parameters: city }
const other = { type: 'function', name: 'other' }
const own = { type: 'custom', name: 'own' }
const user = { role: 'user', content: 'x' }
const call = { type: 'function_call', call_id: 'c', name: 'mine', arguments: '{}' }
const output = { type: 'function_call_output', call_id: 'c', output: '4' }

test('a body that says nothing decides what is usual', () =>
  expect(read({})).toEqual({
    stream: false,
    limit: 0,
    isExact: false,
    promptTokens: 1,
    logprobs: null,
    encrypted: false,
    echo: '',
    content: TEXT,
  }))

test('so does one in which everything is null', () => {
  const names = ['model', 'stream', 'input', 'instructions', 'metadata', 'tools', 'tool_choice', 'include']
  const more = ['parallel_tool_calls', 'temperature', 'top_p', 'max_output_tokens', 'text', 'reasoning']
  const rest = ['previous_response_id', 'conversation', 'user', 'store', 'top_logprobs', 'service_tier']
  expect(read(Object.fromEntries([...names, ...more, ...rest].map((name) => [name, null])))).toEqual(read({}))
})

describe('fields', () => {
  test.each(
    named([
      [{ model: 'm' }, { model: 'm' }],
      [{ model: '' }, value('model', '1 to 256 characters')],
      [{ model: 5 }, type('model', 'a string')],
      [{ stream: true }, { stream: true }],
      [{ stream: 1 }, type('stream', 'a boolean')],
      [{ max_output_tokens: 1 }, { limit: 1 }], // fewer than OpenAI's 16 are taken as well
      [{ max_output_tokens: 1e9 }, { limit: 1e9 }],
      [{ max_output_tokens: 0 }, below('max_output_tokens', 1)],
      [{ max_output_tokens: -1 }, below('max_output_tokens', 1)],
      [{ max_output_tokens: 1.5 }, type('max_output_tokens', 'an integer')],
      [{ max_output_tokens: '9' }, type('max_output_tokens', 'an integer')],
      [
        { max_output_tokens: 40, ignore_eos: true },
        { limit: 40, isExact: true },
      ],
      [{ max_output_tokens: MOST_EXACT + 1, ignore_eos: true }, /^max_output_tokens: Invalid value/],
      [{ include: [] }, { logprobs: null, encrypted: false }],
      [{ include: ['reasoning.encrypted_content'] }, { encrypted: true }],
      [{ include: ['message.output_text.logprobs'] }, { logprobs: 0 }],
      [{ include: ['message.output_text.logprobs'], top_logprobs: 20 }, { logprobs: 20 }],
      [{ top_logprobs: 3 }, { logprobs: null }],
      [{ top_logprobs: 21 }, above('top_logprobs', 20)],
      [{ top_logprobs: -1 }, below('top_logprobs', 0)],
      [{ include: ['web_search_call.results', 'no.such'] }, { logprobs: null }],
      [{ include: 'reasoning.encrypted_content' }, type('include', 'an array of strings')],
      [{ include: [1] }, type('include', 'an array of strings')],
      [{ instructions: 'be very brief' }, { promptTokens: 4 }],
      [{ instructions: 'be very brief', input: 'four' }, { promptTokens: 5 }],
    ] as [Body, Partial<Ask> | string | RegExp][]),
  )('%s', (_, body, expected) => {
    const got = result(body)
    if (expected instanceof RegExp) expect(got).toMatch(expected)
    else if (typeof expected === 'string') expect(got).toBe(expected)
    else expect(got).toMatchObject(expected)
  })
})

describe('the input', () => {
  test.each(
    named([
      ['', 1],
      ['12345678', 2],
      [[], 1],
      [[{ role: 'user', content: '12345678' }], 2],
      [[{ type: 'message', role: 'user', content: [{ type: 'input_text', text: '12345678' }] }], 2],
      [[{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '12345678' }] }], 2],
      [[{ role: 'system', content: '1234' }, user], 2],
      [[{ type: null, role: null, content: null }, user], 1],
      [[{ id: 'msg_1' }, { type: 'item_reference', id: 'msg_2' }, user], 1],
      [[{ type: 'reasoning', id: 'rs_1', summary: [], content: null, encrypted_content: null }, user], 1],
      [[{ role: 'user', content: [{ type: 'input_image', image_url: `data:${'x'.repeat(9000)}` }] }], 256],
      [[{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }], 256],
      ['\ud800', 1],
      [5, type('input', 'a string or an array of objects')],
      [true, type('input', 'a string or an array of objects')],
      [{}, type('input', 'a string or an array of objects')],
      [['x'], type('input[0]', 'an object')],
      [[user, null], type('input[1]', 'an object')],
      [[user, [user]], type('input[1]', 'an object')],
      [[{ role: 5 }], type('input[0].role', 'a string')],
      [[{ type: {} }], type('input[0].type', 'a string')],
      [[user, { role: 'user', content: 5 }], type('input[1].content', 'a string or an array of objects')],
      [[{ role: 'user', content: {} }], type('input[0].content', 'a string or an array of objects')],
      [[{ role: 'user', content: ['x'] }], type('input[0].content', 'a string or an array of objects')],
    ] as [unknown, number | string][]),
  )('%s', (_, input, expected) => {
    const got = result({ input })
    expect(typeof got === 'string' ? got : got.promptTokens).toBe(expected)
  })
})

describe('tools', () => {
  const offering = { tools: [mine, other] }
  test.each(
    named([
      [{}, offering, 'mine'],
      [{}, { tools: [] }, null],
      [{}, {}, null],
      [{}, { tools: [own] }, 'own'],
      [{ content: 'text' }, offering, null],
      [{ content: 'text' }, { ...offering, tool_choice: 'auto' }, null],
      [{ content: 'text' }, { ...offering, tool_choice: 'required' }, 'mine'],
      [{}, { ...offering, tool_choice: 'none' }, null],
      [{ content: 'text' }, { ...offering, tool_choice: { type: 'function', name: 'other' } }, 'other'],
      [{ content: 'text' }, { tools: [mine, own], tool_choice: { type: 'custom', name: 'own' } }, 'own'],
      [{}, { ...offering, tool_choice: { type: 'function', name: 'no' } }, /no tool named 'no'/],
      [{}, { ...offering, tool_choice: { type: 'function' } }, /Missing required parameter/],
      [{}, { ...offering, tool_choice: 5 }, /^tool_choice: Invalid value/],
      [{}, { ...offering, tool_choice: [] }, /^tool_choice: Invalid value/],
      [{}, { ...offering, tool_choice: 'maybe' }, /^tool_choice: Invalid value/],
      [{}, { ...offering, tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [other] } }, 'other'],
      [
        { content: 'text' },
        { ...offering, tool_choice: { type: 'allowed_tools', mode: 'required', tools: [other] } },
        'other',
      ],
      [
        { content: 'text' },
        { ...offering, tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [other] } },
        null,
      ],
      [{}, { ...offering, tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } }, null],
      [{ content: 'text' }, { ...offering, tool_choice: { type: 'mcp', server_label: 's' } }, null],
      ...['web_search', 'file_search', 'mcp', 'code_interpreter', 'local_shell', 'namespace', 'computer'].map(
        (hosted) => [{}, { tools: [{ type: hosted, name: hosted }], tool_choice: 'required' }, null],
      ),
      [{}, { tools: [{ type: 'web_search' }, mine] }, 'mine'],
      [{}, { tools: 'x' }, type('tools', 'an array of objects')],
      [{}, { tools: [5] }, type('tools[0]', 'an object')],
      [{}, { tools: [{ type: 'function' }, { type: 'function', name: 5 }] }, null],
    ] as [GivenFlags, Body, string | RegExp | null][]),
  )('%s', (_, flags, body, expected) => {
    const got = result(body, { content: 'tools', ...flags })
    if (expected instanceof RegExp) expect(got).toMatch(expected)
    else if (typeof got === 'string') expect(got).toBe(expected as string)
    else {
      expect(got.content).toEqual(expected === null ? TEXT : CALL)
      expect(got.calls?.[0]?.name ?? null).toBe(expected)
    }
  })

  test('a function gets an instance of its schema, a custom tool words', () => {
    expect(read({ tools: [mine, own] }, { content: 'tools:2' }).calls).toEqual([
      { name: 'mine', kind: 'function', input: { text: '{"city":"text"}', pieces: expect.any(Array) } },
      { name: 'own', kind: 'custom', input: null },
    ])
  })

  test.each([
    [true, ['mine', 'other']],
    [false, ['mine']],
    [null, ['mine', 'other']],
  ])('several at once unless parallel_tool_calls is false: %j', (parallel_tool_calls, names) =>
    expect(
      read({ ...offering, parallel_tool_calls }, { content: 'tools:2' }).calls?.map(({ name }) => name),
    ).toEqual(names),
  )

  test('whoever asks for a schema that has no instance is told where', () =>
    expect(
      result(
        { tools: [{ ...mine, parameters: { type: 'object', required: ['a'], maxProperties: 0 } }] },
        {
          content: 'tools',
        },
      ),
    ).toStartWith("tools (mine): Invalid schema for 'tools (mine)': #"))
})

describe('after results of tools', () => {
  const outputs = [
    'function_call_output',
    'custom_tool_call_output',
    'computer_call_output',
    'local_shell_call_output',
    'shell_call_output',
    'apply_patch_call_output',
  ]
  test.each(
    named([
      ...outputs.map((type) => [{}, { input: [user, { ...output, type }] }, false]),
      [{}, { input: [user, call, output, { ...output, call_id: 'd' }] }, false],
      [{}, { input: [user, call, output, user] }, true],
      [{}, { input: [user, call, output, { role: 'assistant', content: 'x' }, user] }, true],
      [
        {},
        { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text' }] }] },
        false,
      ],
      [{}, { input: [user, call, output], tool_choice: 'required' }, true],
      [{ toolRounds: '2' }, { input: [user, call, output] }, true],
      [{ toolRounds: '2' }, { input: [user, call, output, call, output] }, false],
      [{ toolRounds: '0' }, { input: [user] }, true],
      // What was said before is not here: rounds cannot be counted.
      [{ toolRounds: '2' }, { input: [output], previous_response_id: 'resp_1' }, false],
      [{ toolRounds: '2' }, { input: [output], conversation: 'conv_1' }, false],
      [{ toolRounds: '2' }, { input: [user], previous_response_id: 'resp_1' }, true],
    ] as [GivenFlags, Body, boolean][]),
  )('%s', (_, flags, body, isCall) =>
    expect(read({ tools: [mine], ...body }, { content: 'tools', ...flags }).content).toEqual(
      isCall ? CALL : TEXT,
    ),
  )
})

describe('the format of the text', () => {
  const schema = (schema: unknown): Body => ({ text: { format: { type: 'json_schema', name: 'n', schema } } })
  const deep = Array.from({ length: 200 }).reduce<object>(
    (inner) => ({ type: 'object', properties: { a: inner }, required: ['a'] }),
    { type: 'null' },
  )
  test.each(
    named([
      [{ text: {} }, undefined],
      [{ text: { format: null } }, undefined],
      [{ text: { format: { type: 'text' } } }, undefined],
      [{ text: { verbosity: 'low' } }, undefined],
      [{ text: { format: { type: 'json_object' } } }, '{}'],
      [schema(city), '{"city":"text"}'],
      [schema({}), '"text"'],
      [schema({ enum: Array.from({ length: 5000 }, (_, i) => `v${i}`) }), '"v0"'],
      [schema({ const: '\ud800' }), '"\\ud800"'],
      [schema(deep), `${'{"a":'.repeat(200)}null${'}'.repeat(200)}`],
      [
        schema({
          type: 'object',
          properties: { a: { type: 'string', minLength: 2, maxLength: 1 } },
          required: ['a'],
        }),
        /^text\.format: Invalid schema for 'text\.format': #\/properties\/a/,
      ],
      [schema({ $ref: '#' }), /^text\.format: Invalid schema for 'text\.format': #\/\$ref/],
      [schema(undefined), /^text\.format\.schema: Missing required parameter/],
      [schema([]), type('text.format.schema', 'an object')],
      [{ text: 5 }, type('text', 'an object')],
      [{ text: { format: 'json' } }, type('text.format', 'an object')],
      [{ text: { format: {} } }, value('text.format.type', 'text, json_object, json_schema')],
      [{ text: { format: { type: 'xml' } } }, value('text.format.type', 'text, json_object, json_schema')],
    ] as [Body, string | RegExp | undefined][]),
  )('%s', (_, body, expected) => {
    const got = result(body)
    if (expected instanceof RegExp) expect(got).toMatch(expected)
    else if (typeof got === 'string') expect(got).toBe(expected!)
    else expect(got.own?.text ?? null).toBe(expected ?? null)
  })
})
