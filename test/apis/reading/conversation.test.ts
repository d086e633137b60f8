// What was said before, whatever the format: whose turn it was, how often tools have answered, and how much text it is.
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import type { Conversation, JsonObject } from '../../../src/apis/api.ts'
import { catalogue } from '../../../src/apis/catalogue.ts'
import { readSettings } from '../../../src/config/config.ts'
import {
  countPromptTokens,
  countRounds,
  countTurns,
  isAnswered,
  lastUserText,
  textOf,
} from '../../../src/apis/reading/conversation.ts'

const GEMINI = '/v1beta/models/{model}:{verb}'
const EMBED = '/v1beta/models/{model}:embedContent'
const EMBED_ALL = '/v1beta/models/{model}:batchEmbedContents'
const PREDICT = '/v1/publishers/google/models/{model}:predict'

/** `u`: the user, `r`: a result of a tool, `o`: anybody else. */
const talk = (order: string): Conversation =>
  [...order].map((letter, i) => {
    return { by: ({ u: 'user', r: 'result', o: 'other' } as const)[letter as 'u']!, content: `${i}` }
  })

describe('who has said what', () => {
  test.each([
    ['', 0, false, 0, ''],
    ['o', 0, false, 0, ''],
    ['u', 0, false, 1, '0'],
    ['our', 1, true, 1, '1'],
    ['uorr', 1, true, 1, '0'], // two results of one round
    ['uoror', 2, true, 1, '0'],
    ['uoro', 1, false, 1, '0'],
    ['uoruoror', 2, true, 2, '3'], // what came before the last question does not count
    ['uoru', 0, false, 2, '3'],
    ['or', 1, true, 0, ''],
    ['uo', 0, false, 1, '0'],
  ])('%j: %d rounds, answered %j, %d turns, the user said %j', (order, rounds, answered, turns, said) => {
    const conversation = talk(order)
    expect([
      countRounds(conversation),
      isAnswered(conversation),
      countTurns(conversation),
      lastUserText(conversation),
    ]).toEqual([rounds, answered, turns, said])
  })
})

describe('what a body says', () => {
  const routes = catalogue({ config: readSettings({}, {}), createdAt: 0 }).filter(({ read }) => read)
  const result = { type: 'tool_result', tool_use_id: 'a', content: '4' }
  const text = (said: string): object => ({ type: 'text', text: said })
  const user = (...content: unknown[]): object => ({ role: 'user', content })
  const roles = (...order: string[]): object => ({
    messages: order.map((role, i) => ({ role, content: `${i}` })),
  })
  const rows: readonly [path: string, body: object, said: string, turns: number, rounds: number][] = [
    ['/v1/completions', { prompt: 'a' }, 'a', 1, 0],
    ['/v1/completions', { prompt: ['a', 'b'] }, 'b', 2, 0],
    ['/v1/completions', { prompt: [1, 2, 3] }, '', 1, 0],
    ['/v1/embeddings', { input: ['a', 'b'] }, 'b', 2, 0],
    ['/api/generate', { prompt: 'a' }, 'a', 1, 0],
    ['/v1/responses', { input: 'a' }, 'a', 1, 0],
    ['/v1/responses', { input: [{ type: 'function_call_output', output: 'x' }] }, '', 0, 1],
    ['/v1/responses', { input: [user({ type: 'input_text', text: 'a' }), { type: 'reasoning' }] }, 'a', 1, 0],
    ['/v1/chat/completions', roles('system', 'user', 'assistant', 'tool', 'tool'), '1', 1, 1],
    ['/v1/chat/completions', roles('user', 'assistant', 'function', 'assistant', 'tool'), '0', 1, 2],
    ['/openai/deployments/{deployment}/chat/completions', roles('user', 'assistant', 'user'), '2', 2, 0],
    ['/api/chat', roles('user', 'assistant', 'tool'), '0', 1, 1],
    ['/v1/messages', { messages: [user(text('a')), user(result)] }, 'a', 1, 1],
    // What stands beside results is said, and yet the rounds go on: programs add texts of their own to each.
    ['/v1/messages', { messages: [user(text('a')), user(result, text('b'))] }, 'b', 1, 1],
    [
      '/v1/messages',
      {
        messages: [
          user(text('a')),
          user(result, text('b')),
          { role: 'assistant', content: [] },
          user(text('c'), result, text('d')),
        ],
      },
      'cd',
      1,
      2,
    ],
    ['/v1/messages', roles('system', 'user', 'assistant'), '1', 1, 0],
    ['/v1/messages/count_tokens', roles('user'), '0', 1, 0],
    ...['converse', 'converse-stream'].flatMap((verb): typeof rows => [
      [`/model/{model}/${verb}`, { messages: [user({ text: 'a' }), user({ toolResult: {} })] }, 'a', 1, 1],
      [`/model/{model}/${verb}`, { messages: [user({ toolResult: {} }, { text: 'b' })] }, 'b', 0, 1],
    ]),
    ['/model/{model}/invoke', { messages: [user(text('a')), user(result)] }, 'a', 1, 1],
    ['/model/{model}/invoke-with-response-stream', roles('user'), '0', 1, 0],
    [GEMINI, { contents: [{ parts: [{ text: 'a' }] }, { role: 'model', parts: [] }] }, 'a', 1, 0],
    [GEMINI, { contents: [{ parts: [{ function_response: {} }, { text: 'b' }] }] }, 'b', 0, 1],
    [
      GEMINI,
      { generate_content_request: { contents: [{ role: 'user', parts: [{ text: 'a' }] }] } },
      'a',
      1,
      0,
    ],
    [GEMINI, { contents: [{ role: 'model', parts: [{ functionCall: {} }] }] }, '', 0, 0],
    [GEMINI, {}, '', 0, 0],
    ['/v1/responses/input_tokens', { input: 'Hi' }, 'Hi', 1, 0],
    ['/v1/moderations', { input: ['a', 'b'] }, 'b', 2, 0],
    ['/api/embed', { input: 'a' }, 'a', 1, 0],
    ['/api/embeddings', { prompt: 'a' }, 'a', 1, 0],
    ['/api/show', { model: 'm' }, '', 0, 0],
    ['/api/pull', { model: 'm' }, '', 0, 0],
    [EMBED, { content: { parts: [{ text: 'a' }, { text: 'b' }] } }, 'ab', 1, 0],
    [EMBED, { content: 'x' }, '', 1, 0],
    [EMBED_ALL, { requests: [{ content: { parts: [{ text: 'a' }] } }, { content: {} }] }, '', 2, 0],
    [EMBED_ALL, { requests: [7] }, '', 1, 0],
    [PREDICT, { instances: [{ content: 'a' }, { content: 'b' }] }, 'b', 2, 0],
    [PREDICT, { instances: { content: 'a' } }, 'a', 1, 0],
    ['/v2/chat', roles('system', 'user', 'assistant', 'tool', 'tool'), '1', 1, 1],
    ['/v2/chat', { messages: [user(text('a'), text('b')), { role: 'assistant' }] }, 'ab', 1, 0],
    ['/v2/embed', { texts: ['a', 'b'] }, 'b', 2, 0],
    ['/v2/embed', { inputs: [{ content: [text('a'), text('b')] }] }, 'ab', 1, 0],
    ['/v2/embed', { images: ['data:,x'] }, 'data:,x', 1, 0],
    ['/v1/rerank', { query: 'a', documents: ['b'] }, 'a', 1, 0],
    ['/v1/agents/completions', { agent_id: 'a', messages: [user('b')] }, 'b', 1, 0],
    ['/v1/fim/completions', { prompt: 'a', suffix: 'b' }, 'a', 1, 0],
  ]

  test.each(rows)('%s %j', (path, body, said, turns, rounds) => {
    const conversation = routes.find(({ paths }) => paths[0] === path)!.turns!(body as JsonObject)
    expect([lastUserText(conversation), countTurns(conversation), countRounds(conversation)]).toEqual([
      said,
      turns,
      rounds,
    ])
  })

  test.each([
    ['/v1/messages', result, 'So'],
    ['/model/{model}/converse', { toolResult: {} }, [{ text: 'So' }]],
  ])('the beginning of an answer that is to be continued is no turn: %s', (path, answered, content) => {
    const turns = routes.find(({ paths }) => paths[0] === path)!.turns!
    const body = {
      messages: [user(), { role: 'assistant', content: [] }, user(answered), { role: 'assistant', content }],
    }
    expect(isAnswered(turns(body as unknown as JsonObject))).toBe(true)
  })

  test('is told of every route whose bodies are read', () => {
    const covered = new Set(rows.map(([path]) => path))
    for (const { paths, read, turns, provider } of routes) {
      if (read === undefined || provider === 'azure') continue // Azure reads as OpenAI does
      expect([paths[0], turns === undefined, covered.has(paths[0])]).toEqual([paths[0], false, true])
    }
  })
})

