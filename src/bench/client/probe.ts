// One request before anything is timed: what does the server answer, and is it what it should be?
import { RunError } from '../../config/errors.ts'
import { createReader, isStreamType, judgeHead, mediaTypeOf } from './answer.ts'
import type { Delimiter } from './events.ts'
import { formatOf } from './formats.ts'
import type { Head } from './link.ts'
import { linkOpener } from './open.ts'
import { shownUrl, type Target } from './target.ts'
import { textIn, textOfEvent } from './text.ts'

/** What the reply to one request was like. */
export interface Probed {
  readonly delimiter: Delimiter
  readonly events: number
  /** Content chunks, and for every event with which of them it is due: what follows the last one is due a delay later. */
  readonly chunks: number
  readonly steps: readonly number[]
  readonly text: string
  readonly bytes: number
}

const PATIENCE_MS = 60_000
/** Of an answer so many characters are quoted. */
const MOST_QUOTED = 200

/** How a server is called in messages. */
export interface Asked {
  readonly url: URL
  readonly target: Target
}

/** Asks once. @throws RunError saying what is wrong with the answer */
export async function probe(asked: Asked, patienceMs = PATIENCE_MS): Promise<Probed> {
  return readAnswer(asked, await exchange(asked, patienceMs))
}

/** An answer as it came: its head, and its body without the framing. */
interface Answer {
  readonly head: Head
  readonly body: Buffer
}

/**
 * Checks an answer: a status of 200, the type of a stream, whole events of JSON with text in them, and the end of the format; or
 * one JSON with text in it.
 * @throws RunError saying what is wrong
 */
export function readAnswer({ url, target }: Asked, { head, body }: Answer): Probed {
  const { format, isWhole } = target
  const type = mediaTypeOf(head.header('content-type'))
  const content = body.toString()
  const refuse = (reason: string): RunError => new RunError(`cannot measure ${shownUrl(url)}: ${reason}`)
  if (head.status !== 200) throw refuse(describeStatus(head, content, target))
  if (isWhole && isStreamType(type))
    throw refuse(
      'it streams though a whole answer is asked for; a mock-llm-api must be started with --reply json or auto',
    )
  const wrong = judgeHead(head, target)
  if (wrong !== undefined) throw refuse(`${wrong}: ${quote(content)}`)
  if (isWhole) return readWhole(content, target, refuse)
  const isLines = /ndjson/.test(type)
  const delimiter = isLines ? '\n' : findDelimiter(content)
  const texts: string[] = []
  const reader = createReader(target, delimiter, (bytes, from, to) => {
    const event = bytes.toString('utf8', from, to)
    try {
      texts.push(textOfEvent(event, format))
    } catch {
      throw refuse(`an event is not JSON: ${quote(event)}`)
    }
  })
  reader.feed(body, 0, body.length)
  const reason = reader.judge()
  if (reason !== undefined) throw refuse(reason)
  const text = texts.join('')
  if (text === '') throw refuse(`there is no text of the format ${format} in its events`)
  let chunks = 0
  const steps = texts.map((piece) => (piece === '' ? chunks : chunks++))
  return { delimiter, events: reader.events, chunks, steps, text, bytes: body.length }
}

function readWhole(content: string, { format }: Target, refuse: (reason: string) => RunError): Probed {
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch {
    throw refuse(`it answers with what is no JSON: ${quote(content)}`)
  }
  const text = textIn(json, format, true)
  if (text === '') throw refuse(`there is no text of the format ${format} in its answer: ${quote(content)}`)
  return { delimiter: '\n\n', events: 1, chunks: 1, steps: [0], text, bytes: Buffer.byteLength(content) }
}

function describeStatus({ status, header }: Head, content: string, { format }: Target): string {
  const location = header('location')
  if (status >= 300 && status < 400 && location !== undefined)
    return `it redirects to ${location}; give that URL`
  const { key } = formatOf(format)
  const hint =
    (status === 401 || status === 403) && key !== null ? `; a key is taken from ${key.variable}` : ''
  return `it answers with status ${status}${hint}: ${quote(content)}`
}

function findDelimiter(content: string): Delimiter {
  if (content.includes('\r\n\r\n')) return '\r\n\r\n'
  return content.includes('\r\r') ? '\r\r' : '\n\n'
}

function quote(text: string): string {
  return text.slice(0, MOST_QUOTED).replace(/\s+/g, ' ').trim()
}

async function exchange({ url, target }: Asked, patienceMs: number): Promise<Answer> {
  const open = await linkOpener(target)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const pieces: Buffer[] = []
  let head: Head | undefined
  const fail = (reason: string): void => reject(new RunError(`cannot measure ${shownUrl(url)}: ${reason}`))
  const link = open(target, {
    opened: () => link.ask(),
    received: () => {},
    headed: (told) => void (head = told),
    body: (bytes, from, to) => void pieces.push(Buffer.from(bytes.subarray(from, to))),
    taken: () => {},
    ended: () => {
      if (head !== undefined) resolve({ head, body: Buffer.concat(pieces) })
    },
    failed: fail,
    closed: () => {},
    refused: fail,
  })
  const patience = setTimeout(fail, patienceMs, `no whole answer within ${patienceMs / 1000} s`)
  return promise.finally(() => {
    clearTimeout(patience)
    link.close()
  })
}
