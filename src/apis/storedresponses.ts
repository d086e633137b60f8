// What OpenAI tells of chats and responses that were given before. Nothing is kept: every id is known, and stands for a reply as the
// configuration has it. https://platform.openai.com/docs/api-reference/responses/get
// https://platform.openai.com/docs/api-reference/chat/get
import { jsonAnswer, type RequestHead, type Setup, type WholeAnswer } from './api.ts'
import type { Ask } from './ask.ts'
import { chat } from './chat.ts'
import { response } from './responses.ts'

/** The id that a path names: `…/responses/{id}`, `…/chat/completions/{id}`; a prefix may have such segments too. */
export function pickStored({ path }: RequestHead): Partial<Ask> {
  const [, id] = /^.*\/(?:responses|completions)\/([^/]+)/s.exec(path)!
  return { resource: id!, stream: false }
}

/** `GET /v1/chat/completions/{id}`. */
export function storedChat(setup: Setup, ask: Ask, drawn: number): WholeAnswer {
  return stored(chat(setup, { ...ask, stream: false }, drawn) as WholeAnswer, {
    id: ask.resource,
    metadata: {},
  })
}

/** `GET /v1/responses/{id}`, and what has changed of it. */
export function storedResponse(setup: Setup, ask: Ask, drawn: number, changes: object = {}): WholeAnswer {
  const whole = response(setup, { ...ask, stream: false }, drawn) as WholeAnswer
  return stored(whole, { id: ask.resource, store: true, ...changes })
}

/** What was answered, told again: at once. */
function stored({ body }: WholeAnswer, changes: object): WholeAnswer {
  return jsonAnswer(200, { ...(JSON.parse(body) as object), ...changes })
}

/** `DELETE /v1/responses/{id}`. */
export function deletedResponse({ resource }: Ask): WholeAnswer {
  return jsonAnswer(200, { id: resource, object: 'response', deleted: true })
}

/** `GET /v1/responses/{id}/input_items`: what was said. */
export function inputItems({ resource }: Ask): WholeAnswer {
  const id = `msg_${resource}`
  const content = [{ type: 'input_text', text: 'Hi' }]
  const item = { id, type: 'message', status: 'completed', role: 'user', content }
  return jsonAnswer(200, { object: 'list', data: [item], first_id: id, last_id: id, has_more: false })
}

/** `POST /v1/responses/input_tokens`. */
export function inputTokens({ promptTokens }: Ask): WholeAnswer {
  return jsonAnswer(200, { object: 'response.input_tokens', input_tokens: promptTokens })
}
