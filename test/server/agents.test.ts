// Paths that two providers have: whose clients get which form, and that the forms are never mixed up.
import { describe, expect, test } from 'bun:test'
import { ask, cardOf, CHAT, lay, layRules, post, statusOf, textOf, withBody } from './_desk.ts'
import { providers } from '../../src/apis/providers.ts'
import { readSettings } from '../../src/config/config.ts'

const MISTRAL = { 'user-agent': 'mistral-client-typescript/2.7.0' }
const OTHERS: readonly Record<string, string>[] = [
  {},
  { 'user-agent': 'my-mistral-client/1' },
  { 'user-agent': 'cohere-ai/8' },
]
const body = { messages: [{ role: 'user', content: 'Hi' }] }
const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]

const isMistral = (text: string): boolean => text.includes('"tool_calls":null')

describe('chat', () => {
  test('the same body, by turns: each client gets its own form', () => {
    const table = lay({ reply: 'auto' })
    for (let round = 0; round < 3; round++) {
      expect(isMistral(textOf(post(table, body, CHAT, MISTRAL)))).toBe(true)
      for (const headers of OTHERS) expect(isMistral(textOf(post(table, body, CHAT, headers)))).toBe(false)
    }
  })

  test('behind any prefix', () => {
    const table = lay({ reply: 'auto' })
    expect(isMistral(textOf(post(table, body, '/gw/chat/completions', MISTRAL)))).toBe(true)
    expect(isMistral(textOf(post(table, body, '/gw/chat/completions')))).toBe(false)
  })

  test('where nothing is looked into, everybody gets the same', () => {
    for (const reply of ['stream', 'json']) {
      const table = lay({ reply })
      expect(textOf(cardOf(ask(table, CHAT, MISTRAL)))).toBe(textOf(cardOf(ask(table, CHAT))))
    }
  })

  test('what is refused is refused in the form of the client', () => {
    const table = lay({ reply: 'auto' })
    const refuse = (headers: Record<string, string>): unknown => {
      const card = withBody(ask(table, CHAT, headers), { n: 0 })
      return [card.reply.status, Object.keys(JSON.parse(textOf(card)))]
    }
    expect(refuse(MISTRAL)).toEqual([422, ['detail']])
    expect(refuse({})).toEqual([400, ['error']])
  })

  test('both count as one route', () => {
    const table = lay({ reply: 'auto' })
    const counters = [MISTRAL, {}].map((headers) => post(table, body, CHAT, headers).counter)
    expect(counters[0]).toBe(counters[1]!)
  })

  test('a header of its own picks a pattern for either', () => {
    const table = lay({ reply: 'auto', honor: 'fault' })
    const pick = { 'x-test-pattern': 'status:422' }
    expect(Object.keys(JSON.parse(textOf(post(table, body, CHAT, { ...MISTRAL, ...pick }))))).toEqual([
      'detail',
    ])
    expect(Object.keys(JSON.parse(textOf(post(table, body, CHAT, pick))))).toEqual(['error'])
  })

  test('a rule with settings of its own keeps the form', async () => {
    const table = await layRules('- then: { text: yes and no, chunk-delay-ms: 3 }')
    for (const headers of [MISTRAL, {}, MISTRAL]) {
      const text = textOf(post(table, body, CHAT, headers))
      expect([isMistral(text), text.includes('yes and no')]).toEqual([headers === MISTRAL, true])
    }
  })

  test('rules of tools too', async () => {
    const table = await layRules('- then: { tools: { name: f, arguments: { a: 1 } }, content: tools }')
    const said = (headers: Record<string, string>): string =>
      textOf(post(table, { ...body, tools, stream: true }, CHAT, headers))
    expect(said(MISTRAL)).toContain('"arguments":"{\\"a\\":1}"')
    expect(said({})).not.toContain('"arguments":"{\\"a\\":1}"')
  })
})

