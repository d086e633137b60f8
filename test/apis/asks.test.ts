// What a request decides, read from its body or its path.
import { describe, expect, test } from 'bun:test'
import { readMessage } from '../../src/apis/anthropic.ts'
import { type Ask, BadRequest, type RequestHead } from '../../src/apis/api.ts'
import { decode, readModel } from '../../src/apis/body.ts'
import { readEmbeddings } from '../../src/apis/embeddings.ts'
import { pickGeneration, readGeneration } from '../../src/apis/gemini.ts'
import { readOllama } from '../../src/apis/ollama.ts'
import { readCompletion } from '../../src/apis/openai.ts'
import { readResponse } from '../../src/apis/responses.ts'
import { named } from '../_helpers.ts'

type Body = Readonly<Record<string, unknown>>
type Expected = Partial<Ask> | string

const head = (path: string, query = ''): RequestHead => ({ method: 'POST', path, query, header: () => null })
const generate = (body: Body): Partial<Ask> => readGeneration(body, head('/v1beta/models/m:generateContent'))
const embed = (body: Body): Partial<Ask> => readEmbeddings(body, 1536)

/** Either what is asked for, or `field: message` of the refusal. */
function result(read: (body: Body) => Partial<Ask>, body: Body): Expected {
  try {
    return read(body)
  } catch (thrown) {
    if (!(thrown instanceof BadRequest)) throw thrown
    return `${thrown.param}: ${thrown.message}`
  }
}

