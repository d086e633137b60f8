// OpenAI: error bodies, model objects, response headers, and what its request bodies have in common.
// https://platform.openai.com/docs/api-reference
import type OpenAI from 'openai'
import type { UpstreamSettings } from '../config/config.ts'
import {
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  type RateLimit,
  type Setup,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, type Said, type Tokens } from './content.ts'

/** The `[DONE]` that ends every OpenAI stream. */
export const DONE = '[DONE]'

/** https://platform.openai.com/docs/guides/error-codes */
const codes: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  403: 'unsupported_country_region_territory',
  429: 'rate_limit_exceeded',
}

/** `{"error":{…}}` with all four keys, as the SDKs expect them. */
export function openaiError(status: number, message: string, details: ErrorDetails = {}): WholeAnswer {
  const { param = null, code = codes[status] ?? null, headers } = details
  const type = status >= 500 ? 'server_error' : status === 429 ? 'requests' : 'invalid_request_error'
  return jsonAnswer(status, { error: { message, type, param, code } }, headers)
}

/** The error of a stream that has begun, after so many events: it raises in every SDK. */
export function openaiFailure(_sent: number, status = 500): { readonly data: string } {
  return { data: openaiError(status, messageOf(status)).body }
}

/** The 404 of a model that there is not. */
export function openaiModelNotFound(id: string): WholeAnswer {
  return openaiError(404, `The model '${id}' does not exist`, { param: 'model', code: 'model_not_found' })
}

/** `GET /v1/models`. */
export function openaiModelList(setup: Setup): WholeAnswer {
  return jsonAnswer(200, { object: 'list', data: setup.config.model.map((id) => model(setup, id)) })
}

/** `GET /v1/models/{id}` of a model that there is. */
export function openaiModel(setup: Setup, id: string): WholeAnswer {
  return jsonAnswer(200, model(setup, id))
}

function model({ createdAt }: Setup, id: string): OpenAI.Model {
  return { id, object: 'model', created: createdAt, owned_by: 'mock-llm-api' }
}

/** Of all choices together, with the details that every official SDK reads. */
export function usage(
  { config }: Setup,
  { choices, promptTokens }: Ask,
  said: Tokens,
): OpenAI.CompletionUsage {
  const outputTokens = said.upTo * choices
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedOf(config, promptTokens), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: said.reasoningTokens * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Says which settings of a model have answered. */
export const FINGERPRINT = { system_fingerprint: 'fp_mock' } as const

/** Streams tell with `--reply auto` only what they could do without: the others are fixed byte for byte. */
export function tellsAll({ config }: Setup): boolean {
  return config.reply === 'auto'
}

/** What chunks tell of the usage. */
export interface UsagePlan {
  /** Every chunk has the field, with null where it tells nothing. */
  readonly isField: boolean
  /** The chunk with the reason tells it, or every chunk as far as it has come. */
  readonly inFinish: boolean
  readonly inEach: boolean
  /** There is a chunk for it, without choices. */
  readonly isOwn: boolean
}

/** As it was asked for, or in another shape. */
export function usagePlan({ includeUsage, shape }: Pick<Ask, 'includeUsage' | 'shape'>): UsagePlan {
  const isOwn = shape.usage === undefined ? includeUsage : shape.usage === 'always'
  const inEach = shape.usage === 'every'
  return { isField: isOwn, inFinish: inEach || shape.usage === 'finish', inEach, isOwn }
}

type OpenAiReason = 'length' | 'content_filter' | 'tool_calls' | 'function_call' | 'stop'

/** Why a choice ends, as its chunk or the whole tells. */
export function finishField({ shape }: Ask, said: Said): { readonly finish_reason: OpenAiReason } {
  if (shape.reason === null) return {} as { finish_reason: OpenAiReason }
  return { finish_reason: (shape.reason as OpenAiReason | undefined) ?? finishReason(said) }
}

function finishReason({ reason, calls }: Said): OpenAiReason {
  if (reason.kind === 'length') return 'length'
  if (reason.kind === 'filter') return 'content_filter'
  if (calls.length === 0) return 'stop'
  return calls[0]!.kind === 'legacy' ? 'function_call' : 'tool_calls'
}

/** What tells clients of the limit, as in https://platform.openai.com/docs/guides/rate-limits */
export function openaiLimitHeaders({ limit, remaining, resetMs }: RateLimit): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests':
      resetMs < 1000 ? `${Math.ceil(resetMs)}ms` : `${Math.ceil(resetMs) / 1000}s`,
  }
}

/** As if the limits were far away. */
export const LIMIT_HEADERS = {
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '2000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '1999990',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '0s',
} as const

/** `x-request-id` and its company, as in https://platform.openai.com/docs/guides/rate-limits */
export function openaiHeaders({ ttftMs }: UpstreamSettings): Record<string, string> {
  return {
    'x-request-id': 'req_mock',
    'openai-processing-ms': String(Math.max(1, Math.round(ttftMs))),
    'openai-version': '2020-10-01',
    ...LIMIT_HEADERS,
  }
}
