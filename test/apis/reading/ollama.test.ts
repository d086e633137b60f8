// What Ollama's bodies decide, and how they are refused.
import { refusalOf } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import formatBody from '../inputs/ollama-format.json'
import limitBody from '../inputs/ollama-num-predict.json'
import { readOllamaChat, readOllamaGenerate } from '../../../src/apis/reading/ollama.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'

type Body = Readonly<Record<string, unknown>>
type Reader = typeof readOllamaChat

/** What a body decides, or `field: message` of its refusal. */
function decided(read: Reader, body: Body, flags: GivenFlags = {}): Body | string {
  try {
    return read({ config: readSettings({ reply: 'auto', ...flags }, {}), createdAt: 0 }, body)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

const usual = {
  stream: true,
  limit: 0,
  stop: [],
  promptTokens: 1,
  content: { reasoning: false, text: true, calls: 0 },
}

/** Rows of bodies and what differs from the usual, or how the refusal begins. */
function table(
  read: Reader,
  rows: readonly (readonly [Body, Body | string])[],
  flags: GivenFlags = {},
): void {
  test.each(named(rows))('%s', (_, body, expected) => {
    const got = decided(read, body, flags)
    if (typeof expected === 'string') expect(got).toStartWith(expected)
    else expect(withoutLoad(got)).toEqual({ ...usual, ...expected })
  })
}

/** Most of these bodies say nothing, by which a model is loaded: that has a table of its own. */
function withoutLoad(got: Body | string): Body | string {
  if (typeof got === 'string') return got
  const { load: _, ...others } = got
  return others
}

const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const says = (text: string): Body => ({ own: expect.objectContaining({ text }) })
const OBJECT = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const CITY = '{"city":"text"}'
const MEDIA = 256

const both: readonly (readonly [string, Reader])[] = [
  ['chat', readOllamaChat],
  ['generate', readOllamaGenerate],
]

test.each<[Reader, Body, 'load' | 'unload' | null]>([
  [readOllamaGenerate, {}, 'load'],
  [readOllamaGenerate, { prompt: '' }, 'load'],
  [readOllamaGenerate, { prompt: 'x' }, null],
  [readOllamaGenerate, { prompt: 'x', keep_alive: 0 }, null],
  [readOllamaGenerate, { images: ['x'] }, null],
  [readOllamaGenerate, { keep_alive: 0 }, 'unload'],
  [readOllamaGenerate, { keep_alive: '0' }, 'unload'],
  [readOllamaGenerate, { keep_alive: '0s' }, 'unload'],
  [readOllamaGenerate, { keep_alive: '0.0m' }, 'unload'],
  [readOllamaGenerate, { keep_alive: '10m' }, 'load'],
  [readOllamaGenerate, { keep_alive: '0.5s' }, 'load'],
  [readOllamaGenerate, { keep_alive: -1 }, 'load'],
  [readOllamaChat, { messages: [] }, 'load'],
  [readOllamaChat, { messages: [], keep_alive: 0 }, 'unload'],
  [readOllamaChat, { messages: [{ role: 'user', content: '' }] }, null],
])('what is loaded, case %#', (read, body, load) => expect(decided(read, body)).toMatchObject({ load }))

describe.each(both)('%s', (_, read) => {
  const options = (options: unknown): Body => ({ options })
  const format = (format: unknown): Body => ({ format })

  table(read, [
    [{}, {}],
    [
      { model: 'm', stream: false },
      { model: 'm', stream: false },
    ],
    [{ stream: null, options: null, format: null, think: null, model: null }, {}],
    [options({ num_predict: 3 }), { limit: 3 }],
    [options({ num_predict: 1e9 }), { limit: 1e9 }],
    [options({ num_predict: 0 }), {}],
    [options({ num_predict: -1 }), {}],
    [options({ num_predict: -2 }), {}],
    [options({ num_predict: null }), {}],
    [options({ num_predict: 1.5 }), type('options.num_predict', 'an integer')],
    [options({ num_predict: '3' }), type('options.num_predict', 'an integer')],
    [options({ num_predict: 1e300 }), type('options.num_predict', 'an integer')],
    [options({ stop: ['a', 'b'] }), { stop: ['a', 'b'] }],
    [options({ stop: 'a' }), { stop: ['a'] }],
    [options({ stop: [1] }), 'stop: Invalid type'],
    [options({ temperature: 'hot', num_ctx: 4096, seed: 1 }), {}],
    [options(7), type('options', 'an object')],
    [options([]), type('options', 'an object')],
    [format('json'), says('{}')],
    [format(''), {}],
    [format(OBJECT), says(CITY)],
    [format({ type: 'string', enum: new Array(20_000).fill('é') }), says('"é"')],
    [format({ type: 'string', const: '\ud800' }), says('"\\ud800"')],
    [format({ anyOf: [OBJECT, { type: 'null' }] }), says(CITY)],
    [format('xml'), 'format: invalid format: "xml"; expected "json" or a valid JSON Schema object'],
    [format(7), 'format: invalid format: 7; '],
    [format([OBJECT]), 'format: invalid format: [{'],
    [format({ type: 'integer', minimum: 5, maximum: 4 }), "format: Invalid schema for 'format': #"],
    [{ model: 7 }, type('model', 'a string')],
    [{ stream: 'no' }, type('stream', 'a boolean')],
    [{ keep_alive: '5m', truncate: true }, {}],
    [{ think: true }, {}],
    [{ think: 'high' }, {}],
    [{ think: 'deeply' }, "think: Invalid value for 'think'"],
    [{ think: 1 }, "think: Invalid value for 'think'"],
  ])

  describe('with --content reasoning', () => {
    const content = { reasoning: true, text: true, calls: 0 }
    table(
      read,
      [
        [{}, { content }],
        [{ think: true }, { content }],
        [{ think: 'low' }, { content }],
        [{ think: false }, {}],
      ],
      { content: 'reasoning' },
    )
  })
})

describe('messages', () => {
  const user = (message: Body): Body => ({ messages: [{ role: 'user', ...message }] })
  table(readOllamaChat, [
    [user({ content: 'x'.repeat(9) }), { promptTokens: 3 }],
    [user({ content: null }), {}],
    [user({ content: 'xxxx', images: ['x'.repeat(9999), 'x'] }), { promptTokens: 1 + 2 * MEDIA }],
    [{ messages: [] }, {}],
    [{ prompt: 'x'.repeat(99) }, {}],
    [{ messages: 'Hi' }, type('messages', 'an array of objects')],
    [{ messages: {} }, type('messages', 'an array of objects')],
    [{ messages: ['Hi'] }, type('messages[0]', 'an object')],
    [user({ content: [{ type: 'text', text: 'Hi' }] }), type('messages[0].content', 'a string')],
    [user({ role: 7 }), type('messages[0].role', 'a string')],
    [user({ images: 'x' }), type('messages[0].images', 'an array of strings')],
    [user({ images: [{}] }), type('messages[0].images', 'an array of strings')],
    [user({ thinking: true }), type('messages[0].thinking', 'a string')],
    [user({ tool_name: 7 }), type('messages[0].tool_name', 'a string')],
    [user({ tool_calls: {} }), type('messages[0].tool_calls', 'an array of objects')],
  ])
  test('as programs send it', () =>
    expect(withoutLoad(decided(readOllamaChat, formatBody))).toEqual({
      ...usual,
      ...says('{"city":"text","days":3,"unit":"c"}'),
      model: 'm',
      stream: false,
      promptTokens: 7,
    }))
})

describe('prompts', () => {
  table(readOllamaGenerate, [
    [{ prompt: 'x'.repeat(9) }, { promptTokens: 3 }],
    [{ prompt: '' }, {}],
    [{ prompt: 'xxxx', system: 'xxxx', suffix: 'xxxx' }, { promptTokens: 3 }],
    [{ prompt: 'xxxx', images: ['x'.repeat(9999)] }, { promptTokens: 1 + MEDIA }],
    [{ prompt: 'x', raw: true, template: '{{ .Prompt }}', context: [1, 2, 3] }, {}],
    [{ messages: [{ content: 'x'.repeat(99) }], tools: 'x' }, {}],
    [{ prompt: 7 }, type('prompt', 'a string')],
    [{ prompt: ['x'] }, type('prompt', 'a string')],
    [{ system: {} }, type('system', 'a string')],
    [{ suffix: 7 }, type('suffix', 'a string')],
    [{ template: 7 }, type('template', 'a string')],
    [{ raw: 'yes' }, type('raw', 'a boolean')],
    [{ context: 'x' }, type('context', 'an array of numbers')],
    [{ context: ['x'] }, type('context', 'an array of numbers')],
    [{ images: [7] }, type('images', 'an array of strings')],
  ])
  test('as programs send it', () =>
    expect(withoutLoad(decided(readOllamaGenerate, limitBody))).toEqual({
      ...usual,
      model: 'm',
      stream: false,
      limit: 3,
    }))
  test('there are no tools', () => {
    const content = { content: 'reasoning+tools' }
    expect(withoutLoad(decided(readOllamaGenerate, { tools: [tool('a')] }, content))).toEqual({
      ...usual,
      content: { reasoning: true, text: true, calls: 0 },
    })
  })
})

function tool(name: string, parameters?: unknown): Body {
  return { type: 'function', function: { name, parameters } }
}

describe('tools', () => {
  const call = (name: string, text: string): Body => {
    return { name, kind: 'function', input: expect.objectContaining({ text }) }
  }
  const calling = (...calls: readonly Body[]): Body => {
    return { content: { reasoning: false, text: false, calls: calls.length }, calls }
  }
  const tools = [tool('a', OBJECT), tool('b')]
  const talk = (...roles: readonly string[]): Body => {
    return { tools, messages: roles.map((role) => ({ role, content: '' })) }
  }
  table(
    readOllamaChat,
    [
      [{ tools }, calling(call('a', CITY))],
      [{ tools: [tool('c', {})] }, calling(call('c', '{}'))],
      [{ tools: [tool('c', true)] }, calling(call('c', '{}'))],
      [{ tools: [tool('c', { type: ['object', 'null'], properties: {} })] }, calling(call('c', '{}'))],
      [{ tools: [tool('c', { required: ['x'], additionalProperties: false })] }, 'tools (c)'],
      [{ tools: [tool('c', 'x')] }, 'tools (c)'],
      [{ tools: [{ type: 'function' }, {}, tool('')] }, {}],
      [{ tools: [] }, {}],
      [{ tools: 'x' }, type('tools', 'an array of objects')],
      [{ tools: ['x'] }, type('tools[0]', 'an object')],
      [talk('user'), calling(call('a', CITY))],
      [talk('user', 'assistant', 'tool'), {}],
      [talk('user', 'assistant', 'tool', 'tool'), {}],
      [talk('user', 'assistant', 'tool', 'assistant', 'user'), calling(call('a', CITY))],
    ],
    { content: 'tools' },
  )
  table(readOllamaChat, [[{ tools }, {}]])
  table(readOllamaChat, [[{ tools }, calling(call('a', CITY), call('b', '{}'))]], { content: 'tools:2' })
  table(
    readOllamaChat,
    [
      [talk('user', 'assistant', 'tool'), calling(call('b', '{}'))],
      [talk('user', 'assistant', 'tool', 'assistant', 'tool'), {}],
    ],
    { content: 'tools', toolRounds: '2' },
  )
  test.each([
    ['text+tools', { reasoning: false, text: true, calls: 1 }],
    ['reasoning+tools', { reasoning: true, text: false, calls: 1 }],
  ])('with --content %s', (content, expected) =>
    expect(decided(readOllamaChat, { tools }, { content })).toMatchObject({ content: expected }),
  )
})