const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`
const CHOICE = "tool_choice: Missing required parameter: 'tool_choice.name'."
const INPUT = value('input', 'a string, an array of tokens, or 1 to 2048 of them')

const tools = [
  { type: 'function', function: { name: '' } },
  { type: 'function', function: { name: 'first' } },
  { name: 'second' },
]
const LONG = 'x'.repeat(256)

function readings(
  read: (body: Body) => Partial<Ask>,
  usual: Partial<Ask>,
  rows: readonly (readonly [Body, Expected])[],
) {
  test.each(named(rows))('%s', (_, body, expected) =>
    expect(result(read, body)).toEqual(typeof expected === 'string' ? expected : { ...usual, ...expected }),
  )
}

describe('chat and completions', () => {
  readings(readCompletion, { stream: false, includeUsage: false, choices: 1 }, [
    [{}, {}],
    [{ stream: true }, { stream: true }],
    [{ stream: null, n: null, model: null, stream_options: null, tool_choice: null }, {}],
    [{ stream: 'true' }, type('stream', 'a boolean')],
    [{ stream_options: { include_usage: true } }, { includeUsage: true }],
    [{ stream_options: { include_usage: false } }, {}],
    [{ stream_options: {} }, {}],
    [{ stream_options: [] }, type('stream_options', 'an object')],
    [{ stream_options: { include_usage: 1 } }, type('include_usage', 'a boolean')],
    [{ n: 1 }, {}],
    [{ n: 8 }, { choices: 8 }],
    [{ n: 9 }, value('n', 'an integer from 1 to 8')],
    [{ n: 0 }, value('n', 'an integer from 1 to 8')],
    [{ n: 1.5 }, type('n', 'an integer')],
    [{ n: '2' }, type('n', 'an integer')],
    [{ model: LONG }, { model: LONG }],
    [{ model: `${LONG}x` }, value('model', '1 to 256 characters')],
    [{ model: '' }, value('model', '1 to 256 characters')],
    [{ model: 7 }, type('model', 'a string')],
    [{ tools }, { toolName: 'first' }],
    [{ tools: [7, null, 'x', { name: `${LONG}x` }, { custom: { name: 'own' } }] }, { toolName: 'own' }],
    [{ tools: [{ name: LONG }] }, { toolName: LONG }],
    [{ tools: {} }, {}],
    [{ tools: [] }, {}],
    [{ tool_choice: 'auto' }, {}],
    [
      { tool_choice: 'none', tools },
      { content: 'text', toolName: 'first' },
    ],
    [{ tool_choice: 'required' }, { content: 'tools' }],
    [
      { tool_choice: 'required', tools },
      { content: 'tools', toolName: 'first' },
    ],
    [{ tool_choice: 'any' }, value('tool_choice', 'none, auto, required or an object')],
    [{ tool_choice: [] }, value('tool_choice', 'none, auto, required or an object')],
    [
      { tool_choice: { type: 'function', function: { name: 'that' } }, tools },
      { content: 'tools', toolName: 'that' },
    ],
    [{ tool_choice: { type: 'function', name: 'that' } }, { content: 'tools', toolName: 'that' }],
    [{ tool_choice: { type: 'custom', custom: { name: 'that' } } }, { content: 'tools', toolName: 'that' }],
    [{ tool_choice: { type: 'function' } }, CHOICE],
    [{ tool_choice: { type: 'function', function: {} } }, CHOICE],
    [{ tool_choice: { type: 'custom', custom: [] } }, type('custom', 'an object')],
    [
      { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools } } },
      { content: 'tools', toolName: 'first' },
    ],
    [{ tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } }, { content: 'tools' }],
    [{ tool_choice: { type: 'allowed_tools', mode: 'auto', tools } }, {}],
    [{ tool_choice: { type: 'allowed_tools', tools } }, {}],
    [{ tool_choice: { type: 'file_search' } }, {}],
  ])
})

describe('responses', () => {
  readings(readResponse, { stream: false }, [
    [{}, {}],
    [
      { stream: true, model: 'm', n: 3 },
      { stream: true, model: 'm' },
    ],
    [{ stream: 1 }, type('stream', 'a boolean')],
    [
      { tools: [{ type: 'function', name: 'mine' }], tool_choice: 'required' },
      { content: 'tools', toolName: 'mine' },
    ],
    [{ tool_choice: 'none' }, { content: 'text' }],
  ])
})

describe('messages', () => {
  readings(readMessage, { stream: false }, [
    [{}, {}],
    [
      { stream: true, model: 'm', tools: [{ name: 'mine' }] },
      { stream: true, model: 'm', toolName: 'mine' },
    ],
    [{ stream: 'no' }, type('stream', 'a boolean')],
    [{ tool_choice: { type: 'auto' } }, {}],
    [{ tool_choice: { type: 'none' } }, { content: 'text' }],
    [
      { tool_choice: { type: 'any' }, tools: [{ name: 'mine' }] },
      { content: 'tools', toolName: 'mine' },
    ],
    [
      { tool_choice: { type: 'tool', name: 'that' }, tools: [{ name: 'mine' }] },
      { content: 'tools', toolName: 'that' },
    ],
    [{ tool_choice: { type: 'tool' } }, CHOICE],
    [{ tool_choice: { type: 'function' } }, value('tool_choice.type', 'auto, any, tool or none')],
    [{ tool_choice: 'auto' }, type('tool_choice', 'an object')],
  ])
})

describe('gemini', () => {
  const calling = (config: unknown): Body => ({ toolConfig: { functionCallingConfig: config } })
  const declared = [{ functionDeclarations: [{ name: 'mine' }] }]
  readings(generate, { model: 'm' }, [
    [{ model: 'not this one' }, {}],
    [{ tools: declared }, { toolName: 'mine' }],
    [
      { tools: [{ googleSearch: {} }, { function_declarations: [{}, { name: 'mine' }] }] },
      { toolName: 'mine' },
    ],
    [calling({ mode: 'AUTO' }), {}],
    [calling({}), {}],
    [calling({ mode: 'NONE' }), { content: 'text' }],
    [
      { ...calling({ mode: 'ANY' }), tools: declared },
      { content: 'tools', toolName: 'mine' },
    ],
    [
      { ...calling({ mode: 'ANY', allowedFunctionNames: ['that'] }), tools: declared },
      { content: 'tools', toolName: 'that' },
    ],
    [
      { tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['that'] } } },
      { content: 'tools', toolName: 'that' },
    ],
    [
      calling({ mode: 'ANY', allowedFunctionNames: 'that' }),
      type('allowedFunctionNames', 'an array of strings'),
    ],
    [
      calling({ mode: 'ANY', allowedFunctionNames: ['a', 1] }),
      type('allowedFunctionNames', 'an array of strings'),
    ],
    [calling({ mode: 7 }), type('mode', 'a string')],
    [calling([]), type('functionCallingConfig', 'an object')],
    [{ toolConfig: 7 }, type('toolConfig', 'an object')],
  ])

  test.each([
    ['/v1beta/models/m:generateContent', 'alt=sse', { stream: false }],
    ['/v1beta/models/m:countTokens', '', { stream: false, countOnly: true }],
    ['/v1/models/m:streamGenerateContent', '', { stream: true, alt: 'json' }],
    ['/v1/models/m:streamGenerateContent', 'alt=sse', { stream: true, alt: 'sse' }],
    ['/v1/models/m:streamGenerateContent', 'key=k&alt=sse&x=y', { stream: true, alt: 'sse' }],
    ['/v1/models/m:streamGenerateContent', 'default=sse', { stream: true, alt: 'json' }],
    ['/v1/models/m:streamGenerateContent', 'alt=ssex', { stream: true, alt: 'json' }],
    ['/v1/models/org/m:8b:generateContent', '', { stream: false }],
    ['/v1/models/m:embedContent', '', undefined],
    ['/v1/models/m', '', undefined],
    ['/v1/models/m:generateContent/x', '', undefined],
  ])('%s?%s', (path, query, expected) => expect(pickGeneration(head(path, query))).toEqual(expected as never))

  test('the model is what stands before the last colon', () => {
    expect(readGeneration({}, head('/v1/models/org/m:8b:generateContent'))).toEqual({ model: 'org/m:8b' })
    expect(() => readGeneration({}, head(`/v1/models/${LONG}x:generateContent`))).toThrow(BadRequest)
  })
})

describe('ollama', () => {
  readings(readOllama, { stream: true }, [
    [{}, {}],
    [
      { stream: false, model: 'm', tools: [{ name: 'outside' }, { function: { name: 'mine' } }] },
      { stream: false, model: 'm', toolName: 'mine' },
    ],
    [{ stream: 'no' }, type('stream', 'a boolean')],
  ])
})

describe('embeddings', () => {
  readings(embed, { encoding: 'float', inputs: 1, dimensions: 1536 }, [
    [{ input: 'x', model: 'm' }, { model: 'm' }],
    [{ input: '' }, {}],
    [{ input: [1, 2, 3] }, {}],
    [{ input: ['a', 'b'] }, { inputs: 2 }],
    [{ input: [[1], [2], [3]] }, { inputs: 3 }],
    [{ input: [[1], 'b'] }, { inputs: 2 }],
    [{ input: [1, 'b'] }, INPUT],
    [{ input: [null] }, INPUT],
    [{ input: [] }, INPUT],
    [{ input: {} }, INPUT],
    [{}, INPUT],
    [{ input: new Array(2048).fill('a') }, { inputs: 2048 }],
    [{ input: new Array(2049).fill('a') }, INPUT],
    [{ input: 'x', encoding_format: 'base64' }, { encoding: 'base64' }],
    [{ input: 'x', encoding_format: null }, {}],
    [{ input: 'x', encoding_format: 'hex' }, value('encoding_format', 'float or base64')],
    [{ input: 'x', dimensions: 16_384 }, { dimensions: 16_384 }],
    [{ input: 'x', dimensions: 16_385 }, value('dimensions', 'an integer from 1 to 16384')],
    [
      { input: new Array(1000).fill('a'), dimensions: 4000 },
      { inputs: 1000, dimensions: 4000 },
    ],
    [
      { input: new Array(1000).fill('a'), dimensions: 4001 },
      'input: 1000 inputs in 4001 dimensions are too many at once.',
    ],
  ])
})

test.each([
  ['a%20b', 'a b'],
  ['%E4%B8%96', '世'],
  ['100%', '100%'],
  ['%zz', '%zz'],
])('decode %s', (text, expected) => expect(decode(text)).toBe(expected))

test('a body without a model decides none', () => expect(Object.keys(readModel({ model: null }))).toEqual([]))
