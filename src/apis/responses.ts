// OpenAI Responses API. https://platform.openai.com/docs/api-reference/responses-streaming
import type OpenAI from 'openai'
import { type Answer, MIDSTREAM_MESSAGE, pacedAnswer, type Setup, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, makeCallId, makeId, type Piece, type Said, say, type Section } from './content.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent
type Item = OpenAI.Responses.ResponseOutputItem
/** `sequence_number` is given when the events are put in order. */
type Unnumbered = ResponseEvent extends infer E
  ? E extends ResponseEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never

/** A response, as an event stream or whole. */
export function response(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  const { begun, current, pieces, sections, upTo } = said
  const items = begun.map((section) => itemOf(setup, said, section, said.join(section.kind, section.call)))
  const whole = responseObject(setup, ask, said, items)
  if (!ask.stream) return pacedAnswer(whole, upTo)

  const started = responseObject(setup, ask, said)
  const first = itemOf(setup, said, sections[0]!, '')
  const opening = numbered(0, [
    { event: { type: 'response.created', response: started }, step: 0 },
    { event: { type: 'response.in_progress', response: started }, step: 0 },
    ...beginning(first, 0).map((event) => ({ event, step: 0 })),
  ])
  /** What stands between two items: the first is complete. */
  const between = (index: number, step: number): Timed[] => {
    const { kind, start, end, call } = sections[index]!
    const text = pieces
      .slice(start, end)
      .map((piece) => piece.text)
      .join('')
    const next = itemOf(setup, said, sections[index + 1]!, '')
    return [
      ...closing(itemOf(setup, said, { kind, start, end, call }, text), index),
      ...beginning(next, index + 1),
    ].map((event) => ({ event, step }))
  }
  const content = (): StreamEvent[] =>
    numbered(
      opening.length,
      sections.flatMap((section, index): Timed[] => [
        ...(index === 0 ? [] : between(index - 1, section.start)),
        ...pieces.slice(section.start, section.end).map((piece, i): Timed => {
          const item = itemOf(setup, said, section, '')
          return { event: delta(item, index, piece), step: section.start + i, part: 'content' }
        }),
      ]),
    )
  const betweens = sections
    .slice(0, current)
    .reduce((sum, { end }, index) => sum + between(index, end).length, 0)
  const ending = numbered(opening.length + upTo + betweens, [
    ...items
      .slice(current)
      .flatMap((item, i) => [...(i === 0 ? [] : beginning(item, current + i)), ...closing(item, current + i)])
      .map((event) => ({ event, step: upTo })),
    {
      event: {
        type: `response.${whole.status === 'incomplete' ? 'incomplete' : 'completed'}`,
        response: whole,
      },
      step: upTo,
      part: 'last',
    },
  ])
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn: said.drawn,
    upTo,
    opening,
    content,
    ending,
    failure,
  }
}

interface Timed extends Pick<StreamEvent, 'step' | 'part'> {
  readonly event: Unnumbered
}

function numbered(from: number, events: readonly Timed[]): StreamEvent[] {
  return events.map(({ event, step, part }, i): StreamEvent => {
    const data = JSON.stringify({ ...event, sequence_number: from + i })
    return { event: event.type, data, step, ...(part && { part }) }
  })
}

function failure(sent: number): { readonly event: string; readonly data: string } {
  const event: ResponseEvent = {
    type: 'error',
    code: 'server_error',
    message: MIDSTREAM_MESSAGE,
    param: null,
    sequence_number: sent,
  }
  return { event: 'error', data: JSON.stringify(event) }
}

