// Frames of replies put together with head and chunk framing, to be written at once. https://www.rfc-editor.org/rfc/rfc9112#section-7.1
import type { Place } from '../../replies/frames.ts'
import type { Reply } from '../../replies/reply.ts'
import { LINE_END } from './heads.ts'

/** Frames that are written together, with what stands around them. */
export interface Run {
  readonly bytes: Buffer
  readonly frames: number
  /** It holds what ends the body. */
  readonly hasEnd: boolean
  readonly places: readonly Place[] | null
  /** Where each frame ends in `bytes`; empty where nobody has to know. */
  readonly ends: readonly number[]
  /** How much of `bytes` is the head; 0 without one. */
  readonly headBytes: number
  /** Otherwise `bytes` are good until the next run is made. */
  readonly isKept: boolean
  /** The second whose Date is in the head. */
  second: number
}

/** More than this is not written at once: what comes after it is a run of its own. */
export const MOST_RUN_BYTES = 1 << 16
/** The runs of a larger reply are put together anew for each request: kept, a million chunks would take 200 MB. */
export const MOST_REPLY_BYTES = 1 << 22

export const CHUNK_END = Buffer.from(LINE_END)
export const LAST_CHUNK = Buffer.from('0\r\n\r\n')

const encoder = new TextEncoder()

/** Behind the last frame that still fits into one run: at least `least` do. */
export function fit({ bytes }: Pick<Reply, 'bytes'>, from: number, to: number, least = 1): number {
  if (bytes[to]! - bytes[from]! <= MOST_RUN_BYTES) return to
  let end = from + least
  while (end < to && bytes[end + 1]! - bytes[from]! <= MOST_RUN_BYTES) end++
  return end
}

/** Where runs are put together: ten megabytes of reply that nobody reads must not leave as much garbage. */
let scratch: Buffer = Buffer.alloc(2 * MOST_RUN_BYTES)

/** Room for so many bytes: where runs are put together, which grows; a body of many megabytes has its own, and does not stay. */
function roomFor(bytes: number): Buffer {
  if (bytes <= scratch.byteLength) return scratch
  const larger = Buffer.alloc(bytes)
  if (bytes <= 2 * MOST_REPLY_BYTES) scratch = larger
  return larger
}

/** The lines that tell sizes of chunks: there are few different ones. */
const sizeLines = new Map<number, Uint8Array>()
const MOST_SIZES = 1024

export function sizeLine(bytes: number): Uint8Array {
  let line = sizeLines.get(bytes)
  if (line === undefined) {
    line = encoder.encode(bytes.toString(16) + LINE_END)
    if (sizeLines.size === MOST_SIZES) sizeLines.clear()
    sizeLines.set(bytes, line)
  }
  return line
}

/** Both, one behind the other; good until the next run is made. */
export function putTogether(one: Uint8Array, other: Uint8Array): Buffer {
  const bytes = one.byteLength + other.byteLength
  const room = roomFor(bytes)
  room.set(one)
  room.set(other, one.byteLength)
  return room.subarray(0, bytes)
}

/** Frames `from` to before `to`, behind `head`. */
export function composeFrames(
  { frames, places }: Pick<Reply, 'frames' | 'places'>,
  head: Uint8Array | null,
  isChunked: boolean,
  from: number,
  to: number,
  hasEnd: boolean,
  isShared = false,
): Run {
  let at = 0
  let room = scratch
  const put = (piece: Uint8Array): void => {
    if (at + piece.byteLength > room.byteLength) {
      const larger = roomFor(2 * (at + piece.byteLength))
      larger.set(room.subarray(0, at))
      room = larger
    }
    room.set(piece, at)
    at += piece.byteLength
  }
  if (head !== null) put(head)
  const filled: Place[] = []
  const ends: number[] = []
  const hasEnds = isShared || places !== null // a reply of 10 MB would leave half a megabyte of numbers
  for (let i = from; i < to; i++) {
    const frame = frames[i]!
    const isFramed = isChunked && frame.byteLength > 0 // an empty chunk would be the last one
    if (isFramed) put(sizeLine(frame.byteLength))
    const found = places === null ? null : places[i]!
    if (found !== null) for (const place of found) filled.push({ ...place, at: at + place.at })
    put(frame)
    if (isFramed) put(CHUNK_END)
    if (hasEnds) ends.push(at)
  }
  if (hasEnd && isChunked) put(LAST_CHUNK)
  return {
    bytes: room.subarray(0, at),
    frames: to - from,
    hasEnd,
    places: filled.length > 0 ? filled : null,
    ends,
    headBytes: head?.byteLength ?? 0,
    isKept: false,
    second: -1,
  }
}
