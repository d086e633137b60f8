// Texts in what was sent and in what was asked: to see whether a client took the beginning of an answer for all of it. Told by hashes.
import { refuseJson } from '../../apis/bounds.ts'
import { rememberWeakly } from '../../apis/remember.ts'
import type { Reply } from '../../replies/reply.ts'

const utf8 = new TextDecoder()

/** A stream that does not say that it is over. */
export const isCutStream = rememberWeakly(
  ({ framing, marks }: Reply): boolean =>
    framing !== null && !marks.some(({ part }) => part === 'finish' || part === 'done' || part === 'last'),
)

/**
 * The hash of the text in a stream of events or lines; null when there is none to be found, as in what is compressed or binary. Read
 * from what was sent, whatever its format: texts stand there as `content`, `text`, `delta` or `response`.
 */
export const textOfReply = rememberWeakly(({ frames, marks }: Reply): string | null => {
  const contents = frames.filter((_, i) => marks[i]!.part === 'content')
  const sent = utf8.decode(Buffer.concat(contents.length > 0 ? contents : frames))
  const text = sent
    .split(/\r\n|\r|\n/)
    .map((line) => textsIn(parse(line.replace(/^data: ?/, '')), TEXT_NAMES).join(''))
    .join('')
  return text.trim() === '' ? null : hashText(text)
})

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
