// What every provider says when it refuses, for every status that can be asked for.
import { describe, expect, test } from 'bun:test'
import { body } from '../replies/_replies.ts'
import { formats, prepare } from './_readers.ts'
import type { ProviderName } from '../../src/apis/ask.ts'
import { providers, refusal } from '../../src/apis/providers.ts'
import type { Waiting } from '../../src/apis/retrying.ts'

const STATUSES = Array.from({ length: 200 }, (_, i) => 400 + i)
const MIDSTREAM = 'The server had an error while processing your request.'

const messages: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'Incorrect API key provided.',
  403: 'This key may not do that.',
  404: 'There is no such resource.',
  408: 'The request took too long.',
  409: 'The resource is in use.',
  413: 'The request is too large.',
  422: 'The request cannot be processed.',
  429: 'Rate limit reached.',
  500: MIDSTREAM,
  502: 'Bad gateway.',
  503: 'The service is overloaded.',
  504: 'The service took too long.',
  529: 'Overloaded',
}

/** What is special about a status, and what it is otherwise: below 500, and from there on. */
interface Kinds {
  readonly special: Readonly<Record<number, string | null>>
  readonly below500: string | null
  readonly from500: string | null
}
const kindOf = ({ special, below500, from500 }: Kinds, status: number): string | null =>
  special[status] ?? (status < 500 ? below500 : from500)

/** https://platform.openai.com/docs/guides/error-codes */
const openaiTypes: Kinds = {
  special: { 429: 'requests' },
  below500: 'invalid_request_error',
  from500: 'server_error',
}
const openaiCodes: Kinds = {
  special: {
    401: 'invalid_api_key',
    403: 'unsupported_country_region_territory',
    429: 'rate_limit_exceeded',
  },
  below500: null,
  from500: null,
}
/** https://docs.anthropic.com/en/api/errors */
const anthropicTypes: Kinds = {
  special: {
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    409: 'conflict_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  },
  below500: 'invalid_request_error',
  from500: 'api_error',
}
/** https://cloud.google.com/apis/design/errors#handling_errors */
const geminiStatuses: Kinds = {
  special: {
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    409: 'ABORTED',
    429: 'RESOURCE_EXHAUSTED',
    499: 'CANCELLED',
    501: 'UNIMPLEMENTED',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
  },
  below500: 'INVALID_ARGUMENT',
  from500: 'INTERNAL',
}

const mistralTypes: Kinds = {
  special: { 429: 'rate_limited' },
  below500: 'invalid_request_error',
  from500: 'server_error',
}

/** The whole body of each provider's error. */
const bodies: Readonly<Record<ProviderName, (status: number, message: string) => unknown>> = {
  openai: openaiBody,
  azure: openaiBody,
  groq: openaiBody,
  anthropic: (status, message) => ({
    type: 'error',
    error: { type: kindOf(anthropicTypes, status), message },
    request_id: 'req_mock',
  }),
  gemini: (status, message) => ({
    error: { code: status, message, status: kindOf(geminiStatuses, status) },
  }),
  ollama: (_status, message) => ({ error: message }),
  bedrock: (_status, message) => ({ message }),
  cohere: (_status, message) => ({ message }),
  mistral: (status, message) => {
    if (status === 422) return { detail: [{ type: 'value_error', loc: ['body'], msg: message }] }
    return { object: 'error', message, type: kindOf(mistralTypes, status), param: null, code: null }
  },
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
const bedrockExceptions: Kinds = {
  special: {
    401: 'UnrecognizedClientException',
    403: 'AccessDeniedException',
    404: 'ResourceNotFoundException',
    405: 'UnknownOperationException',
    408: 'ModelTimeoutException',
    409: 'ConflictException',
    424: 'ModelErrorException',
    429: 'ThrottlingException',
    503: 'ServiceUnavailableException',
  },
  below500: 'ValidationException',
  from500: 'InternalServerException',
}

/** The headers of every error of a provider. */
function headersOf(name: ProviderName, status: number): Record<string, string> {
  return name === 'bedrock' ? { 'x-amzn-errortype': kindOf(bedrockExceptions, status)! } : {}
}

function openaiBody(status: number, message: string): unknown {
  const [type, code] = [kindOf(openaiTypes, status), kindOf(openaiCodes, status)]
  return { error: { message, type, param: null, code } }
}

const names = Object.keys(bodies) as ProviderName[]

test('every provider is in the table', () =>
  expect(names.toSorted()).toEqual(Object.keys(providers).toSorted() as never))

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  test('every status from 400 to 599, in the provider’s form; 429 says how long to wait', () => {
    for (const status of STATUSES) {
      const reply = prepare(format, { pattern: `status:${status}`, flags: { retryAfterMs: '1500' } })
      const message = messages[status] ?? `Status ${status}.`
      expect([status, reply.status, reply.whole, reply.dueMs[0]]).toEqual([status, status, true, 0])
      expect(body(reply)).toBe(JSON.stringify(bodies[format.provider](status, message)))
      expect(reply.headers).toEqual({
        'Content-Type': 'application/json',
        ...headersOf(format.provider, status),
        ...(status === 429 && { 'retry-after': '2', 'retry-after-ms': '1500' }),
      })
    }
  })
})

