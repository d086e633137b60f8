// How answers begin over HTTP/1.x: status line and headers. https://www.rfc-editor.org/rfc/rfc9112
import type { Card } from '../card.ts'
import { reasons } from './reasons.ts'

/** How one answer is put on its connection. */
export interface Manner {
  /** HTTP/1.0 knows no chunks: there the end of the connection ends a stream. */
  readonly isChunked: boolean
  /** The connection ends with this answer. */
  readonly closes: boolean
  /** The answer to HEAD. */
  readonly headOnly: boolean
}

export const LINE_END = '\r\n'
const DATE = 'Date: '
/** As long as every date: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const DATE_PLACE = 'Thu, 01 Jan 1970 00:00:00 GMT'

const encoder = new TextEncoder()

/** State: the present second, and its date as bytes. */
let second = -1
let date: Uint8Array = encoder.encode(DATE_PLACE)

/** Writes the date of a second (Unix time) into what begins with a head. */
export function writeDate(bytes: Buffer, now: number): void {
  if (second !== now) {
    second = now
    date = encoder.encode(new Date(now * 1000).toUTCString())
  }
  // The status line has no length of its own: the date is behind its end.
  bytes.set(date, bytes.indexOf(LINE_END) + LINE_END.length + DATE.length)
}

/** Status line and headers. The date comes first, so that its place is known. */
export function headOf({ reply, extra }: Card, { isChunked, closes }: Manner): Uint8Array {
  const { status, headers, whole, wire } = reply
  const length = wire === null ? (whole ? reply.frames[0]!.byteLength : null) : wire.length
  const lines = [
    statusLine(status || 200),
    DATE + DATE_PLACE,
    ...Object.entries({ ...headers, ...extra }).map(([name, value]) => `${name}: ${value}`),
    ...(closes ? ['Connection: close'] : []),
    ...(length !== null && status !== 204 ? [`Content-Length: ${length}`] : []),
    ...(length === null && isChunked ? ['Transfer-Encoding: chunked'] : []),
  ]
  return encoder.encode(lines.join(LINE_END) + LINE_END + LINE_END)
}

/** The phrase may be empty; the space before it may not be missing. */
function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasons[status] ?? ''}`
}
