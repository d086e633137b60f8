// Google Gemini: generateContent, models and errors. https://ai.google.dev/api/generate-content
import type { Candidate, FinishReason, GenerateContentResponse, LogprobsResult, Part } from '@google/genai'
import type { UpstreamSettings } from '../config/config.ts'
import {
  type Answer,
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  MIDSTREAM_MESSAGE,
  pacedAnswer,
  type RequestHead,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import {
  cachedOf,
  hasFreshIds,
  makeCallId,
  makeId,
  parseInput,
  type Said,
  say,
  type Tokens,
  tokensOf,
} from './content.ts'
import { withoutMarks } from './marks.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

/** The fields of a response, without the class's getters. */
type Body = Pick<GenerateContentResponse, 'candidates' | 'usageMetadata' | 'modelVersion' | 'responseId'>

/** Which model and which verb a path names: `…/models/{model}:{verb}`. */
export const GENERATION = /^.*\/models\/(.+):(\w+)$/

/** Of which model embeddings are wanted. */
export const EMBEDDING = /^.*\/models\/(.+):(?:embedContent|batchEmbedContents|predict)$/

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
 * A response, whole or streamed; all candidates are in each chunk, since SDKs take the first one of a chunk for the reply.
 *
 * A function call is one part of the last chunk, as Gemini does not stream arguments. While it writes them Gemini sends nothing; here the
 * chunks that they stand for are sent, without text: so a reply has as many chunks as it tells tokens, each at its own time, a fault
 * `error:3` comes after three of them whatever is said, and clients, which put texts together, see no difference.
 *
 * Gemini tells the usage so far in every chunk. Here it is in the last one alone, unless another shape is asked for: it depends on the prompt,
 * and the content of a stream is shared by all prompts.
 */
export function generation(setup: Setup, ask: Ask, drawn: number): Answer {
  if (ask.countOnly) return jsonAnswer(200, { totalTokens: ask.promptTokens })
  const said = say(setup.config, ask, drawn)
  const { upTo } = said
  const { shape } = ask
  const usageOf = (count: number): Pick<Told, 'usageMetadata'> =>
    shape.usage === 'never' ? {} : { usageMetadata: usage(setup, ask, tokensOf(said, count)) }
  const end = { ...finishField(ask, said), ...usageOf(upTo) }
  const average = averageOf(ask, said)
  if (!ask.stream) {
    const told = logprobsOf(ask, () => said.pieces.slice(0, upTo))
    const parts = (choice: number): Part[] => wholeParts(setup, said, choice)
    return pacedAnswer(body(setup, ask, { parts, ...end, ...average, ...told }), upTo)
  }
  const content = function* (): Iterable<StreamEvent> {
    const chunk = (piece: Piece, told: Pick<Told, 'usageMetadata'> = {}): string => {
      const parts = (): Part[] => [partOf(piece)]
      return JSON.stringify(body(setup, ask, { parts, ...told, ...logprobsOf(ask, () => [piece]) }))
    }
    const repeated = remember((piece: Piece) => chunk(piece))
    for (const [step, piece] of said.pieces.entries()) {
      const data = shape.usage === 'every' ? chunk(piece, usageOf(step + 1)) : repeated(piece)
      yield { data, step, part: 'content' }
    }
  }
  const last = shape.joined && upTo > 0 ? [said.pieces[upTo - 1]!] : []
  const parts = (choice: number): Part[] =>
    spoken([
      ...last.flatMap((piece) => (piece.kind === 'arguments' ? [] : [partOf(piece)])),
      ...callParts(setup, said, choice),
    ])
  return {
    kind: 'stream',
    status: 200,
    framing: ask.alt === 'sse' ? 'sse-crlf' : 'json-array',
    drawn: said.drawn,
    upTo: upTo - last.length,
    opening: [],
    content,
    ending: [
      {
        data: JSON.stringify(body(setup, ask, { parts, ...end, ...average, ...logprobsOf(ask, () => last) })),
        step: upTo - last.length,
        part: 'last',
      },
    ],
    failure: (_, status) => ({
      data: geminiError(status ?? 503, status === undefined ? MIDSTREAM_MESSAGE : messageOf(status)).body,
    }),
  }
}

/** What a chunk says. */
function partOf({ kind, text }: Piece): Part {
  return { text: kind === 'arguments' ? '' : text, ...(kind === 'reasoning' && { thought: true }) }
}

function wholeParts(setup: Setup, said: Said, choice: number): Part[] {
  const texts = said.begun.flatMap(({ kind }): Part[] => {
    if (kind === 'arguments') return []
    return [{ text: said.join(kind), ...(kind === 'reasoning' && { thought: true }) }]
  })
  return spoken([...texts, ...callParts(setup, said, choice)])
}

/** What has no parts says nothing. */
function spoken(parts: Part[]): Part[] {
  return parts.length > 0 ? parts : [{ text: '' }]
}

/** Clients hand it back with the call it came with; without it Gemini 3 refuses the call. https://ai.google.dev/gemini-api/docs/thought-signatures */
const SIGNATURE = 'bW9jaw=='

/** The calls that are complete. Of several the first one is signed. */
function callParts({ config }: Setup, { begun, calls, isCut, join, upTo }: Said, choice: number): Part[] {
  return begun.flatMap(({ kind, call, end }): Part[] => {
    if (kind !== 'arguments' || (isCut && end > upTo)) return []
    const args = parseInput(join('arguments', call))
    const id = hasFreshIds(config) ? { id: makeCallId(config, 'call_', call, choice) } : {}
    const isSigned = config.reply === 'auto' && call === 0
    return [
      {
        functionCall: { ...id, name: calls[call]!.name, args },
        ...(isSigned && { thoughtSignature: SIGNATURE }),
      },
    ]
  })
}

const finishReasons = { stop: 'STOP', sequence: 'STOP', length: 'MAX_TOKENS', filter: 'SAFETY' } as const

function finishField({ shape }: Ask, { reason }: Said): { readonly finishReason?: string } {
  return shape.reason === null ? {} : { finishReason: shape.reason ?? finishReasons[reason.kind] }
}

/** Of every token that is said; an alternative has one less than the one before it. */
const LOGPROB = -0.1

/** The probabilities of what is said of the text, one entry a chunk. */
function logprobsOf({ logprobs }: Ask, pieces: () => readonly Piece[]): Pick<Told, 'logprobsResult'> {
  if (logprobs === null) return {}
  const texts = pieces().filter(({ kind }) => kind === 'text')
  if (texts.length === 0) return {}
  // A stamp in it would count as one more.
  const chosen = texts.map(({ text }) => ({ token: withoutMarks(text), tokenId: 0, logProbability: LOGPROB }))
  const others = Array.from({ length: Math.max(0, logprobs - 1) }, (_, i) => {
    return { token: `other ${i + 1}`, tokenId: i + 1, logProbability: LOGPROB - i - 1 }
  })
  const top = logprobs > 0 && { topCandidates: chosen.map((one) => ({ candidates: [one, ...others] })) }
  return { logprobsResult: { ...top, chosenCandidates: chosen } }
}

function averageOf({ logprobs }: Ask, said: Said): Pick<Told, 'avgLogprobs'> {
  const isTold = logprobs !== null && said.pieces.slice(0, said.upTo).some(({ kind }) => kind === 'text')
  return isTold ? { avgLogprobs: LOGPROB } : {}
}

interface Told extends Pick<Body, 'usageMetadata'> {
  /** Of each candidate. */
  readonly parts: (choice: number) => Part[]
  readonly finishReason?: string
  readonly avgLogprobs?: number
  readonly logprobsResult?: LogprobsResult
}

function body({ config }: Setup, { model, choices }: Ask, { parts, usageMetadata, ...told }: Told): Body {
  const { finishReason, ...logprobs } = told
  return {
    candidates: Array.from({ length: choices }, (_, index): Candidate => ({
      content: { parts: parts(index), role: 'model' },
      ...(finishReason !== undefined && { finishReason: finishReason as FinishReason }),
      index,
      ...logprobs,
    })),
    ...(usageMetadata && { usageMetadata }),
    modelVersion: model,
    responseId: makeId(config, ''),
  }
}

/** Of all candidates together. */
function usage(
  { config }: Setup,
  { choices, promptTokens }: Ask,
  { upTo, reasoningTokens }: Tokens,
): NonNullable<Body['usageMetadata']> {
  const thoughts = reasoningTokens * choices
  const output = upTo * choices
  const cached = cachedOf(config, promptTokens)
  return {
    promptTokenCount: promptTokens,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    candidatesTokenCount: output - thoughts,
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    totalTokenCount: promptTokens + output,
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

/** What Google's servers send with every answer. */
export function geminiHeaders({ ttftMs }: UpstreamSettings): Record<string, string> {
  return {
    'Content-Type': 'application/json; charset=UTF-8',
    'server-timing': `gfet4t7; dur=${Math.max(1, Math.round(ttftMs))}`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'x-xss-protection': '0',
  }
}
