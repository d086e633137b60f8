// Faults of single events: spoilt or missing.
import { remember } from '../apis/content.ts'
import { decode, encode } from './bytes.ts'
import { type Change, indexOfChunk } from './draft.ts'
import { complete } from './ends.ts'

/** Rewrites the JSON of content chunk `chunk`; a single body counts as one. */
export function rewriteChunk(chunk: number, change: (json: string) => string): Change {
  const rewrite = remember((bytes: Uint8Array) => rewriteJson(bytes, change))
  return (draft) => {
    const index = indexOfChunk(draft, chunk)
    const beat = draft.beats[index]!
    return {
      ...draft,
      beats: draft.beats.with(index, { ...beat, bytes: rewrite(beat.bytes) }),
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

/** Rewrites what is JSON in the bytes of an event, and leaves what frames it. */
export function rewriteJson(bytes: Uint8Array, change: (json: string) => string): Uint8Array {
  return encode(decode(bytes).replace(/[[{].*[\]}]/s, change))
}
