// Faults of single events: spoilt or missing.
import type { Framing } from '../apis/api.ts'
import { remember, rememberWeakly } from '../apis/remember.ts'
import { type Beat, type Change, indexOfChunk, type QuickChange } from './draft.ts'
import { complete } from './ends.ts'
import type { Frame } from './frames.ts'
import { framings, rewriteJson } from './framing.ts'
import { filtered } from './work.ts'

/** Rewrites the JSON of content chunk `chunk`; a single body counts as one. */
export function rewriteChunk(chunk: number, change: (json: string) => string): QuickChange {
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

/** Content chunk `chunk` comes twice. */
export function duplicate(chunk: number): QuickChange {
  return (draft) => {
    if (draft.framing === null) return draft
    const { beats } = draft
    const from = indexOfChunk(draft, chunk)
    const { mark } = beats[from]!
    // Of several choices each has the chunk.
    const others = beats.slice(from).findIndex(({ mark: other }) => other.step !== mark.step)
    const to = others < 0 ? beats.length : from + others
    const faultMs = Math.min(draft.faultMs, beats[from]!.dueMs)
    return { ...draft, beats: beats.toSpliced(to, 0, ...beats.slice(from, to)), faultMs }
  }
}

/** Content chunk `chunk` comes in the place of the next, and that in its place. */
export function swap(chunk: number): QuickChange {
  return (draft) => {
    if (draft.framing === null) return draft
    const { beats } = draft
    const [one, other] = [indexOfChunk(draft, chunk), indexOfChunk(draft, chunk + 1)]
    const [first, second] = [beats[one]!, beats[other]!]
    const swapped = beats
      .with(one, { ...first, frame: second.frame })
      .with(other, { ...second, frame: first.frame })
    return { ...draft, beats: swapped, faultMs: Math.min(draft.faultMs, first.dueMs) }
  }
}

/** The last content chunk comes again, so many times, when all is over. */
export function goOn(count: number): QuickChange {
  return (draft) => {
    if (draft.framing === null) return draft
    const { beats } = draft
    const { dueMs, mark } = beats.at(-1)!
    const { frame } = beats.findLast(({ mark }) => mark.part === 'content') ?? beats[0]!
    const more = Array.from({ length: count }, (): Beat => {
      return { frame, dueMs, mark: { step: mark.step, events: 1 } }
    })
    return { ...draft, beats: [...beats, ...more], faultMs: Math.min(draft.faultMs, dueMs) }
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
