// What a path names, whatever its prefix has in it: models and ids.
import { expect, test } from 'bun:test'
import { ask, cardOf, lay, post, textOf } from './_desk.ts'

const table = lay({ reply: 'auto' })

test.each([
  ['/v1/responses/resp_1', 'resp_1'],
  ['/completions/v1/responses/resp_1', 'resp_1'],
  ['/responses/v1/chat/completions/chatcmpl-1', 'chatcmpl-1'],
  ['/v1/models/gpt', 'gpt'],
  ['/models/v1/models/gpt', 'gpt'],
  ['/gw/models/gpt', 'gpt'],
  ['/v1/models/accounts/fireworks/models/llama', 'accounts/fireworks/models/llama'],
  ['/inference/v1/models/accounts/fireworks/models/llama', 'accounts/fireworks/models/llama'],
])('%s is %s', (path, id) =>
  expect(JSON.parse(textOf(cardOf(ask(table, path, {}, 'GET'))))).toMatchObject({ id }),
)

test.each([
  ['/foundation-models/a', 'a'],
  ['/foundation-models/aws/foundation-models/a', 'a'],
])('%s is the model %s of Bedrock', (path, modelId) =>
  expect(JSON.parse(textOf(cardOf(ask(table, path, {}, 'GET'))))).toMatchObject({
    modelDetails: { modelId },
  }),
)

test.each([
  ['/v1beta/models/g:generateContent', 'g'],
  ['/models/v1beta/models/g:generateContent', 'g'],
  ['/v1/projects/models/locations/l/publishers/google/models/g:generateContent', 'g'],
])('%s asks the model %s of Gemini', (path, modelVersion) =>
  expect(JSON.parse(textOf(post(table, { contents: [] }, path)))).toMatchObject({ modelVersion }),
)
