// Faults of when a reply comes and how it ends: silence, cuts and resets.
import {
  append,
  asStream,
  type Beat,
  type Change,
  type Draft,
  END,
  indexOfChunk,
  mapBeats,
  NO_EVENT,
  type QuickChange,
  TURN_MS,
} from './draft.ts'
import { cut, NOTHING } from './frames.ts'
import { framings, NEWLINE } from './framing.ts'

/** A connection that is reset before any byte. */
export function refuse(draft: Draft): Draft {
  return { ...unanswered(draft), beats: [], ending: 'reset', isPartial: true }
}

/** A request that is never answered. */
export function hang(draft: Draft): Draft {
  return { ...unanswered(draft), beats: [end(Number.POSITIVE_INFINITY)] }
}

/** Headers when the first event was due, and then nothing more. */
export function hangAfterHeaders(draft: Draft): Draft {
  const firstMs = draft.beats[0]!.dueMs
  return {
    ...asStream(draft),
    isCut: true,
    beats: [comment(draft, firstMs), end(Number.POSITIVE_INFINITY)],
    faultMs: firstMs,
  }
}

/** A silence of `ms` before content chunk `chunk`. */
export function stall(chunk: number, ms: number): Change {
  return function* (draft) {
    const from = indexOfChunk(draft, chunk)
    const stalled = yield* mapBeats(draft, (beat, i) =>
      i < from ? beat : { ...beat, dueMs: beat.dueMs + ms },
    )
    const faultMs = Math.min(draft.faultMs, from === 0 ? 0 : stalled.beats[from - 1]!.dueMs)
    return { ...stalled, played: true, faultMs }
  }
}

/** The connection is reset after `chunks` content chunks. */
export function abort(chunks: number): QuickChange {
  return (draft) => {
    const { kept, nextMs } = cutAfter(draft, chunks)
    const begun = complete(kept, nextMs)
    // In a later turn than the last beat: together with it, the connection would take it along.
    const resetMs = Math.max(nextMs, begun.beats.at(-1)!.dueMs + TURN_MS)
    return { ...append(begun, end(resetMs)), isCut: true, isPartial: true, ending: 'reset' }
  }
}

/** The body ends in order after `chunks` content chunks. */
export function endEarly(chunks: number): QuickChange {
  return (draft) => {
    const { kept, nextMs } = cutAfter(draft, chunks)
    return { ...append(complete(kept, nextMs), end(nextMs)), isCut: true, isPartial: true }
  }
}

/** After `chunks` content chunks comes the provider's error, of a status or the usual one. */
export function fail(chunks: number, status?: number): QuickChange {
  return (draft) => {
    if (draft.framing === null) return draft
    const { kept, nextMs } = cutAfter(draft, chunks)
    const frame = draft.failure(kept.beats.length, status)
    const failure: Beat = { frame, dueMs: nextMs, mark: { part: 'last', step: chunks, events: 1 } }
    return { ...append(kept, failure), isPartial: true }
  }
}

/** What ends a reply in order follows whatever has come. */
export function endInOrder(draft: Draft): Draft {
  const { mark, dueMs } = draft.beats.at(-1)!
  return draft
    .done()
    .reduce(
      (ended, frame) => append(ended, { frame, dueMs, mark: { part: 'done', step: mark.step, events: 1 } }),
      draft,
    )
}

/** A draft without beats gets one that completes the headers. */
export function complete(draft: Draft, dueMs: number): Draft {
  return draft.beats.length > 0 ? draft : append(draft, comment(draft, dueMs))
}

/** What completes the headers without saying anything: they leave with the first byte of the body. */
function comment({ framing }: Draft, dueMs: number): Beat {
  return { frame: framing === null ? NEWLINE : framings[framing].comment, dueMs, mark: NO_EVENT }
}

function end(dueMs: number): Beat {
  return { frame: NOTHING, dueMs, mark: END }
}

/** A reply of which the client never sees a byte. */
function unanswered(draft: Draft): Draft {
  return { ...asStream(draft), isCut: true, status: 0, faultMs: 0 }
}

/** The beats up to content chunk number `chunks`, and when the next one was due. Of a single body half is kept. */
function cutAfter(draft: Draft, chunks: number): { kept: Draft; nextMs: number } {
  const { beats } = draft
  if (draft.framing === null) {
    const body = beats[0]!
    const half = { ...body, frame: cut(body.frame, 0, body.frame.bytes.byteLength >> 1) }
    return { kept: { ...asStream(draft), beats: chunks === 0 ? [] : [half] }, nextMs: body.dueMs }
  }
  const first = beats.findIndex(({ mark }) => mark.part !== undefined)
  const last = beats.findLastIndex(({ mark }) => mark.part === 'content' && mark.step < chunks)
  const count = last >= 0 ? last + 1 : Math.max(first, 0)
  const next = beats[count] ?? beats.at(-1)!
  return { kept: { ...draft, beats: beats.slice(0, count) }, nextMs: next.dueMs }
}
