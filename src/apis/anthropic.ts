// Anthropic Messages, token counting, models and errors. https://docs.anthropic.com/en/api/messages-streaming
import type Anthropic from '@anthropic-ai/sdk'
import type { Config } from '../config/config.ts'
import {
  type Answer,
  type Ask,
  type JsonObject,
  jsonAnswer,
  pacedAnswer,
  type Part,
  type RateLimit,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
  type ErrorDetails,
} from './api.ts'
import {
  booleanField,
  firstTool,
  mustCall,
  noCall,
  objectField,
  readModel,
  requiredName,
  wrongValue,
} from './body.ts'
import {
  contentPieces,
  countReasoning,
  joinPieces,
  makeId,
  type Piece,
  PROMPT_TOKENS,
  remember,
} from './content.ts'

type MessageEvent = Anthropic.RawMessageStreamEvent | { type: 'ping' }
type Block = Anthropic.TextBlock | Anthropic.ToolUseBlock | Anthropic.ThinkingBlock

/** A message, as a stream or whole. */
export function message(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const pieces = contentPieces(setup.config, ask, chunkCount)
  const blocks = contentBlocks(setup, ask, pieces)
  const whole = messageObject(setup, ask, chunkCount, blocks)
  if (!ask.stream) return pacedAnswer(whole)

  const events: StreamEvent[] = []
  const send = (step: number, event: MessageEvent, part?: Part): void => {
    events.push({ event: event.type, data: JSON.stringify(event), step, ...(part && { part }) })
  }
  send(0, { type: 'message_start', message: messageObject(setup, ask, chunkCount) })
  let step = 0
  for (const [index, block] of blocks.entries()) {
    const data = remember((piece: Piece) =>
      JSON.stringify({ type: 'content_block_delta', index, delta: deltaOf(piece) } satisfies MessageEvent),
    )
    send(step, { type: 'content_block_start', index, content_block: emptied(block) })
    if (index === 0) send(0, { type: 'ping' })
    for (const piece of pieces)
      if (piece.kind === kindOf(block))
        events.push({ event: 'content_block_delta', data: data(piece), step: step++, part: 'content' })
    const end = index === blocks.length - 1 ? chunkCount : step
    if (block.type === 'thinking')
      send(end, {
        type: 'content_block_delta',
        index,
        delta: { type: 'signature_delta', signature: block.signature },
      })
    send(end, { type: 'content_block_stop', index })
  }
  const { container, stop_details, stop_reason, stop_sequence } = whole
  const delta = { container, stop_details, stop_reason, stop_sequence }
  send(chunkCount, { type: 'message_delta', delta, usage: deltaUsage(whole.usage) }, 'finish')
  send(chunkCount, { type: 'message_stop' }, 'done')
  const failure = (): Pick<StreamEvent, 'event' | 'data'> => ({
    event: 'error',
    data: anthropicError(529, 'Overloaded').body,
  })
  return { kind: 'stream', status: 200, framing: 'sse', events, failure }
}

/** What a Messages body decides. */
export function readMessage(body: JsonObject): Partial<Ask> {
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...firstTool(body['tools'], (tool) => tool['name']),
    ...readToolChoice(objectField(body, 'tool_choice')),
  }
}

function readToolChoice(choice: JsonObject | undefined): Partial<Ask> {
  if (choice === undefined) return {}
  switch (choice['type']) {
    case 'auto':
      return {}
    case 'none':
      return noCall
    case 'any':
      return mustCall()
    case 'tool':
      return mustCall(requiredName(choice))
    default:
      throw wrongValue('tool_choice.type', 'auto, any, tool or none')
  }
}

/** `POST /v1/messages/count_tokens`. */
export function countTokens(): WholeAnswer {
  return jsonAnswer(200, { input_tokens: PROMPT_TOKENS } satisfies Anthropic.MessageTokensCount)
}

function contentBlocks({ config }: Setup, { content, toolName }: Ask, pieces: readonly Piece[]): Block[] {
  if (content === 'tools') {
    const input: unknown = JSON.parse(joinPieces(pieces, 'arguments'))
    return [
      { type: 'tool_use', id: makeId(config, 'toolu_'), name: toolName, input, caller: { type: 'direct' } },
    ]
  }
  const text: Block = { type: 'text', text: joinPieces(pieces, 'text'), citations: null }
  if (content === 'text') return [text]
  return [{ type: 'thinking', thinking: joinPieces(pieces, 'reasoning'), signature: 'bW9jaw==' }, text]
}

function kindOf({ type }: Block): Piece['kind'] {
  if (type === 'thinking') return 'reasoning'
  return type === 'tool_use' ? 'arguments' : 'text'
}

