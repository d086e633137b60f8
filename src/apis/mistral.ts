// What Mistral's endpoints have in common where they differ from OpenAI's. https://docs.mistral.ai/api
import type {
  BaseModelCard,
  ModelCapabilities,
  ValidationError,
} from '@mistralai/mistralai/models/components'
import type { Config } from '../config/config.ts'
import {
  type ErrorDetails,
  jsonAnswer,
  type LongAnswer,
  type RateLimit,
  type Setup,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { makeId } from './content.ts'
import { embeddingsBehind } from './embeddings.ts'
import type { Wire } from './wire.ts'

/** What is wrong with a body is told as a 422, in a form of its own. */
export function mistralError(status: number, message: string, details: ErrorDetails = {}): WholeAnswer {
  const { param, code = null, headers } = details
  if (param !== undefined && status === 400) return invalid(message, placeOf(param), headers)
  if (status === 422) return invalid(message, ['body'], headers)
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limited' : 'invalid_request_error'
  return jsonAnswer(status, { object: 'error', message, type, param: param ?? null, code }, headers)
}

function invalid(msg: string, loc: ValidationError['loc'], headers?: Record<string, string>): WholeAnswer {
  const detail: ValidationError[] = [{ type: 'value_error', loc, msg }]
  return jsonAnswer(422, { detail }, headers)
}

/** `messages[0].role` → `body`, `messages`, 0, `role`. */
function placeOf(param: string): ValidationError['loc'] {
  const names = param.split(/[.[\]]+/).filter((name) => name !== '')
  return ['body', ...names.map((name) => (/^\d+$/.test(name) ? Number(name) : name))]
}

export function mistralModelNotFound(id: string): WholeAnswer {
  return mistralError(404, `The model '${id}' does not exist`, { code: 'model_not_found' })
}

type Model = Wire<Omit<BaseModelCard, 'capabilities' | 'deprecation' | 'internal'>> & {
  capabilities: Wire<Partial<ModelCapabilities>>
}

/** `GET /v1/models` in Mistral's form. */
export function mistralModelList(setup: Setup): WholeAnswer {
  return jsonAnswer(200, { object: 'list', data: setup.config.model.map((id) => model(setup, id)) })
}

/** `GET /v1/models/{id}` in Mistral's form. */
export function mistralModel(setup: Setup, id: string): WholeAnswer {
  return jsonAnswer(200, model(setup, id))
}

function model({ createdAt }: Setup, id: string): Model {
  return {
    id,
    object: 'model',
    created: createdAt,
    owned_by: 'mock-llm-api',
    type: 'base',
    name: id,
    aliases: [],
    max_context_length: 131_072,
    capabilities: {
      completion_chat: true,
      completion_fim: true,
      function_calling: true,
      fine_tuning: false,
      vision: true,
      classification: false,
    },
  }
}

/** `POST /v1/embeddings` for Mistral's clients, which want an id. */
export function mistralEmbeddings({ config }: Setup, ask: Ask): LongAnswer {
  return embeddingsBehind({ id: makeId(config, 'embd-') }, ask)
}

export function mistralLimitHeaders({ limit, remaining }: RateLimit): Record<string, string> {
  return {
    'x-ratelimit-limit-req-minute': String(limit),
    'x-ratelimit-remaining-req-minute': String(remaining),
  }
}

export function mistralHeaders(_config: Config): Record<string, string> {
  return {
    'mistral-correlation-id': 'req_mock',
    'x-ratelimit-limit-req-minute': '10000',
    'x-ratelimit-remaining-req-minute': '9999',
  }
}
