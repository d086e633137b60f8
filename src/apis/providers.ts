// What the providers differ in besides their formats: how they refuse, and which headers they send.
import type { UpstreamSettings } from '../config/config.ts'
import {
  anthropicError,
  anthropicHeaders,
  anthropicLimitHeaders,
  anthropicModelNotFound,
} from './anthropic.ts'
import { anthropicModel, anthropicModelList } from './anthropicmodels.ts'
import { bedrockError, bedrockModelNotFound, foundationModel, foundationModels } from './bedrockservice.ts'
import { type ErrorDetails, messageOf, type RateLimit, type Setup, type WholeAnswer } from './api.ts'
import type { ProviderName } from './ask.ts'
import {
  cohereError,
  cohereHeaders,
  cohereLimitHeaders,
  cohereModel,
  cohereModelList,
  cohereModelNotFound,
} from './cohere.ts'
import { geminiError, geminiHeaders, geminiModel, geminiModelList, geminiModelNotFound } from './gemini.ts'
import { groqHeaders } from './groq.ts'
import {
  mistralError,
  mistralHeaders,
  mistralLimitHeaders,
  mistralModel,
  mistralModelList,
  mistralModelNotFound,
} from './mistral.ts'
import { ollamaError, ollamaModelNotFound, ollamaTags } from './ollama.ts'
import {
  openaiError,
  openaiHeaders,
  openaiLimitHeaders,
  openaiModel,
  openaiModelList,
  openaiModelNotFound,
} from './openai.ts'
import { retryHeaders, type Waiting } from './retrying.ts'

export interface Provider {
  readonly error: (status: number, message: string, details?: ErrorDetails) => WholeAnswer
  readonly modelList: (setup: Setup) => WholeAnswer
  /** One model that there is. */
  readonly model: (setup: Setup, id: string) => WholeAnswer
  readonly modelNotFound: (id: string) => WholeAnswer
  /** Which of those name the request: fresh for each where the request decides. */
  readonly idHeaders: readonly string[]
  /** Sent with `--provider-headers`; a `Content-Type` is that of JSON. */
  readonly headers: (config: UpstreamSettings) => Readonly<Record<string, string>>
  /** Sent with `--rate-limit`. */
  readonly limitHeaders: (limit: RateLimit, nowUnixMs: number) => Readonly<Record<string, string>>
}

export const providers = {
  anthropic: {
    error: anthropicError,
    modelList: anthropicModelList,
    model: anthropicModel,
    modelNotFound: anthropicModelNotFound,
    idHeaders: ['request-id'],
    headers: anthropicHeaders,
    limitHeaders: anthropicLimitHeaders,
  },
  gemini: {
    error: geminiError,
    modelList: geminiModelList,
    model: (_, id) => geminiModel(id),
    modelNotFound: geminiModelNotFound,
    idHeaders: [],
    headers: geminiHeaders,
    limitHeaders: () => ({}),
  },
  ollama: {
    error: ollamaError,
    modelList: ollamaTags,
    model: openaiModel,
    modelNotFound: ollamaModelNotFound,
    idHeaders: [],
    headers: () => ({}),
    limitHeaders: () => ({}),
  },
  bedrock: {
    error: bedrockError,
    modelList: foundationModels,
    model: (_, id) => foundationModel(id),
    modelNotFound: bedrockModelNotFound,
    idHeaders: ['x-amzn-requestid'],
    headers: () => ({ 'x-amzn-requestid': 'req_mock' }),
    limitHeaders: () => ({}),
  },
  cohere: {
    error: cohereError,
    modelList: cohereModelList,
    model: cohereModel,
    modelNotFound: cohereModelNotFound,
    idHeaders: ['x-debug-trace-id'],
    headers: cohereHeaders,
    limitHeaders: cohereLimitHeaders,
  },
  mistral: {
    error: mistralError,
    modelList: mistralModelList,
    model: mistralModel,
    modelNotFound: mistralModelNotFound,
    idHeaders: ['mistral-correlation-id'],
    headers: mistralHeaders,
    limitHeaders: mistralLimitHeaders,
  },
  groq: {
    error: openaiError,
    modelList: openaiModelList,
    model: openaiModel,
    modelNotFound: openaiModelNotFound,
    idHeaders: ['x-request-id'],
    headers: groqHeaders,
    limitHeaders: openaiLimitHeaders,
  },
  azure: {
    error: openaiError,
    modelList: openaiModelList,
    model: openaiModel,
    modelNotFound: openaiModelNotFound,
    idHeaders: ['x-request-id', 'apim-request-id'],
    headers: (config) => ({ ...openaiHeaders(config), 'apim-request-id': 'req_mock', 'x-ms-region': 'Mock' }),
    limitHeaders: openaiLimitHeaders,
  },
  openai: {
    error: openaiError,
    modelList: openaiModelList,
    model: openaiModel,
    modelNotFound: openaiModelNotFound,
    idHeaders: ['x-request-id'],
    headers: openaiHeaders,
    limitHeaders: openaiLimitHeaders,
  },
} as const satisfies Record<ProviderName, Provider>

/** A provider's refusal of a request that is in order, with what `waiting` has to say of another attempt. */
export function refusal(
  provider: ProviderName,
  status: number,
  waiting: Waiting | null,
  message: string = messageOf(status),
): WholeAnswer {
  const headers = waiting === null ? {} : retryHeaders(status, waiting)
  return providers[provider].error(status, message, Object.keys(headers).length > 0 ? { headers } : {})
}