/** An item of the output that says `text`. */
function itemOf({ config }: Setup, said: Said, { kind, call, end }: Section, text: string): Item {
  const status = said.isCut && end > said.upTo ? 'incomplete' : 'completed'
  switch (kind) {
    case 'text':
      return {
        type: 'message',
        id: makeId(config, 'msg_'),
        status,
        role: 'assistant',
        content: [outputText(text)],
      }
    case 'reasoning':
      return { type: 'reasoning', id: makeId(config, 'rs_'), summary: [{ type: 'summary_text', text }] }
    case 'arguments': {
      const { name } = said.calls[call]!
      const id = makeCallId(config, 'fc_', call)
      const callId = makeCallId(config, 'call_', call)
      return { type: 'function_call', id, call_id: callId, name, arguments: text, status }
    }
  }
}

/** The events that announce an item, before its content. */
function beginning(item: Item, index: number): Unnumbered[] {
  const at = { output_index: index, item_id: item.id! }
  const added = { type: 'response.output_item.added', output_index: index } as const
  switch (item.type) {
    case 'message':
      return [
        { ...added, item: { ...item, status: 'in_progress', content: [] } },
        { type: 'response.content_part.added', ...at, content_index: 0, part: outputText('') },
      ]
    case 'reasoning':
      return [
        { ...added, item: { ...item, summary: [] } },
        {
          type: 'response.reasoning_summary_part.added',
          ...at,
          summary_index: 0,
          part: { type: 'summary_text', text: '' },
        },
      ]
    case 'function_call':
      return [{ ...added, item: { ...item, status: 'in_progress', arguments: '' } }]
    default:
      throw new Error(`no such output here: ${item.type}`)
  }
}

function delta(item: Item, index: number, { kind, text }: Piece): Unnumbered {
  const at = { output_index: index, item_id: item.id!, delta: text }
  if (kind === 'reasoning') return { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0 }
  if (kind === 'arguments') return { type: 'response.function_call_arguments.delta', ...at }
  return { type: 'response.output_text.delta', ...at, content_index: 0, logprobs: [] }
}

/** The events that complete an item, after its content. */
function closing(item: Item, index: number): Unnumbered[] {
  const at = { output_index: index, item_id: item.id! }
  const done: Unnumbered = { type: 'response.output_item.done', output_index: index, item }
  switch (item.type) {
    case 'message': {
      const text = item.content.map((part) => ('text' in part ? part.text : '')).join('')
      return [
        { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] },
        { type: 'response.content_part.done', ...at, content_index: 0, part: outputText(text) },
        done,
      ]
    }
    case 'reasoning': {
      const [part] = item.summary
      return [
        { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: part!.text },
        { type: 'response.reasoning_summary_part.done', ...at, summary_index: 0, part: part! },
        done,
      ]
    }
    case 'function_call':
      return [{ type: 'response.function_call_arguments.done', ...at, arguments: item.arguments }, done]
    default:
      throw new Error(`no such output here: ${item.type}`)
  }
}

function outputText(text: string): OpenAI.Responses.ResponseOutputText {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** The response itself: with its output when completed, without before. */
function responseObject(
  { config, createdAt }: Setup,
  ask: Ask,
  said: Said,
  output?: Item[],
): OpenAI.Responses.Response {
  const isCut = output !== undefined && said.reason.kind === 'length'
  // The SDK's type asks for fields that the service sends to some accounts only; what it always sends is here.
  return {
    id: makeId(config, 'resp_'),
    object: 'response',
    created_at: createdAt,
    status: output ? (isCut ? 'incomplete' : 'completed') : 'in_progress',
    background: false,
    completed_at: output ? createdAt : null,
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    model: ask.model,
    output: output ?? [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: 1,
    truncation: 'disabled',
    usage: output ? responseUsage(config, ask, said) : null,
    user: null,
  } as unknown as OpenAI.Responses.Response
}

function responseUsage(
  config: Setup['config'],
  { promptTokens }: Ask,
  { upTo, reasoningTokens }: Said,
): OpenAI.Responses.ResponseUsage {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedOf(config, promptTokens), cache_write_tokens: 0 },
    output_tokens: upTo,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + upTo,
  }
}
