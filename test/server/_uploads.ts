// Requests with large bodies, and what is asked for with them: the tables of bodies.test.ts and of the trials with other clients.
import type { GivenFlags } from '../../src/config/config.ts'

/** What an upload is answered with. */
export interface Answer {
  readonly name: string
  readonly flags: GivenFlags
  readonly method?: string
  readonly path?: string
  /** More header lines of the request. */
  readonly headers?: string
  /** What the body begins and ends with; filler is put between. */
  readonly body?: readonly [string, string]
  readonly status: number
  /** What the answer's body ends with. */
  readonly ends: string
  /** So many events leave before the request's body has come. A whole answer leaves none. */
  readonly events: number
}

const instant = { chunkCount: '3', chunkDelayMs: '0' }
const paced = { chunkCount: '3', chunkDelayMs: '15' }
const DONE = 'data: [DONE]\n\n'
const pattern = (text: string): Pick<Answer, 'flags' | 'headers'> => ({
  flags: { ...instant, honor: 'fault' },
  headers: `X-Test-Pattern: ${text}\r\n`,
})
const streaming = ['{"stream":true,"messages":[{"role":"user","content":"', '"}]}'] as const
const asking = ['{"messages":[{"role":"user","content":"', '"}]}'] as const

/** Every kind of answer that has an orderly end. */
export const answers: readonly Answer[] = [
  { name: 'a stream', flags: instant, status: 200, ends: DONE, events: 5 },
  { name: 'a paced stream', flags: paced, status: 200, ends: DONE, events: 5 },
  { name: 'a whole answer', flags: { ...instant, reply: 'json' }, status: 200, ends: '}', events: 0 },
  { name: 'a paced whole answer', flags: { ...paced, reply: 'json' }, status: 200, ends: '}', events: 0 },
  {
    name: 'auto, a stream',
    flags: { ...paced, reply: 'auto' },
    body: streaming,
    status: 200,
    ends: DONE,
    events: 0,
  },
  {
    name: 'auto, whole',
    flags: { ...instant, reply: 'auto' },
    body: asking,
    status: 200,
    ends: '}',
    events: 0,
  },
  { name: '400, no JSON', flags: { ...instant, reply: 'auto' }, status: 400, ends: '}', events: 0 },
  { name: '400, no such fault', ...pattern('nonsense'), status: 400, ends: '}', events: 0 },
  { name: '401', flags: { ...instant, apiKey: 'secret' }, status: 401, ends: '}', events: 0 },
  { name: '404', flags: instant, path: '/v1/nothing', status: 404, ends: '}', events: 0 },
  { name: '405', flags: instant, method: 'PUT', status: 405, ends: '}', events: 0 },
  { name: '413', flags: { ...instant, maxBodyBytes: '1000' }, status: 413, ends: '}', events: 0 },
  {
    name: '413, auto',
    flags: { ...instant, maxBodyBytes: '1000', reply: 'auto' },
    status: 413,
    ends: '}',
    events: 0,
  },
  { name: 'a fault: status', ...pattern('status:500'), status: 500, ends: '}', events: 0 },
  { name: 'a fault: a stream that ends early', ...pattern('end:2'), status: 200, ends: '}\n\n', events: 2 },
  {
    name: 'a fault: a stream that ends in an error',
    ...pattern('error:2'),
    status: 200,
    ends: '}\n\n',
    events: 3,
  },
]

/** A way of sending a request over HTTP/1.x. */
export interface Way {
  readonly name: string
  readonly version: '1.0' | '1.1'
  readonly isChunked: boolean
  /** The connection ends with the reply. */
  readonly closes: boolean
}

export const ways: readonly Way[] = [
  { name: 'keep-alive', version: '1.1', isChunked: false, closes: false },
  { name: 'Connection: close', version: '1.1', isChunked: false, closes: true },
  { name: 'HTTP/1.0', version: '1.0', isChunked: false, closes: true },
  { name: 'chunked', version: '1.1', isChunked: true, closes: false },
  { name: 'chunked, Connection: close', version: '1.1', isChunked: true, closes: true },
]

/** A body of so many bytes that asks for the answer. */
export function bodyOf({ body: [begin, end] = ['', ''] }: Answer, bytes: number): Buffer {
  return Buffer.concat([
    Buffer.from(begin),
    Buffer.alloc(bytes - begin.length - end.length, 'x'),
    Buffer.from(end),
  ])
}

export function headOf(
  { method = 'POST', path = '/v1/chat/completions', headers = '' }: Answer,
  { version, isChunked, closes }: Way,
  bytes: number,
): string {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  const connection = closes && version === '1.1' ? 'Connection: close\r\n' : ''
  return `${method} ${path} HTTP/${version}\r\nHost: x\r\n${framing}\r\n${connection}${headers}\r\n`
}

/** A piece of a body as it goes over the wire; the last one with what ends the body. */
export function frame(piece: Uint8Array, { isChunked }: Way, isLast: boolean): Uint8Array {
  if (!isChunked) return piece
  const size = Buffer.from(`${piece.byteLength.toString(16)}\r\n`)
  return Buffer.concat([size, piece, Buffer.from(isLast ? '\r\n0\r\n\r\n' : '\r\n')])
}

/** A plain stream. */
export const [stream] = answers as [Answer]

/** Long enough for something that should not happen to happen. */
export const A_WHILE_MS = 60

export const eventsIn = (text: string): number => text.split('data: ').length - 1
