// What the Responses API tells of responses that were given before. Nothing is kept: every id is known, and stands for a reply as the
// configuration has it. https://platform.openai.com/docs/api-reference/responses/get
import { jsonAnswer, type RequestHead, type Setup, type WholeAnswer } from './api.ts'
import type { Ask } from './ask.ts'
import { response } from './responses.ts'

/** The id that a path names: `…/responses/{id}`. */
export function pickResponse({ path }: RequestHead): Partial<Ask> {
  const [, id] = /\/responses\/([^/]+)/.exec(path)!
  return { resource: id!, stream: false }
}

/** `GET /v1/responses/{id}`, and what has changed of it. */
export function storedResponse(setup: Setup, ask: Ask, drawn: number, changes: object = {}): WholeAnswer {
  const whole = response(setup, { ...ask, stream: false }, drawn) as WholeAnswer
  return jsonAnswer(200, { ...(JSON.parse(whole.body) as object), id: ask.resource, store: true, ...changes })
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
