// What Groq's chats tell besides OpenAI's. https://console.groq.com/docs/api-reference#chat-create
import type { ChatCompletion, ChatCompletionChunk } from 'groq-sdk/resources/chat/completions'
import type { UpstreamSettings } from '../config/config.ts'
import type { Answer, Setup, StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { chatOf } from './chat.ts'
import { makeId, say } from './content.ts'
import { LIMIT_HEADERS, usage } from './openai.ts'

/** A chat completion: `x_groq` has the id of the request, in the first chunk and in the one with the reason, and there the usage. */
export function groqChat(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, ask, drawn, 'by turns')
  const answer = chatOf(setup, ask, said, 'openai')
  const id = makeId(setup.config, 'req_')
  const named = { id } satisfies ChatCompletion.XGroq & ChatCompletionChunk.XGroq
  if (answer.kind === 'whole') return withField(answer, 'body', named)
  const total = usage(setup, ask, said) as NonNullable<ChatCompletionChunk.XGroq['usage']>
  const used: ChatCompletionChunk.XGroq = { ...named, ...(ask.shape.usage !== 'never' && { usage: total }) }
  const begin = function* (events: Iterable<StreamEvent>): Iterable<StreamEvent> {
    let isFirst = true
    for (const event of events) {
      yield isFirst ? withField(event, 'data', named) : event
      isFirst = false
    }
  }
  const isOpened = answer.opening.length > 0
  const last = ask.choices - 1
  return {
    ...answer,
    opening: [...begin(answer.opening)],
    content: isOpened ? answer.content : () => begin(answer.content()),
    ending: answer.ending.with(last, withField(answer.ending[last]!, 'data', used)),
  }
}

/** With a field more behind the others of a JSON text. */
function withField<Key extends string, Holder extends { readonly [key in Key]: string }>(
  holder: Holder,
  key: Key,
  field: ChatCompletion.XGroq | ChatCompletionChunk.XGroq,
): Holder {
  return { ...holder, [key]: `${holder[key].slice(0, -1)},"x_groq":${JSON.stringify(field)}}` }
}

export function groqHeaders(_config: UpstreamSettings): Record<string, string> {
  return { 'x-request-id': 'req_mock', 'x-groq-region': 'mock', ...LIMIT_HEADERS }
}
