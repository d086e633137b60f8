// What answers without a model: lists of models in everybody's form, token counts, versions, health, and what no route takes.
import { describe, expect, test } from 'bun:test'
import type { RequestHead, Route, WholeAnswer } from '../../src/apis/api.ts'
import { keptHeaders } from '../../src/apis/kept.ts'
import { defaultAsk, type ProviderName } from '../../src/apis/ask.ts'
import { catalogue, unrouted } from '../../src/apis/catalogue.ts'
import { clientOf } from '../../src/apis/routes/paths.ts'
import { providers } from '../../src/apis/providers.ts'
import { readSettings } from '../../src/config/config.ts'

const config = readSettings({ model: 'one,org/two:8b', ttftMs: '120.4' }, {})
const createdAt = 1_795_380_000
const CREATED = '2026-11-22T20:40:00.000Z'
const routes = catalogue({ config, createdAt })

const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openai: {},
  anthropic: { 'anthropic-version': '2023-06-01' },
  gemini: { 'x-goog-api-key': 'k' },
}

function headOf(
  path: string,
  given: Readonly<Record<string, string>> = {},
  method = 'GET',
  query = '',
): RequestHead {
  return { method, path, query, header: (name) => given[name] ?? null, headers: () => keptHeaders(given) }
}

/** The answer of the route that has this path. */
function ask(path: string, head: RequestHead, method = 'GET'): WholeAnswer & { json: any } {
  const route = routes.find((one: Route) => one.method === method && one.paths.includes(path))!
  const answer = route.answer({ ...defaultAsk(config), ...route.pick?.(head) }, 3)
  if (answer.kind !== 'whole') throw new Error('not whole')
  return { ...answer, json: JSON.parse(answer.body) }
}

const openaiModel = (id: string) => ({ id, object: 'model', created: createdAt, owned_by: 'mock-llm-api' })
const anthropicModel = (id: string) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: CREATED,
  lifecycle: 'active',
  deprecated_at: null,
  retires_at: null,
  line: null,
  max_input_tokens: 200_000,
  max_tokens: 64_000,
  capabilities: expect.objectContaining({ thinking: expect.anything(), batch: { supported: false } }),
})
const geminiModel = (id: string) => ({
  name: `models/${id}`,
  version: '001',
  displayName: id,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
})
const NAMES = ['one', 'org/two:8b']

const lists: Readonly<Record<string, { list: unknown; model: (id: string) => unknown; status: unknown }>> = {
  openai: {
    list: { object: 'list', data: NAMES.map(openaiModel) },
    model: openaiModel,
    status: 'model_not_found',
  },
  anthropic: {
    list: { data: NAMES.map(anthropicModel), has_more: false, first_id: 'one', last_id: 'org/two:8b' },
    model: anthropicModel,
    status: 'not_found_error',
  },
  gemini: { list: { models: NAMES.map(geminiModel) }, model: geminiModel, status: 'NOT_FOUND' },
}

describe.each([
  ['/v1/models', 'openai'],
  ['/models', 'openai'],
  ['/v1/models', 'anthropic'],
  ['/models', 'anthropic'],
  ['/v1/models', 'gemini'],
  ['/v1beta/models', 'gemini'],
] as const)('%s in the form of %s', (path, dialect) => {
  const head = (name = ''): RequestHead => headOf(path + name, headers[dialect])
  const { list, model, status } = lists[dialect]!

  test('all', () => {
    const answer = ask(path, head())
    expect([answer.status, answer.step]).toEqual([200, undefined])
    expect(answer.json).toEqual(list)
  })

  test.each(NAMES)('%s', (id) => {
    const answer = ask(`${path}/{model}`, head(`/${id}`))
    expect([answer.status, answer.json]).toEqual([200, model(id)])
  })

  test.each(['three', 'on', 'one/', '', 'two:8b'])('there is no model %j', (id) => {
    const answer = ask(`${path}/{model}`, head(`/${id}`))
    expect(answer.status).toBe(404)
    expect(answer.json).toEqual(JSON.parse(providers[dialect].modelNotFound(id).body))
    const { error } = answer.json
    expect(error.status ?? error.code ?? error.type).toBe(status)
  })
})

test('Ollama’s models, all alike', () => {
  const { status, json } = ask('/api/tags', headOf('/api/tags'))
  expect(status).toBe(200)
  expect(json.models).toEqual(
    NAMES.map((name) => ({
      name,
      model: name,
      modified_at: CREATED,
      size: expect.any(Number),
      digest: expect.stringMatching(/^0{64}$/),
      details: {
        parent_model: '',
        format: 'gguf',
        family: 'mock',
        families: ['mock'],
        parameter_size: '8.0B',
        quantization_level: 'Q4_0',
      },
    })),
  )
  expect(providers.ollama.model({ config, createdAt }, 'one').body).toBe(JSON.stringify(openaiModel('one')))
})

