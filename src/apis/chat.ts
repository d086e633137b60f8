// OpenAI chat completions. https://platform.openai.com/docs/api-reference/chat
import type OpenAI from 'openai'
import {
  type Answer,
  pacedAnswer,
  PREAMBLE,
  type Setup,
  type StreamAnswer,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { FILTERED, PROMPT_EVENT, PROMPT_FILTERED } from './azure.ts'
import { type Delta, firstFragments, fragmentsOf, type Reasoning, reasoningOf } from './chatdeltas.ts'
import { makeCallId, makeId, type Said, say, tokensOf } from './content.ts'
import { chatLogprobs } from './logprobs.ts'
import { DONE, FINGERPRINT, finishField, openaiFailure, tellsAll, usage, usagePlan } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

type Chunk = OpenAI.ChatCompletionChunk
type ChunkChoice = OpenAI.ChatCompletionChunk.Choice
type Message = OpenAI.ChatCompletionMessage & Reasoning

/** Whose chat it is. */
type Host = 'openai' | 'azure'

/** A chat completion, as a stream or whole. */
export function chat(setup: Setup, ask: Ask, drawn: number, host: Host = 'openai'): Answer {
  return chatOf(setup, ask, say(setup.config, ask, drawn, 'by turns'), host)
}

/** A chat that says this. */
export function chatOf(setup: Setup, ask: Ask, said: Said, host: Host): StreamAnswer | WholeAnswer {
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
  const { shape } = ask
  const plan = usagePlan(ask)
  const isOpened = setup.config.preambleMs !== null
  const choices = Array.from({ length: ask.choices }, (_, index) => index)
  /** Of so many chunks. */
  const usageOf = (count: number): OpenAI.CompletionUsage => usage(setup, ask, tokensOf(said, count))
  const chunk = (choices: ChunkChoice[], total?: OpenAI.CompletionUsage): string =>
    JSON.stringify({
      id: makeId(setup.config, 'chatcmpl-'),
      object: 'chat.completion.chunk',
      created: setup.createdAt,
      model: ask.model,
      ...(tellsAll(setup) && origin(host)),
      choices,
      ...(plan.isField && { usage: total ?? null }),
      ...(!plan.isField && total && { usage: total }),
    } satisfies Chunk)
  const choice = (
    index: number,
    delta: Delta | null,
    piece: Piece | null,
    finish: Pick<ChunkChoice, 'finish_reason'> = { finish_reason: null },
    total?: OpenAI.CompletionUsage,
  ): string => {
    const logprobs =
      ask.logprobs !== null && piece?.kind === 'text' && chatLogprobs([piece.text], ask.logprobs)
    return chunk(
      [{ index, delta: delta as ChunkChoice['delta'], logprobs: logprobs || null, ...finish }],
      total,
    )
  }
  /** What the first chunk says besides. */
  const role = (step: number): Delta => (step === 0 && !isOpened ? { role: 'assistant', content: null } : {})
  const isFirst = firstFragments(said)
  const fragments = fragmentsOf(setup, ask, said)
  const content = function* (): Iterable<StreamEvent> {
    const repeated = choices.map((index) =>
      remember((piece: Piece) => choice(index, fragments.next(piece), piece)),
    )
    /** What is not said twice: the first chunk, the first one of a call, and chunks that tell the usage so far. */
    const single = (piece: Piece, step: number, index: number): StreamEvent[] => {
      const total = plan.inEach ? usageOf(step + 1) : undefined
      const [named, ...begun] = isFirst(step) ? fragments.first(piece, index).toReversed() : []
      const delta = { ...(begun.length === 0 && role(step)), ...(named ?? fragments.next(piece)) }
      return [
        ...begun.map((before): StreamEvent => {
          return { data: choice(index, { ...role(step), ...before }, null, undefined, total), step }
        }),
        { data: choice(index, delta, piece, undefined, total), step, part: 'content' },
      ]
    }
    for (const [step, piece] of said.pieces.entries()) {
      const isSingle = step === 0 || plan.inEach || isFirst(step)
      for (const index of choices)
        if (isSingle) yield* single(piece, step, index)
        else yield { data: repeated[index]!(piece), step, part: 'content' }
    }
  }
  const finish = finishField(ask, said) as Pick<ChunkChoice, 'finish_reason'>
  const total = plan.inFinish ? usageOf(upTo) : undefined
  const isJoined = shape.joined === true && upTo > 0
  const ending = choices.map((index): StreamEvent => {
    if (isJoined) {
      const piece = said.pieces[upTo - 1]!
      const told = isFirst(upTo - 1) ? fragments.whole(piece, index) : fragments.next(piece)
      const delta = { ...role(upTo - 1), ...told }
      return { data: choice(index, delta, piece, finish, total), step: upTo - 1, part: 'content' }
    }
    const last: Delta = upTo > 0 || isOpened ? {} : { role: 'assistant', content: '' }
    const data = choice(index, shape.nullDelta ? null : last, null, finish, total)
    return { data, step: upTo, part: 'finish' }
  })
  if (plan.isOwn) ending.push({ data: chunk([], usageOf(upTo)), step: upTo })
  ending.push({ data: DONE, step: upTo, part: 'done' })
  const first = said.sections.find(({ start, end }) => start < end)
  const opened = choices.map((index): StreamEvent => {
    const content = first?.kind === 'arguments' ? null : ''
    return { data: choice(index, { role: 'assistant', content }, null), step: PREAMBLE }
  })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo: isJoined ? upTo - 1 : upTo,
    opening: [
      ...(host === 'azure' && setup.config.providerHeaders ? [PROMPT_EVENT] : []),
      ...(isOpened ? opened : []),
    ],
    content,
    ending,
    failure: openaiFailure,
  }
}

function chatWhole(setup: Setup, ask: Ask, said: Said, host: Host): WholeAnswer {
  const text = said.join('text')
  const reasoning = said.join('reasoning')
  const called = said.calls.length > 0
  const logprobs = ask.logprobs === null ? null : wholeLogprobs(said, ask.logprobs)
  const messageOf = (choice: number): Message => ({
    role: 'assistant',
    content: called && text === '' ? null : text,
    refusal: null,
    annotations: [],
    ...(reasoning !== '' && reasoningOf(reasoning)),
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
      ...(finishField(ask, said) as Pick<OpenAI.ChatCompletion.Choice, 'finish_reason'>),
      ...(isAzure && { content_filter_results: text === '' ? {} : FILTERED }),
    })),
    ...(ask.shape.usage !== 'never' && { usage: usage(setup, ask, said) }),
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
