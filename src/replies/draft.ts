// A reply while it is being made: what it is, and one beat per write. Faults map drafts; reply.ts packs what comes of it.
import type { Framing, Part } from '../apis/api.ts'
import type { Frame } from './frames.ts'
import { mapped, type Work } from './work.ts'

/** What a frame is. Equal ones are the same object wherever possible. */
export interface Mark {
  readonly part?: Part
  /** The step of the schedule: of content chunk i it is i. */
  readonly step: number
  /** How many events it completes: one, but for pieces, comments and events put together. */
  readonly events: number
  /** It has no bytes and only ends the reply. */
  readonly isEnd?: true
  /** What it is on the connection, where the reply has beats for all that HTTP/1.1 puts around it. Absent: a chunk. */
  readonly wire?: WireMark
}

/** What HTTP/1.1 puts around what is said; `from` and `to` are shares of the head, 0 to 1. */
export type WireMark =
  | { readonly kind: 'head'; readonly from: number; readonly to: number }
  | { readonly kind: 'chunk'; readonly hasBadSize: true }
  | { readonly kind: 'end' }

/** How a reply goes over its connection where that is not as HTTP/1.1 has it: head and end are beats of their own. */
export interface Wire {
  /** What Content-Length says; null: it comes in chunks. */
  readonly length: number | null
  /** The connection ends behind it, without a header that says so. */
  readonly closes: boolean
}

/** Beats due this much apart are as good as due together, but each leaves in a turn of the event loop of its own. */
export const TURN_MS = 1e-6

/** What a piece or a comment is. */
export const NO_EVENT: Mark = { step: 0, events: 0 }

/** What ends a reply without a byte. */
export const END: Mark = { step: 0, events: 0, isEnd: true }

/** One write. */
export interface Beat {
  readonly frame: Frame
  /** ms after the request arrived. Infinite: never. */
  readonly dueMs: number
  readonly mark: Mark
}

/** What a reply is besides what it says. */
export interface Outline {
  /** 0: the client never sees a byte. */
  readonly status: number
  /** As they are written. Replies of a deck that have the same ones share the object. */
  readonly headers: Readonly<Record<string, string>>
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
  /** Null: as HTTP has it. */
  readonly wire: Wire | null
  /** It ends on purpose before the answer is over. */
  readonly isPartial: boolean
}

/** What is written, in order, whenever it is due: in columns, for a million objects would hold a worker for 50 ms when garbage is collected. */
export interface Written {
  readonly frames: readonly Frame[]
  readonly marks: readonly Mark[]
}

/** A draft without what it says. */
export interface Blank extends Outline {
  /** The body ends early on purpose: what the framing has behind the last event is not to come. */
  readonly isCut: boolean
  /** The provider's error as it comes in the middle of a stream, after `sent` events: of a status, or the usual one. */
  readonly failure: (sent: number, status?: number) => Frame
  /** What ends the reply in order, behind why it ends; there is none where one event is both. */
  readonly done: () => readonly Frame[]
  /** What the provider sends while it has nothing to say; null where it sends nothing. */
  readonly ping: () => Frame | null
}

export interface Draft extends Blank {
  /** In order, none due before the one in front of it. */
  readonly beats: readonly Beat[]
}

/** From a draft to another one, or to the same object where there is nothing to change. */
export type Change = (draft: Draft) => Work<Draft>

/** A change that takes a few milliseconds at most, however long the draft: it calls nothing for each beat. */
export type QuickChange = (draft: Draft) => Draft

/** What is wrong with a reply. */
export interface Fault {
  /** With what is said, before the framing puts anything around it. */
  readonly onEvents: Change
  /** With how the finished bytes are spread over writes. */
  readonly onWrites: Change
  /** With what stands around them on the connection. */
  readonly onWire: Change
}

/** A body that is sent in pieces has no length. */
export function asStream(draft: Draft): Draft {
  return { ...draft, whole: false, played: true }
}

export function append(draft: Draft, beat: Beat): Draft {
  return { ...draft, beats: [...draft.beats, beat] }
}

/** What says this at these times. */
export function* draftOf(blank: Blank, { frames, marks }: Written, dueMs: Float64Array): Work<Draft> {
  const beats = yield* mapped(frames, (frame, i) => ({ frame, dueMs: dueMs[i]!, mark: marks[i]! }))
  return { ...blank, beats }
}

export function mapFrames(draft: Draft, change: (frame: Frame) => Frame): Work<Draft> {
  return mapBeats(draft, ({ frame, dueMs, mark }) => ({ frame: change(frame), dueMs, mark }))
}

export function* mapBeats(draft: Draft, change: (beat: Beat, index: number) => Beat): Work<Draft> {
  return { ...draft, beats: yield* mapped(draft.beats, change) }
}

export function atOnce(change: QuickChange): Change {
  return function* (draft) {
    return change(draft)
  }
}

/** The index of the beat that begins content chunk `chunk`, or the last one there is. */
export function indexOfChunk({ beats }: Draft, chunk: number): number {
  const index = beats.findIndex(({ mark }) => mark.part === 'content' && mark.step >= chunk)
  const last = (): number => beats.findLastIndex(({ mark }) => mark.part === 'content')
  return index >= 0 ? index : Math.max(0, last())
}
