// Rows of the table of faults: kinds that compress a reply, and kinds that put it on its connection otherwise than HTTP has it.
import { DAY_MS, milliseconds, wholeNumber } from './parsers.ts'

/** How a body may be compressed, by the name that HTTP has for it: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
export type Coding = (typeof codings)[number]

export const codings = ['gzip', 'br'] as const

/** What is looked for among the kinds, and is an option. */
export const optionKinds: ReadonlyMap<string, string> = new Map([
  ['close-after', '--close-after K, which is an option: it counts the replies of a connection'],
])

/** The parser of bytes per second, with or without the `/s`. */
export function bytesPerSecond(text: string): number {
  return wholeNumber(1, 1_000_000_000)(text.replace(/\/s$/i, ''))
}

/** Each event is compressed by itself, which takes 10 to 20 µs: so many bytes, about those of an event, count as a piece. */
const PIECE_BYTES = 300
const compressed = {
  args: [],
  group: 'coding',
  excludes: ['coding'],
  onWrites: true,
  pieces: (_: number, bytes: number): number => bytes / PIECE_BYTES,
} as const

export const codingKinds = {
  gzip: {
    ...compressed,
    form: 'gzip',
    help: 'compressed if the request accepts it, flushed after each event',
    coding: 'gzip',
    negotiated: true,
  },
  'gzip!': { ...compressed, form: 'gzip!', help: 'the same, even if it does not', coding: 'gzip' },
  br: { ...compressed, form: 'br', help: 'the same as gzip, with Brotli', coding: 'br', negotiated: true },
  'br!': { ...compressed, form: 'br!', help: 'the same, even if it does not', coding: 'br' },
} as const

/** Only engine `socket` writes the framing itself. */
const wire = { engine: 'socket', onWire: true } as const

/** Two ways in which the connection ends contradict each other; a reset leaves nothing of any other end. */
const ending = { ...wire, group: 'connection', excludes: ['connection', 'abort'] } as const

export const connectionKinds = {
  'bad-chunk': {
    ...wire,
    form: 'bad-chunk:N',
    help: 'HTTP chunk of content chunk N has no valid size',
    args: [wholeNumber(0, 1_000_000)],
    chunk: 'number',
    group: 'chunking',
    streamed: true,
    breaks: true,
  },
  'wrong-length': {
    ...ending,
    form: 'wrong-length',
    help: 'Content-Length says more than comes',
    args: [],
    excludes: [...ending.excludes, 'chunking'],
    breaks: true,
  },
  'no-terminator': {
    ...ending,
    form: 'no-terminator',
    help: 'connection ends without the last HTTP chunk',
    args: [],
    streamed: true,
    breaks: true,
  },
  'early-fin': {
    ...ending,
    form: 'early-fin',
    help: "the server's side of the connection ends with the reply, unsaid",
    args: [],
  },
  'slow-head': {
    ...wire,
    form: 'slow-head:BYTES/S',
    help: 'status and headers at BYTES per second',
    args: [bytesPerSecond],
  },
  'cut-head': {
    ...wire,
    form: 'cut-head',
    help: 'connection ends within the headers',
    args: [],
    alone: true,
    breaks: true,
  },
  'reset-after': {
    ...wire,
    form: 'reset-after:MS',
    help: 'connection reset MS after the request came',
    args: [milliseconds(DAY_MS)],
    group: 'connection',
    excludes: ['connection', 'ending'],
  },
} as const