describe('Groq’s x_groq', () => {
  const GROQ = { 'user-agent': 'Groq/JS 1.6.0' }
  const id = expect.stringMatching(/^req_mock/)
  const usage = { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 }
  const told = (flags: Record<string, string>, request: object, headers = GROQ): unknown[] => {
    const text = textOf(post(lay({ reply: 'auto', ...flags }), { ...body, ...request }, CHAT, headers))
    const lines = text.startsWith('{') ? [text] : text.split('\n\n').map((line) => line.slice(6))
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).x_groq ?? null)
  }

  test.each([
    [{}, {}, [{ id }]],
    [{}, { stream: true }, [{ id }, null, null, { id, usage }]],
    [
      {},
      { stream: true, stream_options: { include_usage: true } },
      [{ id }, null, null, { id, usage }, null],
    ],
    [
      { chunkCount: '0' },
      { stream: true },
      [{ id, usage: { ...usage, completion_tokens: 0, total_tokens: 1 } }],
    ],
    [
      {},
      { stream: true, max_tokens: 1 },
      [{ id }, { id, usage: { ...usage, completion_tokens: 1, total_tokens: 2 } }],
    ],
    [
      {},
      { stream: true, n: 2, max_tokens: 1 },
      [{ id }, null, null, { id, usage: { completion_tokens: 2 } }],
    ],
    [{ preambleMs: '0' }, { stream: true }, [{ id }, null, null, null, { id, usage }]],
    [{ fault: 'usage:never' }, { stream: true }, [{ id }, null, null, { id }]],
    [{ fault: 'finish-with-content' }, { stream: true }, [{ id }, null, { id, usage }]],
  ] as const)('%j %j', (flags, request, expected) => {
    expect(told(flags as Record<string, string>, request)).toMatchObject(expected as never)
    expect(told(flags as Record<string, string>, request, {} as never)).toEqual(expected.map(() => null))
  })
})

test('embeddings have an id for Mistral’s clients alone', () => {
  const table = lay({ reply: 'auto' })
  const keys = (headers: Record<string, string>): string[] =>
    Object.keys(JSON.parse(textOf(post(table, { input: 'a' }, '/v1/embeddings', headers))))
  expect(keys(MISTRAL)).toEqual(['id', 'object', 'data', 'model', 'usage'])
  expect(keys({})).toEqual(['object', 'data', 'model', 'usage'])
})

describe('models', () => {
  const setup = { config: readSettings({ model: 'one,two' }, {}), createdAt: 1_795_380_000 }
  const table = lay({ model: 'one,two' })
  const get = (path: string, agent: string): unknown =>
    JSON.parse(textOf(cardOf(ask(table, path, { 'user-agent': agent }, 'GET'))))

  test.each([
    [
      'cohere-ai/8.1.0',
      'cohere',
      { models: [{ name: 'one', endpoints: ['chat', 'embed', 'rerank'] }, { name: 'two' }] },
    ],
    [
      'mistral-client-typescript/2.7.0',
      'mistral',
      {
        object: 'list',
        data: [{ id: 'one', object: 'model', created: 1_795_380_000, type: 'base' }, { id: 'two' }],
      },
    ],
  ] as const)('of %s', (agent, name, expected) => {
    expect(get('/v1/models', agent)).toMatchObject(expected)
    expect(get('/v1/models/two', agent)).toEqual(JSON.parse(providers[name].model(setup, 'two').body))
    const missing = ask(table, '/v1/models/three', { 'user-agent': agent }, 'GET')
    expect([statusOf(missing), textOf(cardOf(missing))]).toEqual([
      404,
      providers[name].modelNotFound('three').body,
    ])
  })
})

test.each([
  ['PUT', '/v2/chat', {}, 405, 'cohere'],
  ['PUT', '/gw/v2/embed', {}, 405, 'cohere'],
  ['GET', '/rerank', { 'anthropic-version': '1' }, 405, 'cohere'],
  ['PUT', '/gw/fim/completions', {}, 405, 'mistral'],
  ['POST', '/v1/chat', { 'user-agent': 'cohere-ai/8.1.0' }, 404, 'cohere'],
  ['POST', '/v1/ocr', MISTRAL, 404, 'mistral'],
] as const)('%s %s with %j: %d in the form of %s', (method, path, headers, status, form) => {
  const card = cardOf(ask(lay({}), path, headers as Record<string, string>, method))
  const keys = Object.keys(JSON.parse(textOf(card)))
  expect([card.reply.status, keys]).toEqual([
    status,
    Object.keys(JSON.parse(providers[form].error(status, '').body)),
  ])
})
