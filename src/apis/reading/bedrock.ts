// What bodies for AWS Bedrock decide. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
import type { Conversation, JsonObject, RequestHead, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  countField,
  isObject,
  messagesField,
  nameField,
  objectField,
  readModel,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { refuseJson } from '../bounds.ts'
import { formattedOwn, readMessage } from './anthropic.ts'
import { readSchemas } from './anthropicfields.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { ownJson } from './structure.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from './tools.ts'

/** The model of a path: all between `/model/` and the verb, slashes and colons included. */
const MODEL = /^.*\/model\/(.+)\/[\w-]+$/s

function modelOf({ path }: RequestHead): Partial<Ask> {
  const model = MODEL.exec(path)?.[1]
  return model === undefined ? {} : readModel({ model })
}

/** What path and body decide of a model that is invoked with a body of Anthropic's. */
export function readInvocation(setup: Setup, body: JsonObject, head: RequestHead): Partial<Ask> {
  return { ...readMessage(setup, body), ...modelOf(head) }
}

/** What path and body of Converse decide. */
export function readConverse({ config }: Setup, body: JsonObject, head: RequestHead): Partial<Ask> {
  const messages = readMessages(body)
  const inference = objectField(body, 'inferenceConfig') ?? {}
  const fields = objectField(body, 'additionalModelRequestFields') ?? {}
  const { content, ...decided } = decideCalls(config, readTools(body), turnsBefore(messages))
  return {
    ...modelOf(head),
    limit: countField(inference, 'maxTokens', 1, Number.MAX_SAFE_INTEGER) ?? 0,
    stop: stopField(inference, 'stopSequences'),
    promptTokens: countPromptTokens(
      messages.map((message) => message['content']),
      blocksOf(body, 'system', 'system'),
    ),
    ...readFormat(body, fields),
    ...decided,
    content: { ...content, reasoning: content.reasoning && mayThink(fields) },
  }
}

/** What was said before, of a body that has been read. */
export function converseTurns(body: JsonObject): Conversation {
  return turnsBefore(readMessages(body))
}

/** The beginning of a reply that is to be continued is part of it. */
function turnsBefore(messages: readonly JsonObject[]): Conversation {
  return turnsOf(messages.slice(0, messages.findLastIndex(({ role }) => role !== 'assistant') + 1))
}

const ROLES: readonly unknown[] = ['user', 'assistant', undefined, null]

function readMessages(body: JsonObject): readonly JsonObject[] {
  return messagesField(body, 'messages').map((message, i): JsonObject => {
    const { role } = message
    if (!ROLES.includes(role)) throw wrongValue(`messages[${i}].role`, 'user or assistant')
    return { role, content: blocksOf(message, 'content', `messages[${i}].content`) }
  })
}

/** Blocks that a text model does not read as text. */
const MEDIA = ['image', 'document', 'video', 'audio']

/** The blocks of a message, each with a type as other providers have it: here a block is told by the name of its only field. */
function blocksOf(holder: JsonObject, name: string, path: string): readonly JsonObject[] {
  return messagesField({ [path]: holder[name] }, path).map((block, i): JsonObject => {
    const here = `${path}[${i}]`
    const { toolUse, toolResult, reasoningContent } = block
    if (typeof (block['text'] ?? '') !== 'string') throw wrongType(`${here}.text`, 'a string')
    if (isObject(toolResult))
      return { type: 'tool_result', content: blocksOf(toolResult, 'content', `${here}.toolResult.content`) }
    if (isObject(toolUse)) return { type: 'tool_use', name: toolUse['name'], input: toolUse['input'] }
    if (isObject(reasoningContent)) {
      const thought = objectField(reasoningContent, 'reasoningText')
      return { type: 'thinking', thinking: thought?.['text'] }
    }
    return MEDIA.some((kind) => kind in block) ? { type: 'image' } : block
  })
}

/** What models call their settings of thinking. */
const THINKING = ['thinking', 'reasoning_config', 'reasoningConfig']

/** A request may forbid to think; it does not make a reply think that would not. */
function mayThink(fields: JsonObject): boolean {
  return THINKING.every((name) => objectField(fields, name)?.['type'] !== 'disabled')
}

/** An instance of the schema, which comes as a text; or of that which Anthropic's models take among their own fields. */
function readFormat(body: JsonObject, fields: JsonObject): Partial<Pick<Ask, 'own'>> {
  const format = objectField(objectField(body, 'outputConfig') ?? {}, 'textFormat')
  if (format === undefined) return readSchemas(() => formattedOwn(fields))
  if (nameField(format, 'type') !== 'json_schema')
    throw wrongValue('outputConfig.textFormat.type', 'json_schema')
  const path = 'outputConfig.textFormat.structure.jsonSchema.schema'
  const { schema } = objectField(objectField(format, 'structure') ?? {}, 'jsonSchema') ?? {}
  if (typeof schema !== 'string') throw wrongType(path, 'a string of JSON')
  return { own: ownJson(parseSchema(schema, path), path) }
}

function parseSchema(schema: string, path: string): unknown {
  if (refuseJson(Buffer.from(schema)) !== undefined) throw wrongValue(path, 'a smaller schema')
  try {
    return JSON.parse(schema)
  } catch {
    throw wrongValue(path, 'JSON')
  }
}

const CHOICE = 'toolConfig.toolChoice'

function readTools(body: JsonObject): ToolChoice {
  const config = objectField(body, 'toolConfig') ?? {}
  const offered = readOffered(messagesField(config, 'tools'), (tool, i): Offered | undefined => {
    const spec = objectField(tool, 'toolSpec') // what has none marks a place in the cache, or is run by Bedrock
    if (spec === undefined) return undefined
    const schema = (objectField(spec, 'inputSchema') ?? {})['json']
    const param = `toolConfig.tools[${i}].toolSpec.inputSchema`
    return { name: nameField(spec, 'name')!, kind: 'function', schema, param }
  })
  return {
    offered,
    ...readChoice(objectField(config, 'toolChoice') ?? { auto: {} }),
    isParallel: true,
    param: CHOICE,
  }
}

function readChoice(choice: JsonObject): Pick<ToolChoice, 'mode' | 'names'> {
  if (isObject(choice['auto'])) return { mode: 'auto' }
  if (isObject(choice['any'])) return { mode: 'required' }
  const name = nameField(objectField(choice, 'tool') ?? {}, 'name')
  if (name === undefined) throw wrongValue(CHOICE, 'auto, any, or a tool with its name')
  return { mode: 'required', names: [name] }
}
