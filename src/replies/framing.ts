// How events are put into bytes, one row per framing.
import type { Framing, StreamEvent } from '../apis/api.ts'

interface FramingRow {
  readonly contentType: string
  /** One event, as it is written. Its data holds no line break. */
  readonly frame: (event: StreamEvent) => string
}

export const framings: Readonly<Record<Framing, FramingRow>> = {
  /** https://html.spec.whatwg.org/multipage/server-sent-events.html: LF only, one space, a blank line. */
  sse: {
    contentType: 'text/event-stream',
    frame: ({ event, data }) => `${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`,
  },
  /** The same as Google's servers send it. */
  'sse-crlf': { contentType: 'text/event-stream', frame: ({ data }) => `data: ${data}\r\n\r\n` },
  /** https://github.com/ndjson/ndjson-spec */
  ndjson: { contentType: 'application/x-ndjson', frame: ({ data }) => `${data}\n` },
  /** One JSON array in pieces: the brackets and commas are in the data. */
  'json-array': { contentType: 'application/json', frame: ({ data }) => data },
}
