// A reply is data: everything a request will be answered with, prepared before the first request.
import type { Answer, Framing, Part, StreamAnswer, WholeAnswer } from '../apis/api.ts'
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
  /** One entry per write, in order; exactly one when the reply is whole, none when the connection is refused. */
  readonly frames: readonly Uint8Array[]
  /** When each frame is due, ms after the request arrived; never decreasing. Infinite: never, the reply hangs. */
  readonly dueMs: Float64Array
  /** What each frame is: for faults, and for the account of what clients did. */
  readonly marks: readonly Mark[]
  /** How its events are put into bytes; null when it has none. */
  readonly framing: Framing | null
  /** How the body ends after the last frame: in order, or with the connection reset. */
  readonly ending: 'close' | 'reset'
  /** From when on a client can notice that something is wrong, ms after the request arrived; infinite when nothing is. */
  readonly faultMs: number
  /** One body with a Content-Length, instead of a stream. */
  readonly whole: boolean
  /** What a model would have said, timed and counted as such; false for lists, errors and the like. */
  readonly played: boolean
  /** Per frame, what is patched just before it is written; null when no frame has such places. */
  readonly places: readonly Places[] | null
}

/** What a frame is. Equal ones are the same object wherever possible. */
export interface Mark {
  readonly part?: Part
  /** The step of the schedule: of content chunk i it is i. */
  readonly step: number
  /** How many events it completes: one, but for pieces, comments and events put together. */
  readonly events: number
}

/** The number of content chunks in the first `count` frames of a reply. */
export function countChunks({ marks }: Pick<Reply, 'marks'>, count: number): number {
  const last = marks.slice(0, count).findLast(({ part }) => part === 'content')
  return last === undefined ? 0 : last.step + 1
}

/** What goes for every reply of a route, whatever it consists of. */
export interface Preparation {
  /** Sent besides those of the format. */
  readonly headers: Readonly<Record<string, string>>
  readonly stamp: boolean
  readonly uniqueIds: boolean
}

/** The provider's error as it comes in the middle of a stream, after so many events. */
export type Failure = (sent: number) => Uint8Array

/** Turns a reply into another one; see faults.ts. */
export type Fault = (reply: Reply, failure: Failure) => Reply

type Encode = (text: string) => Uint8Array
type Prepare = (schedule: Schedule) => Reply

const encoder = new TextEncoder()

/** Frames of all faulty replies of a deck together: faults can make many of few, and then fewer cards must do. */
const MAX_FAULTY_FRAMES = 1 << 18

/**
 * The replies of one route, one per schedule. `answer` says what a reply of so many content chunks consists of, and `fault` what
 * is wrong with each.
 * Equal events share their bytes, and replies of equal length their frames, so a long reply costs one pointer per event.
 */
export function prepareDeck(
  answer: (chunkCount: number) => Answer,
  schedules: readonly Schedule[],
  preparation: Preparation,
  fault?: Fault,
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
  const ofLength = new Map<number, Prepare>()
  const cards: Reply[] = []
  let frames = 0
  for (const schedule of schedules) {
    const chunkCount = schedule.length - 1
    let prepare = ofLength.get(chunkCount)
    if (prepare === undefined) {
      const given = answer(chunkCount)
      prepare = prepareAnswer(given, preparation, encode, fault)
      if (given.kind === 'whole' && !given.paced) return [prepare(schedule)]
      ofLength.set(chunkCount, prepare)
    }
    const card = prepare(schedule)
    cards.push(card)
    if (fault) frames += card.frames.length
    if (frames > MAX_FAULTY_FRAMES) break
  }
  return cards
}

function prepareAnswer(answer: Answer, preparation: Preparation, encode: Encode, fault?: Fault): Prepare {
  const { kind } = answer
  const prepare =
    kind === 'whole' ? pacedReply(answer, preparation) : streamReply(answer, preparation, encode)
  if (fault === undefined) return prepare
  const { frame } = framings[kind === 'stream' ? answer.framing : 'sse']
  const failure: Failure = (sent) =>
    kind === 'stream' ? encode(frame({ ...answer.failure(sent), step: 0 })) : NOTHING
  return (schedule) => {
    const usual = prepare(schedule)
    const faulty = fault(usual, failure)
    if (faulty === usual) return usual
    return { ...faulty, places: placesOf(faulty.frames, preparation) }
  }
}

/** A frame of no bytes, of which nothing is written. */
export const NOTHING = new Uint8Array()

/** What a piece, a comment or an empty frame is. */
export const NO_EVENT: Mark = { step: 0, events: 0 }

const WHOLE_MARKS: readonly Mark[] = [{ part: 'content', step: 0, events: 1 }]

/** A single body, sent at once. */
export function wholeReply(answer: WholeAnswer, preparation: Preparation): Reply {
  const frames = [encoder.encode(answer.body)]
  return {
    status: answer.status,
    headers: new Headers({ 'Content-Type': 'application/json', ...preparation.headers, ...answer.headers }),
    frames,
    dueMs: Float64Array.of(0),
    marks: WHOLE_MARKS,
    framing: null,
    ending: 'close',
    faultMs: Number.POSITIVE_INFINITY,
    whole: true,
    played: answer.paced === true,
    places: placesOf(frames, preparation),
  }
}

/** A single body, sent at once, or when its stream would have ended. */
function pacedReply(answer: WholeAnswer, preparation: Preparation): Prepare {
  const reply = wholeReply(answer, preparation)
  return (schedule) => (answer.paced ? { ...reply, dueMs: schedule.subarray(-1) } : reply)
}

function streamReply(
  { status, framing, events }: StreamAnswer,
  preparation: Preparation,
  encode: Encode,
): Prepare {
  const { contentType, frame } = framings[framing]
  const frames = events.map((event) => encode(frame(event)))
  const places = placesOf(frames, preparation)
  const headers = new Headers({
    'Content-Type': contentType,
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
    ...preparation.headers,
  })
  const marks = events.map(({ part, step }): Mark => ({ step, events: 1, ...(part && { part }) }))
  return (schedule) => ({
    status,
    headers,
    frames,
    dueMs: Float64Array.from(events, ({ step }) => schedule[step]!),
    marks,
    framing,
    ending: 'close',
    faultMs: Number.POSITIVE_INFINITY,
    whole: false,
    played: true,
    places,
  })
}

/** Looked for only where there are any: else a text that looks like one would be patched. */
function placesOf(frames: readonly Uint8Array[], { stamp, uniqueIds }: Preparation): Places[] | null {
  return findPlaces(frames, stamp ? STAMP_PLACE : undefined, uniqueIds ? ID_PLACE : undefined)
}
