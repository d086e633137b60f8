// Google Gemini: generateContent, models and errors. https://ai.google.dev/api/generate-content
import type {
  Content,
  FinishReason,
  FunctionCallingConfigMode,
  GenerateContentResponse,
  Part,
} from '@google/genai'
import {
  type Answer,
  type Ask,
  type JsonObject,
  jsonAnswer,
  MIDSTREAM_MESSAGE,
  pacedAnswer,
  type RequestHead,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
  type ErrorDetails,
} from './api.ts'
import { firstTool, mustCall, nameField, noCall, objectField, readModel, wrongType } from './body.ts'
import {
  contentPieces,
  countReasoning,
  joinPieces,
  makeId,
  type Piece,
  PROMPT_TOKENS,
  remember,
} from './content.ts'

/** The fields of a response, without the class's getters. */
type Body = Pick<GenerateContentResponse, 'candidates' | 'usageMetadata' | 'modelVersion' | 'responseId'>

/** Which model and which verb a path names: `…/models/{model}:{verb}`. */
const GENERATION = /\/models\/(.+):(\w+)$/

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
 * A response, whole or streamed. A function call is one part, as Gemini does not stream arguments; the other chunks of such
 * a reply carry no text.
 */
export function generation(setup: Setup, ask: Ask, chunkCount: number): Answer {
  if (ask.countOnly) return jsonAnswer(200, { totalTokens: PROMPT_TOKENS })
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const usageMetadata = usage(ask, chunkCount)
  if (!ask.stream) {
    const parts = wholeParts(ask, pieces)
    return pacedAnswer(body(setup, ask, { parts, finishReason: finishReason(ask), usageMetadata }))
  }
  const chunk = remember(({ kind, text }: Piece) => {
    const part: Part = {
      text: kind === 'arguments' ? '' : text,
      ...(kind === 'reasoning' && { thought: true }),
    }
    return JSON.stringify(body(setup, ask, { parts: [part] }))
  })
  const data = pieces.slice(0, chunkCount).map(chunk)
  const parts: Part[] = ask.content === 'tools' ? wholeParts(ask, pieces) : [{ text: '' }]
  data.push(JSON.stringify(body(setup, ask, { parts, finishReason: finishReason(ask), usageMetadata })))
  const last = data.length - 1
  const events = data.map((text, step): StreamEvent => ({
    data: text,
    step,
    part: step === last ? 'last' : 'content',
  }))
  const failure = { data: geminiError(503, MIDSTREAM_MESSAGE).body }
  const framing = ask.alt === 'sse' ? 'sse-crlf' : 'json-array'
  return { kind: 'stream', status: 200, framing, events, failure: () => failure }
}

/** What path and body decide. */
export function readGeneration(given: JsonObject, { path }: RequestHead): Partial<Ask> {
  const model = GENERATION.exec(path)?.[1]
  const toolConfig = objectField(given, 'toolConfig') ?? objectField(given, 'tool_config')
  const calling =
    toolConfig &&
    (objectField(toolConfig, 'functionCallingConfig') ?? objectField(toolConfig, 'function_calling_config'))
  return {
    ...(model !== undefined && readModel({ model })),
    ...firstTool(given['tools'], (tool) => {
      const declared: unknown = tool['functionDeclarations'] ?? tool['function_declarations']
      return firstTool(declared, (one) => one['name']).toolName
    }),
    ...(calling && readMode(calling)),
  }
}

function readMode(calling: JsonObject): Partial<Ask> {
  const mode = nameField(calling, 'mode') as keyof typeof FunctionCallingConfigMode | undefined
  const names: unknown = calling['allowedFunctionNames'] ?? calling['allowed_function_names'] ?? []
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
    throw wrongType('allowedFunctionNames', 'an array of strings')
  if (mode === 'NONE') return noCall
  return mode === 'ANY' ? mustCall(nameField({ name: names[0] as unknown }, 'name')) : {}
}

function wholeParts({ content, toolName }: Ask, pieces: readonly Piece[]): Part[] {
  if (content === 'tools') {
    const args = JSON.parse(joinPieces(pieces, 'arguments')) as Record<string, unknown>
    return [{ functionCall: { name: toolName, args } }]
  }
  const text: Part = { text: joinPieces(pieces, 'text') }
  return content === 'text' ? [text] : [{ text: joinPieces(pieces, 'reasoning'), thought: true }, text]
}

function finishReason({ finish }: Ask): 'STOP' | 'MAX_TOKENS' {
  return finish === 'length' ? 'MAX_TOKENS' : 'STOP'
}

interface Said extends Pick<Body, 'usageMetadata'> {
  readonly parts: Part[]
  readonly finishReason?: keyof typeof FinishReason
}

function body({ config }: Setup, { model }: Ask, { parts, finishReason, usageMetadata }: Said): Body {
  const content: Content = { parts, role: 'model' }
  return {
    candidates: [{ content, ...(finishReason && { finishReason: finishReason as FinishReason }), index: 0 }],
    ...(usageMetadata && { usageMetadata }),
    modelVersion: model,
    responseId: makeId(config, ''),
  }
}

function usage({ content }: Ask, chunkCount: number): NonNullable<Body['usageMetadata']> {
  const thoughts = countReasoning(content, chunkCount)
  return {
    promptTokenCount: PROMPT_TOKENS,
    candidatesTokenCount: chunkCount - thoughts,
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    totalTokenCount: PROMPT_TOKENS + chunkCount,
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
