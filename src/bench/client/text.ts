// The text in answers and in their events, format by format.
import type { FormatName } from '../../config/requests.ts'

type Json = Readonly<Record<string, unknown>>

/** What is at this path: names of members, indexes, or `*` for all of an array, one after the other. */
function read(value: unknown, path: readonly string[]): string {
  if (path.length === 0) return typeof value === 'string' ? value : ''
  if (typeof value !== 'object' || value === null) return ''
  const [name, ...rest] = path as [string, ...string[]]
  if (name === '*') return Array.isArray(value) ? value.map((one) => read(one, rest)).join('') : ''
  return read((value as Json)[name], rest)
}

/** Where the text of a chunk is, and where the text of a whole answer; the first that is not empty counts. */
const paths: Readonly<
  Record<FormatName, { readonly chunk: readonly string[]; readonly whole: readonly string[] }>
> = {
  chat: {
    chunk: ['choices.0.delta.content', 'choices.0.delta.reasoning_content', 'choices.0.text'],
    whole: ['choices.0.message.content', 'choices.0.text'],
  },
  responses: { chunk: ['delta'], whole: ['output.*.content.*.text'] },
  messages: { chunk: ['delta.text', 'delta.thinking'], whole: ['content.*.text'] },
  gemini: { chunk: ['candidates.0.content.parts.*.text'], whole: ['candidates.0.content.parts.*.text'] },
  ollama: {
    chunk: ['message.content', 'message.thinking', 'response'],
    whole: ['message.content', 'response'],
  },
}

/** The text in an answer of a format, or in an event of it; empty in one without. */
export function textIn(json: unknown, format: FormatName, isWhole: boolean): string {
  for (const path of paths[format][isWhole ? 'whole' : 'chunk']) {
    const text = read(json, path.split('.'))
    if (text !== '') return text
  }
  return ''
}

/** What an event says as data: all of it where every line is an event. */
function dataOf(event: string): string {
  if (event.startsWith('{')) return event
  // Not by `.` and `^`: text may have line ends of Unicode in it.
  const lines = event.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  return lines.flatMap((line) => /^data(?:: ?([^]*))?$/.exec(line)?.slice(1) ?? []).join('\n')
}

/** The text in an event. @throws SyntaxError where its data is no JSON */
export function textOfEvent(event: string, format: FormatName): string {
  const data = dataOf(event)
  return data === '' || data === '[DONE]' ? '' : textIn(JSON.parse(data), format, false)
}

/** So many events are known again: those without text are the same in reply after reply. */
const MOST_KNOWN = 64

/** Whether events of a format have text; what is no JSON has none. */
export function createTextCheck(format: FormatName): (event: string) => boolean {
  const known = new Map<string, boolean>()
  return (event) => {
    let has = known.get(event)
    if (has !== undefined) return has
    try {
      has = textOfEvent(event, format) !== ''
    } catch {
      has = false
    }
    if (known.size === MOST_KNOWN) known.clear()
    known.set(event, has)
    return has
  }
}