const waiting: Waiting = {
  waitMs: 1500,
  retryAfter: 'both',
  shouldRetry: 'none',
  nowUnixMs: Date.UTC(2026, 10, 26, 8, 0, 0, 1),
}

describe.each(names)('%s', (name) => {
  test.each([
    ['seconds', { 'retry-after': '2' }],
    ['ms', { 'retry-after-ms': '1500' }],
    ['date', { 'retry-after': 'Thu, 26 Nov 2026 08:00:02 GMT' }],
    ['past', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    ['malformed', { 'retry-after': 'soon' }],
    ['none', {}],
  ] as const)('how long to wait, as %s', (retryAfter, told) =>
    expect(refusal(name, 429, { ...waiting, retryAfter }).headers ?? {}).toEqual({
      ...headersOf(name, 429),
      ...told,
    }),
  )

  test.each(['true', 'false'] as const)('x-should-retry: %s is told with every status', (shouldRetry) => {
    for (const status of [400, 500, 503])
      expect(refusal(name, status, { ...waiting, shouldRetry }).headers).toEqual({
        ...headersOf(name, status),
        'x-should-retry': shouldRetry,
      })
    expect(refusal(name, 401, null).headers ?? {}).toEqual(headersOf(name, 401))
  })

  test.each([
    [0, '0', '0'],
    [0.2, '1', '1'],
    [1000, '1', '1000'],
    [1000.5, '2', '1001'],
    [86_400_000, '86400', '86400000'],
  ])('a wait of %d ms, rounded up', (ms, seconds, milliseconds) => {
    const { headers } = refusal(name, 429, { ...waiting, waitMs: ms }, 'Wait.')
    const waits = { 'retry-after': seconds, 'retry-after-ms': milliseconds }
    expect(headers).toEqual({ ...headersOf(name, 429), ...waits })
  })

  test('a message of its own takes the place of the usual one, and only 429 has headers', () => {
    for (const status of [400, 401, 413, 503]) {
      const { headers, ...answer } = refusal(name, status, { ...waiting, waitMs: 5000 }, 'So it is.')
      expect(answer).toEqual({
        kind: 'whole',
        status,
        body: JSON.stringify(bodies[name](status, 'So it is.')),
      })
      expect(headers ?? {}).toEqual(headersOf(name, status))
    }
  })

  test('headers that an error is given are sent with it', () => {
    const { headers } = providers[name].error(405, 'No.', { headers: { Allow: 'GET' } })
    expect(headers).toEqual({ ...headersOf(name, 405), Allow: 'GET' })
  })
})

test.each(['openai', 'azure'] as const)('%s names the field that is wrong, and a code', (name) => {
  const { body: sent } = providers[name].error(400, 'No.', { param: 'n', code: 'too_many' })
  expect(JSON.parse(sent).error).toEqual({
    message: 'No.',
    type: 'invalid_request_error',
    param: 'n',
    code: 'too_many',
  })
})

test.each([
  ['openai', "The model 'x' does not exist", { param: 'model', code: 'model_not_found' }],
  ['azure', "The model 'x' does not exist", { param: 'model', code: 'model_not_found' }],
  ['anthropic', 'model: x', {}],
  ['gemini', 'models/x is not found for API version v1beta, or is not supported for generateContent.', {}],
] as const)('%s says that there is no such model', (name, message, details) => {
  const { status, body: sent } = providers[name].modelNotFound('x')
  expect(status).toBe(404)
  const { error } = bodies[name](404, message) as { error: object }
  expect(JSON.parse(sent).error).toEqual({ ...error, ...details })
})

test('Bedrock says that there is no such model', () => {
  const { status, body: sent } = providers.bedrock.modelNotFound('x')
  const message = 'Could not resolve the foundation model from the provided model identifier.'
  expect([status, sent]).toEqual([404, JSON.stringify({ message })])
})

test('Ollama says that there is no such model', () => {
  const { status, body: sent } = providers.ollama.modelNotFound('x')
  expect([status, sent]).toEqual([404, '{"error":"model \'x\' not found"}'])
})

test('Cohere and Mistral say that there is no such model', () => {
  const cohere = providers.cohere.modelNotFound('x')
  expect([cohere.status, JSON.parse(cohere.body)]).toEqual([
    404,
    { message: "model 'x' not found, make sure the correct model ID was used" },
  ])
  const mistral = providers.mistral.modelNotFound('x')
  const said = bodies.mistral(404, "The model 'x' does not exist") as object
  expect([mistral.status, JSON.parse(mistral.body)]).toEqual([404, { ...said, code: 'model_not_found' }])
})

test.each([
  ['n', ['body', 'n']],
  ['messages[0].content[12].type', ['body', 'messages', 0, 'content', 12, 'type']],
  ['response_format.type', ['body', 'response_format', 'type']],
])('Mistral refuses a body as a 422 that names the place: %s', (param, loc) => {
  const { status, body: sent } = providers.mistral.error(400, 'No.', { param })
  expect([status, JSON.parse(sent)]).toEqual([422, { detail: [{ type: 'value_error', loc, msg: 'No.' }] }])
})
