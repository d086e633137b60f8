// What Cohere's endpoints have in common: errors, models, headers and what is told of use. https://docs.cohere.com/reference/about
import type { Cohere } from 'cohere-ai'
import type { Config } from '../config/config.ts'
import {
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  type RateLimit,
  type Setup,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, type Said } from './content.ts'
import type { Wire } from './wire.ts'

/** Which version of the API has answered. */
export const API_VERSION = { version: '2' } as const

/** https://docs.cohere.com/reference/errors */
export function cohereError(status: number, message: string, { headers }: ErrorDetails = {}): WholeAnswer {
  return jsonAnswer(status, { message }, headers)
}

export function cohereModelNotFound(id: string): WholeAnswer {
  return cohereError(404, `model '${id}' not found, make sure the correct model ID was used`)
}

/** A stream that breaks off ends like any other, with a reason of its own. */
export function cohereFailure(
  _sent: number,
  status = 500,
): { readonly event: 'message-end'; readonly data: string } {
  const none = { input_tokens: 0, output_tokens: 0 }
  const end = {
    type: 'message-end',
    delta: { error: messageOf(status), finish_reason: 'ERROR', usage: { billed_units: none, tokens: none } },
  } satisfies Wire<Cohere.V2ChatStreamResponse.MessageEnd>
  return { event: 'message-end', data: JSON.stringify(end) }
}

/** What a chat has used. */
export function cohereUsage(
  { config }: Setup,
  { promptTokens }: Pick<Ask, 'promptTokens'>,
  { upTo }: Said,
): Wire<Cohere.Usage> {
  const tokens = { input_tokens: promptTokens, output_tokens: upTo }
  return { billed_units: tokens, tokens, cached_tokens: cachedOf(config, promptTokens) }
}

/** `GET /v1/models` in Cohere's form. */
export function cohereModelList({ config }: Setup): WholeAnswer {
  return jsonAnswer(200, { models: config.model.map(model) })
}

/** `GET /v1/models/{id}` in Cohere's form. */
export function cohereModel(_: Setup, id: string): WholeAnswer {
  return jsonAnswer(200, model(id))
}

function model(name: string): Wire<Cohere.GetModelResponse> {
  return {
    name,
    is_deprecated: false,
    endpoints: ['chat', 'embed', 'rerank'],
    finetuned: false,
    context_length: 1_000_000,
    default_endpoints: [],
  }
}

/** What tells clients of the limit: Cohere does so for trial keys. */
export function cohereLimitHeaders({ limit, remaining }: RateLimit): Record<string, string> {
  return {
    'x-trial-endpoint-call-limit': String(limit),
    'x-trial-endpoint-call-remaining': String(remaining),
  }
}

export function cohereHeaders(_config: Config): Record<string, string> {
  return { 'x-debug-trace-id': 'req_mock', 'x-endpoint-monthly-call-limit': '1000' }
}
