// What Ollama's bodies decide. https://github.com/ollama/ollama/blob/main/docs/api.md
import { BadRequest, type JsonObject, type Setup } from '../api.ts'
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
import { objectSchema } from './arguments.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { readTools } from './openai.ts'
import { ownOf } from './structure.ts'
import { decideCalls } from './tools.ts'

/** What a body of `/api/chat` decides. */
export function readOllamaChat({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = messagesField(body, 'messages').map((message, i) => readMessage(message, `messages[${i}]`))
  messagesField(body, 'tools')
  const offered = readTools(body).map((tool) => ({ ...tool, schema: objectSchema(tool.schema) }))
  const { content, ...decided } = decideCalls(
    config,
    { offered, mode: 'auto', param: 'tools', isParallel: true },
    turnsOf(messages),
  )
  return {
    ...readCommon(body),
    promptTokens: countPromptTokens(messages),
    load: readLoad(body, messages.length === 0),
    ...decided,
    content: { ...content, reasoning: readThink(body) && content.reasoning },
  }
}

/** What a body of `/api/generate` decides, which has a prompt instead of messages, and no tools. */
export function readOllamaGenerate({ config }: Setup, body: JsonObject): Partial<Ask> {
  const [prompt, system, suffix] = ['prompt', 'system', 'suffix'].map((name) => textField(body, name))
  textField(body, 'template')
  booleanField(body, 'raw')
  const context = body['context'] ?? []
  if (!Array.isArray(context) || context.some((token) => typeof token !== 'number'))
    throw wrongType('context', 'an array of numbers')
  const images = readImages(body, 'images')
  return {
    ...readCommon(body),
    promptTokens: countPromptTokens(prompt, system, suffix, images),
    load: readLoad(body, prompt === '' && images.length === 0),
    content: { reasoning: readThink(body) && config.content.reasoning, text: true, calls: 0 },
  }
}

/** Either streams unless told not to. */
function readCommon(body: JsonObject): Pick<Ask, 'stream' | 'limit' | 'stop'> & Partial<Ask> {
  const options = objectField(body, 'options') ?? {}
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? true,
    limit: readPredictions(options),
    stop: stopField(options, 'stop'),
    ...ownOf(formatOf(body['format'] ?? undefined), 'format'),
  }
}

/** Whoever says nothing wants the model loaded, or with `keep_alive` 0 unloaded. */
function readLoad(body: JsonObject, saysNothing: boolean): Ask['load'] {
  if (!saysNothing) return null
  return /^0+(\.0*)?[a-z]*$/.test(String(body['keep_alive'])) ? 'unload' : 'load'
}

/** What a body decides that names a model and nothing else. `model` may be called `name`, as it once was. */
export function readOllamaModel(body: JsonObject): Partial<Ask> {
  return {
    ...readModel({ model: body['model'] ?? body['name'] }),
    stream: booleanField(body, 'stream') ?? true,
  }
}

/** A message as far as it counts, with its pictures as what is counted for them. */
function readMessage(message: JsonObject, path: string): JsonObject {
  for (const name of ['role', 'content', 'thinking', 'tool_name']) textField(message, name, path)
  messagesField({ [`${path}.tool_calls`]: message['tool_calls'] }, `${path}.tool_calls`)
  return { ...message, images: readImages(message, 'images', path) }
}

function textField(body: JsonObject, name: string, path?: string): string {
  const value = body[name] ?? ''
  if (typeof value !== 'string') throw wrongType(path === undefined ? name : `${path}.${name}`, 'a string')
  return value
}

/** A picture each; its data is no text. */
function readImages(body: JsonObject, name: string, path?: string): readonly { type: 'image' }[] {
  const value = body[name] ?? []
  if (!Array.isArray(value) || value.some((image) => typeof image !== 'string'))
    throw wrongType(path === undefined ? name : `${path}.${name}`, 'an array of strings')
  return value.map(() => ({ type: 'image' }))
}

const EFFORTS: readonly unknown[] = ['high', 'medium', 'low', 'max']

/** There is thinking, as far as the configuration has some, unless the body wants none. */
function readThink(body: JsonObject): boolean {
  const think = body['think'] ?? true
  if (typeof think !== 'boolean' && !EFFORTS.includes(think))
    throw wrongValue('think', 'a boolean, or high, medium or low')
  return think !== false
}

/** Without a limit it is negative, or 0. */
function readPredictions(options: JsonObject): number {
  const value = options['num_predict'] ?? 0
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw wrongType('options.num_predict', 'an integer')
  return Math.max(0, value)
}

/** `json`, or a schema; as OpenAI has it. */
function formatOf(format: unknown): JsonObject | undefined {
  if (format === undefined || format === '') return undefined
  if (format === 'json') return { type: 'json_object' }
  if (isObject(format)) return { type: 'json_schema', schema: format }
  throw new BadRequest(
    `invalid format: ${JSON.stringify(format).slice(0, 100)}; expected "json" or a valid JSON Schema object`,
    'format',
  )
}
