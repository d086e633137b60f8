// What asks have in common that differ in nothing but what stands before the content and behind it.
import type { Framing, StreamAnswer, StreamEvent } from '../apis/api.ts'
import { remember } from '../apis/remember.ts'
import type { Change, Mark, Written } from './draft.ts'
import type { Frame } from './frames.ts'
import { createEnclosure, createFramer, framings, isBare } from './framing.ts'
import { columnsOf, type Trunk } from './reply.ts'
import { EVENT_BYTES, FRAME_BYTES, weightOf } from './weights.ts'
import { pausesAt, type Work } from './work.ts'

/** Content has so many bytes before it is worth its own: with fewer, a reply leaves in one write. */
const TRUNK_BYTES = 1 << 14

interface Content extends Written {
  /** Null where it is small. */
  readonly whole: Trunk['whole'] | null
}

export interface Composed extends Written {
  readonly trunk: Trunk | null
}

/** State: the content made so far, by how many chunks were drawn for it; equal events share their bytes, whatever the number. */
export class Contents {
  /** Puts around the events what the framing has there. */
  readonly enclose: Change = createEnclosure()
  readonly #framerOf = remember(createFramer)
  readonly #byDrawn = new Map<number, Content>()
  readonly #counted = new Set<Uint8Array>()
  #keptBytes = 0

  /** About how much memory it takes. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** It keeps these bytes. */
  has(bytes: Uint8Array): boolean {
    return this.#counted.has(bytes)
  }

  /** What an answer says, and what of it others say as well. */
  *compose(answer: StreamAnswer): Work<Composed> {
    const { framing, opening, ending, upTo } = answer
    const { frames, marks, whole } = yield* this.#contentOf(answer)
    // What stands between two chunks comes only with the second of them.
    const count = marks.findLastIndex(({ part, step }) => part === 'content' && step < upTo) + 1
    return {
      frames: yield* between(
        yield* framesOf(framing, opening),
        frames,
        count,
        yield* framesOf(framing, ending),
      ),
      marks: yield* between(opening.map(markOf), marks, count, ending.map(markOf)),
      trunk: whole && { whole, from: opening.length, count },
    }
  }

  *#contentOf({ content, drawn, framing }: StreamAnswer): Work<Content> {
    let known = this.#byDrawn.get(drawn)
    if (known !== undefined) return known
    const frame = this.#framerOf(framing)
    const frames: Frame[] = []
    const marks: Mark[] = []
    for (const event of content()) {
      frames.push(frame(event))
      marks.push(markOf(event))
      if (!pausesAt(marks.length)) continue
      yield
      // In a pause another reply with this content may have been made.
      if ((known = this.#byDrawn.get(drawn)) !== undefined) return known
    }
    const columns = yield* columnsOf({ frames, marks })
    if ((known = this.#byDrawn.get(drawn)) !== undefined) return known
    // What a framing puts around events makes others of them.
    const isShared = isBare(framing) && columns.bytes.at(-1)! >= TRUNK_BYTES
    this.#byDrawn.set(drawn, (known = { frames, marks, whole: isShared ? columns : null }))
    yield* this.#weigh(known)
    return known
  }

  *#weigh({ frames, whole }: Content): Work<void> {
    this.#keptBytes += (EVENT_BYTES + (whole === null ? 0 : FRAME_BYTES)) * frames.length
    for (const [i, { bytes }] of frames.entries()) {
      if (pausesAt(i)) yield
      if (this.#counted.has(bytes)) continue
      this.#counted.add(bytes)
      this.#keptBytes += weightOf(bytes)
    }
  }
}

/** What is put into bytes for one ask alone. The last events may repeat all that was said. */
function* framesOf(framing: Framing, events: readonly StreamEvent[]): Work<Frame[]> {
  const frames: Frame[] = []
  for (const { data, event } of events) {
    frames.push(framings[framing].frame(data, event))
    if (data.length >= TRUNK_BYTES) yield
  }
  return frames
}

/** The first `count` of `middle`, with what comes before and after. */
function* between<Item>(
  before: readonly Item[],
  middle: readonly Item[],
  count: number,
  after: readonly Item[],
): Work<Item[]> {
  const all = new Array<Item>(before.length + count + after.length)
  let at = 0
  for (const item of before) all[at++] = item
  for (let i = 0; i < count; i++) {
    all[at++] = middle[i]!
    if (pausesAt(i)) yield
  }
  for (const item of after) all[at++] = item
  return all
}

/** By step. Most events are content chunks, and their marks are the same in all replies: a million take 40 MB. */
const chunkMarks: Mark[] = []

/** What an event is. */
function markOf({ part, step }: StreamEvent): Mark {
  if (part === 'content') return (chunkMarks[step] ??= { part, step, events: 1 })
  return { step, events: 1, ...(part && { part }) }
}
