// Faults of single events: spoilt or missing.
import type { Framing } from '../apis/api.ts'
import { remember, rememberWeakly } from '../apis/remember.ts'
import { type Change, indexOfChunk } from './draft.ts'
import { complete } from './ends.ts'
import type { Frame } from './frames.ts'
import { framings, rewriteJson } from './framing.ts'

/** Rewrites the JSON of content chunk `chunk`; a single body counts as one. */
export function rewriteChunk(chunk: number, change: (json: string) => string): Change {
  const rewriteIn = remember((framing: Framing | null) =>
    rememberWeakly((frame: Frame) =>
      (framing === null ? rewriteJson : framings[framing].rewrite)(frame, change),
    ),
  )
  return (draft) => {
    const rewrite = rewriteIn(draft.framing)
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
  return (draft) => {
    if (draft.framing === null) return draft
    const beats = draft.beats.filter(({ mark: { part } }) => part !== dropped && part !== 'last')
    return complete({ ...draft, beats }, draft.beats[0]!.dueMs)
  }
}
