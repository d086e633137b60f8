// What a Responses body decides.
import { type Conversation, type JsonObject, type Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  isObject,
  messagesField,
  missing,
  objectField,
  readLimit,
  readModel,
  wrongType,
  wrongValue,
} from '../body.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { readToolChoice, readTools } from './openai.ts'
import { echoOf, MOST_ALTERNATIVES } from './responseecho.ts'
import { ownOf } from './structure.ts'
import { decideCalls } from './tools.ts'

/** What a Responses body decides. */
export function readResponse({ config }: Setup, body: JsonObject): Partial<Ask> {
  const items = readInput(body)
  const included = readIncluded(body)
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readLimit(body, ['max_output_tokens']),
    promptTokens: countPromptTokens(items, body['instructions']),
    logprobs: included.has('message.output_text.logprobs')
      ? (countField(body, 'top_logprobs', 0, MOST_ALTERNATIVES) ?? 0)
      : null,
    encrypted: included.has('reasoning.encrypted_content'),
    echo: echoOf(body),
    ...ownOf(readFormat(body), 'text.format'),
    ...decideCalls(
      config,
      {
        offered: readTools({ tools: messagesField(body, 'tools').filter(isCallable) }),
        ...readToolChoice(body['tool_choice'] ?? undefined, 'tool_choice'),
        isParallel: booleanField(body, 'parallel_tool_calls') !== false,
      },
      turnsOf(items),
    ),
  }
}

/** What was said before, as far as the request holds it. */
export function responseTurns(body: JsonObject): Conversation {
  return turnsOf(readInput(body))
}

/** The items of the input, of which a text alone is a message of the user's. */
function readInput(body: JsonObject): readonly JsonObject[] {
  const input = body['input'] ?? []
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (!Array.isArray(input)) throw wrongType('input', 'a string or an array of objects')
  const items = messagesField(body, 'input')
  for (const [i, { type, role, content }] of items.entries()) {
    for (const [name, value] of Object.entries({ type, role }))
      if ((value ?? undefined) !== undefined && typeof value !== 'string')
        throw wrongType(`input[${i}].${name}`, 'a string')
    if (typeof (content ?? '') !== 'string' && !(Array.isArray(content) && content.every(isObject)))
      throw wrongType(`input[${i}].content`, 'a string or an array of objects')
  }
  return items
}

/** All others are run by the provider. */
function isCallable({ type }: JsonObject): boolean {
  return type === 'function' || type === 'custom'
}

function readIncluded(body: JsonObject): ReadonlySet<string> {
  const included = body['include'] ?? []
  if (!Array.isArray(included) || included.some((one) => typeof one !== 'string'))
    throw wrongType('include', 'an array of strings')
  return new Set(included as string[])
}

const FORMATS = ['text', 'json_object', 'json_schema']

/** The format of the text, and nothing that is none. */
function readFormat(body: JsonObject): JsonObject | undefined {
  const text = objectField(body, 'text')
  const format = text && objectField({ 'text.format': text['format'] }, 'text.format')
  if (format === undefined) return undefined
  const { type, schema } = format
  if (!FORMATS.includes(type as string)) throw wrongValue('text.format.type', FORMATS.join(', '))
  if (type !== 'json_schema') return format
  if (schema === undefined) throw missing('text.format.schema')
  if (!isObject(schema)) throw wrongType('text.format.schema', 'an object')
  return format
}
