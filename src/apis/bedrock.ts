// AWS Bedrock's Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
import type {
  ContentBlock,
  ContentBlockDelta,
  ContentBlockDeltaEvent,
  ContentBlockStartEvent,
  ContentBlockStopEvent,
  ConverseResponse,
  ConverseStreamMetadataEvent,
  MessageStartEvent,
  MessageStopEvent,
  StopReason,
  TokenUsage,
  ToolUseBlock,
} from '@aws-sdk/client-bedrock-runtime'
import {
  type Answer,
  pacedAnswer,
  PREAMBLE,
  type Part,
  type Setup,
  type StreamAnswer,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { latencyMs, streamException } from './bedrockservice.ts'
import { cachedOf, makeCallId, parseInput, type Said, say } from './content.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

/** What each event of a stream holds, by its name. */
interface Events {
  readonly messageStart: MessageStartEvent
  readonly contentBlockStart: ContentBlockStartEvent
  readonly contentBlockDelta: ContentBlockDeltaEvent
  readonly contentBlockStop: ContentBlockStopEvent
  readonly messageStop: MessageStopEvent
  readonly metadata: ConverseStreamMetadataEvent
}

function eventOf<Name extends keyof Events>(
  event: Name,
  value: Events[Name],
  step: number,
  part?: Part,
): StreamEvent {
  return { event, data: JSON.stringify(value), step, ...(part && { part }) }
}

/** Any: nobody can check it. */
const SIGNATURE = 'bW9jaw=='

/** `POST /model/{model}/converse`, and `/converse-stream`. */
export function converse(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  return ask.stream ? converseStream(setup, ask, said) : converseWhole(setup, ask, said)
}

function converseWhole(setup: Setup, ask: Ask, said: Said): WholeAnswer {
  const content = said.begun.flatMap(({ kind, call, end }): ContentBlock[] => {
    const text = said.join(kind, call)
    switch (kind) {
      case 'text':
        return [{ text }]
      case 'reasoning':
        return [{ reasoningContent: { reasoningText: { text, signature: SIGNATURE } } }]
      case 'arguments': // an input is an object: what is cut is none
        if (said.isCut && end > said.upTo) return []
        return [
          { toolUse: { ...toolOf(setup, said, call), input: parseInput(text) as ToolUseBlock['input'] } },
        ]
    }
  })
  const response: ConverseResponse = {
    ...figures(setup, ask, said),
    output: { message: { content, role: 'assistant' } },
    stopReason: stopReason(ask, said),
  }
  return pacedAnswer(response, said.upTo)
}

/** Only a tool's block has an event with which it starts, as Anthropic's models have it there. */
function converseStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { sections, begun, upTo, current } = said
  const begin = (index: number, step = sections[index]!.start): StreamEvent[] => {
    const { kind, call } = sections[index]!
    if (kind !== 'arguments') return []
    const toolUse = toolOf(setup, said, call)
    return [eventOf('contentBlockStart', { contentBlockIndex: index, start: { toolUse } }, step)]
  }
  const close = (index: number, step: number): StreamEvent[] => {
    const signed = { contentBlockIndex: index, delta: { reasoningContent: { signature: SIGNATURE } } }
    return [
      ...(sections[index]!.kind === 'reasoning' ? [eventOf('contentBlockDelta', signed, step)] : []),
      eventOf('contentBlockStop', { contentBlockIndex: index }, step),
    ]
  }
  const content = function* (): Iterable<StreamEvent> {
    for (const [index, { start, end }] of sections.entries()) {
      const event = remember((piece: Piece) =>
        eventOf('contentBlockDelta', { contentBlockIndex: index, delta: deltaOf(piece) }, 0),
      )
      if (index > 0) yield* [...close(index - 1, start), ...begin(index)]
      for (let step = start; step < end; step++) yield { ...event(said.pieces[step]!), step, part: 'content' }
    }
  }
  return {
    kind: 'stream',
    status: 200,
    framing: 'eventstream',
    drawn: said.drawn,
    upTo,
    opening: [eventOf('messageStart', { role: 'assistant' }, PREAMBLE), ...begin(0, PREAMBLE)],
    content,
    ending: [
      ...begun
        .slice(current)
        .flatMap((_, i) => [...(i === 0 ? [] : begin(current + i)), ...close(current + i, upTo)]),
      eventOf('messageStop', { stopReason: stopReason(ask, said) }, upTo, 'finish'),
      eventOf('metadata', figures(setup, ask, said), upTo, 'done'),
    ],
    failure: streamException,
  }
}

function toolOf({ config }: Setup, { calls }: Said, call: number): { name: string; toolUseId: string } {
  return { name: calls[call]!.name, toolUseId: makeCallId(config, 'tooluse_', call) }
}

function deltaOf({ kind, text }: Piece): ContentBlockDelta {
  if (kind === 'text') return { text }
  if (kind === 'reasoning') return { reasoningContent: { text } }
  return { toolUse: { input: text } }
}

function stopReason({ shape }: Ask, { reason, calls }: Said): StopReason | undefined {
  if (shape.reason !== undefined) return (shape.reason ?? undefined) as StopReason | undefined
  if (reason.kind === 'filter') return 'content_filtered'
  if (reason.kind === 'length') return 'max_tokens'
  if (reason.kind === 'sequence') return 'stop_sequence'
  return calls.length > 0 ? 'tool_use' : 'end_turn'
}

/** What a reply is said to have cost. How much of it was reasoning Bedrock does not tell. */
function figures(
  { config }: Setup,
  { promptTokens, shape }: Ask,
  { upTo }: Said,
): { usage: TokenUsage | undefined; metrics: { latencyMs: number } } {
  const cached = cachedOf(config, promptTokens)
  return {
    usage:
      shape.usage === 'never'
        ? undefined
        : {
            inputTokens: promptTokens - cached,
            outputTokens: upTo,
            totalTokens: promptTokens + upTo,
            cacheReadInputTokens: cached,
            cacheWriteInputTokens: 0,
          },
    metrics: { latencyMs: latencyMs(config, upTo) },
  }
}
