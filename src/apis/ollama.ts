// Ollama's native API. https://github.com/ollama/ollama/blob/main/docs/api.md
import type { ChatResponse, GenerateResponse, Message, ModelResponse } from 'ollama'
import {
  type Answer,
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  pacedAnswer,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { makeCallId, parseInput, type Said, say } from './content.ts'
import { marks } from './marks.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

/** On the wire times are text; a line of a stream has the figures only when it is the last. */
type OnTheWire<T> = Omit<Partial<T>, 'created_at' | 'modified_at'> & {
  created_at?: string
  modified_at?: string
}

const MS_TO_NS = 1_000_000

/** `POST /api/chat`. */
export function ollamaChat(setup: Setup, ask: Ask, drawn: number): Answer {
  const say = (message: Omit<Message, 'role'>): OnTheWire<ChatResponse> => ({
    message: { role: 'assistant', ...message },
  })
  return ollamaAnswer<OnTheWire<ChatResponse>>(setup, ask, drawn, {
    piece: ({ kind, text }) =>
      say({ content: kind === 'text' ? text : '', ...(kind === 'reasoning' && { thinking: text }) }),
    nothing: say({ content: '' }),
    last: (content, thinking) => say({ content, ...(thinking !== '' && { thinking }) }),
    calls: (calls) => say({ content: '', tool_calls: calls }),
    whole: ({ content, thinking, calls }) =>
      say({
        content,
        ...(thinking !== '' && { thinking }),
        ...(calls.length > 0 && { tool_calls: calls }),
      }),
  })
}

/** `POST /api/generate`, which has no tools: it then answers with text. */
export function ollamaGenerate(setup: Setup, ask: Ask, drawn: number): Answer {
  const content = { reasoning: ask.content.reasoning, text: true, calls: 0 }
  return ollamaAnswer<OnTheWire<GenerateResponse>>(setup, { ...ask, content }, drawn, {
    piece: ({ kind, text }) => ({
      response: kind === 'text' ? text : '',
      ...(kind === 'reasoning' && { thinking: text }),
    }),
    nothing: { response: '' },
    last: (response, thinking) => {
      return { response, ...(thinking !== '' && { thinking }), context: [1, 2, 3] }
    },
    whole: ({ content: response, thinking }) => {
      return { response, ...(thinking !== '' && { thinking }), context: [1, 2, 3] }
    },
  })
}

/** Newer servers number the calls and give them ids; the client does not know that yet. */
type ToolCall = NonNullable<Message['tool_calls']>[number] & { id?: string; function: { index?: number } }
type ToolCalls = ToolCall[]

interface Speech<Line> {
  readonly piece: (piece: Piece) => Line
  readonly nothing: Line
  /** The last line, which has content only where that is the shape. */
  readonly last: (content: string, thinking: string) => Line
  /** The line of tool calls, which come whole. */
  readonly calls?: (calls: ToolCalls) => Line
  readonly whole: (whole: { content: string; thinking: string; calls: ToolCalls }) => Line
}

/**
 * NDJSON lines, the last one with `done` and the figures; or the same as one object. Calls come whole, in a line before the last; the lines
 * that their arguments stand for say nothing, so that a reply has as many lines at their times as it tells tokens. Ollama sends none for them.
 */
function ollamaAnswer<Line extends object>(
  setup: Setup,
  ask: Ask,
  drawn: number,
  speech: Speech<Line>,
): Answer {
  const head = { model: ask.model, created_at: createdAt(setup) }
  if (ask.load !== null) return loaded(ask, { ...head, ...speech.nothing, done: true, done_reason: ask.load })
  const said = say(setup.config, ask, drawn)
  const { upTo, reason } = said
  const { shape } = ask
  const done_reason = shape.reason ?? (reason.kind === 'length' ? 'length' : 'stop')
  const figures = {
    done: true,
    ...(shape.reason !== null && { done_reason }),
    ...(shape.usage !== 'never' && durations(setup, ask, upTo)),
  }
  const calls = toolCalls(setup, said)
  if (!ask.stream) {
    const whole = speech.whole({ content: said.join('text'), thinking: said.join('reasoning'), calls })
    return pacedAnswer({ ...head, ...whole, ...figures }, upTo)
  }
  const line = (spoken: Line): string => JSON.stringify({ ...head, ...spoken, done: false })
  const content = function* (): Iterable<StreamEvent> {
    const data = remember((piece: Piece) => line(speech.piece(piece)))
    for (const [step, piece] of said.pieces.entries()) yield { data: data(piece), step, part: 'content' }
  }
  const last = shape.joined && upTo > 0 ? said.pieces[upTo - 1]! : null
  const lastOf = (kind: Piece['kind']): string => (last?.kind === kind ? last.text : '')
  const end = last === null ? upTo : upTo - 1
  return {
    kind: 'stream',
    status: 200,
    framing: 'ndjson',
    drawn: said.drawn,
    upTo: end,
    opening: [],
    content,
    ending: [
      ...(speech.calls && calls.length > 0 ? [{ data: line(speech.calls(calls)), step: end }] : []),
      {
        data: JSON.stringify({ ...head, ...speech.last(lastOf('text'), lastOf('reasoning')), ...figures }),
        step: end,
        part: 'last',
      },
    ],
    failure,
  }
}

/** The error in the middle of a stream. */
export function failure(_sent: number, status = 500): Pick<StreamEvent, 'data'> {
  return { data: ollamaError(status, messageOf(status)).body }
}

/** There is no prompt: the model is loaded or unloaded, which takes the time to the first token. */
function loaded({ stream }: Ask, said: object): Answer {
  const data = JSON.stringify(said)
  if (!stream) return { kind: 'whole', status: 200, body: data, step: 'first' }
  return {
    kind: 'stream',
    status: 200,
    framing: 'ndjson',
    drawn: 0,
    upTo: 0,
    opening: [],
    content: () => [],
    ending: [{ data, step: 0, part: 'last' }],
    failure,
  }
}

/** The calls that are complete. */
function toolCalls({ config }: Setup, { begun, calls, isCut, join, upTo }: Said): ToolCalls {
  return begun.flatMap(({ kind, call, end }): ToolCalls => {
    if (kind !== 'arguments' || (isCut && end > upTo)) return []
    const args = parseInput(join('arguments', call))
    const { name } = calls[call]!
    if (config.reply !== 'auto') return [{ function: { name, arguments: args } }]
    return [{ id: makeCallId(config, 'call_', call), function: { index: call, name, arguments: args } }]
  })
}

/** With replies that depend on the request it is the time at which a line is sent. */
function createdAt(setup: Setup): string {
  return setup.config.reply === 'auto' ? marks.time.mark : isoTime(setup)
}

/** In nanoseconds, as the configured means have it; never 0, since clients divide by them. */
function durations({ config: { ttftMs, chunkDelayMs } }: Setup, { promptTokens }: Ask, chunkCount: number) {
  const promptNs = Math.max(1, Math.round(ttftMs * MS_TO_NS))
  const evalNs = Math.max(1, Math.round(chunkCount * chunkDelayMs * MS_TO_NS))
  return {
    total_duration: promptNs + evalNs + 1,
    load_duration: 1,
    prompt_eval_count: promptTokens,
    prompt_eval_duration: promptNs,
    eval_count: chunkCount,
    eval_duration: evalNs,
  }
}

/** The size of every model, and its digest. */
export const MODEL_BYTES = 4_661_224_676
export const DIGEST = '0'.repeat(64)

/** `GET /api/tags`. */
export function ollamaTags(setup: Setup): WholeAnswer {
  return jsonAnswer(200, { models: setup.config.model.map((name) => modelOf(setup, name)) })
}

/** A model as lists tell of it. */
export function modelOf(
  setup: Setup,
  name: string,
): Omit<OnTheWire<ModelResponse>, 'expires_at' | 'size_vram'> {
  return {
    name,
    model: name,
    modified_at: isoTime(setup),
    size: MODEL_BYTES,
    digest: DIGEST,
    details: {
      parent_model: '',
      format: 'gguf',
      family: 'mock',
      families: ['mock'],
      parameter_size: '8.0B',
      quantization_level: 'Q4_0',
    },
  }
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
