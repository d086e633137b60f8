// A reply is data: everything a request will be answered with, prepared before the first request.
import type { Answer, StreamAnswer, WholeAnswer } from '../apis/api.ts'
import { STAMP_PLACE } from '../apis/words.ts'
import { frameEvent } from './sse.ts'
import type { Schedule } from './timing.ts'

/**
 * One prepared HTTP reply. Immutable, shared by every request that plays it.
 * A reply is also a `ResponseInit`: status and headers are where `new Response(body, reply)` looks for them.
 */
export interface Reply {
  readonly status: number
  /** Built once. */
  readonly headers: Headers
  /** One entry per write, in order; exactly one when the reply is whole. */
  readonly frames: readonly Uint8Array[]
  /** When each frame is due, ms after the request arrived; never decreasing. */
  readonly dueMs: Float64Array
  /** One body with a Content-Length, instead of a stream. */
  readonly whole: boolean
  /** Where in each frame the place of a stamp begins, in bytes, or -1; null when no frame has one. */
  readonly stampAt: readonly number[] | null
}

const encoder = new TextEncoder()

/**
 * The replies of one route, one per schedule. `answer` says what a reply of so many content chunks consists of.
 * Equal events share their bytes, and replies of equal length their frames, so a long reply costs one pointer per event.
 */
export function prepareDeck(answer: (chunkCount: number) => Answer, schedules: readonly Schedule[]): Reply[] {
  const known = new Map<string, Uint8Array>()
  const encode = (text: string): Uint8Array => {
    let bytes = known.get(text)
    if (bytes === undefined) {
      bytes = encoder.encode(text)
      known.set(text, bytes)
    }
    return bytes
  }
  const ofLength = new Map<number, (schedule: Schedule) => Reply>()
  const cards: Reply[] = []
  for (const schedule of schedules) {
    const chunkCount = schedule.length - 1
    let prepare = ofLength.get(chunkCount)
    if (prepare === undefined) {
      const given = answer(chunkCount)
      if (given.kind === 'whole') return [wholeReply(given)]
      prepare = streamReply(given, encode)
      ofLength.set(chunkCount, prepare)
    }
    cards.push(prepare(schedule))
  }
  return cards
}

/** A single body, sent at once. */
export function wholeReply({ status, headers, body }: WholeAnswer): Reply {
  return {
    status,
    headers: new Headers({ 'Content-Type': 'application/json', ...headers }),
    frames: [encoder.encode(body)],
    dueMs: Float64Array.of(0),
    whole: true,
    stampAt: null,
  }
}

function streamReply(
  { status, events }: StreamAnswer,
  encode: (text: string) => Uint8Array,
): (schedule: Schedule) => Reply {
  const headers = new Headers({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
  })
  const frames = events.map(({ data }) => encode(frameEvent(data)))
  const places = new Map<Uint8Array, number>()
  for (const frame of new Set(frames))
    places.set(frame, new TextDecoder('latin1').decode(frame).indexOf(STAMP_PLACE))
  const stampAt = [...places.values()].some((place) => place >= 0)
    ? frames.map((frame) => places.get(frame)!)
    : null
  return (schedule) => ({
    status,
    headers,
    frames,
    dueMs: Float64Array.from(events, ({ step }) => schedule[step]!),
    whole: false,
    stampAt,
  })
}
