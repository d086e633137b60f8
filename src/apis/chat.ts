// OpenAI chat completions. https://platform.openai.com/docs/api-reference/chat
import type OpenAI from 'openai'
import { type Answer, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { FILTERED, PROMPT_EVENT, PROMPT_FILTERED } from './azure.ts'
import { makeCallId, makeId, type Said, say } from './content.ts'
import { chatLogprobs } from './logprobs.ts'
import { DONE, FINGERPRINT, finishReason, openaiFailure, tellsAll, usage } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

type Chunk = OpenAI.ChatCompletionChunk
type ChunkChoice = OpenAI.ChatCompletionChunk.Choice
/** Of a call of a custom tool, which the SDK does not know streamed. */
interface CustomDelta {
  index: number
  id?: string
  type?: 'custom'
  custom: { name?: string; input: string }
}
/** The SDK does not know `reasoning_content`, which DeepSeek introduced and gateways hand on. */
type Delta = Omit<ChunkChoice['delta'], 'tool_calls'> & {
  reasoning_content?: string
  tool_calls?: (OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall | CustomDelta)[]
}
type Message = OpenAI.ChatCompletionMessage & { reasoning_content?: string }
type FinishReason = NonNullable<ChunkChoice['finish_reason']>

/** Whose chat it is. */
type Host = 'openai' | 'azure'

/** A chat completion, as a stream or whole. */
export function chat(setup: Setup, ask: Ask, drawn: number, host: Host = 'openai'): Answer {
  const said = say(setup.config, ask, drawn, 'by turns')
  return ask.stream ? chatStream(setup, ask, said, host) : chatWhole(setup, ask, said, host)
}

/** What tells how an answer was made. */
function origin(host: Host): object {
  return host === 'azure' ? FINGERPRINT : { service_tier: 'default', ...FINGERPRINT }
}

/**
 * Per choice the content chunks and the finish chunk; then the usage chunk, if asked for, and `[DONE]`.
 * The first chunk names the role: the official stream helper refuses a stream without it, so with no content
 * chunk at all the finish chunk names it.
 */
function chatStream(setup: Setup, ask: Ask, said: Said, host: Host): StreamAnswer {
  const { drawn, upTo } = said
  const choices = Array.from({ length: ask.choices }, (_, index) => index)
  const chunk = (choices: ChunkChoice[], total?: OpenAI.CompletionUsage): string => {
    const { model, includeUsage } = ask
    return JSON.stringify({
      id: makeId(setup.config, 'chatcmpl-'),
      object: 'chat.completion.chunk',
      created: setup.createdAt,
      model,
      ...(tellsAll(setup) && origin(host)),
      choices,
      ...(includeUsage && { usage: total ?? null }),
    } satisfies Chunk)
  }
  const choice = (index: number, delta: Delta, piece: Piece | null, reason: FinishReason | null): string => {
    const logprobs =
      ask.logprobs !== null && piece?.kind === 'text' && chatLogprobs([piece.text], ask.logprobs)
    return chunk([
      { index, delta: delta as ChunkChoice['delta'], logprobs: logprobs || null, finish_reason: reason },
    ])
  }
  const content = function* (): Iterable<StreamEvent> {
    const repeated = choices.map((index) =>
      remember((piece: Piece) => choice(index, deltaOf(said, piece), piece, null)),
    )
    const begun = new Set<number>()
    for (const [step, piece] of said.pieces.entries()) {
      const isFirst = piece.kind === 'arguments' && !begun.has(piece.call)
      if (isFirst) begun.add(piece.call)
      for (const index of choices) {
        const role = step === 0 ? { role: 'assistant' as const, content: null } : {}
        const delta = (): Delta => (isFirst ? firstDelta(setup, said, piece, index) : deltaOf(said, piece))
        const data =
          step === 0 || isFirst
            ? choice(index, { ...role, ...delta() }, piece, null)
            : repeated[index]!(piece)
        yield { data, step, part: 'content' }
      }
    }
  }
  const last: Delta = upTo > 0 ? {} : { role: 'assistant', content: '' }
  const reason = finishReason(said) as FinishReason
  const ending = choices.map((index): StreamEvent => {
    return { data: choice(index, last, null, reason), step: upTo, part: 'finish' }
  })
  if (ask.includeUsage) ending.push({ data: chunk([], usage(setup, ask, said)), step: upTo })
  ending.push({ data: DONE, step: upTo, part: 'done' })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo,
    opening: host === 'azure' && setup.config.providerHeaders ? [PROMPT_EVENT] : [],
    content,
    ending,
    failure: openaiFailure,
  }
}

