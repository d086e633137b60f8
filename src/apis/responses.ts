// OpenAI Responses API. https://platform.openai.com/docs/api-reference/responses-streaming
import type OpenAI from 'openai'
import { type Answer, messageOf, pacedAnswer, PREAMBLE, type Setup, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { cachedOf, makeId, type Said, say, type Section } from './content.ts'
import { beginning, closing, deltaOf, type Item, itemOf, type Unnumbered } from './responseitems.ts'

/** A response, as an event stream or whole. */
export function response(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn)
  const { begun, current, sections, upTo } = said
  const empty = (section: Section): Item => itemOf(setup, ask, said, section, 0)
  const items = begun.map((section) =>
    itemOf(setup, ask, said, section, Math.min(section.end, upTo) - section.start),
  )
  const whole = responseObject(setup, ask, said, items)
  if (!ask.stream) return pacedAnswer(whole, upTo)

  const started = responseObject(setup, ask, said)
  const opening = numbered(0, [
    { event: { type: 'response.created', response: started }, step: PREAMBLE },
    { event: { type: 'response.in_progress', response: started }, step: PREAMBLE },
    ...beginning(empty(sections[0]!), 0).map((event) => ({ event, step: 0 })),
  ])
  /** What stands between two items: the first is complete, whether or not this reply is cut in it. */
  const between = (index: number, step: number): Timed[] => {
    const section = sections[index]!
    const complete = itemOf(setup, ask, said, section, section.end - section.start)
    return [...closing(complete, index), ...beginning(empty(sections[index + 1]!), index + 1)].map(
      (event) => ({ event, step }),
    )
  }
  const content = function* (): Iterable<StreamEvent> {
    let next = opening.length
    for (const [index, section] of sections.entries()) {
      const item = empty(section)
      if (index > 0) for (const timed of between(index - 1, section.start)) yield numberedAs(next++, timed)
      for (let step = section.start; step < section.end; step++) {
        const event = deltaOf(item, index, said.pieces[step]!, ask)
        yield numberedAs(next++, { event, step, part: 'content' })
      }
    }
  }
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
  return events.map((timed, i) => numberedAs(from + i, timed))
}

function numberedAs(number: number, { event, step, part }: Timed): StreamEvent {
  const data = JSON.stringify({ ...event, sequence_number: number })
  return { event: event.type, data, step, ...(part && { part }) }
}

function failure(sent: number, status = 500): { readonly event: string; readonly data: string } {
  const event: OpenAI.Responses.ResponseStreamEvent = {
    type: 'error',
    code: status === 429 ? 'rate_limit_exceeded' : status < 500 ? 'invalid_request_error' : 'server_error',
    message: messageOf(status),
    param: null,
    sequence_number: sent,
  }
  return { event: 'error', data: JSON.stringify(event) }
}

const incompleteReasons = {
  length: 'max_output_tokens',
  filter: 'content_filter',
  stop: undefined,
  sequence: undefined,
} as const

/** The response itself: with its output when completed, without before. What the request says of it is repeated. */
function responseObject(
  { config, createdAt }: Setup,
  ask: Ask,
  said: Said,
  output?: Item[],
): OpenAI.Responses.Response {
  const incomplete = output && incompleteReasons[said.reason.kind]
  const isCut = incomplete !== undefined
  // The SDK's type asks for fields that the service sends to some accounts only; what it always sends is here.
  return {
    id: makeId(config, 'resp_'),
    object: 'response',
    created_at: createdAt,
    status: output ? (isCut ? 'incomplete' : 'completed') : 'in_progress',
    background: false,
    completed_at: output && !isCut ? createdAt : null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    model: ask.model,
    output: output ?? [],
    parallel_tool_calls: true,
    presence_penalty: 0,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: 1,
    truncation: 'disabled',
    usage: output && ask.shape.usage !== 'never' ? responseUsage(config, ask, said) : null,
    ...(ask.echo !== '' && (JSON.parse(ask.echo) as object)),
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
