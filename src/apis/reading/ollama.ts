// What Ollama's bodies decide.
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  isObject,
  messagesField,
  objectField,
  readModel,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { countPromptTokens, type Turn } from './conversation.ts'
import { readTools } from './openai.ts'
import { ownOf } from './structure.ts'
import { decideCalls } from './tools.ts'

/** What an Ollama body decides: it streams unless told not to. `/api/generate` has a prompt instead of messages, and no tools. */
export function readOllama({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = messagesField(body, 'messages')
  const prompt: unknown = body['prompt'] ?? ''
  if (typeof prompt !== 'string') throw wrongType('prompt', 'a string')
  const conversation: Turn[] = [
    ...messages.map(({ role, content }): Turn => {
      return { by: role === 'user' ? 'user' : role === 'tool' ? 'result' : 'other', content }
    }),
    ...(prompt === '' ? [] : [{ by: 'user', content: prompt } as const]),
  ]
  const options = objectField(body, 'options') ?? {}
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? true,
    limit: readPredictions(options),
    stop: stopField(options, 'stop'),
    promptTokens: countPromptTokens(messages, prompt, body['system']),
    ...ownOf(config, formatOf(body['format'] ?? undefined), 'format', conversation),
    ...decideCalls(
      config,
      { offered: readTools(body), mode: 'auto', param: 'tools', isParallel: true },
      conversation,
    ),
  }
}

/** Without a limit it is negative, or 0. */
function readPredictions(options: JsonObject): number {
  const value = options['num_predict'] ?? 0
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw wrongType('options.num_predict', 'an integer')
  return Math.max(0, value)
}

/** `json`, or a schema; as OpenAI has it. */
function formatOf(format: unknown): JsonObject | undefined {
  if (format === undefined || format === '') return undefined
  if (format === 'json') return { type: 'json_object' }
  if (!isObject(format)) throw wrongValue('format', 'json or a JSON schema')
  return { type: 'json_schema', schema: format }
}
