// What Anthropic's bodies decide. https://docs.anthropic.com/en/api/messages
import { BadRequest, type Conversation, type JsonObject, type Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import { MOST_STOPS, readLimit } from '../body.ts'
import {
  flagAt,
  listAt,
  nameAt,
  objectAt,
  objectIn,
  readSchemas,
  refused,
  typeIn,
  wholeAt,
} from './anthropicfields.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { withDescribed } from './described.ts'
import { ownOf } from './structure.ts'
import { decideCalls, readOffered, type ToolChoice } from './tools.ts'

/** What a Messages body decides. */
export function readMessage({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = readMessages(body)
  const settings = mayThink(body) ? config : { ...config, content: { ...config.content, reasoning: false } }
  const model = nameAt(body['model'], 'model') ?? config.model[0]
  return {
    model,
    stream: flagAt(body['stream'], 'stream') ?? false,
    ...readMost(body, model),
    stop: readStops(body),
    promptTokens: countTokens(messages, body),
    ...readSchemas(() => ({
      ...formattedOwn(body),
      ...decideCalls(settings, readTools(body), turnsBefore(messages)),
    })),
  }
}

/** What was said before, of a body that has been read. */
export function messageTurns(body: JsonObject): Conversation {
  return turnsBefore(readMessages(body))
}

/** What a body of token counting decides. */
export function readCounting(body: JsonObject): Partial<Ask> {
  const model = nameAt(body['model'], 'model')
  return { ...(model !== undefined && { model }), promptTokens: countTokens(readMessages(body), body) }
}

/** Messages and system. Tools, of which Anthropic counts the schemas, count nothing. */
function countTokens(messages: readonly JsonObject[], { system }: JsonObject): number {
  checkContent(system, 'system')
  return countPromptTokens(messages, system)
}

const ROLES: readonly unknown[] = ['user', 'assistant', 'system']

/** None are as good as some. */
function readMessages(body: JsonObject): readonly JsonObject[] {
  return listAt(body['messages'], 'messages').map((given, i) => {
    const message = objectIn(given, `messages.${i}`)
    const { role = null } = message
    if (role !== null && !ROLES.includes(role))
      throw refused(`messages.${i}.role`, "Input should be 'user', 'assistant' or 'system'")
    checkContent(message['content'], `messages.${i}.content`)
    return message
  })
}

/** A text, or a list of blocks. */
function checkContent(content: unknown, path: string): void {
  if (typeof content === 'string') return
  for (const [i, given] of listAt(content, path).entries()) {
    const { type, text } = objectIn(given, `${path}.${i}`)
    if (type === 'text' && typeof text !== 'string')
      throw refused(`${path}.${i}.text.text`, 'Input should be a valid string')
  }
}

/** What was said up to where the reply begins: the beginning of one that is to be continued is part of the reply, and instructions are no turn. */
function turnsBefore(messages: readonly JsonObject[]): Conversation {
  const turns = messages.filter(({ role }) => role !== 'system')
  return turnsOf(turns.slice(0, turns.findLastIndex(({ role }) => role !== 'assistant') + 1))
}

/** More than any model takes, prompt and all. */
const MOST_TOKENS = 1_000_000

/** `max_tokens`, which Anthropic wants to be there, may be missing: the reply is then as long as it is. */
function readMost(body: JsonObject, model: string): Pick<Ask, 'limit' | 'isExact'> {
  const most = wholeAt(body['max_tokens'], 'max_tokens')
  if (most !== undefined && most < 1)
    throw refused('max_tokens', 'Input should be greater than or equal to 1')
  if (most !== undefined && most > MOST_TOKENS)
    throw refused(
      'max_tokens',
      `${most} > ${MOST_TOKENS}, which is the maximum allowed number of output tokens for ${model}`,
    )
  return readLimit(body, ['max_tokens'])
}

function readStops(body: JsonObject): readonly string[] {
  const stops = listAt(body['stop_sequences'], 'stop_sequences')
  if (stops.length > MOST_STOPS)
    throw refused('stop_sequences', `List should have at most ${MOST_STOPS} items, not ${stops.length}`)
  return stops.filter((stop, i): stop is string => {
    if (typeof stop !== 'string') throw refused(`stop_sequences.${i}`, 'Input should be a valid string')
    return stop !== ''
  })
}

/** A request may forbid to think; it does not make a reply think that would not. */
function mayThink(body: JsonObject): boolean {
  const thinking = objectAt(body['thinking'], 'thinking')
  if (thinking === undefined) return true
  const type = typeIn(thinking, 'thinking', ['adaptive', 'disabled', 'enabled'])
  wholeAt(thinking['budget_tokens'], `thinking.${type}.budget_tokens`)
  return type !== 'disabled'
}

/** What is said instead of words. Constraints that a schema has in words are kept where it has an instance with them. */
export function formattedOwn(body: JsonObject): Partial<Pick<Ask, 'own'>> {
  const [format, param] = readFormat(body)
  const described = withDescribed(format)
  try {
    return ownOf(described, param)
  } catch (thrown) {
    if (described === format || !(thrown instanceof BadRequest)) throw thrown
    return ownOf(format, param)
  }
}

/** The format of the text, from where it stands or from where it stood before that, and how its schema is called. */
function readFormat(body: JsonObject): [format: JsonObject | undefined, param: string] {
  const settings = objectAt(body['output_config'], 'output_config')
  const current = objectAt(settings?.['format'], 'output_config.format')
  const path = current === undefined ? 'output_format' : 'output_config.format'
  const format = current ?? objectAt(body['output_format'], path)
  if (format === undefined) return [undefined, path]
  if (format['type'] !== 'json_schema') throw refused(`${path}.type`, "Input should be 'json_schema'")
  const schema = objectAt(format['schema'], `${path}.schema`)
  if (schema === undefined) throw refused(`${path}.schema`, 'Field required')
  return [{ type: 'json_schema', schema }, `${path}.schema`]
}

function readTools(body: JsonObject): ToolChoice {
  const tools = listAt(body['tools'], 'tools').map((tool, i) => objectIn(tool, `tools.${i}`))
  const offered = readOffered(tools, (tool, i) => {
    const { name, input_schema } = tool
    if (isBuiltIn(tool)) return undefined
    if (name !== undefined && typeof name !== 'string')
      throw refused(`tools.${i}.custom.name`, 'Input should be a valid string')
    const param = `tools.${i}.custom.input_schema`
    return { name: name!, kind: 'function', schema: objectAt(input_schema, param), param }
  })
  const choice = objectAt(body['tool_choice'], 'tool_choice') ?? { type: 'auto' }
  const path = 'tool_choice.disable_parallel_tool_use'
  const isParallel = flagAt(choice['disable_parallel_tool_use'], path) !== true
  return { offered, ...readChoice(choice, tools), isParallel, param: 'tool_choice' }
}

/** Anthropic's own tools (`web_search_20250305`, `bash_20250124`, …) have a type, and no schema to make an input from. They are never called. */
function isBuiltIn({ type = null, input_schema = null }: JsonObject): boolean {
  return type !== null && type !== 'custom' && input_schema === null
}

function readChoice(
  choice: JsonObject,
  tools: readonly JsonObject[],
): Pick<ToolChoice, 'mode'> & Partial<Pick<ToolChoice, 'names'>> {
  switch (typeIn(choice, 'tool_choice', ['auto', 'any', 'tool', 'none'])) {
    case 'auto':
      return { mode: 'auto' }
    case 'none':
      return { mode: 'none' }
    case 'any':
      return { mode: 'required' }
    case 'tool': {
      const name = nameAt(choice['name'], 'tool_choice.tool.name')
      if (name === undefined) throw refused('tool_choice.tool.name', 'Field required')
      const tool = tools.find((one) => one['name'] === name)
      if (tool === undefined && tools.length > 0)
        throw new BadRequest(`Tool '${name}' not found in provided tools`, 'tool_choice')
      return tool !== undefined && isBuiltIn(tool) ? { mode: 'none' } : { mode: 'required', names: [name] }
    }
  }
}
