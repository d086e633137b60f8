// What the providers differ in besides their formats: how they refuse, and which headers they send.
import type { Config } from '../config/config.ts'
import { anthropicError, anthropicHeaders, anthropicModelNotFound } from './anthropic.ts'
import type { ErrorDetails, ProviderName, WholeAnswer } from './api.ts'
import { geminiError, geminiModelNotFound } from './gemini.ts'
import { ollamaError, ollamaModelNotFound } from './ollama.ts'
import { openaiError, openaiHeaders, openaiModelNotFound } from './openai.ts'

export interface Provider {
  /** A path that is one of these or lies below it is the provider's; the empty one takes what is left. */
  readonly prefixes: readonly string[]
  readonly error: (status: number, message: string, details?: ErrorDetails) => WholeAnswer
  readonly modelNotFound: (id: string) => WholeAnswer
  /** Sent with `--provider-headers`. */
  readonly headers: (config: Config) => Readonly<Record<string, string>>
}

export const providers = {
  anthropic: {
    prefixes: ['/v1/messages'],
    error: anthropicError,
    modelNotFound: anthropicModelNotFound,
    headers: anthropicHeaders,
  },
  gemini: {
    prefixes: ['/v1beta'],
    error: geminiError,
    modelNotFound: geminiModelNotFound,
    headers: ({ ttftMs }) => ({ 'server-timing': `gfet4t7; dur=${Math.round(ttftMs)}` }),
  },
  ollama: {
    prefixes: ['/api'],
    error: ollamaError,
    modelNotFound: ollamaModelNotFound,
    headers: () => ({}),
  },
  azure: {
    prefixes: ['/openai'],
    error: openaiError,
    modelNotFound: openaiModelNotFound,
    headers: (config) => ({ ...openaiHeaders(config), 'apim-request-id': 'req_mock', 'x-ms-region': 'Mock' }),
  },
  openai: { prefixes: [''], error: openaiError, modelNotFound: openaiModelNotFound, headers: openaiHeaders },
} as const satisfies Record<ProviderName, Provider>

/** Whose path it is. */
export function providerNameOf(path: string): ProviderName {
  const isBelow = (prefix: string): boolean => prefix === '' || `${path}/`.startsWith(`${prefix}/`)
  const names = Object.keys(providers) as ProviderName[]
  return names.find((name) => providers[name].prefixes.some(isBelow))!
}
