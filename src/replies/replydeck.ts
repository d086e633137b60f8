// The replies of one ask under one pattern of faults, each made when it is first dealt.
import type { Answer, StreamEvent } from '../apis/api.ts'
import { Contents } from './contents.ts'
import { type Blank, draftOf, type Fault, type Written } from './draft.ts'
import type { Frame } from './frames.ts'
import { framings, isBare } from './framing.ts'
import {
  columnsOf,
  type Headers,
  headersOf,
  longDraft,
  pack,
  type Reply,
  replyOf,
  type Trunk,
  wholeDraft,
} from './reply.ts'
import { type Steps, stepsAt, stepsOf, Timetable } from './timetable.ts'
import { ARRAY_BYTES, EVENT_BYTES, FRAME_BYTES, REPLY_BYTES, weightOf } from './weights.ts'
import { pausesAt, type Work } from './work.ts'

/** Frames of all faulty replies of a deck together: faults can make many of few, and then fewer replies must do. */
const MAX_FAULTY_FRAMES = 1 << 18

const AT_ONCE = Float64Array.of(0)

/** What a reply says, whenever it is due. */
interface Script {
  readonly blank: Blank
  /** The reply as usual, without what the framing puts around the events. */
  readonly written: Written
  /** The steps at which its events are due; null: they are due at once. */
  readonly steps: Steps | null
  readonly trunk: Trunk | null
}

/** What replies of one length have in common: all but the due times, which are those of the steps. */
interface Usual extends Pick<Script, 'steps'> {
  readonly reply: Reply
}

export interface DeckParts {
  /** What a reply says for which so many content chunks were drawn. Takes a few milliseconds at most, and leaves the rest for later. */
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
 * Several may be made at the same time, each while the others pause: what one has made the others find.
 */
export class ReplyDeck {
  readonly #parts: DeckParts
  readonly #scripts = new Map<number, Script>()
  readonly #usuals = new Map<number, Usual>()
  readonly #replies: Reply[] = []
  /** The last one that was made of a script: most faults make the same of it, whatever the times. */
  readonly #faulty = new Map<Script, Reply>()
  readonly #counted = new Set<Uint8Array>()
  #headers: Headers | undefined
  /** The script of an answer that is the same whatever was drawn. */
  #only: Script | undefined
  #size: number | undefined
  #keptBytes = 0

  constructor(parts: DeckParts) {
    this.#parts = parts
  }

