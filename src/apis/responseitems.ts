// The items of a response's output (messages, reasoning, calls of tools) and their events.
// https://platform.openai.com/docs/api-reference/responses-streaming
import type OpenAI from 'openai'
import type { Setup } from './api.ts'
import type { Ask } from './ask.ts'
import { makeCallId, makeId, type Said, type Section } from './content.ts'
import type { Piece } from './pieces.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent
/** The SDK knows no status of custom calls, which the service sends. */
type CustomCall = OpenAI.Responses.ResponseCustomToolCall &
  Pick<OpenAI.Responses.ResponseFunctionToolCall, 'status'>
export type Item =
  | OpenAI.Responses.ResponseOutputMessage
  | OpenAI.Responses.ResponseReasoningItem
  | OpenAI.Responses.ResponseFunctionToolCall
  | CustomCall
/** `sequence_number` is given when the events are put in order. */
export type Unnumbered = ResponseEvent extends infer E
  ? E extends ResponseEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never

type Asked = Pick<Ask, 'logprobs' | 'encrypted'>
type Logprob = OpenAI.Responses.ResponseOutputText.Logprob
type Message = OpenAI.Responses.ResponseOutputMessage
type OutputText = OpenAI.Responses.ResponseOutputText

/** What stands for reasoning that nobody can read: what it looks like, and as constant as all else. */
const ENCRYPTED = 'gAAAAABmb2NrLW1vY2stbW9jay1tb2NrLW1vY2stbW9jaw=='

/** The item of a section of which the first `count` pieces are said. */
export function itemOf(
  { config }: Setup,
  { logprobs, encrypted }: Asked,
  said: Said,
  section: Section,
  count: number,
): Item {
  const { kind, call, start, end } = section
  const isShort = count < end - start
  const status = isShort ? 'incomplete' : 'completed'
  const text = said.textOf(section, count)
  switch (kind) {
    case 'text': {
      const told = logprobs === null ? [] : said.pieces.slice(start, start + count).map(logprobOf(logprobs))
      const content = [outputText(text, told)]
      return { type: 'message', id: makeId(config, 'msg_'), status, role: 'assistant', content }
    }
    case 'reasoning':
      return {
        // xAI's clients want a status, which OpenAI's service leaves out.
        type: 'reasoning',
        id: makeId(config, 'rs_'),
        summary: [{ type: 'summary_text', text }],
        ...(encrypted && { encrypted_content: ENCRYPTED }),
        status,
      }
    case 'arguments': {
      const { name, kind: tool } = said.calls[call]!
      const call_id = makeCallId(config, 'call_', call)
      return tool === 'custom'
        ? {
            type: 'custom_tool_call',
            id: makeCallId(config, 'ctc_', call),
            call_id,
            name,
            input: text,
            status,
          }
        : {
            type: 'function_call',
            id: makeCallId(config, 'fc_', call),
            call_id,
            name,
            arguments: text,
            status,
          }
    }
  }
}

/** The events that announce an item, before its content. */
export function beginning(item: Item, index: number): Unnumbered[] {
  const at = { output_index: index, item_id: item.id! }
  const added = { type: 'response.output_item.added', output_index: index } as const
  switch (item.type) {
    case 'message':
      return [
        { ...added, item: { ...item, status: 'in_progress', content: [] } },
        { type: 'response.content_part.added', ...at, content_index: 0, part: outputText('', []) },
      ]
    case 'reasoning':
      return [
        { ...added, item: { ...item, status: 'in_progress', summary: [] } },
        {
          type: 'response.reasoning_summary_part.added',
          ...at,
          summary_index: 0,
          part: { type: 'summary_text', text: '' },
        },
      ]
    case 'function_call':
      return [{ ...added, item: { ...item, status: 'in_progress', arguments: '' } }]
    case 'custom_tool_call': {
      const begun: CustomCall = { ...item, status: 'in_progress', input: '' }
      return [{ ...added, item: begun }]
    }
  }
}

/** The event of one content chunk. */
export function deltaOf(item: Item, index: number, piece: Piece, { logprobs }: Asked): Unnumbered {
  const at = { output_index: index, item_id: item.id!, delta: piece.text }
  switch (item.type) {
    case 'message':
      return {
        type: 'response.output_text.delta',
        ...at,
        content_index: 0,
        logprobs: logprobs === null ? [] : [logprobOf(logprobs)(piece)],
      }
    case 'reasoning':
      return { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0 }
    case 'function_call':
      return { type: 'response.function_call_arguments.delta', ...at }
    case 'custom_tool_call':
      return { type: 'response.custom_tool_call_input.delta', ...at }
  }
}

/** The events that complete an item, after its content. */
export function closing(item: Item, index: number): Unnumbered[] {
  const at = { output_index: index, item_id: item.id! }
  const done: Unnumbered = { type: 'response.output_item.done', output_index: index, item }
  switch (item.type) {
    case 'message': {
      const part = textPart(item)
      const { text, logprobs = [] } = part
      return [
        { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs },
        { type: 'response.content_part.done', ...at, content_index: 0, part },
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
    case 'function_call': {
      // The service and the SDKs before 7 have the name here, the newest one's type does not.
      const named = { ...at, name: item.name, arguments: item.arguments }
      return [{ type: 'response.function_call_arguments.done', ...named }, done]
    }
    case 'custom_tool_call':
      return [{ type: 'response.custom_tool_call_input.done', ...at, input: item.input }, done]
  }
}

/** A message of ours has one part, which is a text. */
function textPart({ content }: Message): OutputText {
  return content[0] as OutputText
}

function outputText(text: string, logprobs: Logprob[]): OutputText {
  return { type: 'output_text', annotations: [], logprobs, text }
}

/** What might have been said instead, the likeliest first: one more than the most that are told. */
const ALTERNATIVES = 'the of and to a in is it that was for on are with as be this at or by'.split(' ')

/** The probability of a token and of so many that might have stood there, itself among them: the same of each. */
function logprobOf(count: number): (piece: Piece) => Logprob {
  return ({ text: token }) => {
    const chosen = { token, bytes: [...Buffer.from(token)], logprob: -0.02 }
    const others = ALTERNATIVES.filter((other) => other !== token).map((other, i) => ({
      token: other,
      bytes: [...Buffer.from(other)],
      logprob: -5 - i,
    }))
    return { ...chosen, top_logprobs: [chosen, ...others].slice(0, count) }
  }
}
