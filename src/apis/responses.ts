// OpenAI Responses API. https://platform.openai.com/docs/api-reference/responses-streaming
import type OpenAI from 'openai'
import {
  type Answer,
  type Ask,
  type JsonObject,
  MIDSTREAM_MESSAGE,
  pacedAnswer,
  type Part,
  type Setup,
  type StreamEvent,
} from './api.ts'
import { booleanField, readModel } from './body.ts'
import { contentPieces, countReasoning, joinPieces, makeId, type Piece, PROMPT_TOKENS } from './content.ts'
import { readTools } from './openai.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent
type Item = OpenAI.Responses.ResponseOutputItem
/** `sequence_number` is given when the events are put in order. */
type Unnumbered = ResponseEvent extends infer E
  ? E extends ResponseEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never

/** A response, as an event stream or whole. */
export function response(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const items = outputItems(setup, ask, pieces)
  if (!ask.stream) return pacedAnswer(responseObject(setup, ask, chunkCount, items))

  const events: StreamEvent[] = []
  const send = (step: number, event: Unnumbered, part?: Part): void => {
    const numbered = { ...event, sequence_number: events.length }
    events.push({ event: event.type, data: JSON.stringify(numbered), step, ...(part && { part }) })
  }
  const started = responseObject(setup, ask, chunkCount)
  send(0, { type: 'response.created', response: started })
  send(0, { type: 'response.in_progress', response: started })
  let step = 0
  for (const [index, item] of items.entries()) {
    const mine = pieces.filter(({ kind }) => kind === kindOf(item))
    const end = index === items.length - 1 ? chunkCount : step + mine.length
    for (const event of opening(item, index)) send(step, event)
    for (const piece of mine) send(step++, delta(item, index, piece), 'content')
    for (const event of closing(item, index)) send(end, event)
  }
  const whole = responseObject(setup, ask, chunkCount, items)
  send(
    chunkCount,
    { type: `response.${ask.finish === 'length' ? 'incomplete' : 'completed'}`, response: whole },
    'last',
  )
  return { kind: 'stream', status: 200, framing: 'sse', events, failure }
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

/** What a Responses body decides. */
export function readResponse(body: JsonObject): Partial<Ask> {
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readTools(body),
  }
}

/** The output, complete: a message, a function call, or reasoning and a message. */
function outputItems({ config }: Setup, { content, toolName }: Ask, pieces: readonly Piece[]): Item[] {
  if (content === 'tools') {
    const id = makeId(config, 'fc_')
    const callId = makeId(config, 'call_')
    const text = joinPieces(pieces, 'arguments')
    return [
      { type: 'function_call', id, call_id: callId, name: toolName, arguments: text, status: 'completed' },
    ]
  }
  const message: Item = {
    type: 'message',
    id: makeId(config, 'msg_'),
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', annotations: [], logprobs: [], text: joinPieces(pieces, 'text') }],
  }
  if (content === 'text') return [message]
  const text = joinPieces(pieces, 'reasoning')
  return [
    { type: 'reasoning', id: makeId(config, 'rs_'), summary: [{ type: 'summary_text', text }] },
    message,
  ]
}

function kindOf({ type }: Item): Piece['kind'] {
  if (type === 'reasoning') return 'reasoning'
  return type === 'function_call' ? 'arguments' : 'text'
}

/** The events that announce an item, before its content. */
function opening(item: Item, index: number): Unnumbered[] {
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
  { model, content, finish }: Ask,
  chunkCount: number,
  output?: Item[],
): OpenAI.Responses.Response {
  // The SDK's type asks for fields that the service sends to some accounts only; what it always sends is here.
  return {
    id: makeId(config, 'resp_'),
    object: 'response',
    created_at: createdAt,
    status: output ? (finish === 'length' ? 'incomplete' : 'completed') : 'in_progress',
    background: false,
    completed_at: output ? createdAt : null,
    error: null,
    incomplete_details: output && finish === 'length' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    model,
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
    usage: output ? responseUsage(chunkCount, countReasoning(content, chunkCount)) : null,
    user: null,
  } as unknown as OpenAI.Responses.Response
}

function responseUsage(outputTokens: number, reasoningTokens: number): OpenAI.Responses.ResponseUsage {
  return {
    input_tokens: PROMPT_TOKENS,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: PROMPT_TOKENS + outputTokens,
  }
}
