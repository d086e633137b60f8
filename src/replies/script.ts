// From answers to bytes: what the replies of one length say, whenever it is due.
import type { Answer, StreamAnswer, StreamEvent } from '../apis/api.ts'
import type { Beat, Draft, Mark, Outline } from './draft.ts'
import { createFramer, type Framer } from './framing.ts'
import { headersOf, type Preparation, wholeDraft } from './reply.ts'
import { type Steps, stepsOf } from './timetable.ts'

export interface Script {
  /** The reply as usual, all of it due at once, without what the framing puts around the events. */
  readonly draft: Draft
  /** The steps at which its beats are due; null: they are due at once. */
  readonly steps: Steps | null
}

/**
 * A function that makes the script of an ask with so many content chunks. Equal events share their bytes, whatever the number,
 * and all scripts their headers. An answer that does not take the time of its chunks is the same for every number, and made once.
 */
export function createScripts(
  answer: (chunkCount: number) => Answer,
  preparation: Preparation,
): (chunkCount: number) => Script {
  let headers: Outline['headers'] | undefined
  let framer: Framer | undefined
  let only: Script | undefined
  const markOf = createMarks()

  const stream = (given: StreamAnswer): Draft => {
    const frame = (framer ??= createFramer(given.framing))
    return {
      status: given.status,
      headers: (headers ??= headersOf(given, preparation)),
      beats: given.events.map((event): Beat => ({ bytes: frame(event), dueMs: 0, mark: markOf(event) })),
      framing: given.framing,
      ending: 'close',
      faultMs: Number.POSITIVE_INFINITY,
      whole: false,
      played: true,
      isCut: false,
      failure: (sent) => frame(given.failure(sent)),
    }
  }

  return (chunkCount) => {
    if (only !== undefined) return only
    const given = answer(chunkCount)
    if (given.kind === 'stream') return { draft: stream(given), steps: stepsOf(given.events) }
    const draft = wholeDraft(given, preparation)
    if (given.paced === undefined) return (only = { draft, steps: null })
    if (given.paced === 'ttft') return (only = { draft, steps: stepsOf([{ step: 0 }]) })
    headers ??= draft.headers
    return { draft: { ...draft, headers }, steps: stepsOf([{ step: chunkCount }]) }
  }
}

/** What events are. Most are content chunks, and their marks are the same in replies of every length. */
function createMarks(): (event: StreamEvent) => Mark {
  const contents: Mark[] = []
  return ({ part, step }) => {
    if (part === 'content') return (contents[step] ??= { part, step, events: 1 })
    return { step, events: 1, ...(part && { part }) }
  }
}
