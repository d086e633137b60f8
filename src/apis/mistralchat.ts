// Mistral's chat and its completions between two texts: OpenAI's chat but for reasoning, which is a part of the content, calls of tools,
// which come whole, and the usage, which every stream tells. https://docs.mistral.ai/api/endpoint/chat
import type {
  AssistantMessage,
  ChatCompletionResponse,
  CompletionChunk,
  DeltaMessage,
  ThinkChunk,
  ToolCall,
  UsageInfo,
} from '@mistralai/mistralai/models/components'
import { type Answer, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, makeId, makeShortCallId, type Said, say } from './content.ts'
import { DONE, openaiFailure } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'
import type { Wire } from './wire.ts'

type Delta = Wire<DeltaMessage>
/** A chunk that is not the last has no reason, which the types of the SDK do not know. */
type Chunk = Omit<Wire<CompletionChunk>, 'choices'> & {
  choices: [{ index: number; delta: Delta; finish_reason: Reason | null }]
}
type Reason = 'stop' | 'length' | 'tool_calls'
type Usage = Wire<UsageInfo>

/** A chat, as a stream or whole. */
export function mistralChat(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  return ask.stream ? chatStream(setup, ask, said) : chatWhole(setup, ask, said)
}

/** What stands between two texts: never anything but text. */
export function mistralFill(setup: Setup, ask: Ask, drawn: number): Answer {
  return mistralChat(setup, { ...ask, content: { reasoning: false, text: true, calls: 0 } }, drawn)
}

function headOf({ config, createdAt }: Setup, { model }: Ask) {
  return { id: makeId(config, 'cmpl-'), created: createdAt, model } as const
}

function chatWhole(setup: Setup, ask: Ask, said: Said): Answer {
  const answer = {
    ...headOf(setup, ask),
    object: 'chat.completion',
    choices: Array.from({ length: ask.choices }, (_, index) => ({
      index,
      message: messageOf(setup, said, index),
      ...finishField(ask, said),
    })),
    ...usageField(setup, ask, said),
  } satisfies Wire<ChatCompletionResponse>
  return pacedAnswer(answer, said.upTo)
}

function messageOf(setup: Setup, said: Said, choice: number): Omit<Wire<AssistantMessage>, 'prefix'> {
  const [text, reasoning] = [said.join('text'), said.join('reasoning')]
  const calls = callsOf(setup, said, choice)
  return {
    role: 'assistant',
    content: reasoning === '' ? text : [thinking(reasoning), { type: 'text', text }],
    tool_calls: calls.length > 0 ? calls : null,
  }
}

function thinking(text: string): Wire<ThinkChunk> & { type: 'thinking' } {
  return { type: 'thinking', thinking: [{ type: 'text', text }] }
}

/** The chunks that the arguments of calls stand for say nothing, so that there are as many as are told: Mistral sends none for them. */
function deltaOf({ kind, text }: Piece): Delta {
  if (kind === 'reasoning') return { content: [thinking(text)] }
  return { content: kind === 'text' ? text : '' }
}

function chatStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { drawn, upTo } = said
  const choices = Array.from({ length: ask.choices }, (_, index) => index)
  const head = { ...headOf(setup, ask), object: 'chat.completion.chunk' }
  const chunk = (
    index: number,
    delta: Delta,
    finish: { finish_reason: Reason | null } = { finish_reason: null },
    usage?: Usage,
  ): string =>
    JSON.stringify({
      ...head,
      choices: [{ index, delta, ...finish }],
      ...(usage && { usage }),
    } satisfies Chunk)
  const content = function* (): Iterable<StreamEvent> {
    const dataOf = choices.map((index) => remember((piece: Piece) => chunk(index, deltaOf(piece))))
    for (const [step, piece] of said.pieces.entries())
      for (const index of choices) {
        const data =
          step === 0 ? chunk(index, { role: 'assistant', ...deltaOf(piece) }) : dataOf[index]!(piece)
        yield { data, step, part: 'content' }
      }
  }
  const last = (index: number): string => {
    const calls = callsOf(setup, said, index)
    const delta: Delta = {
      ...(upTo === 0 && { role: 'assistant' }),
      content: '',
      ...(calls.length > 0 && { tool_calls: calls }),
    }
    const { usage } = index === ask.choices - 1 ? usageField(setup, ask, said) : {}
    return chunk(index, delta, finishField(ask, said), usage)
  }
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo,
    opening: [],
    content,
    ending: [
      ...choices.map((index): StreamEvent => ({ data: last(index), step: upTo, part: 'finish' })),
      { data: DONE, step: upTo, part: 'done' },
    ],
    failure: openaiFailure,
  }
}

/** The calls that are complete. */
function callsOf(
  { config }: Setup,
  { begun, calls, isCut, join, upTo }: Said,
  choice: number,
): Wire<ToolCall>[] {
  return begun.flatMap(({ kind, call, end }): Wire<ToolCall>[] => {
    if (kind !== 'arguments' || (isCut && end > upTo)) return []
    const id = makeShortCallId(config, call, choice)
    const asked = { name: calls[call]!.name, arguments: join('arguments', call) }
    return [{ id, type: 'function', function: asked, index: call }]
  })
}

function usageOf({ config }: Setup, { choices, promptTokens }: Ask, { upTo }: Said): Usage {
  const outputTokens = upTo * choices
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedOf(config, promptTokens) },
  }
}

function usageField(setup: Setup, ask: Ask, said: Said): { usage: Usage } {
  return ask.shape.usage === 'never' ? ({} as { usage: Usage }) : { usage: usageOf(setup, ask, said) }
}

function finishField({ shape }: Ask, said: Said): { finish_reason: Reason } {
  if (shape.reason === null) return {} as { finish_reason: Reason }
  return { finish_reason: (shape.reason as Reason | undefined) ?? finishReason(said) }
}

function finishReason({ reason, calls }: Said): Reason {
  if (reason.kind === 'length') return 'length'
  return calls.length > 0 ? 'tool_calls' : 'stop'
}
