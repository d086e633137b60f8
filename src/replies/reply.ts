// A reply is data: everything a request will be answered with, prepared before it is asked for.
import type { Answer, LongAnswer, WholeAnswer } from '../apis/api.ts'
import type { Blank, Draft, Mark, Outline, Written } from './draft.ts'
import { type Frame, frameOf, joinLong, NOTHING, type Place, plainFrame } from './frames.ts'
import { framings } from './framing.ts'
import { finish, mapped, pausesAt, type Work } from './work.ts'

/** One prepared HTTP reply. Immutable (but for its places), shared by every request that plays it. */
export interface Reply extends Outline {
  /**
   * One per write, in order; exactly one when the reply is whole, none when the connection is refused. With a `wire` there are more:
   * head and end have frames without bytes, whose marks say what is sent instead.
   */
  readonly frames: readonly Uint8Array[]
  /** When each frame is due, ms after the request arrived; never decreasing. Infinite: never, the reply hangs. */
  readonly dueMs: Float64Array
  /** What each frame is: for the account of what clients did. */
  readonly marks: readonly Mark[]
  /** How many events the frames before frame i complete; one entry more than there are frames. */
  readonly events: Uint32Array
  /** How many bytes of body come before frame i; one entry more than there are frames. */
  readonly bytes: Float64Array
  /** What is patched just before a frame is written; null where nothing is, in one frame or in all. */
  readonly places: readonly (readonly Place[] | null)[] | null
  /** The frames that it has in common with replies to other asks; null where there are few. */
  readonly trunk: Trunk | null
  /** Frames due at different times leave in turns of the event loop of their own, however late they are: pieces stay pieces. */
  readonly separate: boolean
}

/** Frames `from` to before `from + count` of a reply are the first ones of `whole`: what is made of them is made once for all. */
export interface Trunk {
  readonly whole: Pick<Reply, 'frames' | 'places' | 'bytes'>
  readonly from: number
  readonly count: number
}

/** The number of content chunks in the first `count` frames of a reply. */
export function countChunks({ marks }: Pick<Reply, 'marks'>, count: number): number {
  for (let i = count - 1; i >= 0; i--) if (marks[i]!.part === 'content') return marks[i]!.step + 1
  return 0
}

/** Sent besides those of a format, with every reply of a route. */
export type Headers = Readonly<Record<string, string>>

/** A single body, sent at once, in which nothing is filled in: it may quote what a client has sent. */
export function wholeReply(answer: WholeAnswer, headers: Headers): Reply {
  return finish(pack(draftOf(answer, headers, plainFrame(answer.body)), false))
}

const WHOLE_MARK: Mark = { part: 'content', step: 0, events: 1 }

/** A single body, before faults change it. */
export function wholeDraft(answer: WholeAnswer, headers: Headers): Draft {
  return draftOf(answer, headers, frameOf(answer.body))
}

/** The same of a body that takes long to make. */
export function* longDraft(answer: LongAnswer, headers: Headers): Work<Draft> {
  const parts: Frame[] = []
  for (const part of answer.parts()) {
    parts.push(frameOf(part))
    yield
  }
  return draftOf(answer, headers, yield* joinLong(parts))
}

function draftOf(answer: WholeAnswer | LongAnswer, headers: Headers, frame: Frame): Draft {
  return {
    status: answer.status,
    headers: headersOf(answer, headers),
    beats: [{ frame, dueMs: 0, mark: WHOLE_MARK }],
    framing: null,
    ending: 'close',
    faultMs: Number.POSITIVE_INFINITY,
    whole: true,
    played: answer.step !== undefined,
    wire: null,
    isPartial: false,
    isCut: false,
    failure: () => NOTHING,
    done: () => [],
    ping: () => null,
  }
}

const JSON_TYPE = 'application/json'

/** The headers of an answer; a type among `headers` is that of JSON. */
export function headersOf(answer: Answer, headers: Headers): Headers {
  if (answer.kind !== 'stream') return { 'Content-Type': JSON_TYPE, ...headers, ...answer.headers }
  const { contentType } = framings[answer.framing]
  return {
    'Content-Type': contentType,
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
    ...headers,
    ...(contentType !== JSON_TYPE && { 'Content-Type': contentType }),
  }
}

/** What a reply says, in columns. */
type Columns = Pick<Reply, 'frames' | 'marks' | 'events' | 'bytes' | 'places'>

/**
 * What has become of a draft, in the form in which it is played. With `like`, made of the same draft for other times, the
 * columns are shared where it says the same.
 */
export function* pack(draft: Draft, separate: boolean, like?: Reply): Work<Reply> {
  const frames = yield* mapped(draft.beats, ({ frame }) => frame)
  const isSame = like !== undefined && (yield* saysTheSame(like, frames))
  const marks = isSame ? like.marks : yield* mapped(draft.beats, ({ mark }) => mark)
  const columns = isSame ? like : yield* columnsOf({ frames, marks })
  const dueMs = new Float64Array(frames.length)
  for (let i = 0; i < dueMs.length; i++) {
    dueMs[i] = draft.beats[i]!.dueMs
    if (pausesAt(i)) yield
  }
  return replyOf(draft, columns, dueMs, separate)
}

/** What says this at these times. */
export function replyOf(blank: Blank, columns: Columns, dueMs: Float64Array, separate: boolean): Reply {
  const { status, headers, framing, ending, faultMs, whole, played, wire, isPartial } = blank
  const { frames, marks, events, bytes, places } = columns
  return {
    status,
    headers,
    frames,
    dueMs,
    marks,
    events,
    bytes,
    places,
    framing,
    ending,
    faultMs,
    whole,
    played,
    wire,
    isPartial,
    trunk: null,
    separate,
  }
}

/** The same in columns. One after the other: room for a million of each takes 8 ms together. */
export function* columnsOf({ frames, marks }: Written): Work<Columns> {
  const { length } = frames
  const events = new Uint32Array(length + 1)
  const bytes = new Float64Array(length + 1)
  let hasPlaces = false
  for (let i = 0; i < length; i++) {
    const frame = frames[i]!
    if (frame.places !== null) hasPlaces = true
    events[i + 1] = events[i]! + marks[i]!.events
    bytes[i + 1] = bytes[i]! + frame.bytes.byteLength
    if (pausesAt(i)) yield
  }
  const places = hasPlaces ? yield* mapped(frames, (frame) => frame.places) : null
  return { frames: yield* mapped(frames, (frame) => frame.bytes), marks, events, bytes, places }
}

function* saysTheSame(reply: Reply, frames: readonly Frame[]): Work<boolean> {
  if (reply.frames.length !== frames.length) return false
  for (let i = 0; i < frames.length; i++) {
    if (frames[i]!.bytes !== reply.frames[i]) return false
    if (pausesAt(i)) yield
  }
  return true
}
