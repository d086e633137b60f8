// Ollama's native API. https://github.com/ollama/ollama/blob/main/docs/api.md
import type { ChatResponse, GenerateResponse, Message, ModelResponse } from 'ollama'
import {
  type Answer,
  type Ask,
  type JsonObject,
  jsonAnswer,
  MIDSTREAM_MESSAGE,
  pacedAnswer,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
  type ErrorDetails,
} from './api.ts'
import { booleanField, firstTool, isObject, readModel } from './body.ts'
import { contentPieces, joinPieces, type Piece, PROMPT_TOKENS, remember } from './content.ts'

/** On the wire times are text; a line of a stream has the figures only when it is the last. */
type OnTheWire<T> = Omit<Partial<T>, 'created_at' | 'modified_at'> & {
  created_at?: string
  modified_at?: string
}

const MS_TO_NS = 1_000_000

/** `POST /api/chat`. */
export function ollamaChat(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const say = (message: Message): OnTheWire<ChatResponse> => ({ message })
  return ollamaAnswer<OnTheWire<ChatResponse>>(setup, ask, chunkCount, {
    piece: ({ kind, text }) =>
      say({
        role: 'assistant',
        content: kind === 'text' ? text : '',
        ...(kind === 'reasoning' && { thinking: text }),
      }),
    last: () => say({ role: 'assistant', content: '' }),
    calls: (pieces) => say({ role: 'assistant', content: '', ...toolCalls(ask, pieces) }),
    whole: (pieces) => {
      const thinking = joinPieces(pieces, 'reasoning')
      const content = joinPieces(pieces, 'text')
      return say({
        role: 'assistant',
        content,
        ...(thinking !== '' && { thinking }),
        ...toolCalls(ask, pieces),
      })
    },
  })
}

/** `POST /api/generate`, which has no tools: it then answers with text. */
export function ollamaGenerate(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const content = ask.content === 'tools' ? 'text' : ask.content
  return ollamaAnswer<OnTheWire<GenerateResponse>>(setup, { ...ask, content }, chunkCount, {
    piece: ({ kind, text }) => ({
      response: kind === 'text' ? text : '',
      ...(kind === 'reasoning' && { thinking: text }),
    }),
    last: () => ({ response: '', context: [1, 2, 3] }),
    whole: (pieces) => {
      const thinking = joinPieces(pieces, 'reasoning')
      return {
        response: joinPieces(pieces, 'text'),
        ...(thinking !== '' && { thinking }),
        context: [1, 2, 3],
      }
    },
  })
}

/** What an Ollama body decides: it streams unless told not to. */
export function readOllama(body: JsonObject): Partial<Ask> {
  const nameOf = (tool: JsonObject): unknown => isObject(tool['function']) && tool['function']['name']
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? true,
    ...firstTool(body['tools'], nameOf),
  }
}

interface Speech<Line> {
  readonly piece: (piece: Piece) => Line
  readonly last: () => Line
  /** The line of a tool call, which comes whole. */
  readonly calls?: (pieces: readonly Piece[]) => Line
  readonly whole: (pieces: readonly Piece[]) => Line
}

/** NDJSON lines, the last one with `done` and the figures; or the same as one object. */
function ollamaAnswer<Line extends object>(
  setup: Setup,
  ask: Ask,
  chunkCount: number,
  speech: Speech<Line>,
): Answer {
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const head = { model: ask.model, created_at: isoTime(setup) }
  const figures = { done: true, done_reason: ask.finish, ...durations(setup, chunkCount) }
  if (!ask.stream) return pacedAnswer({ ...head, ...speech.whole(pieces), ...figures })
  const line = remember((piece: Piece) => JSON.stringify({ ...head, ...speech.piece(piece), done: false }))
  const events = pieces
    .slice(0, chunkCount)
    .map((piece, step): StreamEvent => ({ data: line(piece), step, part: 'content' }))
  if (ask.content === 'tools' && speech.calls)
    events.push({ data: JSON.stringify({ ...head, ...speech.calls(pieces), done: false }), step: chunkCount })
  events.push({
    data: JSON.stringify({ ...head, ...speech.last(), ...figures }),
    step: chunkCount,
    part: 'last',
  })
  const failure = { data: ollamaError(500, MIDSTREAM_MESSAGE).body }
  return { kind: 'stream', status: 200, framing: 'ndjson', events, failure: () => failure }
}

function toolCalls({ content, toolName }: Ask, pieces: readonly Piece[]): Pick<Message, 'tool_calls'> {
  if (content !== 'tools') return {}
  const args = JSON.parse(joinPieces(pieces, 'arguments')) as Record<string, unknown>
  return { tool_calls: [{ function: { name: toolName, arguments: args } }] }
}

/** In nanoseconds, as the configured means have it; never 0, since clients divide by them. */
function durations({ config: { ttftMs, chunkDelayMs } }: Setup, chunkCount: number) {
  const promptNs = Math.max(1, Math.round(ttftMs * MS_TO_NS))
  const evalNs = Math.max(1, Math.round(chunkCount * chunkDelayMs * MS_TO_NS))
  return {
    total_duration: promptNs + evalNs + 1,
    load_duration: 1,
    prompt_eval_count: PROMPT_TOKENS,
    prompt_eval_duration: promptNs,
    eval_count: chunkCount,
    eval_duration: evalNs,
  }
}

/** `GET /api/tags`. */
export function ollamaTags(setup: Setup): WholeAnswer {
  const models = setup.config.model.map(
    (name): Omit<OnTheWire<ModelResponse>, 'expires_at' | 'size_vram'> => ({
      name,
      model: name,
      modified_at: isoTime(setup),
      size: 4_661_224_676,
      digest: '0'.repeat(64),
      details: {
        parent_model: '',
        format: 'gguf',
        family: 'mock',
        families: ['mock'],
        parameter_size: '8.0B',
        quantization_level: 'Q4_0',
      },
    }),
  )
  return jsonAnswer(200, { models })
}

/** `GET /api/version`. */
export function ollamaVersion(): WholeAnswer {
  return jsonAnswer(200, { version: '0.12.0' })
}

function isoTime({ createdAt }: Setup): string {
  return new Date(createdAt * 1000).toISOString()
}

export function ollamaError(status: number, text: string, { headers }: ErrorDetails = {}): WholeAnswer {
  return jsonAnswer(status, { error: text }, headers)
}

export function ollamaModelNotFound(id: string): WholeAnswer {
  return ollamaError(404, `model '${id}' not found`)
}
