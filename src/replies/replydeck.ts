// The replies of one ask under one pattern of faults, each made when it is first dealt.
import type { Answer, StreamEvent } from '../apis/api.ts'
import { remember } from '../apis/remember.ts'
import { Contents } from './contents.ts'
import { type Draft, type Fault, setTimes } from './draft.ts'
import type { Frame } from './frames.ts'
import { framings } from './framing.ts'
import { type Headers, headersOf, pack, type Reply, type Trunk, wholeDraft } from './reply.ts'
import { type Steps, stepsOf, Timetable } from './timetable.ts'
import { ARRAY_BYTES, BEAT_BYTES, FRAME_BYTES, REPLY_BYTES, weightOf } from './weights.ts'

/** Frames of all faulty replies of a deck together: faults can make many of few, and then fewer replies must do. */
const MAX_FAULTY_FRAMES = 1 << 18

const AT_ONCE = Float64Array.of(0)

/** What a reply says, whenever it is due. */
interface Script {
  /** The reply as usual, all of it due at once, without what the framing puts around the events. */
  readonly draft: Draft
  /** The steps at which its beats are due; null: they are due at once. */
  readonly steps: Steps | null
  readonly trunk: Trunk | null
}

/** What replies of one length have in common: all but the due times, which are those of the steps. */
interface Usual extends Pick<Script, 'steps'> {
  readonly reply: Reply
}

export interface DeckParts {
  /** What a reply says for which so many content chunks were drawn. */
  readonly answer: (drawn: number) => Answer
  readonly timetable: Timetable
  readonly headers: Headers
  /** Shared by all asks with the same content. */
  readonly contents: Contents
  /** There are other asks with this content. */
  readonly isShared?: boolean
  /** What is wrong with each reply. */
  readonly fault?: Fault | undefined
}

/**
 * One reply per schedule. State: what has been made. Replies of equal length share their frames; the due times are the timetable's.
 */
export class ReplyDeck {
  readonly #parts: DeckParts
  readonly #scriptOf: (drawn: number) => Script
  readonly #usualOf: (drawn: number) => Usual
  readonly #replies: Reply[] = []
  /** The last one that was made of a draft: most faults make the same of it, whatever the times. */
  readonly #faulty = new Map<Draft, Reply>()
  readonly #counted = new Set<Uint8Array>()
  #headers: Headers | undefined
  /** The script of an answer that is the same whatever was drawn. */
  #only: Script | undefined
  #size: number | undefined
  #keptBytes = 0

  constructor(parts: DeckParts) {
    this.#parts = parts
    const { fault } = parts
    const write = (drawn: number): Script => this.#write(drawn)
    // Without faults a script is needed once.
    this.#scriptOf = fault === undefined ? write : remember((drawn) => this.#keepScript(write(drawn)))
    this.#usualOf = remember((drawn) => this.#makeUsual(this.#scriptOf(drawn)))
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

  /** About how much memory the deck keeps besides the contents; the due times are the timetable's. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** The fault makes a difference: those of events do not where there are none. True without a fault. */
  get isApplied(): boolean {
    return this.#parts.fault === undefined || this.at(0).separate
  }

  #countReplies(): number {
    const { timetable, fault } = this.#parts
    const { length } = timetable.schedules
    // Of all scripts the one without chunks costs least.
    if (length === 1 || this.#scriptOf(0).steps === null) return 1
    if (fault === undefined) return length
    const { played, frames } = this.at(0)
    if (!played) return 1
    return Math.min(length, 1 + Math.floor(MAX_FAULTY_FRAMES / Math.max(1, frames.length)))
  }

  #make(index: number): Reply {
    this.#keptBytes += REPLY_BYTES
    const { timetable, fault } = this.#parts
    const drawn = timetable.schedules[index]!.length - 1
    if (fault !== undefined) {
      const faulty = this.#makeFaulty(fault, this.#scriptOf(drawn), index)
      if (faulty !== undefined) return faulty
    }
    const { reply, steps } = this.#usualOf(drawn)
    return { ...reply, dueMs: this.#dueMs(steps, index) }
  }

  #write(drawn: number): Script {
    const { answer, contents, headers } = this.#parts
    if (this.#only !== undefined) return this.#only
    const given = answer(drawn)
    this.#headers ??= headersOf(given, headers)
    if (given.kind === 'whole') {
      const { step } = given
      const draft = { ...wholeDraft(given, headers), headers: this.#headers }
      if (typeof step === 'number') return { draft, steps: stepsOf([{ step }]), trunk: null }
      return (this.#only = { draft, steps: step === 'first' ? stepsOf([{ step: 0 }]) : null, trunk: null })
    }
    const { status, framing, failure, ping } = given
    const { beats, trunk } = contents.compose(given)
    const framed = ({ data, event }: Pick<StreamEvent, 'data' | 'event'>): Frame =>
      framings[framing].frame(data, event)
    const draft: Draft = {
      status,
      headers: this.#headers,
      beats,
      framing,
      ending: 'close',
      faultMs: Number.POSITIVE_INFINITY,
      whole: false,
      played: true,
      wire: null,
      isCut: false,
      failure: (sent, status) => framed(failure(sent, status)),
      done: () => given.ending.flatMap((event) => (event.part === 'done' ? [framed(event)] : [])),
      ping: () => (ping === undefined ? null : framed(ping)),
    }
    return { draft, steps: stepsOf(beats.map(({ mark }) => mark)), trunk }
  }

  #makeUsual({ draft, steps, trunk }: Script): Usual {
    const reply = pack(this.#parts.contents.enclose(draft), false)
    this.#keepFrames(reply)
    return { reply: { ...reply, dueMs: AT_ONCE, trunk: this.#parts.isShared ? trunk : null }, steps }
  }

  /** Undefined where the fault leaves the reply as it is. */
  #makeFaulty(fault: Fault, { draft, steps }: Script, index: number): Reply | undefined {
    const timed = setTimes(draft, this.#dueMs(steps, index))
    const said = fault.onEvents(timed)
    const enclosed = this.#parts.contents.enclose(said)
    const written = fault.onWire(fault.onWrites(enclosed))
    if (said === timed && written === enclosed) return undefined
    const like = this.#faulty.get(draft)
    const reply = pack(written, true, like)
    this.#faulty.set(draft, reply)
    if (reply.frames !== like?.frames) this.#keepFrames(reply)
    this.#keptBytes += ARRAY_BYTES + reply.dueMs.byteLength
    return reply
  }

  #dueMs(steps: Script['steps'], index: number): Float64Array {
    return steps === null ? AT_ONCE : this.#parts.timetable.dueMs(steps, index)
  }

  #keepScript(script: Script): Script {
    this.#keptBytes += BEAT_BYTES * script.draft.beats.length
    return script
  }

  /** Counts what a reply keeps; bytes that others say as well are there once. */
  #keepFrames({ frames }: Reply): void {
    this.#keptBytes += FRAME_BYTES * frames.length
    for (const bytes of frames) {
      if (this.#parts.contents.has(bytes) || this.#counted.has(bytes)) continue
      this.#counted.add(bytes)
      this.#keptBytes += weightOf(bytes)
    }
  }
}
