// What asks have in common that differ in nothing but what stands before the content and behind it.
import type { StreamAnswer, StreamEvent } from '../apis/api.ts'
import { remember } from '../apis/remember.ts'
import type { Beat, Change, Mark } from './draft.ts'
import { frameOf } from './frames.ts'
import { createEnclosure, createFramer, framings } from './framing.ts'
import { BEAT_BYTES, weightOf } from './weights.ts'

/** State: the content made so far, by how many chunks were drawn for it; equal events share their bytes, whatever the number. */
export class Contents {
  /** Puts around the events what the framing has there. */
  readonly enclose: Change = createEnclosure()
  readonly #framerOf = remember(createFramer)
  readonly #byDrawn = new Map<number, readonly Beat[]>()
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

  /** The beats of an answer, all of them due at once. */
  beatsOf(answer: StreamAnswer): Beat[] {
    const { framing, opening, ending, upTo } = answer
    const edge = (event: StreamEvent): Beat => ({
      frame: frameOf(framings[framing].frame(event.data, event.event)),
      dueMs: 0,
      mark: this.#markOf(event),
    })
    const content = this.#contentOf(answer)
    // What stands between two chunks comes only with the second of them.
    const cut = content.findLastIndex(({ mark }) => mark.part === 'content' && mark.step < upTo) + 1
    return [...opening.map(edge), ...content.slice(0, cut), ...ending.map(edge)]
  }

  #contentOf({ content, drawn, framing }: StreamAnswer): readonly Beat[] {
    let beats = this.#byDrawn.get(drawn)
    if (beats === undefined) {
      const frame = this.#framerOf(framing)
      beats = content().map((event) => ({ frame: frame(event), dueMs: 0, mark: this.#markOf(event) }))
      this.#byDrawn.set(drawn, beats)
      this.#weigh(beats)
    }
    return beats
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
