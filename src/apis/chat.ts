// OpenAI chat completions. https://platform.openai.com/docs/api-reference/chat
import type OpenAI from 'openai'
import type { Config } from '../config/config.ts'
import { type Answer, type Ask, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import { contentPieces, countReasoning, joinPieces, makeId, type Piece, remember } from './content.ts'
import { DONE, openaiFailure, usage } from './openai.ts'

type Chunk = OpenAI.ChatCompletionChunk
type ChunkChoice = OpenAI.ChatCompletionChunk.Choice
/** The SDK does not know `reasoning_content`, which DeepSeek introduced and gateways hand on. */
type Delta = ChunkChoice['delta'] & { reasoning_content?: string }
type Message = OpenAI.ChatCompletionMessage & { reasoning_content?: string }

/** A chat completion, as a stream or whole. */
export function chat(setup: Setup, ask: Ask, chunkCount: number): Answer {
  return ask.stream ? chatStream(setup, ask, chunkCount) : chatWhole(setup, ask, chunkCount)
}

/**
 * Per choice the content chunks and the finish chunk; then the usage chunk, if asked for, and `[DONE]`.
 * The first chunk names the role: the official stream helper refuses a stream without it, so with no content
 * chunk at all the finish chunk names it.
 */
function chatStream(setup: Setup, ask: Ask, chunkCount: number): StreamAnswer {
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const chunk = (choices: ChunkChoice[], total?: OpenAI.CompletionUsage): string => {
    const { model, includeUsage } = ask
    return JSON.stringify({
      id: makeId(setup.config, 'chatcmpl-'),
      object: 'chat.completion.chunk',
      created: setup.createdAt,
      model,
      choices,
      ...(includeUsage && { usage: total ?? null }),
    } satisfies Chunk)
  }
  const choice = (index: number, delta: Delta, reason: ChunkChoice['finish_reason']): ChunkChoice[] => [
    { index, delta, logprobs: null, finish_reason: reason },
  ]
  const events: StreamEvent[] = []
  const repeated = Array.from({ length: ask.choices }, (_, index) =>
    remember((piece: Piece) => chunk(choice(index, deltaOf(piece), null))),
  )
  for (const [step, piece] of pieces.entries())
    for (let index = 0; index < ask.choices; index++) {
      const data =
        step === 0
          ? chunk(choice(index, firstDelta(setup, ask, piece, index), null))
          : repeated[index]!(piece)
      events.push({ data, step, part: 'content' })
    }
  const last: Delta = pieces.length > 0 ? {} : { role: 'assistant', content: '' }
  for (let index = 0; index < ask.choices; index++)
    events.push({ data: chunk(choice(index, last, finishReason(ask))), step: chunkCount, part: 'finish' })
  if (ask.includeUsage) events.push({ data: chunk([], totalUsage(ask, chunkCount)), step: chunkCount })
  events.push({ data: DONE, step: chunkCount, part: 'done' })
  return { kind: 'stream', status: 200, framing: 'sse', events, failure: openaiFailure }
}

function deltaOf({ kind, text }: Piece): Delta {
  if (kind === 'text') return { content: text }
  if (kind === 'reasoning') return { reasoning_content: text }
  return { tool_calls: [{ index: 0, function: { arguments: text } }] }
}

function firstDelta({ config }: Setup, { toolName }: Ask, piece: Piece, choice: number): Delta {
  if (piece.kind === 'text') return { role: 'assistant', content: piece.text }
  if (piece.kind === 'reasoning') return { role: 'assistant', content: null, reasoning_content: piece.text }
  const call = { name: toolName, arguments: piece.text }
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ index: 0, id: callId(config, choice), type: 'function', function: call }],
  }
}

function chatWhole(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const messageOf = (choice: number): Message => {
    const said: Message = { role: 'assistant', content: joinPieces(pieces, 'text'), refusal: null }
    if (ask.content === 'reasoning') said.reasoning_content = joinPieces(pieces, 'reasoning')
    if (ask.content !== 'tools') return said
    const call = { name: ask.toolName, arguments: joinPieces(pieces, 'arguments') }
    const calls = [{ id: callId(setup.config, choice), type: 'function' as const, function: call }]
    return { ...said, content: null, tool_calls: calls }
  }
  return pacedAnswer({
    id: makeId(setup.config, 'chatcmpl-'),
    object: 'chat.completion',
    created: setup.createdAt,
    model: ask.model,
    choices: Array.from({ length: ask.choices }, (_, index) => ({
      index,
      message: messageOf(index),
      logprobs: null,
      finish_reason: finishReason(ask),
    })),
    usage: totalUsage(ask, chunkCount),
  } satisfies OpenAI.ChatCompletion)
}

/** Every choice makes a call of its own. */
function callId(config: Config, choice: number): string {
  return makeId(config, choice === 0 ? 'call_' : `call_${choice}_`)
}

function finishReason({ content, finish }: Ask): 'tool_calls' | Ask['finish'] {
  return content === 'tools' && finish === 'stop' ? 'tool_calls' : finish
}

function totalUsage({ content, choices }: Ask, chunkCount: number): OpenAI.CompletionUsage {
  return usage(chunkCount * choices, countReasoning(content, chunkCount) * choices)
}
