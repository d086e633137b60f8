// The replies of one ask under one pattern of faults, each made when it is first dealt.
import type { Answer } from '../apis/api.ts'
import { remember } from '../apis/content.ts'
import { type Change, type Draft, type Fault, setTimes } from './draft.ts'
import { createEnclosure } from './framing.ts'
import { createFinder, type Finder, pack, type Preparation, type Reply } from './reply.ts'
import { createScripts, type Script } from './script.ts'
import type { Timetable } from './timetable.ts'

/** Frames of all faulty replies of a deck together: faults can make many of few, and then fewer replies must do. */
const MAX_FAULTY_FRAMES = 1 << 18

/** About what a typed array costs besides its bytes, and a reply besides its frames. */
const ARRAY_BYTES = 64
const REPLY_BYTES = 256
/** Of a frame in a reply: pointers to its bytes and its mark, and the two sums. */
const FRAME_BYTES = 8 + 8 + 4 + 8
/** The text that a frame was made of is kept with it, in characters of one or two bytes. */
const WITH_TEXT = 3
/** A pointer and an object of three fields. */
const BEAT_BYTES = 8 + 40

const AT_ONCE = Float64Array.of(0)

/** What replies of one length have in common: all but the due times, which are those of the steps. */
interface Usual extends Pick<Script, 'steps'> {
  readonly reply: Reply
}

/**
 * One reply per schedule. State: what has been made. Equal events share their bytes and replies of equal length their frames;
 * the due times are the timetable's.
 */
export class ReplyDeck {
  readonly #timetable: Timetable
  readonly #fault: Fault | undefined
  readonly #finder: Finder | null
  readonly #enclose: Change = createEnclosure()
  readonly #scriptOf: (chunkCount: number) => Script
  readonly #usualOf: (chunkCount: number) => Usual
  readonly #replies: Reply[] = []
  /** The last one that was made of a draft: most faults make the same of it, whatever the times. */
  readonly #faulty = new Map<Draft, Reply>()
  readonly #counted = new Set<Uint8Array>()
  #size: number | undefined
  #keptBytes = 0

  /** `answer` says what a reply of so many content chunks consists of, and `fault` what is wrong with each. */
  constructor(
    answer: (chunkCount: number) => Answer,
    timetable: Timetable,
    preparation: Preparation,
    fault?: Fault,
  ) {
    this.#timetable = timetable
    this.#fault = fault
    this.#finder = createFinder(preparation)
    const scriptOf = createScripts(answer, preparation)
    // Without faults a script is needed once.
    this.#scriptOf = fault === undefined ? scriptOf : remember((count) => this.#keepScript(scriptOf(count)))
    this.#usualOf = remember((count) => this.#makeUsual(this.#scriptOf(count)))
  }

  /** How many different replies there are. With a fault the first one is made to find out. */
  get size(): number {
    return (this.#size ??= this.#countReplies())
  }

  /** Reply `index` (below `size`), the same object each time. */
  at(index: number): Reply {
    return (this.#replies[index] ??= this.#make(index))
  }

  prepareAll(): void {
    for (let index = 0; index < this.size; index++) this.at(index)
  }

  /** About how much memory the deck keeps; the due times are the timetable's. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** The fault makes a difference: those of events do not where there are none. True without a fault. */
  get isApplied(): boolean {
    return this.#fault === undefined || this.at(0).separate
  }

  #countReplies(): number {
    const { length } = this.#timetable.schedules
    // Of all scripts the one without chunks costs least.
    if (length === 1 || this.#scriptOf(0).steps === null) return 1
    if (this.#fault === undefined) return length
    const { played, frames } = this.at(0)
    if (!played) return 1
    return Math.min(length, 1 + Math.floor(MAX_FAULTY_FRAMES / Math.max(1, frames.length)))
  }

  #make(index: number): Reply {
    this.#keptBytes += REPLY_BYTES
    const chunkCount = this.#timetable.schedules[index]!.length - 1
    if (this.#fault !== undefined) {
      const faulty = this.#makeFaulty(this.#fault, this.#scriptOf(chunkCount), index)
      if (faulty !== undefined) return faulty
    }
    const { reply, steps } = this.#usualOf(chunkCount)
    return { ...reply, dueMs: this.#dueMs(steps, index) }
  }

  #makeUsual({ draft, steps }: Script): Usual {
    const reply = pack(this.#enclose(draft), this.#finder, false)
    this.#keepFrames(reply)
    return { reply: { ...reply, dueMs: AT_ONCE }, steps }
  }

  /** Undefined where the fault leaves the reply as it is. */
  #makeFaulty(fault: Fault, { draft, steps }: Script, index: number): Reply | undefined {
    const timed = setTimes(draft, this.#dueMs(steps, index))
    const said = fault.onEvents(timed)
    const enclosed = this.#enclose(said)
    const written = fault.onWrites(enclosed)
    if (said === timed && written === enclosed) return undefined
    const like = this.#faulty.get(draft)
    const reply = pack(written, this.#finder, true, like)
    this.#faulty.set(draft, reply)
    if (reply.frames !== like?.frames) this.#keepFrames(reply)
    this.#keptBytes += ARRAY_BYTES + reply.dueMs.byteLength
    return reply
  }

  #dueMs(steps: Script['steps'], index: number): Float64Array {
    return steps === null ? AT_ONCE : this.#timetable.dueMs(steps, index)
  }

  #keepScript(script: Script): Script {
    this.#keptBytes += BEAT_BYTES * script.draft.beats.length
    return script
  }

  /** Counts what a reply keeps; bytes that others say as well are there once. */
  #keepFrames({ frames }: Reply): void {
    this.#keptBytes += FRAME_BYTES * frames.length
    for (const bytes of frames) {
      if (this.#counted.has(bytes)) continue
      this.#counted.add(bytes)
      this.#keptBytes += ARRAY_BYTES + WITH_TEXT * bytes.byteLength
    }
  }
}
