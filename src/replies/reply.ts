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
  /** What a model would have said, timed and counted as such; false for lists, errors and the like. */
  readonly played: boolean
  /** Per frame, what is patched just before it is written; null when no frame has such places. */
  readonly places: readonly Places[] | null
}

/** What goes for every reply of a route, whatever it consists of. */
export interface Preparation {
  /** Sent besides those of the format. */
  readonly headers: Readonly<Record<string, string>>
  readonly stamp: boolean
  readonly uniqueIds: boolean
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
  preparation: Preparation,
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
      if (given.kind === 'whole' && !given.paced) return [wholeReply(given, preparation)]
      prepare =
        given.kind === 'whole' ? pacedReply(given, preparation) : streamReply(given, preparation, encode)
      ofLength.set(chunkCount, prepare)
    }
    cards.push(prepare(schedule))
  }
  return cards
}

/** A single body, sent at once. */
export function wholeReply(answer: WholeAnswer, preparation: Preparation): Reply {
  const frames = [encoder.encode(answer.body)]
  return {
    status: answer.status,
    headers: new Headers({ 'Content-Type': 'application/json', ...preparation.headers, ...answer.headers }),
    frames,
    dueMs: Float64Array.of(0),
    whole: true,
    played: answer.paced === true,
    places: placesOf(frames, preparation),
  }
}

/** A single body, sent when its stream would have ended. */
function pacedReply(answer: WholeAnswer, preparation: Preparation): (schedule: Schedule) => Reply {
  const reply = wholeReply(answer, preparation)
  return (schedule) => ({ ...reply, dueMs: schedule.subarray(-1) })
}

function streamReply(
  { status, framing, events }: StreamAnswer,
  preparation: Preparation,
  encode: Encode,
): (schedule: Schedule) => Reply {
  const { contentType, frame } = framings[framing]
  const frames = events.map((event) => encode(frame(event)))
  const places = placesOf(frames, preparation)
  const all = new Headers({
    'Content-Type': contentType,
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
    ...preparation.headers,
  })
  return (schedule) => ({
    status,
    headers: all,
    frames,
    dueMs: Float64Array.from(events, ({ step }) => schedule[step]!),
    whole: false,
    played: true,
    places,
  })
}

/** Looked for only where there are any: else a text that looks like one would be patched. */
function placesOf(frames: readonly Uint8Array[], { stamp, uniqueIds }: Preparation): Places[] | null {
  return findPlaces(frames, stamp ? STAMP_PLACE : undefined, uniqueIds ? ID_PLACE : undefined)
}