test.each([
  ['GET', '/api/version', { version: '0.12.0' }],
  ['GET', '/health', { status: 'ok' }],
  ['GET', '/healthz', { status: 'ok' }],
  ['GET', '/readyz', { status: 'ok' }],
  ['POST', '/v1/messages/count_tokens', { input_tokens: 10 }],
] as const)('%s %s', (method, path, expected) => {
  const answer = ask(path, headOf(path), method)
  expect([answer.status, answer.step, answer.json]).toEqual([200, undefined, expected])
})

test('what this is: every endpoint but itself, and the models', () => {
  const { json } = ask('/', headOf('/'), 'GET')
  const { service, models, endpoints } = json as { service: string; models: string[]; endpoints: string[] }
  expect(service).toBe('mock-llm-api')
  expect(models).toContain('one')
  expect(Object.keys(json.base_urls)).toEqual(expect.arrayContaining(Object.keys(providers)))
  expect(json.base_urls).toMatchObject({ openai: '/v1', anthropic: '/', openrouter: '/api/v1' })
  const served = routes.filter(({ role, isForOwn }) => role !== 'health' && !isForOwn)
  expect(endpoints).toEqual(served.map(({ method, paths }) => `${method} ${paths[0]}`))
})

test('Gemini’s token count, by the verb of its path', () => {
  const [path] = ['/v1beta/models/{model}:{verb}']
  const answer = ask(path!, headOf('/v1beta/models/one:countTokens'), 'POST')
  expect([answer.status, answer.step, answer.json]).toEqual([200, undefined, { totalTokens: 10 }])
})

test('what fails, what lists and what is open', () => {
  const roles = Object.fromEntries(
    routes.map(({ method, paths: [path], role }) => [`${method} ${path}`, role]),
  )
  for (const [name, role] of Object.entries(roles))
    expect([name, role]).toEqual([
      name,
      ['GET /health', 'GET /readyz', 'GET /'].includes(name)
        ? 'health'
        : name.startsWith('POST') && !name.endsWith('/cancel')
          ? 'model'
          : 'list',
    ])
  expect(Object.keys(roles)).toHaveLength(48)
  expect(routes.filter(({ open }) => open).map(({ paths }) => paths[0])).toEqual(['/health', '/readyz', '/'])
  expect(routes.filter(({ eager }) => eager).map(({ paths }) => paths[0])).toEqual(['/v1/chat/completions'])
})

describe('whose client it is', () => {
  test.each<[Record<string, string>, ProviderName]>([
    [{}, 'openai'],
    [headers['anthropic']!, 'anthropic'],
    [headers['gemini']!, 'gemini'],
    [{ 'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/v24' }, 'gemini'],
    [{ 'api-key': 'k' }, 'azure'],
    [{ 'user-agent': 'ollama-js/0.6.4 (x64 linux Node.js/v20)' }, 'ollama'],
    [{ 'user-agent': 'not-ollama' }, 'openai'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/bedrock/aws4_request' }, 'bedrock'],
    [{ authorization: 'Bearer AWS4-HMAC-SHA256' }, 'openai'],
    [{ 'user-agent': 'cohere-ai/8.1.0' }, 'cohere'],
    [{ 'user-agent': 'mistral-client-typescript/2.7.0' }, 'mistral'],
    [{ 'user-agent': 'mistral-client-python/1.9.0' }, 'mistral'],
    [{ 'user-agent': 'Groq/JS 1.6.0' }, 'groq'],
    [{ 'user-agent': 'AsyncGroq/Python 1.0.0' }, 'groq'],
    [{ 'user-agent': 'groq-compatible' }, 'openai'],
    [{ 'user-agent': 'mistral-client/1', 'api-key': 'k' }, 'azure'],
    [{ ...headers['anthropic'], ...headers['gemini'] }, 'anthropic'],
  ])('%j: %s', (given, name) => expect(clientOf(headOf('/v1/models', given))).toBe(name))
})

describe('no route', () => {
  test.each([
    [[], 404, 'Invalid URL (PUT /api/x)', undefined],
    [['POST'], 405, 'Not allowed to PUT on /api/x (allowed: POST)', { Allow: 'POST' }],
    [['GET'], 405, 'Not allowed to PUT on /api/x (allowed: GET, HEAD)', { Allow: 'GET, HEAD' }],
    [
      ['POST', 'GET'],
      405,
      'Not allowed to PUT on /api/x (allowed: POST, GET, HEAD)',
      { Allow: 'POST, GET, HEAD' },
    ],
  ] as const)('allowed: %j → %d', (allowed, status, error, sent) => {
    const answer = unrouted('ollama', headOf('/api/x', {}, 'PUT'), new Set(allowed))
    expect(answer).toEqual({
      kind: 'whole',
      status,
      body: JSON.stringify({ error }),
      ...(sent && { headers: sent }),
    })
  })

  test('what was probably meant is told', () => {
    const { error } = JSON.parse(unrouted('openai', headOf('/v1//x'), new Set(), 'did you mean /v1/x?').body)
    expect(error.message).toBe('Invalid URL (GET /v1//x): did you mean /v1/x?')
  })

  test('a wrong method has a code where codes are told', () => {
    const { error } = JSON.parse(unrouted('openai', headOf('/v1/x', {}, 'PUT'), new Set(['GET'])).body)
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'method_not_allowed', param: null })
  })
})
