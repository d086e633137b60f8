// What a request says before it asks, whatever the format: whose turn it was, how often tools have answered, and how much text it is.
import type { Conversation, JsonObject, Turn } from '../api.ts'
import { isObject } from '../body.ts'

/** Whose turn each message, item or content was. */
export function turnsOf(items: readonly JsonObject[]): Conversation {
  return items.map((item): Turn => {
    const content = item['content'] ?? item['parts'] ?? item['output'] ?? null
    const by = whoseTurn(item, content)
    const beside = by === 'result' && isUser(item) ? textsOf(content) : []
    return beside.length > 0 ? { by, content, beside } : { by, content }
  })
}

/** What the user says where a format has no messages: one text, or several. */
export function promptTurns(given: unknown): Conversation {
  const isList = Array.isArray(given) && !given.some((one) => typeof one === 'number') // else token ids: one prompt
  const prompts: readonly unknown[] = isList ? given : [given ?? '']
  return prompts.map((content): Turn => ({ by: 'user', content }))
}

/** The parts that are texts. */
function textsOf(content: unknown): unknown[] {
  const parts: readonly unknown[] = Array.isArray(content) ? content : []
  return parts.filter((part) => isObject(part) && typeof part['text'] === 'string')
}

function whoseTurn(item: JsonObject, content: unknown): Turn['by'] {
  const { role, type } = item
  if (role === 'tool' || role === 'function') return 'result'
  if (typeof type === 'string' && type.endsWith('_output')) return 'result'
  if (Array.isArray(content) && content.some(isResult)) return 'result'
  return isUser(item) ? 'user' : 'other'
}

/** Google's users need not say who they are, and items of other types have no role. */
function isUser({ role, type }: JsonObject): boolean {
  return role === 'user' || ((role ?? undefined) === undefined && type === undefined)
}

function isResult(part: unknown): boolean {
  return isObject(part) && (part['type'] === 'tool_result' || isObject(part['functionResponse']))
}

/** How often tools have answered since the user spoke last: results that follow one another count once. */
export function countRounds(conversation: Conversation): number {
  const since = conversation.slice(conversation.findLastIndex(({ by }) => by === 'user') + 1)
  return since.filter(({ by }, i) => by === 'result' && since[i - 1]?.by !== 'result').length
}

/** The last word is a tool's. */
export function isAnswered(conversation: Conversation): boolean {
  return conversation.at(-1)?.by === 'result'
}

/** What the user said last. */
export function lastUserText(conversation: Conversation): string {
  const last = conversation.findLast(({ by, beside }) => by === 'user' || beside !== undefined)
  return textOf(last?.beside ?? last?.content)
}

/** How often the user has spoken. */
export function countTurns(conversation: Conversation): number {
  return conversation.filter(({ by }) => by === 'user').length
}

/** The texts of a message, put together. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map(textOf).join('')
  if (!isObject(content)) return ''
  return typeof content['text'] === 'string'
    ? content['text']
    : textOf(content['parts'] ?? content['content'])
}

/** About as many bytes of text are a token. */
export const BYTES_PER_TOKEN = 4
/** What a picture, a recording or a file counts as, however large it is. */
const MEDIA_TOKENS = 256
/** Names of what is no text that a model reads. */
const UNREAD = new Set([
  'role',
  'type',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'signature',
  'cache_control',
  'status',
  'thoughtSignature',
])
const MEDIA = /image|audio|video|file|document|media/
const MEDIA_FIELDS = ['inlineData', 'inline_data', 'fileData', 'file_data']

/** The tokens of a prompt, counted as its bytes of text ÷ 4, rounded up, and a constant for each picture or file. At least one. */
export function countPromptTokens(...values: readonly unknown[]): number {
  const found = { bytes: 0, media: 0 }
  for (const value of values) measure(value, found)
  return Math.max(1, Math.ceil(found.bytes / BYTES_PER_TOKEN) + found.media * MEDIA_TOKENS)
}

function measure(value: unknown, found: { bytes: number; media: number }): void {
  if (typeof value === 'string') {
    found.bytes += Buffer.byteLength(value)
  } else if (Array.isArray(value)) {
    for (const one of value) measure(one, found)
  } else if (isObject(value)) {
    const { type } = value
    if (
      (typeof type === 'string' && type !== 'text' && MEDIA.test(type)) ||
      MEDIA_FIELDS.some((name) => name in value)
    ) {
      found.media++
      return
    }
    for (const name in value) if (!UNREAD.has(name)) measure(value[name], found)
  }
}