/** A block as it is when it starts. */
function emptied(block: Block): Block {
  if (block.type === 'text') return { ...block, text: '' }
  return block.type === 'thinking' ? { ...block, thinking: '', signature: '' } : { ...block, input: {} }
}

function deltaOf({ kind, text }: Piece): Anthropic.RawContentBlockDelta {
  if (kind === 'text') return { type: 'text_delta', text }
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text }
  return { type: 'input_json_delta', partial_json: text }
}

/** The message: with its content when complete, without when it starts. */
function messageObject(
  { config }: Setup,
  { model, content, finish }: Ask,
  chunkCount: number,
  blocks?: Block[],
): Anthropic.Message {
  return {
    id: makeId(config, 'msg_'),
    type: 'message',
    role: 'assistant',
    model,
    content: blocks ?? [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: blocks ? stopReason({ content, finish }) : null,
    stop_sequence: null,
    usage: {
      cache_creation: null,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      inference_geo: null,
      input_tokens: PROMPT_TOKENS,
      output_tokens: blocks ? chunkCount : 0,
      output_tokens_details: blocks ? { thinking_tokens: countReasoning(content, chunkCount) } : null,
      server_tool_use: null,
      service_tier: 'standard',
      speed: null,
    },
  }
}

function stopReason({ content, finish }: Pick<Ask, 'content' | 'finish'>): Anthropic.StopReason {
  if (finish === 'length') return 'max_tokens'
  return content === 'tools' ? 'tool_use' : 'end_turn'
}

function deltaUsage(usage: Anthropic.Usage): Anthropic.MessageDeltaUsage {
  const { cache_creation_input_tokens, cache_read_input_tokens, input_tokens } = usage
  const { output_tokens, output_tokens_details, server_tool_use } = usage
  return {
    cache_creation_input_tokens,
    cache_read_input_tokens,
    input_tokens,
    output_tokens,
    output_tokens_details,
    server_tool_use,
  }
}

/** `GET /v1/models` in Anthropic's form. */
export function anthropicModelList(setup: Setup): WholeAnswer {
  const data = setup.config.model.map((id) => model(setup, id))
  return jsonAnswer(200, { data, has_more: false, first_id: data[0]!.id, last_id: data.at(-1)!.id })
}

/** `GET /v1/models/{id}` in Anthropic's form. */
export function anthropicModel(setup: Setup, id: string): WholeAnswer {
  return jsonAnswer(200, model(setup, id))
}

function model(
  { createdAt }: Setup,
  id: string,
): Pick<Anthropic.ModelInfo, 'id' | 'type' | 'display_name' | 'created_at'> {
  return { type: 'model', id, display_name: id, created_at: new Date(createdAt * 1000).toISOString() }
}

/** https://docs.anthropic.com/en/api/errors */
const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

export function anthropicError(status: number, text: string, { headers }: ErrorDetails = {}): WholeAnswer {
  const type = errorTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return jsonAnswer(
    status,
    { type: 'error', error: { type, message: text }, request_id: 'req_mock' },
    headers,
  )
}

export function anthropicModelNotFound(id: string): WholeAnswer {
  return anthropicError(404, `model: ${id}`)
}

/** https://docs.anthropic.com/en/api/rate-limits#response-headers */
export function anthropicLimitHeaders(
  { limit, remaining, resetMs }: RateLimit,
  nowUnixMs: number,
): Record<string, string> {
  return {
    'anthropic-ratelimit-requests-limit': String(limit),
    'anthropic-ratelimit-requests-remaining': String(remaining),
    'anthropic-ratelimit-requests-reset': new Date(Math.ceil((nowUnixMs + resetMs) / 1000) * 1000)
      .toISOString()
      .replace('.000', ''),
  }
}

/** The same with everything else that tells who answered. */
export function anthropicHeaders(_config: Config): Record<string, string> {
  const limits = {
    requests: [4000, 3999],
    tokens: [400_000, 399_990],
    'input-tokens': [400_000, 399_990],
    'output-tokens': [80_000, 79_990],
  }
  const headers: Record<string, string> = {
    'request-id': 'req_mock',
    'anthropic-organization-id': 'org_mock',
  }
  for (const [what, [limit, remaining]] of Object.entries(limits)) {
    headers[`anthropic-ratelimit-${what}-limit`] = String(limit)
    headers[`anthropic-ratelimit-${what}-remaining`] = String(remaining)
    headers[`anthropic-ratelimit-${what}-reset`] = '2099-01-01T00:00:00Z'
  }
  return headers
}
