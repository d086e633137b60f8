// How the bytes of a reply are spread over writes: cut to pieces, put together, trickling, with comments in between.
import { remember } from '../apis/content.ts'
import { type Mark, NO_EVENT, NOTHING, type Reply } from './reply.ts'

/** Pieces of one event are due this much apart: no time at all, but each in a turn of the event loop of its own. */
export const TURN_MS = 1e-6
/** A trickling reply is written so many times a second, or byte by byte if that is less often. */
const TRICKLES_PER_SECOND = 20

const KEEPALIVE = new TextEncoder().encode(': keepalive\n\n')

/** A reply to which comments are added wherever it would be silent for longer than `everyMs`. */
export function keepAlive(reply: Reply, everyMs: number): Reply {
  const frames: Uint8Array[] = []
  const due: number[] = []
  const marks: Mark[] = []
  let lastMs = 0
  for (const [i, frame] of reply.frames.entries()) {
    const nextMs = reply.dueMs[i]!
    for (let ms = lastMs + everyMs; ms < nextMs; ms += everyMs) {
      frames.push(KEEPALIVE)
      due.push(ms)
      marks.push(NO_EVENT)
    }
    frames.push(frame)
    due.push(nextMs)
    marks.push(reply.marks[i]!)
    lastMs = nextMs
  }
  return { ...reply, frames, dueMs: Float64Array.from(due), marks }
}

/** Events wait until `count` of them are there. What only ends the reply waits for nobody. */
export function merge(reply: Reply, count: number): Reply {
  const ends = reply.frames.at(-1) === NOTHING ? 1 : 0
  const events = reply.frames.length - ends
  const groups = Array.from({ length: Math.ceil(events / count) }, (_, write) => ({
    from: write * count,
    to: Math.min((write + 1) * count, events) - 1,
  }))
  if (ends > 0) groups.push({ from: events, to: events })
  return {
    ...reply,
    frames: groups.map(({ from, to }) =>
      from === to ? reply.frames[from]! : Buffer.concat(reply.frames.slice(from, to + 1)),
    ),
    dueMs: Float64Array.from(groups, ({ to }) => reply.dueMs[to]!),
    marks: groups.map(({ from, to }) => ({
      ...reply.marks[to]!,
      events: reply.marks.slice(from, to + 1).reduce((sum, mark) => sum + mark.events, 0),
    })),
  }
}

/** Every event in pieces of `bytes`, each written in a turn of its own. */
export function split(bytes: number): (reply: Reply) => Reply {
  const piecesOf = remember((frame: Uint8Array) => cut(frame, bytes))
  return (reply) => repace(reply, piecesOf, 0, TURN_MS)
}

/** All bytes at a rate, but none before it is due. */
export function trickle(bytesPerSecond: number): (reply: Reply) => Reply {
  const bytes = Math.max(1, Math.floor(bytesPerSecond / TRICKLES_PER_SECOND))
  const piecesOf = remember((frame: Uint8Array) => cut(frame, bytes))
  return (reply) => repace(reply, piecesOf, 1000 / bytesPerSecond, 0)
}

function cut(frame: Uint8Array, bytes: number): Uint8Array[] {
  if (frame.byteLength <= bytes) return [frame]
  return Array.from({ length: Math.ceil(frame.byteLength / bytes) }, (_, i) =>
    frame.subarray(i * bytes, (i + 1) * bytes),
  )
}

/**
 * Every frame in pieces, in order. A piece takes `byteMs` per byte, from when its event was due or the piece before it was done,
 * and another `gapMs` then pass before the next.
 */
function repace(
  reply: Reply,
  piecesOf: (frame: Uint8Array) => readonly Uint8Array[],
  byteMs: number,
  gapMs: number,
): Reply {
  const frames: Uint8Array[] = []
  const due: number[] = []
  const marks: Mark[] = []
  let readyMs = 0
  for (const [i, frame] of reply.frames.entries()) {
    const pieces = piecesOf(frame)
    for (const [j, piece] of pieces.entries()) {
      const freeMs = piece === NOTHING ? readyMs + TURN_MS : readyMs // an end never together with what it ends
      const dueMs = Math.max(reply.dueMs[i]!, freeMs) + piece.byteLength * byteMs
      frames.push(piece)
      due.push(dueMs)
      marks.push(j === pieces.length - 1 ? reply.marks[i]! : NO_EVENT)
      readyMs = dueMs + gapMs
    }
  }
  return { ...reply, frames, dueMs: Float64Array.from(due), marks }
}
