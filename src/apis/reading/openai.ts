// What a chat body decides.
import { BadRequest, type Conversation, type JsonObject, type Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  isObject,
  MAX_NAME,
  messagesField,
  objectField,
  readLimit,
  readModel,
  requiredName,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { chatMessages } from './messages.ts'
import { refuseLarge } from './size.ts'
import { ownOf } from './structure.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from './tools.ts'

/** What was said before, of a body that has been read: in OpenAI's chat, and in Ollama's. */
export function chatTurns(body: JsonObject): Conversation {
  return turnsOf(messagesField(body, 'messages'))
}

/** What a chat body decides. */
export function readChat({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = chatMessages(body)
  const options = objectField(body, 'stream_options')
  checkTools(body)
  const functions = readOffered(body['functions'], (tool) => functionOf(tool, 'legacy'))
  const choice =
    functions.length > 0
      ? readFunctionCall(body['function_call'] ?? undefined)
      : readToolChoice(body['tool_choice'] ?? undefined, 'tool_choice')
  const read = {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    includeUsage: (options && booleanField(options, 'include_usage')) ?? wantsUsage(body),
    choices: countField(body, 'n', 1, MOST_CHOICES) ?? 1,
    ...readLimit(body, ['max_completion_tokens', 'max_tokens']),
    stop: stopField(body, 'stop'),
    logprobs: readLogprobs(body),
    promptTokens: countPromptTokens(messages),
    ...ownOf(readFormat(body), 'response_format'),
    ...decideCalls(
      config,
      {
        offered: functions.length > 0 ? functions : readTools(body),
        ...choice,
        isParallel: functions.length === 0 && booleanField(body, 'parallel_tool_calls') !== false,
      },
      turnsOf(messages),
    ),
  }
  refuseLarge(config, read)
  return read
}

/** How OpenRouter's clients ask for the usage of a stream. */
function wantsUsage({ usage }: JsonObject): boolean {
  return isObject(usage) && usage['include'] === true
}

/** As many choices as OpenAI takes. */
export const MOST_CHOICES = 128

/** As many alternatives of a token as OpenAI tells of. */
const MOST_LOGPROBS = 20

/** How many alternatives of each token are told; null: nothing is told of tokens. */
function readLogprobs(body: JsonObject): number | null {
  const isTold = booleanField(body, 'logprobs') ?? false
  const most = countField(body, 'top_logprobs', 0, MOST_LOGPROBS)
  if (!isTold && most !== undefined)
    throw new BadRequest(
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
      'top_logprobs',
    )
  return isTold ? (most ?? 0) : null
}

/** In which format the text is to be. */
function readFormat(body: JsonObject): JsonObject | undefined {
  const format = objectField(body, 'response_format')
  if (format === undefined) return undefined
  const type = format['type']
  if (type !== 'text' && type !== 'json_object' && type !== 'json_schema')
    throw wrongValue('response_format.type', 'text, json_object or json_schema')
  if (type === 'json_schema') {
    const at = 'response_format.json_schema'
    const named = format['json_schema']
    if (!isObject(named)) throw wrongType(at, 'an object')
    expectName(named['name'] ?? undefined, at, false)
    const schema = named['schema'] ?? undefined
    if (schema !== undefined && !isObject(schema)) throw wrongType(`${at}.schema`, 'an object')
  }
  return format
}

function expectName(name: unknown, at: string, isRequired = true): void {
  if (name === undefined && !isRequired) return
  if (typeof name !== 'string') throw wrongType(`${at}.name`, 'a string')
  if (name === '' || name.length > MAX_NAME) throw wrongValue(`${at}.name`, `1 to ${MAX_NAME} characters`)
}

/** Refuses a tool that is not what it says it is. What is of another type is passed over. */
function checkTools(body: JsonObject): void {
  for (const [i, tool] of messagesField(body, 'tools').entries()) {
    const { type } = tool
    if (type !== 'function' && type !== 'custom') continue
    const at = `tools[${i}].${type}`
    if (!isObject(tool[type])) throw wrongType(at, 'an object')
    checkFunction(tool[type], at)
  }
  for (const [i, one] of messagesField(body, 'functions').entries()) checkFunction(one, `functions[${i}]`)
}

function checkFunction({ name, parameters }: JsonObject, at: string): void {
  expectName(name, at)
  if ((parameters ?? undefined) !== undefined && !isObject(parameters))
    throw wrongType(`${at}.parameters`, 'an object')
}

/** What `function_call` says, of the functions that there were before tools. */
function readFunctionCall(call: unknown): Pick<ToolChoice, 'mode' | 'names' | 'param'> {
  const param = 'function_call'
  if (call === undefined || call === 'auto') return { mode: 'auto', param }
  if (call === 'none') return { mode: 'none', param }
  if (!isObject(call)) throw wrongValue(param, 'none, auto or an object')
  expectName(call['name'], param)
  return { mode: 'required', names: [call['name'] as string], param }
}

/** The tools of a body, in the form of chat (the name inside `function`) or of the Responses API. */
export function readTools(body: JsonObject): Offered[] {
  return readOffered(body['tools'], (tool) => {
    if (tool['type'] === 'custom') return functionOf(tool['custom'] ?? tool, 'custom')
    return functionOf(tool['function'] ?? tool, 'function')
  })
}

function functionOf(tool: unknown, kind: Offered['kind']): Offered | undefined {
  return isObject(tool)
    ? { name: tool['name'] as string, kind, schema: tool['parameters'] ?? undefined }
    : undefined
}

/** What `tool_choice` says, in either form. */
export function readToolChoice(choice: unknown, param: string): Pick<ToolChoice, 'mode' | 'names' | 'param'> {
  if (choice === undefined || choice === 'auto') return { mode: 'auto', param }
  if (choice === 'none') return { mode: 'none', param }
  if (choice === 'required' || choice === 'any') return { mode: 'required', param }
  if (!isObject(choice)) throw wrongValue(param, 'none, auto, required or an object')
  const type = choice['type']
  switch (type) {
    case undefined:
    case 'function':
    case 'custom':
      return { mode: 'required', names: [requiredName((type && objectField(choice, type)) || choice)], param }
    case 'allowed_tools': {
      const { mode, tools } = objectField(choice, 'allowed_tools') ?? choice
      if (mode !== 'auto' && mode !== 'required') throw wrongValue(`${param}.mode`, 'auto or required')
      messagesField({ tools }, 'tools')
      const names = readTools({ tools }).map(({ name }) => name)
      return { mode: mode === 'required' ? 'required' : 'auto', names, param }
    }
    default:
      if (typeof type !== 'string') throw wrongType(`${param}.type`, 'a string')
      return { mode: 'auto', param } // a tool that the provider runs itself
  }
}
