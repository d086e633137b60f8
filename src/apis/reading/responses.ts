// What a Responses body decides.
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import { booleanField, messagesField, objectField, readLimit, readModel } from '../body.ts'
import { countPromptTokens, type Turn } from './conversation.ts'
import { readToolChoice, readTools } from './openai.ts'
import { ownOf } from './structure.ts'
import { decideCalls } from './tools.ts'

/** What a Responses body decides. */
export function readResponse({ config }: Setup, body: JsonObject): Partial<Ask> {
  const input = body['input'] ?? []
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : messagesField(body, 'input')
  const conversation = items.map((item): Turn => ({
    by: byItem(item),
    content: item['content'] ?? item['output'],
  }))
  const text = objectField(body, 'text')
  return {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    ...readLimit(body, ['max_output_tokens']),
    promptTokens: countPromptTokens(items, body['instructions']),
    ...ownOf(config, text && objectField(text, 'format'), 'text.format', conversation),
    ...decideCalls(
      config,
      {
        offered: readTools(body),
        ...readToolChoice(body['tool_choice'] ?? undefined, 'tool_choice'),
        isParallel: booleanField(body, 'parallel_tool_calls') !== false,
      },
      conversation,
    ),
  }
}

function byItem({ role, type }: JsonObject): Turn['by'] {
  if (typeof type === 'string' && type.endsWith('_output')) return 'result'
  return role === 'user' ? 'user' : 'other'
}
