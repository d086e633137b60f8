// How events are put into bytes, one row per framing.
import type { Framing, StreamEvent } from '../apis/api.ts'
import { remember, rememberWeakly } from '../apis/remember.ts'
import { atOnce, type Beat, type Change, mapBeats } from './draft.ts'
import { messageOf, rewriteMessage } from './eventstream.ts'
import { type Frame, frameOf, join, plainFrame, textOf } from './frames.ts'

interface FramingRow {
  readonly contentType: string
  /** One event, as it is written. Its data holds no line break. */
  readonly frame: (data: string, event?: string) => Frame
  /** The same event with other data. */
  readonly rewrite: (frame: Frame, change: (json: string) => string) => Frame
  /** What stands before the first event, between two and after the last. Absent where nothing does. */
  readonly around?: { readonly before: string; readonly between: string; readonly after: string }
  /** What says nothing to a client. */
  readonly comment: Frame
  /** Events may have several lines of data, and comments may come between them. */
  readonly hasLines: boolean
  /** How lines may end besides the way they do: clients have to take it. */
  readonly lineEnds: readonly LineEnd[]
}

export type LineEnd = '\r\n' | '\r'

/** Says nothing before JSON, nor between lines of it. */
export const NEWLINE = plainFrame('\n')

const SSE = {
  contentType: 'text/event-stream',
  rewrite: rewriteJson,
  comment: plainFrame(':\n\n'),
  hasLines: true,
  lineEnds: ['\r\n', '\r'],
} as const

export const framings: Readonly<Record<Framing, FramingRow>> = {
  /** https://html.spec.whatwg.org/multipage/server-sent-events.html: LF only, one space, a blank line. */
  sse: {
    ...SSE,
    frame: (data, event) => frameOf(`${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`),
  },
  /** The same as Google's servers send it. */
  'sse-crlf': { ...SSE, frame: (data) => frameOf(`data: ${data}\r\n\r\n`) },
  /** https://github.com/ndjson/ndjson-spec */
  ndjson: {
    contentType: 'application/x-ndjson',
    frame: (data) => frameOf(`${data}\n`),
    rewrite: rewriteJson,
    comment: NEWLINE,
    hasLines: false,
    lineEnds: ['\r\n'],
  },
  /** One JSON array, element by element, as Google's servers write it: there are gateways that cut off its last two characters. */
  'json-array': {
    contentType: 'application/json',
    frame: (data) => frameOf(data),
    rewrite: rewriteJson,
    around: { before: '[', between: ',\r\n', after: '\n]' },
    comment: NEWLINE,
    hasLines: false,
    lineEnds: [],
  },
  /** Each event has a name. Clients pass over those whose names they do not know. */
  eventstream: {
    contentType: 'application/vnd.amazon.eventstream',
    frame: (data, event) => messageOf(data, event!),
    rewrite: rewriteMessage,
    comment: messageOf('{}', 'ping'),
    hasLines: false,
    lineEnds: [],
  },
}

/** Rewrites what is JSON in a text, and leaves what frames it. */
export function rewriteJson(frame: Frame, change: (json: string) => string): Frame {
  return frameOf(textOf(frame).replace(/[[{].*[\]}]/s, change))
}

export type Framer = (event: Pick<StreamEvent, 'event' | 'data'>) => Frame

/** Puts events into bytes, equal ones into the same. */
export function createFramer(framing: Framing): Framer {
  const { frame } = framings[framing]
  // By event and data, not by the framed text: the data of equal events is one string, of which the engine keeps the hash.
  const framed = remember((event: string | undefined) => remember((data: string) => frame(data, event)))
  return ({ event, data }) => framed(event)(data)
}

/** Puts around the events what their framing has there; around equal ones once. A body that is cut is not closed. */
export function createEnclosure(): Change {
  const enclose = remember((framing: Framing) => encloseIn(framings[framing].around))
  return function* (draft) {
    return draft.framing === null ? draft : yield* enclose(draft.framing)(draft)
  }
}

/** Nothing stands around the events, nor between them. */
export function isBare(framing: Framing | null): boolean {
  return framing === null || framings[framing].around === undefined
}

function encloseIn(around: FramingRow['around']): Change {
  if (around === undefined) return atOnce((draft) => draft)
  const [before, between, after] = [around.before, around.between, around.after].map(plainFrame)
  const open = rememberWeakly((frame: Frame) => join([before!, frame]))
  const next = rememberWeakly((frame: Frame) => join([between!, frame]))
  const close = rememberWeakly((frame: Frame) => join([frame, after!]))
  return function* (draft) {
    const { beats, isCut } = draft
    if (isCut && !beats.some(isEvent)) return draft
    // Where no event is left, what stands there instead is enclosed.
    const first = Math.max(0, beats.findIndex(isEvent))
    const last = isCut ? -1 : Math.max(0, beats.findLastIndex(isEvent))
    return yield* mapBeats(draft, (beat, i) => {
      if (i !== first && !isEvent(beat)) return beat
      const begun = (i === first ? open : next)(beat.frame)
      return { ...beat, frame: i === last ? close(begun) : begun }
    })
  }
}

function isEvent({ mark }: Beat): boolean {
  return mark.events > 0
}
