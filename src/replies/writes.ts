// Faults of how bytes are spread over writes: put together, cut to pieces, trickling.
import { rememberWeakly } from '../apis/remember.ts'
import { TRICKLES_PER_SECOND } from '../config/faults.ts'
import { asStream, type Beat, type Change, NO_EVENT, TURN_MS } from './draft.ts'
import { createJoin, cut, type Frame, type Join } from './frames.ts'
import { pausesAt, type Work } from './work.ts'

/** Events wait until `count` of them are there. What only ends the reply waits for nobody. */
export function merge(count: number): Change {
  const joinOnce = createJoin()
  return function* (draft) {
    if (draft.framing === null) return draft
    const beats: Beat[] = []
    let waiting: Beat[] = []
    const write = (): void => {
      if (waiting.length > 0) beats.push(mergeBeats(waiting, joinOnce))
      waiting = []
    }
    for (const [i, beat] of draft.beats.entries()) {
      if (pausesAt(i)) yield
      if (beat.mark.isEnd) write()
      waiting.push(beat)
      if (beat.mark.isEnd || waiting.length === count) write()
    }
    write()
    return { ...draft, beats }
  }
}

/** One beat instead of several: due with the last, and marked as the last content among them, if there is any. */
function mergeBeats(beats: readonly Beat[], joinOnce: Join): Beat {
  const last = beats.at(-1)!
  if (beats.length === 1) return last
  const { mark } = beats.findLast((beat) => beat.mark.part === 'content') ?? last
  const events = beats.reduce((sum, beat) => sum + beat.mark.events, 0)
  return { frame: joinOnce(beats.map(({ frame }) => frame)), dueMs: last.dueMs, mark: { ...mark, events } }
}

/** Every event in pieces of `bytes`, each written in a turn of its own. */
export function split(bytes: number): Change {
  const repace = createRepace(bytes, 0, TURN_MS)
  return function* (draft) {
    return { ...asStream(draft), beats: yield* repace(draft.beats) }
  }
}

/** All bytes at a rate, but none before it is due. */
export function trickle(bytesPerSecond: number): Change {
  const bytes = Math.max(1, Math.floor(bytesPerSecond / TRICKLES_PER_SECOND))
  const repace = createRepace(bytes, 1000 / bytesPerSecond, 0)
  return function* (draft) {
    const faultMs = Math.min(draft.faultMs, draft.beats[0]!.dueMs)
    return { ...asStream(draft), beats: yield* repace(draft.beats), faultMs }
  }
}

/**
 * Every beat in pieces of at most `bytes`, in order. A piece takes `byteMs` per byte, from when its beat was due or the piece
 * before it was done, and another `gapMs` then pass before the next.
 */
function createRepace(
  bytes: number,
  byteMs: number,
  gapMs: number,
): (beats: readonly Beat[]) => Work<Beat[]> {
  const cutOnce = rememberWeakly((whole: Frame) => piecesOf(whole, bytes))
  return function* (beats) {
    const repaced: Beat[] = []
    let readyMs = 0
    for (const beat of beats) {
      const pieces = cutOnce(beat.frame)
      for (const [i, piece] of pieces.entries()) {
        const freeMs = beat.mark.isEnd ? readyMs + TURN_MS : readyMs // an end never together with what it ends
        const dueMs = Math.max(beat.dueMs, freeMs) + piece.bytes.byteLength * byteMs
        repaced.push({ frame: piece, dueMs, mark: i === pieces.length - 1 ? beat.mark : NO_EVENT })
        readyMs = dueMs + gapMs
        if (pausesAt(repaced.length)) yield
      }
    }
    return repaced
  }
}

function piecesOf(whole: Frame, bytes: number): readonly Frame[] {
  const { byteLength } = whole.bytes
  if (byteLength <= bytes) return [whole]
  return Array.from({ length: Math.ceil(byteLength / bytes) }, (_, i) =>
    cut(whole, i * bytes, Math.min((i + 1) * bytes, byteLength)),
  )
}
