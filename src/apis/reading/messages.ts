// The messages of a chat body, each of a role and with content that OpenAI takes.
import type { JsonObject } from '../api.ts'
import { isObject, messagesField, wrongType, wrongValue } from '../body.ts'

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function']
/** Who may say nothing: an assistant that calls, and a function. */
const SILENT = ['assistant', 'function']

/** The field in which a part has what its type says, and the text that must be in it. Parts of other types are passed over. */
const payloads: Readonly<Record<string, readonly [field: string, text: string]>> = {
  image_url: ['image_url', 'url'],
  input_audio: ['input_audio', 'data'],
}
const TEXTS = ['text', 'refusal']

/**
 * The messages of a chat body, if it has any. Roles are not asked for.
 * @throws BadRequest when one has an unknown role, no content, or parts that are not what they say
 */
export function chatMessages(body: JsonObject): readonly JsonObject[] {
  const messages = messagesField(body, 'messages')
  for (const [i, { role, content }] of messages.entries()) {
    const at = `messages[${i}]`
    const isNamed = (role ?? undefined) !== undefined
    if (isNamed && typeof role !== 'string') throw wrongType(`${at}.role`, 'a string')
    if (isNamed && !ROLES.includes(role as string))
      throw wrongValue(`${at}.role`, `one of ${ROLES.join(', ')}`)
    if ((content ?? undefined) === undefined) {
      if (isNamed && !SILENT.includes(role as string)) throw wrongType(`${at}.content`, CONTENT)
    } else if (typeof content !== 'string') checkParts(content, `${at}.content`)
  }
  return messages
}

const CONTENT = 'a string or an array of objects'

function checkParts(parts: unknown, at: string): void {
  if (!Array.isArray(parts)) throw wrongType(at, CONTENT)
  for (const [i, part] of parts.entries()) {
    const place = `${at}[${i}]`
    if (!isObject(part)) throw wrongType(place, 'an object')
    const { type } = part
    if (typeof type !== 'string') throw wrongType(`${place}.type`, 'a string')
    if (TEXTS.includes(type)) expectText(part, type, place)
    const payload = Object.hasOwn(payloads, type) ? payloads[type] : undefined
    if (payload === undefined) continue
    const [field, text] = payload
    const inside = part[field]
    if (!isObject(inside)) throw wrongType(`${place}.${field}`, 'an object')
    expectText(inside, text, `${place}.${field}`)
  }
}

function expectText(object: JsonObject, name: string, at: string): void {
  if (typeof object[name] !== 'string') throw wrongType(`${at}.${name}`, 'a string')
}
