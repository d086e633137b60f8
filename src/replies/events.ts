// Faults of single events: spoilt or missing.
import { rememberWeakly } from '../apis/remember.ts'
import { type Change, indexOfChunk, type QuickChange } from './draft.ts'
import { complete } from './ends.ts'
import { type Frame, frameOf, textOf } from './frames.ts'
import { filtered } from './work.ts'

/** Rewrites the JSON of content chunk `chunk`; a single body counts as one. */
export function rewriteChunk(chunk: number, change: (json: string) => string): QuickChange {
  const rewrite = rememberWeakly((frame: Frame) => rewriteJson(frame, change))
  return (draft) => {
    const index = indexOfChunk(draft, chunk)
    const beat = draft.beats[index]!
    return {
      ...draft,
      beats: draft.beats.with(index, { ...beat, frame: rewrite(beat.frame) }),
      faultMs: Math.min(draft.faultMs, beat.dueMs),
    }
  }
}

/** Drops the events of one part. In formats where one event is both, it goes either way. */
export function without(dropped: 'finish' | 'done'): Change {
  return function* (draft) {
    if (draft.framing === null) return draft
    const beats = yield* filtered(draft.beats, ({ mark: { part } }) => part !== dropped && part !== 'last')
    return complete({ ...draft, beats }, draft.beats[0]!.dueMs)
  }
}

/** Rewrites what is JSON in an event, and leaves what frames it. */
export function rewriteJson(frame: Frame, change: (json: string) => string): Frame {
  return frameOf(textOf(frame).replace(/[[{].*[\]}]/s, change))
}
