// Replies as they go over HTTP/1.x: status line, headers and chunk framing as bytes, put together once and kept, so that frames that
// are due together (at zero delay the whole reply) are one write. https://www.rfc-editor.org/rfc/rfc9112
import type { Place } from '../../replies/frames.ts'
import type { Reply, Trunk } from '../../replies/reply.ts'
import type { MemoryUse } from '../../stats/memory.ts'
import type { Card } from '../card.ts'
import { composeBeats, hasEndBeat } from './beats.ts'
import { headOf, type Manner, writeDate } from './heads.ts'
import {
  composeFrames,
  fit,
  LAST_CHUNK,
  MOST_REPLY_BYTES,
  MOST_RUN_BYTES,
  putTogether,
  type Run,
} from './runs.ts'

/** What a client waits for that has asked whether to send its body. */
export const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')

/** The usual manner: the one whose runs are kept. */
export const USUAL: Manner = { isChunked: true, closes: false, headOnly: false }

export const CLOSING: Manner = { ...USUAL, closes: true }

/** How the answer to a request is put. */
export function mannerOf(head: {
  readonly method: string
  readonly minor: 0 | 1
  readonly keepAlive: boolean
}): Manner {
  const headOnly = head.method === 'HEAD'
  if (head.keepAlive && !headOnly) return USUAL
  return { isChunked: head.minor === 1, closes: !head.keepAlive, headOnly }
}

/** All runs that are kept take no more than this: then they are forgotten, and those that are still asked for made anew. */
const MOST_BYTES_OF_RUNS = 1 << 26
const POINTER_BYTES = 8
let bytesOfRuns = 0
/** How much of it is taken. */
export const runsMemory: MemoryUse = {
  limit: MOST_BYTES_OF_RUNS,
  get taken() {
    return bytesOfRuns
  },
}
let kept = new WeakMap<Reply, KeptRuns>()
/** Runs of one frame in the middle of a reply: the same for all replies that share the frame. */
let middles = new WeakMap<Uint8Array, Run>()
/** Runs of content that many replies have, by where they begin in it. */
let trunks = new WeakMap<Trunk['whole'], Map<number, Run>>()

function composeKept(card: Card, from: number, to: number, hasEnd: boolean): Run {
  return keepRun(compose(card, USUAL, from, to, hasEnd))
}

/** The same in bytes of its own. */
function keepRun(made: Run): Run {
  const run = { ...made, bytes: Buffer.from(made.bytes), isKept: true }
  const taken = run.bytes.byteLength + POINTER_BYTES * (run.ends.length + (run.places?.length ?? 0))
  bytesOfRuns += taken
  if (bytesOfRuns > MOST_BYTES_OF_RUNS) {
    bytesOfRuns = taken
    kept = new WeakMap()
    middles = new WeakMap()
    trunks = new WeakMap()
  }
  return run
}

/**
 * The run that begins with frame `from` and holds at most the frames before `to`. `mayEnd`: the body may end with the last frame.
 * Kept where it is what most requests get: put together anew, a reply of 20 frames takes 2.5 µs where all else takes 7.
 */
export function runOf(card: Card, manner: Manner, from: number, to: number, mayEnd: boolean): Run {
  const { frames, bytes, ending, trunk, wire } = card.reply
  if (wire !== null) return composeBeats(card, wire, manner, from, fit(card.reply, from, to), mayEnd)
  const hasUsualHead = from > 0 || (!manner.closes && card.extra === null)
  const isUsual = hasUsualHead && manner.isChunked && !manner.headOnly
  if (trunk !== null && isUsual) {
    const sharedTo = trunk.from + trunk.count
    if (from < trunk.from) to = Math.min(to, trunk.from)
    else if (from < sharedTo && (to >= sharedTo || bytes[to]! - bytes[from]! > MOST_RUN_BYTES))
      return sharedRun(card, trunk, from, to, mayEnd)
  }
  const fitting = fit(card.reply, from, to)
  const hasEnd = mayEnd && fitting === frames.length && ending === 'close'
  if (!isUsual) return compose(card, manner, from, fitting, hasEnd)
  if (from > 0 && fitting === from + 1 && !hasEnd) {
    const frame = frames[from]!
    let run = middles.get(frame)
    if (run === undefined) {
      run = composeKept(card, from, fitting, false)
      middles.set(frame, run)
    }
    return run
  }
  if (bytes[frames.length]! > MOST_REPLY_BYTES) return compose(card, manner, from, fitting, hasEnd)
  return runsOf(card.reply).run(from, fitting, hasEnd, () => composeKept(card, from, fitting, hasEnd))
}

