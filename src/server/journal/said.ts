// Texts in what was sent and in what was asked: to see whether a client took the beginning of an answer for all of it. Told by hashes.
import { refuseJson } from '../../apis/bounds.ts'
import { rememberWeakly } from '../../apis/remember.ts'
import type { Reply } from '../../replies/reply.ts'

const utf8 = new TextDecoder()

/**
 * The hash of the text in a stream of events or lines; null when there is none to be found, as in what is compressed or binary. Read
 * from what was sent, whatever its format: texts stand there as `content`, `text`, `delta` or `response`.
 */
export const textOfReply = rememberWeakly(({ frames }: Reply): string | null => {
  const text = jsonsIn(utf8.decode(Buffer.concat(frames)))
    .flatMap(textsIn)
    .join('')
  return text.trim() === '' ? null : hashText(text)
})

/** What Gemini writes around events without SSE: an array. */
const AROUND_JSON = /^[[,]\s*(?=\{)|[,\]]$/g

/** Of events of SSE the data, whose lines are one text; otherwise each line. */
function jsonsIn(text: string): unknown[] {
  const texts: string[] = []
  let data: string[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('data:')) {
      data.push(line.slice('data:'.length))
      continue
    }
    if (line === '') {
      texts.push(data.join('\n'))
      data = []
    } else texts.push(line.replace(AROUND_JSON, ''))
  }
  return [...texts, data.join('\n')].map(parse)
}

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

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (typeof value !== 'object' || value === null || isAside(value)) return []
  return Object.entries(value).flatMap(([name, one]) => {
    if (typeof one === 'string') return TEXT_NAMES.includes(name) ? [one] : []
    return textsIn(one)
  })
}

/** What is thought, and of the events of Responses all that repeat what was said or say something else. */
function isAside({ thought, type }: { readonly thought?: unknown; readonly type?: unknown }): boolean {
  if (thought === true || type === 'thinking') return true
  return typeof type === 'string' && type.startsWith('response.') && type !== 'response.output_text.delta'
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