  /** How many different replies there are. With a fault the first one is made to find out. */
  *size(): Work<number> {
    return (this.#size ??= yield* this.#countReplies())
  }

  /** Reply `index` (below the size), the same object each time. */
  *at(index: number): Work<Reply> {
    const known = this.#replies[index]
    if (known !== undefined) return known
    const made = yield* this.#make(index)
    return (this.#replies[index] ??= made)
  }

  /** About how much memory the deck keeps besides the contents; the due times are the timetable's. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** The fault makes a difference: those of events do not where there are none. True without a fault. */
  *isApplied(): Work<boolean> {
    return this.#parts.fault === undefined || (yield* this.at(0)).separate
  }

  *#countReplies(): Work<number> {
    const { timetable, fault } = this.#parts
    const { length } = timetable.schedules
    // Of all scripts the one without chunks costs least.
    if (length === 1 || (yield* this.#scriptOf(0)).steps === null) return 1
    if (fault === undefined) return length
    const { played, frames } = yield* this.at(0)
    if (!played) return 1
    return Math.min(length, 1 + Math.floor(MAX_FAULTY_FRAMES / Math.max(1, frames.length)))
  }

  *#make(index: number): Work<Reply> {
    this.#keptBytes += REPLY_BYTES
    const { timetable, fault } = this.#parts
    const drawn = timetable.schedules[index]!.length - 1
    if (fault !== undefined) {
      const faulty = yield* this.#makeFaulty(fault, yield* this.#scriptOf(drawn), index)
      if (faulty !== undefined) return faulty
    }
    const { reply, steps } = yield* this.#usualOf(drawn)
    return { ...reply, dueMs: yield* this.#dueMs(steps, index) }
  }

  *#scriptOf(drawn: number): Work<Script> {
    const known = this.#scripts.get(drawn)
    if (known !== undefined) return known
    const script = yield* this.#write(drawn)
    // Without faults a script is needed once.
    if (this.#parts.fault === undefined) return script
    this.#scripts.set(drawn, script)
    this.#keptBytes += EVENT_BYTES * script.written.frames.length
    return script
  }

  *#usualOf(drawn: number): Work<Usual> {
    const known = this.#usuals.get(drawn)
    if (known !== undefined) return known
    const usual = yield* this.#makeUsual(yield* this.#scriptOf(drawn))
    this.#usuals.set(drawn, usual)
    return usual
  }

  *#write(drawn: number): Work<Script> {
    const { answer, contents, headers } = this.#parts
    if (this.#only !== undefined) return this.#only
    const given = answer(drawn)
    this.#headers ??= headersOf(given, headers)
    if (given.kind !== 'stream') {
      const { step } = given
      const made = given.kind === 'long' ? yield* longDraft(given, headers) : wholeDraft(given, headers)
      const { beats, ...rest } = made
      const script: Script = {
        blank: { ...rest, headers: this.#headers },
        written: { frames: beats.map(({ frame }) => frame), marks: beats.map(({ mark }) => mark) },
        steps: step === undefined ? null : stepsAt(step === 'first' ? 0 : step),
        trunk: null,
      }
      return typeof step === 'number' ? script : (this.#only = script)
    }
    const { status, framing, failure, ping } = given
    const { frames, marks, trunk } = yield* contents.compose(given)
    const framed = ({ data, event }: Pick<StreamEvent, 'data' | 'event'>): Frame =>
      framings[framing].frame(data, event)
    const blank: Blank = {
      status,
      headers: this.#headers,
      framing,
      ending: 'close',
      faultMs: Number.POSITIVE_INFINITY,
      whole: false,
      played: true,
      wire: null,
      isPartial: false,
      isCut: false,
      failure: (sent, status) => framed(failure(sent, status)),
      done: () => given.ending.flatMap((event) => (event.part === 'done' ? [framed(event)] : [])),
      ping: () => (ping === undefined ? null : framed(ping)),
    }
    return { blank, written: { frames, marks }, steps: yield* stepsOf(marks), trunk }
  }

  *#makeUsual({ blank, written, steps, trunk }: Script): Work<Usual> {
    const { contents, isShared } = this.#parts
    const columns = isBare(blank.framing)
      ? yield* columnsOf(written)
      : yield* pack(yield* contents.enclose(yield* draftOf(blank, written, AT_ONCE)), false)
    const reply = replyOf(blank, columns, AT_ONCE, false)
    yield* this.#keepFrames(reply)
    return { reply: { ...reply, trunk: isShared ? trunk : null }, steps }
  }

  /** Undefined where the fault leaves the reply as it is. */
  *#makeFaulty(fault: Fault, script: Script, index: number): Work<Reply | undefined> {
    const { blank, written, steps } = script
    const timed = yield* draftOf(blank, written, yield* this.#dueMs(steps, index))
    const said = yield* fault.onEvents(timed)
    const enclosed = yield* this.#parts.contents.enclose(said)
    const spread = yield* fault.onWire(yield* fault.onWrites(enclosed))
    if (said === timed && spread === enclosed) return undefined
    const like = this.#faulty.get(script)
    const reply = yield* pack(spread, true, like)
    this.#faulty.set(script, reply)
    if (reply.frames !== like?.frames) yield* this.#keepFrames(reply)
    this.#keptBytes += ARRAY_BYTES + reply.dueMs.byteLength
    return reply
  }

  *#dueMs(steps: Script['steps'], index: number): Work<Float64Array> {
    return steps === null ? AT_ONCE : yield* this.#parts.timetable.dueMs(steps, index)
  }

  /** Counts what a reply keeps; bytes that others say as well are there once. */
  *#keepFrames({ frames }: Reply): Work<void> {
    this.#keptBytes += FRAME_BYTES * frames.length
    for (let i = 0; i < frames.length; i++) {
      if (pausesAt(i)) yield
      const bytes = frames[i]!
      if (this.#parts.contents.has(bytes) || this.#counted.has(bytes)) continue
      this.#counted.add(bytes)
      this.#keptBytes += weightOf(bytes)
    }
  }
}
