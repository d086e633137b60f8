// Cohere's chat, version 2. https://docs.cohere.com/reference/chat-stream
import type { Cohere } from 'cohere-ai'
import {
  type Answer,
  pacedAnswer,
  type Part,
  PREAMBLE,
  type Setup,
  type StreamAnswer,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import type { Ask } from './ask.ts'
import { cohereFailure, cohereUsage } from './cohere.ts'
import { citationsOf, cohereLogprob } from './coherecitations.ts'
import { makeCallId, makeId, type Said, say, type Section } from './content.ts'
import { DONE } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'
import type { Wire } from './wire.ts'

type Content = Wire<Cohere.AssistantMessageResponseContentItem>
type ToolCall = Wire<Cohere.ToolCallV2>
type MessageStart = Wire<Cohere.V2ChatStreamResponse.MessageStart>
type ChatEvent = Wire<Exclude<Cohere.V2ChatStreamResponse, Cohere.V2ChatStreamResponse.MessageStart>>

/** A chat, as a stream or whole. */
export function cohereChat(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  return ask.stream ? chatStream(setup, ask, said) : chatWhole(setup, ask, said)
}

/** Text before calls of tools is the plan that they follow, which stands in a field of its own. */
function isPlan({ calls }: Said, { kind }: Section): boolean {
  return kind === 'text' && calls.length > 0
}

function chatWhole(setup: Setup, ask: Ask, said: Said): WholeAnswer {
  const content: Content[] = []
  const calls: ToolCall[] = []
  let plan = ''
  for (const section of said.begun) {
    const text = said.join(section.kind, section.call)
    if (isPlan(said, section)) plan = text
    else if (section.kind === 'text') content.push({ type: 'text', text })
    else if (section.kind === 'reasoning') content.push({ type: 'thinking', thinking: text })
    else calls.push(callOf(setup, said, section.call, text))
  }
  const citations = citationsOf(ask, said)
  const answer = {
    id: makeId(setup.config, ''),
    message: {
      role: 'assistant',
      ...(content.length > 0 && { content }),
      ...(plan !== '' && { tool_plan: plan }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(citations.length > 0 && { citations }),
    },
    ...finishField(ask, said),
    ...usageField(setup, ask, said),
    ...(ask.logprobs !== null && { logprobs: plan === '' ? logprobsOf(said) : [] }),
  } satisfies Wire<Cohere.V2ChatResponse>
  return pacedAnswer(answer, said.upTo)
}

function logprobsOf({ pieces, upTo }: Said): ReturnType<typeof cohereLogprob>[] {
  const texts = pieces.slice(0, upTo).filter(({ kind }) => kind === 'text')
  return texts.map(({ text }) => cohereLogprob(text))
}

/** Contents and calls are counted apart; a plan is not counted. */
function indexOf(said: Said, section: Section): number {
  if (section.kind === 'arguments') return section.call
  return section.kind === 'text' && said.sections.some(({ kind }) => kind === 'reasoning') ? 1 : 0
}

function chatStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { sections, begun, upTo, current } = said
  const begin = (section: Section, step = section.start): StreamEvent[] => {
    const index = indexOf(said, section)
    if (isPlan(said, section)) return []
    if (section.kind === 'arguments') {
      const delta = { message: { tool_calls: callOf(setup, said, section.call, '') } }
      return [eventOf({ type: 'tool-call-start', index, delta }, step)]
    }
    const content: Content =
      section.kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '' }
    return [eventOf({ type: 'content-start', index, delta: { message: { content } } }, step)]
  }
  const close = (section: Section, step: number): StreamEvent[] => {
    if (isPlan(said, section)) return []
    const type = section.kind === 'arguments' ? 'tool-call-end' : 'content-end'
    return [eventOf({ type, index: indexOf(said, section) }, step)]
  }
  const content = function* (): Iterable<StreamEvent> {
    for (const [i, section] of sections.entries()) {
      const { start, end } = section
      const data = remember((piece: Piece) => deltaOf(said, section, piece, ask.logprobs !== null))
      if (i > 0) yield* [...close(sections[i - 1]!, start), ...begin(section)]
      for (let step = start; step < end; step++) {
        const { type, text } = data(said.pieces[step]!)
        yield { event: type, data: text, step, part: 'content' }
      }
    }
  }
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn: said.drawn,
    upTo,
    opening: [startOf(setup), ...begin(sections[0]!, PREAMBLE)],
    content,
    ending: [
      ...begun
        .slice(current)
        .flatMap((section, i) => [
          ...(i === 0 ? [] : begin(section)),
          ...(section.kind === 'text' ? citing(ask, said) : []),
          ...close(section, upTo),
        ]),
      eventOf(
        { type: 'message-end', delta: { ...finishField(ask, said), ...usageField(setup, ask, said) } },
        upTo,
        'finish',
      ),
      { data: DONE, step: upTo, part: 'done' },
    ],
    failure: cohereFailure,
  }
}

/** Each by itself, when all has been said. */
function citing(ask: Ask, said: Said): StreamEvent[] {
  return citationsOf(ask, said).flatMap((citations, index) => [
    eventOf({ type: 'citation-start', index, delta: { message: { citations } } }, said.upTo),
    eventOf({ type: 'citation-end', index }, said.upTo),
  ])
}

function eventOf(event: ChatEvent, step: number, part?: Part): StreamEvent {
  return { event: event.type, data: JSON.stringify(event), step, ...(part && { part }) }
}

function startOf({ config }: Setup): StreamEvent {
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } as const
  const event = { id: makeId(config, ''), type: 'message-start', delta: { message } } as const
  event satisfies MessageStart
  return { event: event.type, data: JSON.stringify(event), step: PREAMBLE }
}

function deltaOf(
  said: Said,
  section: Section,
  { text }: Piece,
  isLikely: boolean,
): { type: ChatEvent['type']; text: string } {
  const index = indexOf(said, section)
  const event = ((): ChatEvent => {
    if (isPlan(said, section)) return { type: 'tool-plan-delta', delta: { message: { tool_plan: text } } }
    switch (section.kind) {
      case 'text':
        return {
          type: 'content-delta',
          index,
          delta: { message: { content: { text } } },
          ...(isLikely && { logprobs: cohereLogprob(text) }),
        }
      case 'reasoning':
        return { type: 'content-delta', index, delta: { message: { content: { thinking: text } } } }
      case 'arguments': {
        const delta = { message: { tool_calls: { function: { arguments: text } } } }
        return { type: 'tool-call-delta', index, delta }
      }
    }
  })()
  return { type: event.type, text: JSON.stringify(event) }
}

function callOf({ config }: Setup, { calls }: Said, call: number, text: string): ToolCall {
  const { name } = calls[call]!
  return {
    id: makeCallId(config, `${name}_`, call),
    type: 'function',
    function: { name, arguments: text },
  }
}

function usageField(setup: Setup, ask: Ask, said: Said): { usage?: ReturnType<typeof cohereUsage> } {
  return ask.shape.usage === 'never' ? {} : { usage: cohereUsage(setup, ask, said) }
}

function finishField({ shape }: Ask, said: Said): { finish_reason: Cohere.ChatFinishReason } {
  if (shape.reason === null) return {} as { finish_reason: Cohere.ChatFinishReason }
  return { finish_reason: (shape.reason as Cohere.ChatFinishReason | undefined) ?? finishReason(said) }
}

function finishReason({ reason, calls }: Said): Cohere.ChatFinishReason {
  if (reason.kind === 'length') return 'MAX_TOKENS'
  if (reason.kind === 'sequence') return 'STOP_SEQUENCE'
  return calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE'
}
