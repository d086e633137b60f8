// Compressed replies: each event by itself, so that equal events are compressed once and a client can read each as it comes.
import { rememberWeakly } from '../apis/remember.ts'
import type { Coding } from '../config/connectionkinds.ts'
import { type Beat, type Change, type Draft, mapBeats } from './draft.ts'
import { type Frame, join } from './frames.ts'
import { mapped, type Work } from './work.ts'

/** Compresses in pieces that can stand one behind the other. */
export interface Coder {
  readonly coding: Coding
  /** What stands before the first piece. */
  readonly begin: Uint8Array
  /** One piece, flushed: all of it can be read when it has come. It depends on nothing that comes before it. */
  readonly piece: (frame: Frame) => Uint8Array
  /** What stands behind the last piece, given all of them as they were. */
  readonly end: (frames: readonly Frame[]) => Work<Uint8Array>
}

/** A reply that is compressed; reset, it lacks what ends it. Nothing can be filled in any more. */
export function compress({ coding, begin, piece, end }: Coder): Change {
  const first: Frame = { bytes: begin, places: null }
  const pieceOf = rememberWeakly((frame: Frame): Frame => ({ bytes: piece(frame), places: null }))
  const opened = rememberWeakly((frame: Frame) => join([first, pieceOf(frame)]))
  const endOnce = createEnd(end)
  const headersOf = rememberWeakly((headers: Draft['headers']) => ({
    ...headers,
    'Content-Encoding': coding,
  }))
  return function* (draft) {
    const at = draft.beats.findIndex(({ frame }) => frame.bytes.byteLength > 0)
    if (at < 0) return draft
    const { beats } = yield* mapBeats(draft, (beat, i): Beat => {
      if (beat.frame.bytes.byteLength === 0) return beat
      return { ...beat, frame: i === at ? opened(beat.frame) : pieceOf(beat.frame) }
    })
    const changed = { ...draft, headers: headersOf(draft.headers) }
    if (draft.ending === 'reset') return { ...changed, beats }
    const last = beats.at(-1)!
    const closed = yield* endOnce(yield* mapped(draft.beats, ({ frame }) => frame), last.frame)
    return { ...changed, beats: beats.with(-1, { ...last, frame: closed }) }
  }
}

/** Puts the end behind the last piece, for equal replies once: else no two replies of a deck would share their frames. */
function createEnd(end: Coder['end']): (frames: readonly Frame[], last: Frame) => Work<Frame> {
  let known: { readonly frames: readonly Frame[]; readonly closed: Frame } | undefined
  const find = (frames: readonly Frame[]): Frame | undefined =>
    known?.frames.length === frames.length && known.frames.every((frame, i) => frame === frames[i])
      ? known.closed
      : undefined
  return function* (frames, last) {
    const before = find(frames)
    if (before !== undefined) return before
    const bytes = yield* end(frames)
    const closed = join([last, { bytes, places: null }])
    known = { frames, closed }
    return closed
  }
}

const varying = rememberWeakly((headers: Draft['headers']) => ({ ...headers, Vary: 'Accept-Encoding' }))

/** Says that others may get the same in another coding. */
export function vary(draft: Draft): Draft {
  return { ...draft, headers: varying(draft.headers) }
}