function deltaOf({ calls }: Said, { kind, text, call }: Piece): Delta {
  if (kind === 'text') return { content: text }
  if (kind === 'reasoning') return { reasoning_content: text }
  switch (calls[call]!.kind) {
    case 'custom':
      return { tool_calls: [{ index: call, custom: { input: text } }] }
    case 'legacy':
      return { function_call: { arguments: text } }
    case 'function':
      return { tool_calls: [{ index: call, function: { arguments: text } }] }
  }
}

/** The first fragment of a call, which names it. */
function firstDelta({ config }: Setup, { calls }: Said, { text, call }: Piece, choice: number): Delta {
  const { name, kind } = calls[call]!
  const id = makeCallId(config, 'call_', call, choice)
  switch (kind) {
    case 'custom':
      return { tool_calls: [{ index: call, id, type: 'custom', custom: { name, input: text } }] }
    case 'legacy':
      return { function_call: { name, arguments: text } }
    case 'function':
      return { tool_calls: [{ index: call, id, type: 'function', function: { name, arguments: text } }] }
  }
}

function chatWhole(setup: Setup, ask: Ask, said: Said, host: Host): Answer {
  const text = said.join('text')
  const reasoning = said.join('reasoning')
  const called = said.calls.length > 0
  const logprobs = ask.logprobs === null ? null : wholeLogprobs(said, ask.logprobs)
  const messageOf = (choice: number): Message => ({
    role: 'assistant',
    content: called && text === '' ? null : text,
    refusal: null,
    annotations: [],
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...wholeCalls(setup, said, choice),
  })
  const isAzure = host === 'azure'
  const answer = {
    id: makeId(setup.config, 'chatcmpl-'),
    object: 'chat.completion',
    created: setup.createdAt,
    model: ask.model,
    choices: Array.from({ length: ask.choices }, (_, index) => ({
      index,
      message: messageOf(index),
      logprobs,
      finish_reason: finishReason(said) as FinishReason,
      ...(isAzure && { content_filter_results: text === '' ? {} : FILTERED }),
    })),
    usage: usage(setup, ask, said),
    ...origin(host),
    ...(isAzure && PROMPT_FILTERED),
  } satisfies OpenAI.ChatCompletion
  return pacedAnswer(answer, said.upTo)
}

function wholeLogprobs({ pieces, upTo }: Said, most: number): ReturnType<typeof chatLogprobs> | null {
  const texts = pieces.slice(0, upTo).flatMap(({ kind, text }) => (kind === 'text' ? [text] : []))
  return texts.length === 0 ? null : chatLogprobs(texts, most)
}

/** The calls that are begun. */
function wholeCalls(
  { config }: Setup,
  said: Said,
  choice: number,
): Pick<Message, 'tool_calls' | 'function_call'> {
  const calls: OpenAI.ChatCompletionMessageToolCall[] = []
  if (said.calls.length === 0) return {}
  const begun = new Set(
    said.pieces.slice(0, said.upTo).map((piece) => (piece.kind === 'arguments' ? piece.call : -1)),
  )
  for (const [call, { name, kind }] of said.calls.entries()) {
    if (!begun.has(call)) continue
    const text = said.join('arguments', call)
    const id = makeCallId(config, 'call_', call, choice)
    if (kind === 'legacy') return { function_call: { name, arguments: text } }
    calls.push(
      kind === 'custom'
        ? { id, type: 'custom', custom: { name, input: text } }
        : { id, type: 'function', function: { name, arguments: text } },
    )
  }
  return calls.length === 0 ? {} : { tool_calls: calls }
}
