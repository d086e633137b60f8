// Texts in what was sent and in what was asked: to see whether a client took the beginning of an answer for all of it. Told by hashes.
import { refuseJson } from '../../apis/bounds.ts'
import { remember, rememberWeakly } from '../../apis/remember.ts'
import { rowOf } from '../../config/faults.ts'
import { parsePattern } from '../../config/patterns.ts'
import type { Reply } from '../../replies/reply.ts'

const utf8 = new TextDecoder()

/** A stream that its faults end before the answer is over. */
export function isCut({ framing, ending }: Reply, pattern: string): boolean {
  return framing !== null && (ending === 'reset' || endsEarly(pattern))
}

const endsEarly = remember((pattern: string): boolean => {
  try {
    return parsePattern(pattern).faults.some(({ kind }) => rowOf(kind).group === 'ending')
  } catch {
    return false // the account that patterns share when there are very many
  }
})

/**
 * The hash of the text in a stream of events or lines; null when there is none to be found, as in what is compressed or binary. Read
 * from what was sent, whatever its format: texts stand there as `content`, `text`, `delta` or `response`.
 */
export const textOfReply = rememberWeakly(({ frames }: Reply): string | null => {
  const text = utf8
    .decode(Buffer.concat(frames))
    .split(/\r\n|\r|\n/)
    .map((line) => textsIn(parse(line.replace(AROUND_JSON, '')), TEXT_NAMES).join(''))
    .join('')
  return text.trim() === '' ? null : hashText(text)
})

/** What framings put around the JSON of an event: a field of SSE, or an array that Gemini writes event by event. */
const AROUND_JSON = /^(?:data: ?|[[,]\s*(?=\{))|[,\]]$/g

const TEXT_NAMES = ['content', 'text', 'delta', 'response']
const ROLES = ['assistant', 'model']
/** Of one body. */
const MOST_SAID = 100

/** The hashes of what the body of a request says that the assistant has said before. */
export function saidIn(body: Uint8Array): string[] {
  const text = utf8.decode(body)
  if (!ROLES.some((role) => text.includes(`"${role}"`)) || refuseJson(body) !== undefined) return []
  return assistantTexts(parse(text), false).slice(-MOST_SAID).map(hashText)
}

function assistantTexts(value: unknown, isAssistant: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => assistantTexts(one, isAssistant))
  if (typeof value !== 'object' || value === null) return []
  const { role } = value as { readonly role?: unknown }
  const isIts = role === undefined ? isAssistant : ROLES.includes(String(role))
  return Object.entries(value).flatMap(([name, one]) => {
    if (typeof one !== 'string') return assistantTexts(one, isIts)
    return isIts && TEXT_NAMES.includes(name) ? [one] : []
  })
}

function textsIn(value: unknown, names: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => textsIn(one, names))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    if (typeof one === 'string') return names.includes(name) ? [one] : []
    return textsIn(one, names)
  })
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** White space at the ends makes no difference. */
function hashText(text: string): string {
  return Bun.SHA256.hash(text.trim(), 'hex').slice(0, 16)
}
