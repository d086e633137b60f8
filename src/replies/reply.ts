// A reply is data: everything a request will be answered with, prepared before the first request.
import type { Answer, StreamAnswer, WholeAnswer } from '../apis/api.ts'
import { ID_PLACE } from '../apis/content.ts'
import { STAMP_PLACE } from '../apis/words.ts'
import { framings } from './framing.ts'
import { findPlaces, type Places } from './places.ts'
import type { Schedule } from './timing.ts'

/**
 * One prepared HTTP reply. Immutable (but for its places), shared by every request that plays it.
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
  /** Per frame, what is patched just before it is written; null when no frame has such places. */
  readonly places: readonly Places[] | null
}

type Encode = (text: string) => Uint8Array

const encoder = new TextEncoder()

/**
 * The replies of one route, one per schedule. `answer` says what a reply of so many content chunks consists of.
 * Equal events share their bytes, and replies of equal length their frames, so a long reply costs one pointer per event.
 */
export function prepareDeck(
  answer: (chunkCount: number) => Answer,
  schedules: readonly Schedule[],
  headers: Readonly<Record<string, string>> = {},
): Reply[] {
  const known = new Map<string, Uint8Array>()
  const encode: Encode = (text) => {
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
      if (given.kind === 'whole' && !given.paced) return [wholeReply(given, headers)]
      prepare = given.kind === 'whole' ? pacedReply(given, headers) : streamReply(given, headers, encode)
      ofLength.set(chunkCount, prepare)
    }
    cards.push(prepare(schedule))
  }
  return cards
}

/** A single body, sent at once. */
export function wholeReply(answer: WholeAnswer, headers: Readonly<Record<string, string>> = {}): Reply {
  const frames = [encoder.encode(answer.body)]
  return {
    status: answer.status,
    headers: new Headers({ 'Content-Type': 'application/json', ...headers, ...answer.headers }),
    frames,
    dueMs: Float64Array.of(0),
    whole: true,
    places: findPlaces(frames, [STAMP_PLACE, ID_PLACE]),
  }
}

/** A single body, sent when its stream would have ended. */
function pacedReply(
  answer: WholeAnswer,
  headers: Readonly<Record<string, string>>,
): (schedule: Schedule) => Reply {
  const reply = wholeReply(answer, headers)
  return (schedule) => ({ ...reply, dueMs: schedule.subarray(-1) })
}

function streamReply(
  { status, framing, events }: StreamAnswer,
  headers: Readonly<Record<string, string>>,
  encode: Encode,
): (schedule: Schedule) => Reply {
  const { contentType, frame } = framings[framing]
  const frames = events.map((event) => encode(frame(event)))
  const places = findPlaces(frames, [STAMP_PLACE, ID_PLACE])
  const all = new Headers({
    'Content-Type': contentType,
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
    ...headers,
  })
  return (schedule) => ({
    status,
    headers: all,
    frames,
    dueMs: Float64Array.from(events, ({ step }) => schedule[step]!),
    whole: false,
    places,
  })
}
