// Google Gemini: generateContent, models and errors. https://ai.google.dev/api/generate-content
import type { Content, FinishReason, GenerateContentResponse, Part } from '@google/genai'
import {
  type Answer,
  type ErrorDetails,
  jsonAnswer,
  MIDSTREAM_MESSAGE,
  pacedAnswer,
  type RequestHead,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, hasFreshIds, makeCallId, makeId, type Piece, type Said, say } from './content.ts'
import { remember } from './remember.ts'

/** The fields of a response, without the class's getters. */
type Body = Pick<GenerateContentResponse, 'candidates' | 'usageMetadata' | 'modelVersion' | 'responseId'>

/** Which model and which verb a path names: `…/models/{model}:{verb}`. */
export const GENERATION = /\/models\/(.+):(\w+)$/

/** `:generateContent`, `:countTokens`, and `:streamGenerateContent`, the latter as one JSON array without `alt=sse`. */
export function pickGeneration({ path, query }: RequestHead): Partial<Ask> | undefined {
  switch (GENERATION.exec(path)?.[2]) {
    case 'generateContent':
      return { stream: false }
    case 'countTokens':
      return { stream: false, countOnly: true }
    case 'streamGenerateContent':
      return { stream: true, alt: /(^|&)alt=sse(&|$)/.test(query) ? 'sse' : 'json' }
    default:
      return undefined
  }
}

/**
 * A response, whole or streamed. A function call is one part, as Gemini does not stream arguments; the chunks that its arguments
 * stand for carry no text.
 */
export function generation(setup: Setup, ask: Ask, drawn: number): Answer {
  if (ask.countOnly) return jsonAnswer(200, { totalTokens: ask.promptTokens })
  const said = say(setup.config, ask, drawn)
  const { upTo, pieces } = said
  const end = { finishReason: finishReason(said), usageMetadata: usage(setup, ask, said) }
  if (!ask.stream) return pacedAnswer(body(setup, ask, { parts: wholeParts(setup, said), ...end }), upTo)
  const content = (): StreamEvent[] => {
    const chunk = remember(({ kind, text }: Piece) => {
      const part: Part = {
        text: kind === 'arguments' ? '' : text,
        ...(kind === 'reasoning' && { thought: true }),
      }
      return JSON.stringify(body(setup, ask, { parts: [part] }))
    })
    return pieces.map((piece, step): StreamEvent => ({ data: chunk(piece), step, part: 'content' }))
  }
  const calls = callParts(setup, said)
  const parts: Part[] = calls.length > 0 ? calls : [{ text: '' }]
  const failure = { data: geminiError(503, MIDSTREAM_MESSAGE).body }
  return {
    kind: 'stream',
    status: 200,
    framing: ask.alt === 'sse' ? 'sse-crlf' : 'json-array',
    drawn: said.drawn,
    upTo,
    opening: [],
    content,
    ending: [{ data: JSON.stringify(body(setup, ask, { parts, ...end })), step: upTo, part: 'last' }],
    failure: () => failure,
  }
}

function wholeParts(setup: Setup, said: Said): Part[] {
  const calls = callParts(setup, said)
  const spoken = said.begun.flatMap(({ kind }): Part[] => {
    if (kind === 'arguments') return []
    return [{ text: said.join(kind), ...(kind === 'reasoning' && { thought: true }) }]
  })
  const parts = [...spoken, ...calls]
  return parts.length > 0 ? parts : [{ text: '' }]
}

/** The calls that are complete. */
function callParts({ config }: Setup, { begun, calls, isCut, join, upTo }: Said): Part[] {
  return begun.flatMap(({ kind, call, end }): Part[] => {
    if (kind !== 'arguments' || (isCut && end > upTo)) return []
    const args = JSON.parse(join('arguments', call)) as Record<string, unknown>
    const id = hasFreshIds(config) ? { id: makeCallId(config, 'call_', call) } : {}
    return [{ functionCall: { ...id, name: calls[call]!.name, args } }]
  })
}

function finishReason({ reason }: Said): 'STOP' | 'MAX_TOKENS' {
  return reason.kind === 'length' ? 'MAX_TOKENS' : 'STOP'
}

interface Told extends Pick<Body, 'usageMetadata'> {
  readonly parts: Part[]
  readonly finishReason?: keyof typeof FinishReason
}

function body({ config }: Setup, { model }: Ask, { parts, finishReason, usageMetadata }: Told): Body {
  const content: Content = { parts, role: 'model' }
  return {
    candidates: [{ content, ...(finishReason && { finishReason: finishReason as FinishReason }), index: 0 }],
    ...(usageMetadata && { usageMetadata }),
    modelVersion: model,
    responseId: makeId(config, ''),
  }
}

function usage(
  { config }: Setup,
  { promptTokens }: Ask,
  { upTo, reasoningTokens: thoughts }: Said,
): NonNullable<Body['usageMetadata']> {
  const cached = cachedOf(config, promptTokens)
  return {
    promptTokenCount: promptTokens,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    candidatesTokenCount: upTo - thoughts,
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    totalTokenCount: promptTokens + upTo,
  }
}

/** `GET /v1beta/models`. */
export function geminiModelList({ config }: Setup): WholeAnswer {
  return jsonAnswer(200, { models: config.model.map(model) })
}

/** `GET /v1beta/models/{id}`. */
export function geminiModel(id: string): WholeAnswer {
  return jsonAnswer(200, model(id))
}

function model(id: string): Record<string, unknown> {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }
}

/** https://cloud.google.com/apis/design/errors#handling_errors */
const statuses: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export function geminiError(code: number, text: string, { headers }: ErrorDetails = {}): WholeAnswer {
  const status = statuses[code] ?? (code >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')
  return jsonAnswer(code, { error: { code, message: text, status } }, headers)
}

export function geminiModelNotFound(id: string): WholeAnswer {
  return geminiError(
    404,
    `models/${id} is not found for API version v1beta, or is not supported for generateContent.`,
  )
}
