// OpenAI's error bodies and model objects. https://platform.openai.com/docs/api-reference
import type OpenAI from 'openai'
import { jsonAnswer, type Setup, type WholeAnswer } from './api.ts'

export const modelName = 'mock-model'

/** `{"error":{…}}` with all four keys, as the SDKs expect them. */
export function errorAnswer(
  status: number,
  message: string,
  details: {
    readonly param?: string
    readonly code?: string
    readonly headers?: Record<string, string>
  } = {},
): WholeAnswer {
  const { param = null, code = null, headers } = details
  return jsonAnswer(status, { error: { message, type: 'invalid_request_error', param, code } }, headers)
}

/** `GET /v1/models`. */
export function modelList(setup: Setup): WholeAnswer {
  return jsonAnswer(200, { object: 'list', data: [model(setup)] })
}

/** `GET /v1/models/{id}` of the model there is. */
export function modelDetails(setup: Setup): WholeAnswer {
  return jsonAnswer(200, model(setup))
}

/** `GET /v1/models/{id}` of any other. */
export function modelNotFound(id: string): WholeAnswer {
  return errorAnswer(404, `The model '${id}' does not exist`, { param: 'model', code: 'model_not_found' })
}

function model({ createdAt }: Setup): OpenAI.Model {
  return { id: modelName, object: 'model', created: createdAt, owned_by: 'mock-llm-api' }
}
