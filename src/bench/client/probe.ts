// One request before anything is timed: what does the server answer, and is it what it should be?
import { RunError } from '../../config/errors.ts'
import { type Delimiter, ResponseParser } from './parser.ts'

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

/** The request for a stream, as the bytes that clients send over and over. */
export function renderRequest(url: URL, apiKey: string | undefined): string {
  const body = JSON.stringify({
    model: 'mock-model',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  return [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    'Accept: text/event-stream',
    ...(apiKey ? [`Authorization: Bearer ${apiKey}`] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** Where a URL leads. */
export function addressOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}

/** Asks once. @throws RunError saying what is wrong with the answer */
export async function probe(url: URL, request: string): Promise<Probed> {
  return readAnswer(url, await exchange(url, request))
}

/** An answer as it came: its status line and headers, and its body without the framing. */
interface Answer {
  readonly head: string
  readonly body: Buffer
}

/**
 * Checks an answer: a status of 200, the type of a stream, whole events of JSON with text in them.
 * @throws RunError saying what is wrong
 */
export function readAnswer(url: URL, { head, body }: Answer): Probed {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  const type = /\r\ncontent-type: *([^\r;]*)/i.exec(head)?.[1] ?? 'none'
  const refuse = (reason: string): RunError => new RunError(`cannot measure ${url}: ${reason}`)
  if (status !== '200')
    throw refuse(`it answers with status ${status}: ${body.toString().slice(0, 200).trim()}`)
  const isLines = /ndjson/.test(type)
  if (!isLines && type !== 'text/event-stream')
    throw refuse(`it answers with ${type}, not with a stream of events`)
  const content = body.toString()
  const delimiter: Delimiter = isLines
    ? '\n'
    : content.includes('\r\n\r\n')
      ? '\r\n\r\n'
      : content.includes('\r\r')
        ? '\r\r'
        : '\n\n'
  const events = content.split(delimiter)
  if (events.pop() !== '') throw refuse('its last event does not end')
  const texts = events.map((event) => textOf(event, refuse))
  const text = texts.join('')
  if (text === '') throw refuse('there is no text in its events')
  let chunks = 0
  const steps = texts.map((piece) => (piece === '' ? chunks : chunks++))
  return { delimiter, events: events.length, chunks, steps, text, bytes: body.length }
}

/** The text in an event of any of the formats served here; empty in one without. */
function textOf(event: string, refuse: (reason: string) => Error): string {
  const data = event.startsWith('{')
    ? event
    : [...event.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n')
  if (data === '' || data === '[DONE]') return ''
  let parsed: unknown
  try {
    parsed = JSON.parse(data)
  } catch {
    throw refuse(`an event is not JSON: ${data.slice(0, 80)}`)
  }
  return findText(parsed)
}

/** Where formats keep the text of a chunk. */
const TEXT_KEYS = ['choices', 'delta', 'content', 'text', 'message', 'response', 'candidates', 'parts', '0']

function findText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  for (const key of TEXT_KEYS) {
    const inner: unknown = (value as Record<string, unknown>)[key]
    if (inner === undefined || (key === 'message' && typeof inner === 'string')) continue
    const found = findText(inner)
    if (found !== '') return found
  }
  return ''
}

function exchange(url: URL, request: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const parser = new ResponseParser('\n\n')
  const pieces: Buffer[] = []
  const fail = (reason: string): void => reject(new RunError(`cannot measure ${url}: ${reason}`))
  const patience = setTimeout(fail, PATIENCE_MS, 'no whole answer within a minute')
  const finish = (): void => resolve({ head: parser.head, body: Buffer.concat(pieces) })
  const { host, port } = addressOf(url)
  const connected = Bun.connect({
    hostname: host,
    port,
    socket: {
      open: (socket) => void socket.write(Buffer.from(request, 'latin1')),
      data: (_, bytes: Buffer) => {
        try {
          parser.feed(bytes, (piece) => pieces.push(Buffer.from(piece)))
        } catch (thrown) {
          return fail((thrown as Error).message)
        }
        if (parser.done) finish()
      },
      close: () =>
        parser.close() ? finish() : fail('the connection was closed in the middle of the answer'),
      connectError: (_, error) => fail(error.message),
    },
  })
  connected.catch(() => {}) // connectError has rejected the promise
  return promise.finally(() => {
    clearTimeout(patience)
    void connected.then((socket) => socket.terminate()).catch(() => {})
  })
}
