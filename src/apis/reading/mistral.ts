// What Mistral's bodies decide where they differ from OpenAI's. https://docs.mistral.ai/api
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  isObject,
  messagesField,
  readLimit,
  readModel,
  stopField,
  wrongType,
} from '../body.ts'
import { countPromptTokens } from './conversation.ts'
import { readChat } from './openai.ts'

/** What a chat body of Mistral's decides. */
export function readMistralChat(setup: Setup, body: JsonObject): Partial<Ask> {
  return readChat(setup, { ...body, messages: messagesField(body, 'messages').map(withImageObjects) })
}

/** The address of a picture may stand for the object that has it. */
function withImageObjects(message: JsonObject): JsonObject {
  const { content } = message
  if (!Array.isArray(content)) return message
  const parts: readonly unknown[] = content
  return {
    ...message,
    content: parts.map((part) =>
      isObject(part) && typeof part['image_url'] === 'string'
        ? { ...part, image_url: { url: part['image_url'] } }
        : part,
    ),
  }
}

/** What a body of `/v1/fim/completions` decides: a text before, and one behind. */
export function readFill(body: JsonObject): Partial<Ask> {
  const [prompt, suffix] = ['prompt', 'suffix'].map((name) => {
    const value = body[name] ?? ''
    if (typeof value !== 'string') throw wrongType(name, 'a string')
    return value
  })
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readLimit(body, ['max_tokens']),
    stop: stopField(body, 'stop'),
    promptTokens: countPromptTokens(prompt, suffix),
  }
}

/** What an embeddings body of Mistral's has under other names than OpenAI's. */
export function renameEmbeddings(body: JsonObject): JsonObject {
  const dimensions = countField(body, 'output_dimension', 1, Number.MAX_SAFE_INTEGER)
  return dimensions === undefined ? body : { ...body, dimensions }
}
