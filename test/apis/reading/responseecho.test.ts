// What a Responses answer repeats of its request.
import { above, below, refusalOf as told } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { echoOf } from '../../../src/apis/reading/responseecho.ts'

type Body = Readonly<Record<string, unknown>>

function refusalOf(body: Body): string {
  try {
    return `taken: ${echoOf(body)}`
  } catch (thrown) {
    return told(thrown)
  }
}

const function_ = {
  type: 'function',
  name: 'f',
  parameters: { type: 'object' },
  strict: false,
  description: 'd',
}
const USUAL_TEXT = { format: { type: 'text' }, verbosity: 'medium' }

/** Everything that is repeated: what is sent, and what is told where it is not the same. */
const REPEATED: Readonly<Record<string, readonly (readonly [sent: unknown, told?: unknown])[]>> = {
  background: [[true], [false]],
  conversation: [['conv_1', { id: 'conv_1' }], [{ id: 'conv_1' }]],
  instructions: [['be brief'], [''], [[{ role: 'developer', content: 'x' }]], ['\ud800 \ufdd0']],
  max_output_tokens: [[1], [1e9]],
  max_tool_calls: [[1], [1e9]],
  metadata: [[{}], [{ k: 'v', '': '' }], [JSON.parse('{"__proto__":"v"}')]],
  parallel_tool_calls: [[true], [false]],
  previous_response_id: [['resp_1']],
  prompt: [[{ id: 'pmpt_1', version: '2', variables: {} }]],
  prompt_cache_key: [['k']],
  prompt_cache_retention: [['24h']],
  reasoning: [
    [{ effort: 'low' }, { effort: 'low', summary: null }],
    [{ summary: 'auto', effort: null }],
    [{}, { effort: null, summary: null }],
  ],
  safety_identifier: [['s']],
  service_tier: [['auto', 'default'], ['default'], ['flex'], ['priority']],
  store: [[true], [false]],
  temperature: [[0], [0.7], [2]],
  text: [
    [{ format: { type: 'json_object' } }, { ...USUAL_TEXT, format: { type: 'json_object' } }],
    [{ verbosity: 'low' }, { ...USUAL_TEXT, verbosity: 'low' }],
    [{ format: null, verbosity: null }, USUAL_TEXT],
  ],
  tool_choice: [
    ['auto'],
    ['none'],
    [{ type: 'function', name: 'f' }],
    [{ type: 'allowed_tools', tools: [] }],
  ],
  tools: [
    [[]],
    [[function_, { type: 'custom', name: 'c', format: { type: 'text' } }]],
    [[{ type: 'function', name: 'f' }], [{ type: 'function', name: 'f', parameters: null, strict: true }]],
    [[{ type: 'web_search' }, { type: 'mcp', server_label: 's', server_url: 'u' }]],
  ],
  top_logprobs: [[0], [20]],
  top_p: [[0], [0.1], [1]],
  truncation: [['auto'], ['disabled']],
  user: [['u'], ['']],
}

describe.each(Object.entries(REPEATED))('%s', (name, rows) => {
  test.each(named(rows.map(([sent, told]) => [sent, told] as const)))('is repeated: %s', (_, sent, told) =>
    expect(JSON.parse(echoOf({ [name]: sent }))).toEqual({ [name]: told ?? sent }),
  )

  test('is left out when it is not there, or null', () =>
    expect([echoOf({}), echoOf({ [name]: undefined }), echoOf({ [name]: null })]).toEqual(['', '', '']))
})

test('all of it at once', () => {
  const body = Object.fromEntries(Object.entries(REPEATED).map(([name, [first]]) => [name, first![0]]))
  expect(Object.keys(JSON.parse(echoOf(body))).toSorted()).toEqual(Object.keys(REPEATED).toSorted())
})

test('nothing else is', () =>
  expect(echoOf({ input: 'x', model: 'm', stream: true, include: [], n: 1 })).toBe(''))

const TYPES: Readonly<Record<string, unknown>> = {
  'a boolean': 1,
  'a string': 5,
  'an integer': 1.5,
  'a number': '1',
  'an object': [],
  'an array of objects': {},
  'a string or an array of objects': {},
}

test.each([
  ['background', 'a boolean'],
  ['conversation', 'an object'],
  ['instructions', 'a string or an array of objects'],
  ['max_output_tokens', 'an integer'],
  ['max_tool_calls', 'an integer'],
  ['metadata', 'an object'],
  ['parallel_tool_calls', 'a boolean'],
  ['previous_response_id', 'a string'],
  ['prompt', 'an object'],
  ['prompt_cache_key', 'a string'],
  ['prompt_cache_retention', 'a string'],
  ['reasoning', 'an object'],
  ['safety_identifier', 'a string'],
  ['service_tier', 'a string'],
  ['store', 'a boolean'],
  ['temperature', 'a number'],
  ['text', 'an object'],
  ['tools', 'an array of objects'],
  ['top_logprobs', 'an integer'],
  ['top_p', 'a number'],
  ['truncation', 'a string'],
  ['user', 'a string'],
])('%s must be %s', (name, expected) =>
  expect(refusalOf({ [name]: TYPES[expected] })).toBe(
    `${name}: Invalid type for '${name}': expected ${expected}.`,
  ),
)

test.each(
  named([
    [{ temperature: 2.1 }, above('temperature', 2, 'decimal')],
    [{ temperature: -0.1 }, below('temperature', 0, 'decimal')],
    [{ top_p: 1.01 }, above('top_p', 1, 'decimal')],
    [{ top_p: -1 }, below('top_p', 0, 'decimal')],
    [{ presence_penalty: 3 }, above('presence_penalty', 2, 'decimal')],
    [{ frequency_penalty: -3 }, below('frequency_penalty', -2, 'decimal')],
    [{ max_tool_calls: 0 }, below('max_tool_calls', 1)],
    [{ metadata: { a: 'v', b: 5 } }, "metadata.b: Invalid type for 'metadata.b': expected a string."],
    [{ instructions: [5] }, "instructions[0]: Invalid type for 'instructions[0]': expected an object."],
    [{ tools: [{}, 'x'] }, "tools[1]: Invalid type for 'tools[1]': expected an object."],
  ] as [Body, string | RegExp][]),
)('%s is refused', (_, body, expected) => {
  if (typeof expected === 'string') expect(refusalOf(body)).toBe(expected)
  else expect(refusalOf(body)).toMatch(expected)
})