/** State: the runs of one reply that have been asked for, by their first frame. */
class KeptRuns {
  readonly #runs = new Map<number, Run>()
  /** What ends runs whose beginning others have as well; `bytes` are those of the end. */
  readonly #tails = new Map<number, Run>()

  /** The run from frame `from` to before `to`, made if it is not there. */
  run(from: number, to: number, hasEnd: boolean, make: () => Run): Run {
    return findRun(this.#runs, from, to, hasEnd, make)
  }

  tail(from: number, to: number, hasEnd: boolean, make: () => Run): Run {
    return findRun(this.#tails, from, to, hasEnd, make)
  }
}

function findRun(runs: Map<number, Run>, from: number, to: number, hasEnd: boolean, make: () => Run): Run {
  const known = runs.get(from)
  if (known !== undefined && known.frames === to - from && known.hasEnd === hasEnd) return known
  const run = make()
  runs.set(from, run)
  return run
}

function runsOf(reply: Reply): KeptRuns {
  let runs = kept.get(reply)
  if (runs === undefined) kept.set(reply, (runs = new KeptRuns()))
  return runs
}

/**
 * A run of content that many replies have, put together once for all, with the head where that comes first: of one route it is the same. Where
 * the content ends in it, what ends the reply is put behind: 500 replies of 1,000 chunks, each for itself, would take 60 MB.
 */
function sharedRun(card: Card, trunk: Trunk, from: number, to: number, mayEnd: boolean): Run {
  const { whole } = trunk
  const start = from - trunk.from
  let runs = trunks.get(whole)
  if (runs === undefined) trunks.set(whole, (runs = new Map()))
  let run = runs.get(start)
  if (run === undefined) {
    const head = from === 0 ? headOf(card, USUAL) : null
    run = keepRun(
      composeFrames(whole, head, true, start, fit(whole, start, whole.frames.length), false, true),
    )
    runs.set(start, run)
  }
  const sharedTo = trunk.from + trunk.count
  const count = Math.min(run.frames, Math.min(to, sharedTo) - from)
  const contentTo = from + count
  if (count === run.frames && (to <= contentTo || contentTo < sharedTo)) return run
  const { reply } = card
  const fitting = contentTo < sharedTo ? contentTo : fit(reply, sharedTo, to, 0)
  const hasEnd = mayEnd && fitting === reply.frames.length && reply.ending === 'close'
  const end = run.ends[count - 1]!
  const tail = runsOf(reply).tail(from, fitting, hasEnd, () => {
    const made = composeFrames(reply, null, true, contentTo, fitting, hasEnd, true)
    const behind = made.places?.map((place): Place => ({ ...place, at: place.at + end })) ?? []
    return keepRun({
      ...made,
      frames: fitting - from,
      places: run.places === null ? made.places && behind : placesBefore(run.places, end).concat(behind),
      ends: run.ends.slice(0, count).concat(made.ends.map((at) => at + end)),
      headBytes: run.headBytes,
    })
  })
  return { ...tail, bytes: putTogether(run.bytes.subarray(0, end), tail.bytes), isKept: false }
}

/** Those that begin before byte `end`; they are in order. */
function placesBefore(places: readonly Place[], end: number): readonly Place[] {
  let low = 0
  for (let high = places.length; low < high;) {
    const middle = (low + high) >>> 1
    if (places[middle]!.at < end) low = middle + 1
    else high = middle
  }
  return places.slice(0, low)
}

function compose(card: Card, manner: Manner, from: number, to: number, hasEnd: boolean): Run {
  const isChunked = manner.isChunked && !card.reply.whole
  const head = from === 0 ? headOf(card, manner) : null
  // The answer to HEAD has a head alone, and counts as sent.
  if (manner.headOnly)
    return { ...composeFrames(card.reply, head, false, to, to, false), frames: to - from, hasEnd }
  return composeFrames(card.reply, head, isChunked, from, to, hasEnd)
}

/** What ends a body that has not been ended by a run. */
export function endOf(reply: Reply, { isChunked }: Manner): Uint8Array | null {
  const { whole, wire } = reply
  if (wire !== null && (wire.length !== null || !hasEndBeat(reply))) return null
  return isChunked && !whole ? LAST_CHUNK : null
}

/** Brings the date of a run up to the present second. */
export function patchDate(run: Run): void {
  const now = Math.floor(Date.now() / 1000)
  if (run.second === now) return
  writeDate(run.bytes, now)
  run.second = now
}
