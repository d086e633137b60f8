// What the bodies of Cohere's chat decide. https://docs.cohere.com/reference/chat
import type { Conversation, JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  isObject,
  messagesField,
  objectField,
  readLimit,
  readModel,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { echoSources, type Source } from '../coherecitations.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { readTools } from './openai.ts'
import { refuseLarge } from './size.ts'
import { ownOf } from './structure.ts'
import { decideCalls, type ToolChoice } from './tools.ts'

/** What a body of `/v2/chat` decides. */
export function readCohereChat({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = readMessages(body)
  const { content, ...decided } = decideCalls(
    config,
    { offered: readTools({ tools: functionsIn(body) }), ...readChoice(body), isParallel: true },
    turnsOf(messages),
  )
  const read = {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readLimit(body, ['max_tokens']),
    stop: stopField(body, 'stop_sequences'),
    logprobs: booleanField(body, 'logprobs') === true ? 0 : null,
    promptTokens: countPromptTokens(messages, readDocuments(body)),
    echo: isCiting(body) ? echoSources(readDocuments(body).map(sourceOf)) : '',
    ...ownOf(readFormat(body), 'response_format.json_schema'),
    ...decided,
    content: { ...content, reasoning: mayThink(body) && content.reasoning },
  }
  refuseLarge(config, { choices: 1, ...read })
  return read
}

/** What was said before, of a body that has been read. */
export function cohereTurns(body: JsonObject): Conversation {
  return turnsOf(readMessages(body))
}

const ROLES = ['user', 'assistant', 'system', 'tool']

function readMessages(body: JsonObject): readonly JsonObject[] {
  const messages = messagesField(body, 'messages')
  for (const [i, { role, content }] of messages.entries()) {
    const at = `messages[${i}]`
    if (!ROLES.includes(role as string)) throw wrongValue(`${at}.role`, `one of ${ROLES.join(', ')}`)
    if (role === 'assistant' && (content ?? undefined) === undefined) continue
    checkContent(content, `${at}.content`)
  }
  return messages
}

/** A text, or parts of which each has a type; those of a type that is not text are passed over. */
function checkContent(content: unknown, at: string): void {
  if (typeof content === 'string') return
  if (!Array.isArray(content)) throw wrongType(at, 'a string or an array of objects')
  for (const [i, part] of content.entries()) {
    if (!isObject(part)) throw wrongType(`${at}[${i}]`, 'an object')
    if (typeof part['type'] !== 'string') throw wrongType(`${at}[${i}].type`, 'a string')
    if (part['type'] === 'text' && typeof part['text'] !== 'string')
      throw wrongType(`${at}[${i}].text`, 'a string')
  }
}

/** Texts, or objects of which the texts count. */
function readDocuments(body: JsonObject): readonly (string | JsonObject)[] {
  const documents = body['documents'] ?? []
  if (!Array.isArray(documents) || documents.some((one) => typeof one !== 'string' && !isObject(one)))
    throw wrongType('documents', 'an array of strings or objects')
  return documents as (string | JsonObject)[]
}

/** As a citation tells it: one without an id gets one, and a text is the only field of its document. */
function sourceOf(given: string | JsonObject, i: number): Source {
  const { id: named, data } = typeof given === 'string' ? { id: undefined, data: { text: given } } : given
  const id = typeof named === 'string' && named !== '' ? named : `doc:${i}`
  return { type: 'document', id, document: { id, ...(isObject(data) && data) } }
}

const MODES = ['ENABLED', 'DISABLED', 'FAST', 'ACCURATE', 'OFF']

/** Whether documents are cited, which they are unless that is turned off. */
function isCiting(body: JsonObject): boolean {
  const mode = objectField(body, 'citation_options')?.['mode'] ?? 'ENABLED'
  if (!MODES.includes(mode as string)) throw wrongValue('citation_options.mode', MODES.join(', '))
  return mode !== 'DISABLED' && mode !== 'OFF'
}

function functionsIn(body: JsonObject): readonly JsonObject[] {
  return messagesField(body, 'tools').map((tool, i) => {
    const at = `tools[${i}].function`
    const { name, parameters } = objectField({ [at]: tool['function'] }, at) ?? {}
    if (typeof name !== 'string') throw wrongType(`${at}.name`, 'a string')
    if ((parameters ?? undefined) !== undefined && !isObject(parameters))
      throw wrongType(`${at}.parameters`, 'an object')
    return tool
  })
}

function readChoice(body: JsonObject): Pick<ToolChoice, 'mode' | 'param'> {
  const param = 'tool_choice'
  switch (body[param] ?? undefined) {
    case undefined:
      return { mode: 'auto', param }
    case 'REQUIRED':
      return { mode: 'required', param }
    case 'NONE':
      return { mode: 'none', param }
    default:
      throw wrongValue(param, 'REQUIRED or NONE')
  }
}

/** In the form that `ownOf` takes: Cohere's JSON objects may have a schema. */
function readFormat(body: JsonObject): JsonObject | undefined {
  const format = objectField(body, 'response_format')
  const type = format?.['type'] ?? 'text'
  if (type === 'text') return undefined
  if (type !== 'json_object') throw wrongValue('response_format.type', 'text or json_object')
  const at = 'response_format.json_schema'
  const schema = objectField({ [at]: format!['json_schema'] ?? format!['schema'] }, at)
  return schema === undefined ? { type: 'json_object' } : { type: 'json_schema', schema }
}

/** A request may forbid to think; it does not make a reply think that would not. */
function mayThink(body: JsonObject): boolean {
  const type = objectField(body, 'thinking')?.['type'] ?? 'enabled'
  if (type !== 'enabled' && type !== 'disabled') throw wrongValue('thinking.type', 'enabled or disabled')
  return type === 'enabled'
}
