// Anthropic Messages, token counting, models and errors. https://docs.anthropic.com/en/api/messages-streaming
import type Anthropic from '@anthropic-ai/sdk'
import type { Config } from '../config/config.ts'
import {
  type Answer,
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  pacedAnswer,
  type Part,
  PREAMBLE,
  type RateLimit,
  type Setup,
  type StreamAnswer,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'
import { type Block, blockOf, deltaOf, NO_INPUT, SIGNATURE } from './anthropicblocks.ts'
import type { Ask } from './ask.ts'
import { cachedOf, makeId, parseInput, type Said, say } from './content.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

// What comes only in answers that these are not (of code run there, of a refusal, …) is left out, and never null: older clients know some of
// these fields, and not as null.
type Usage = Omit<Anthropic.Usage, 'output_tokens_details' | 'server_tool_use' | 'speed'> &
  Partial<Pick<Anthropic.Usage, 'output_tokens_details'>>
type Message = Omit<
  Anthropic.Message,
  'content' | 'usage' | 'container' | 'diagnostics' | 'stop_details' | 'parsed_output'
> & { content: Block[]; usage?: Usage }
type DeltaUsage = Omit<Anthropic.MessageDeltaUsage, 'output_tokens_details' | 'server_tool_use'> &
  Pick<Usage, 'output_tokens_details'>
type MessageEvent =
  | { type: 'message_start'; message: Message }
  | { type: 'content_block_start'; index: number; content_block: Block }
  | Anthropic.RawContentBlockDeltaEvent
  | Anthropic.RawContentBlockStopEvent
  | {
      type: 'message_delta'
      delta: Pick<Anthropic.RawMessageDeltaEvent.Delta, 'stop_reason' | 'stop_sequence'>
      usage?: DeltaUsage
    }
  | Anthropic.RawMessageStopEvent
  | { type: 'ping' }

/** Sent to show that somebody is still there. */
const PING = { type: 'ping' } as const

/** A message, as a stream or whole. */
export function message(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  return ask.stream ? messageStream(setup, ask, said) : messageWhole(setup, ask, said)
}

function messageWhole(setup: Setup, ask: Ask, said: Said): WholeAnswer {
  const blocks = said.begun.flatMap((section): Block[] => {
    const block = blockOf(setup, said, section)
    const text = said.join(section.kind, section.call)
    switch (block.type) {
      case 'text':
        return [{ ...block, text }]
      case 'thinking':
        return [{ ...block, thinking: text, signature: SIGNATURE }]
      case 'tool_use': // an input is an object: what is cut is none
        return said.isCut && section.end > said.upTo ? [] : [{ ...block, input: parseInput(text) }]
    }
  })
  return pacedAnswer(messageObject(setup, ask, said, blocks), said.upTo)
}

function messageStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { sections, begun, upTo, current } = said
  const begin = (index: number, step = sections[index]!.start): [StreamEvent, ...StreamEvent[]] => {
    const { kind, start } = sections[index]!
    const block = blockOf(setup, said, sections[index]!)
    return [
      eventOf({ type: 'content_block_start', index, content_block: block }, step),
      // The first piece of an input is empty.
      ...(kind === 'arguments'
        ? [eventOf({ type: 'content_block_delta', index, delta: NO_INPUT }, start)]
        : []),
    ]
  }
  const close = (index: number, step: number): StreamEvent[] => [
    ...(sections[index]!.kind === 'reasoning'
      ? [
          eventOf(
            { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: SIGNATURE } },
            step,
          ),
        ]
      : []),
    eventOf({ type: 'content_block_stop', index }, step),
  ]
  const content = function* (): Iterable<StreamEvent> {
    for (const [index, { start, end }] of sections.entries()) {
      const data = remember((piece: Piece) =>
        JSON.stringify({ type: 'content_block_delta', index, delta: deltaOf(piece) } satisfies MessageEvent),
      )
      if (index > 0) yield* [...close(index - 1, start), ...begin(index)]
      for (let step = start; step < end; step++)
        yield { event: 'content_block_delta', data: data(said.pieces[step]!), step, part: 'content' }
    }
  }
  const { stop_reason, stop_sequence, usage } = messageObject(setup, ask, said, [])
  const [first, ...afterFirst] = begin(0, PREAMBLE)
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn: said.drawn,
    upTo,
    opening: [
      eventOf({ type: 'message_start', message: messageObject(setup, ask, said) }, PREAMBLE),
      first,
      eventOf(PING, PREAMBLE),
      ...afterFirst,
    ],
    content,
    ending: [
      ...begun
        .slice(current)
        .flatMap((_, i) => [...(i === 0 ? [] : begin(current + i)), ...close(current + i, upTo)]),
      eventOf(
        {
          type: 'message_delta',
          delta: { ...(stop_reason !== undefined && { stop_reason }), stop_sequence },
          ...(usage && { usage: deltaUsage(usage) }),
        } as MessageEvent,
        upTo,
        'finish',
      ),
      eventOf({ type: 'message_stop' }, upTo, 'done'),
    ],
    failure: (_, status = 529) => {
      return { event: 'error', data: anthropicError(status, messageOf(status)).body }
    },
    ping: { event: PING.type, data: JSON.stringify(PING) },
  }
}

function eventOf(event: MessageEvent, step: number, part?: Part): StreamEvent {
  return { event: event.type, data: JSON.stringify(event), step, ...(part && { part }) }
}

/** `POST /v1/messages/count_tokens`. */
export function countTokens({ promptTokens }: Ask): WholeAnswer {
  return jsonAnswer(200, { input_tokens: promptTokens } satisfies Anthropic.MessageTokensCount)
}

/** The message: with its content when complete, without when it starts. */
function messageObject(
  { config }: Setup,
  { model, promptTokens, shape }: Ask,
  said: Said,
  blocks?: Block[],
): Message {
  const cached = cachedOf(config, promptTokens)
  const reason = shape.reason === undefined ? stopReason(said) : shape.reason
  const usage: Usage = {
    input_tokens: promptTokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: blocks ? said.upTo : 0,
    ...(blocks && { output_tokens_details: { thinking_tokens: said.reasoningTokens } }),
    service_tier: 'standard',
    inference_geo: 'not_available',
  }
  return {
    id: makeId(config, 'msg_'),
    type: 'message',
    role: 'assistant',
    model,
    content: blocks ?? [],
    ...(blocks === undefined
      ? { stop_reason: null }
      : reason !== null && { stop_reason: reason as Anthropic.StopReason }),
    stop_sequence: blocks && said.reason.kind === 'sequence' ? said.reason.sequence : null,
    ...(shape.usage !== 'never' && { usage }),
  } as Message
}

function stopReason({ reason, calls }: Said): Anthropic.StopReason {
  if (reason.kind === 'length') return 'max_tokens'
  if (reason.kind === 'filter') return 'refusal'
  if (reason.kind === 'sequence') return 'stop_sequence'
  return calls.length > 0 ? 'tool_use' : 'end_turn'
}

function deltaUsage({
  cache_creation: _written,
  service_tier: _tier,
  inference_geo: _place,
  ...told
}: Usage): DeltaUsage {
  return told
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
