// OpenAI chat completions. https://platform.openai.com/docs/api-reference/chat
import type OpenAI from 'openai'
import { type Answer, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { makeCallId, makeId, type Piece, type Said, say } from './content.ts'
import { DONE, finishReason, openaiFailure, usage } from './openai.ts'
import { remember } from './remember.ts'

type Chunk = OpenAI.ChatCompletionChunk
type ChunkChoice = OpenAI.ChatCompletionChunk.Choice
/** The SDK does not know `reasoning_content`, which DeepSeek introduced and gateways hand on. */
type Delta = ChunkChoice['delta'] & { reasoning_content?: string }
type Message = OpenAI.ChatCompletionMessage & { reasoning_content?: string }
type FinishReason = NonNullable<ChunkChoice['finish_reason']>

/** A chat completion, as a stream or whole. */
export function chat(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn, 'by turns')
  return ask.stream ? chatStream(setup, ask, said) : chatWhole(setup, ask, said)
}

/**
 * Per choice the content chunks and the finish chunk; then the usage chunk, if asked for, and `[DONE]`.
 * The first chunk names the role: the official stream helper refuses a stream without it, so with no content
 * chunk at all the finish chunk names it.
 */
function chatStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { drawn, upTo } = said
  const choices = Array.from({ length: ask.choices }, (_, index) => index)
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
  const content = (): StreamEvent[] => {
    const repeated = choices.map((index) =>
      remember((piece: Piece) => chunk(choice(index, deltaOf(piece), null))),
    )
    const begun = new Set<number>()
    return said.pieces.flatMap((piece, step) => {
      const isFirst = piece.kind === 'arguments' && !begun.has(piece.call)
      if (isFirst) begun.add(piece.call)
      return choices.map((index): StreamEvent => {
        const role = step === 0 ? { role: 'assistant' as const, content: null } : {}
        const data =
          step === 0 || isFirst
            ? chunk(
                choice(
                  index,
                  { ...role, ...(isFirst ? callDelta(setup, said, piece, index) : deltaOf(piece)) },
                  null,
                ),
              )
            : repeated[index]!(piece)
        return { data, step, part: 'content' }
      })
    })
  }
  const last: Delta = upTo > 0 ? {} : { role: 'assistant', content: '' }
  const reason = finishReason(said) as FinishReason
  const ending = choices.map((index): StreamEvent => {
    return { data: chunk(choice(index, last, reason)), step: upTo, part: 'finish' }
  })
  if (ask.includeUsage) ending.push({ data: chunk([], usage(setup, ask, said)), step: upTo })
  ending.push({ data: DONE, step: upTo, part: 'done' })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo,
    opening: [],
    content,
    ending,
    failure: openaiFailure,
  }
}

function deltaOf({ kind, text, call }: Piece): Delta {
  if (kind === 'text') return { content: text }
  if (kind === 'reasoning') return { reasoning_content: text }
  return { tool_calls: [{ index: call, function: { arguments: text } }] }
}

/** The first fragment of a call, which names it. */
function callDelta({ config }: Setup, { calls }: Said, { text, call }: Piece, choice: number): Delta {
  const { name } = calls[call]!
  const id = makeCallId(config, 'call_', call, choice)
  return { tool_calls: [{ index: call, id, type: 'function', function: { name, arguments: text } }] }
}

function chatWhole(setup: Setup, ask: Ask, said: Said): Answer {
  const messageOf = (choice: number): Message => {
    const reasoning = said.join('reasoning')
    const text = said.join('text')
    return {
      role: 'assistant',
      content: said.calls.length > 0 && text === '' ? null : text,
      refusal: null,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(said.calls.length > 0 && { tool_calls: wholeCalls(setup, said, choice) }),
    }
  }
  const answer = {
    id: makeId(setup.config, 'chatcmpl-'),
    object: 'chat.completion',
    created: setup.createdAt,
    model: ask.model,
    choices: Array.from({ length: ask.choices }, (_, index) => ({
      index,
      message: messageOf(index),
      logprobs: null,
      finish_reason: finishReason(said) as FinishReason,
    })),
    usage: usage(setup, ask, said),
  } satisfies OpenAI.ChatCompletion
  return pacedAnswer(answer, said.upTo)
}

function wholeCalls({ config }: Setup, said: Said, choice: number): OpenAI.ChatCompletionMessageToolCall[] {
  return said.calls.flatMap(({ name }, call) => {
    const text = said.join('arguments', call)
    if (text === '') return [] // cut before it
    const id = makeCallId(config, 'call_', call, choice)
    return [{ id, type: 'function', function: { name, arguments: text } }]
  })
}
