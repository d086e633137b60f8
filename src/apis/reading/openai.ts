// What bodies of chat and of legacy completions decide.
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  isObject,
  messagesField,
  objectField,
  readLimit,
  readModel,
  requiredName,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { countPromptTokens, type Turn } from './conversation.ts'
import { ownOf } from './structure.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from './tools.ts'

/** What a chat body decides. */
export function readChat({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = messagesField(body, 'messages')
  const conversation = messages.map(({ role, content }): Turn => ({ by: byRole(role), content }))
  const options = objectField(body, 'stream_options')
  const functions = readOffered(body['functions'], (tool) => functionOf(tool, 'legacy'))
  const choice =
    functions.length > 0
      ? readToolChoice(body['function_call'] ?? undefined, 'function_call')
      : readToolChoice(body['tool_choice'] ?? undefined, 'tool_choice')
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    includeUsage: (options && booleanField(options, 'include_usage')) ?? false,
    choices: countField(body, 'n', 1, MOST_CHOICES) ?? 1,
    ...readLimit(body, ['max_completion_tokens', 'max_tokens']),
    stop: stopField(body, 'stop'),
    promptTokens: countPromptTokens(messages),
    ...ownOf(config, objectField(body, 'response_format'), 'response_format', conversation),
    ...decideCalls(
      config,
      {
        offered: functions.length > 0 ? functions : readTools(body),
        ...choice,
        isParallel: functions.length === 0 && booleanField(body, 'parallel_tool_calls') !== false,
      },
      conversation,
    ),
  }
}

/** As many as OpenAI takes. */
const MOST_CHOICES = 128

/** What a body of legacy completions decides: a prompt each has `n` choices. */
export function readCompletion({ config }: Setup, body: JsonObject): Partial<Ask> {
  const options = objectField(body, 'stream_options')
  const prompt = body['prompt'] ?? ''
  const prompts = Array.isArray(prompt) && prompt.some((one) => typeof one !== 'number') ? prompt : [prompt]
  if (
    !prompts.every(
      (one) =>
        typeof one === 'string' || (Array.isArray(one) && one.every((token) => typeof token === 'number')),
    )
  )
    throw wrongType('prompt', 'a string, an array of tokens, or an array of either')
  const n = countField(body, 'n', 1, MOST_CHOICES) ?? 1
  if (n * prompts.length > MOST_CHOICES)
    throw wrongValue('prompt', `at most ${MOST_CHOICES} choices, prompts times n`)
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    includeUsage: (options && booleanField(options, 'include_usage')) ?? false,
    choices: n * prompts.length,
    ...readLimit(body, ['max_tokens']),
    stop: stopField(body, 'stop'),
    promptTokens: countPromptTokens(prompts),
    ...ownOf(config, undefined, '', [{ by: 'user', content: prompts }]),
  }
}

function byRole(role: unknown): Turn['by'] {
  if (role === 'user') return 'user'
  return role === 'tool' || role === 'function' ? 'result' : 'other'
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
      const names = readTools({ tools }).map(({ name }) => name)
      return { mode: mode === 'required' ? 'required' : 'auto', names, param }
    }
    default:
      return { mode: 'auto', param } // a tool that the provider runs itself
  }
}
