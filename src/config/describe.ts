// What a configuration comes to, in sentences: for the banner and the page.
import type { Config } from './config.ts'
import { formatMs, plural } from './format.ts'
import { formatJitter, type Jitter } from './jitter.ts'
import { fileOf } from './texts.ts'

/** What `--reply` adds to the description of a reply. */
const kinds = {
  stream: '. Every reply streams, whatever is asked; --reply auto answers as asked',
  json: ', always whole',
  auto: ', streamed or whole as the request asks',
} as const

/** `Each reply: 18 chunks, 50 ms apart, 950 ms in all, always whole.` */
export function describeReplies(config: ReplyConfig & Pick<Config, 'reply'>): string {
  return `Each reply: ${describeReply(config)}${kinds[config.reply]}.`
}

/** The reply in words: `18 chunks, 50 ms apart, 950 ms in all`. */
export function describeReply(config: ReplyConfig): string {
  const {
    chunkCount,
    chunkDelayMs,
    ttftMs,
    ttftJitter,
    chunkDelayJitter,
    chunkCountJitter,
    chunkBytes,
    stamp,
    content,
    preambleMs = null,
  } = config
  const vary = (text: string, jitter: Jitter): string => {
    if (jitter.model === 'none') return text
    return jitter.model === 'quantiles' ? `${formatJitter(jitter)} ms` : `${text} (${formatJitter(jitter)})`
  }
  const jitters = [ttftJitter, chunkDelayJitter, chunkCountJitter]
  const varies = jitters.some(({ model }) => model !== 'none')
  const own = describeOwn(config)
  const words = [
    own ?? (chunkCount === 0 ? 'no content' : vary(plural(chunkCount, 'chunk'), chunkCountJitter)),
  ]
  words.push(...describeContent(content))
  if (stamp) words.push('stamped')
  if (chunkBytes > 0) words.push(`${plural(chunkBytes, 'byte')} of text each`)
  if (!varies && ttftMs === 0 && chunkDelayMs === 0) return [...words, 'as fast as possible'].join(', ')
  if (preambleMs !== null) words.push(`opened after ${formatMs(preambleMs)}`)
  if (preambleMs !== null || varies || ttftMs !== chunkDelayMs || (chunkCount === 0 && own === undefined))
    words.push(
      `the first ${preambleMs === null ? 'event' : 'chunk'} after ${vary(formatMs(ttftMs), ttftJitter)}`,
    )
  if (chunkCount > 0 || own !== undefined)
    words.push(`${vary(formatMs(chunkDelayMs), chunkDelayJitter)} apart`)
  if (own !== undefined) return words.join(', ')
  const total = `${formatMs(ttftMs + chunkCount * chunkDelayMs)} in all`
  if (!varies) words.push(total)
  else if (!jitters.some(({ model }) => model === 'quantiles')) words.push(`${total} on average`)
  return words.join(', ')
}

/** A text that is said as it is, in as many chunks as it has. */
function describeOwn({ text = 'words', content }: ReplyConfig): string | undefined {
  if (!content.text) return undefined
  const file = fileOf(text)
  if (file !== undefined) return `what ${file} says`
  return text === 'echo' ? 'what the user said last' : undefined
}

/** What a reply has besides text, or instead. */
function describeContent({ reasoning, text, calls }: Config['content']): string[] {
  if (calls === 0) return reasoning ? ['half of it reasoning'] : []
  const called = calls === 1 ? 'a tool call' : `${calls} tool calls`
  return [`${reasoning ? 'reasoning and ' : text ? 'text and ' : ''}${called}`]
}

type ReplyConfig = Pick<
  Config,
  | 'chunkCount'
  | 'chunkDelayMs'
  | 'ttftMs'
  | 'ttftJitter'
  | 'chunkDelayJitter'
  | 'chunkCountJitter'
  | 'chunkBytes'
  | 'stamp'
  | 'content'
> &
  Partial<Pick<Config, 'text' | 'preambleMs'>>

/** What goes wrong on purpose, a line each. */
export function describeFaultPlan({ fault, honor, closeAfter, rateLimit, maxOpen }: Config): string[] {
  const lines: string[] = []
  if (fault.mode === 'script')
    lines.push(
      `Faults, in order: ${fault.entries.map(({ pattern, times }) => `${pattern.text}${times === null ? '' : ` × ${times}`}`).join(', ')}${fault.entries.at(-1)!.times === null ? '' : ', and then as usual'}.`,
    )
  else if (fault.entries.length > 0)
    lines.push(
      `Faults: ${fault.entries.map(({ pattern, percent }) => `${percent} % ${pattern.text}`).join(', ')}.`,
    )
  if (honor === 'fault') lines.push('The request header X-Test-Pattern picks a fault.')
  if (closeAfter > 0) lines.push(`Connections end after ${plural(closeAfter, 'reply', 'replies')}.`)
  const limits = [
    ...(rateLimit > 0 ? [`${plural(rateLimit, 'request')} per second`] : []),
    ...(maxOpen > 0 ? [`${plural(maxOpen, 'reply', 'replies')} under way`] : []),
  ]
  if (limits.length > 0) lines.push(`More than ${limits.join(' or ')} get 429.`)
  return lines
}
