// What asks have in common that differ in nothing but what stands before the content and behind it.
import type { StreamAnswer, StreamEvent } from '../apis/api.ts'
import { remember } from '../apis/remember.ts'
import type { Beat, Change, Mark } from './draft.ts'
import { createEnclosure, createFramer, framings } from './framing.ts'
import { columnsOf, type Trunk } from './reply.ts'
import { BEAT_BYTES, weightOf } from './weights.ts'

/** Content has so many bytes before it is worth its own: with fewer, a reply leaves in one write. */
const TRUNK_BYTES = 1 << 14

interface Content {
  readonly beats: readonly Beat[]
  /** Null where it is small. */
  readonly whole: Trunk['whole'] | null
}

export interface Composed {
  readonly beats: readonly Beat[]
  readonly trunk: Trunk | null
}

/** State: the content made so far, by how many chunks were drawn for it; equal events share their bytes, whatever the number. */
export class Contents {
  /** Puts around the events what the framing has there. */
  readonly enclose: Change = createEnclosure()
  readonly #framerOf = remember(createFramer)
  readonly #byDrawn = new Map<number, Content>()
  readonly #counted = new Set<Uint8Array>()
  readonly #markOf = createMarks()
  #keptBytes = 0

  /** About how much memory it takes. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** It keeps these bytes. */
  has(bytes: Uint8Array): boolean {
    return this.#counted.has(bytes)
  }

  /** The beats of an answer, all of them due at once, and which of them others have as well. */
  compose(answer: StreamAnswer): Composed {
    const { framing, opening, ending, upTo } = answer
    const edge = (event: StreamEvent): Beat => ({
      frame: framings[framing].frame(event.data, event.event),
      dueMs: 0,
      mark: this.#markOf(event),
    })
    const { beats, whole } = this.#contentOf(answer)
    // What stands between two chunks comes only with the second of them.
    const count = beats.findLastIndex(({ mark }) => mark.part === 'content' && mark.step < upTo) + 1
    return {
      beats: [...opening.map(edge), ...beats.slice(0, count), ...ending.map(edge)],
      trunk: whole && { whole, from: opening.length, count },
    }
  }

  #contentOf({ content, drawn, framing }: StreamAnswer): Content {
    let known = this.#byDrawn.get(drawn)
    if (known === undefined) {
      const frame = this.#framerOf(framing)
      const beats = content().map((event): Beat => {
        return { frame: frame(event), dueMs: 0, mark: this.#markOf(event) }
      })
      const columns = columnsOf(beats)
      // What a framing puts around events makes others of them.
      const isShared = framings[framing].around === undefined && columns.bytes.at(-1)! >= TRUNK_BYTES
      this.#byDrawn.set(drawn, (known = { beats, whole: isShared ? columns : null }))
      this.#weigh(beats)
    }
    return known
  }

  #weigh(beats: readonly Beat[]): void {
    this.#keptBytes += BEAT_BYTES * beats.length
    for (const { frame } of beats) {
      if (this.#counted.has(frame.bytes)) continue
      this.#counted.add(frame.bytes)
      this.#keptBytes += weightOf(frame.bytes)
    }
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