test.each(
  named<[unknown, string]>([
    ['a', 'a'],
    [['a', 'b'], 'ab'],
    [[{ type: 'text', text: 'a' }, { type: 'image_url', image_url: { url: 'x' } }, { text: 'b' }], 'ab'],
    [{ parts: [{ text: 'a' }, { inlineData: {} }] }, 'a'],
    [{ content: [{ type: 'input_text', text: 'a' }] }, 'a'],
    [{ text: 'a', content: 'b' }, 'a'],
    [{ text: 1, content: 'b' }, 'b'],
    [null, ''],
    [7, ''],
    [undefined, ''],
    [{}, ''],
  ]),
)('the text of %s', (_, content, expected) => expect(textOf(content)).toBe(expected))

describe('tokens', () => {
  test.each(
    named<[unknown[], number]>([
      [[], 1],
      [[''], 1],
      [[undefined, null, 7, true], 1],
      [['abcd'], 1],
      [['abcde'], 2],
      [['ab', 'cd'], 1], // together
      [['é'.repeat(4)], 2], // bytes
      [[[{ role: 'user', content: 'abcdefgh' }]], 2],
      [[{ parameters: { type: 'object', properties: { city: { description: 'abcdefgh' } } } }], 2],
      [[{ type: 'image_url', image_url: { url: 'x'.repeat(9999) } }], 256],
      [[[{ type: 'input_file', file_data: 'x'.repeat(9999) }, 'abcd']], 257],
      [[{ inlineData: { data: 'x'.repeat(9999) } }], 256],
      [[{ file_data: { uri: 'x'.repeat(9999) } }], 256],
      [[{ type: 'document' }, { type: 'audio' }, { type: 'video' }, { type: 'media' }], 1024],
    ]),
  )('of %s', (_, values, expected) => expect(countPromptTokens(...values)).toBe(expected))

  test.each([
    'role',
    'type',
    'id',
    'call_id',
    'tool_call_id',
    'tool_use_id',
    'signature',
    'cache_control',
    'status',
  ])('a model does not read %s', (name) => {
    expect(countPromptTokens({ [name]: 'abcdefgh', content: 'abcd' })).toBe(1)
    expect(countPromptTokens({ [`my_${name}`]: 'abcdefgh', content: 'abcd' })).toBe(3)
  })
})
