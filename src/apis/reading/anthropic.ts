// What Anthropic's bodies decide.
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  isObject,
  messagesField,
  objectField,
  readLimit,
  readModel,
  requiredName,
  stopField,
  wrongValue,
} from '../body.ts'
import { countPromptTokens, type Turn } from './conversation.ts'
import { ownOf } from './structure.ts'
import { decideCalls, readOffered, type ToolChoice } from './tools.ts'

/** What a Messages body decides. */
export function readMessage({ config }: Setup, body: JsonObject): Partial<Ask> {
  const messages = messagesField(body, 'messages')
  const conversation = messages.map(({ role, content }): Turn => ({ by: byContent(role, content), content }))
  const choice = objectField(body, 'tool_choice')
  const output = objectField(body, 'output_config')
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readLimit(body, ['max_tokens']),
    stop: stopField(body, 'stop_sequences'),
    promptTokens: countPromptTokens(messages, body['system']),
    ...ownOf(config, output && objectField(output, 'format'), 'output_config.format', conversation),
    ...decideCalls(
      config,
      {
        offered: readOffered(body['tools'], ({ name, input_schema }) => ({
          name: name as string,
          kind: 'function',
          schema: input_schema ?? undefined,
        })),
        ...readToolChoice(choice),
        isParallel: (choice && booleanField(choice, 'disable_parallel_tool_use')) !== true,
      },
      conversation,
    ),
  }
}

/** What a body of token counting decides. */
export function readCounting(body: JsonObject): Partial<Ask> {
  return {
    ...readModel(body),
    promptTokens: countPromptTokens(messagesField(body, 'messages'), body['system']),
  }
}

/** Results of tools come in a message of the user's. */
function byContent(role: unknown, content: unknown): Turn['by'] {
  if (role !== 'user') return 'other'
  const isResult =
    Array.isArray(content) && content.some((part) => isObject(part) && part['type'] === 'tool_result')
  return isResult ? 'result' : 'user'
}

function readToolChoice(choice: JsonObject | undefined): Pick<ToolChoice, 'mode' | 'names' | 'param'> {
  const param = 'tool_choice'
  if (choice === undefined) return { mode: 'auto', param }
  switch (choice['type']) {
    case 'auto':
      return { mode: 'auto', param }
    case 'none':
      return { mode: 'none', param }
    case 'any':
      return { mode: 'required', param }
    case 'tool':
      return { mode: 'required', names: [requiredName(choice)], param }
    default:
      throw wrongValue('tool_choice.type', 'auto, any, tool or none')
  }
}
