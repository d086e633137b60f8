// Replies whose head and end are beats of their own: what each of them is on the connection, put together anew for each request.
import type { WireMark, Wire } from '../../replies/draft.ts'
import type { Place } from '../../replies/frames.ts'
import type { Reply } from '../../replies/reply.ts'
import type { Card } from '../card.ts'
import { headOf, type Manner, writeDate } from './heads.ts'
import { CHUNK_END, LAST_CHUNK, type Run, sizeLine } from './runs.ts'

/** What a size begins with that is none. */
const NO_DIGIT = Buffer.from('x')

/** Beats `from` to before `to`. `mayEnd`: the body may end with the last of them. */
export function composeBeats(
  card: Card,
  wire: Wire,
  manner: Manner,
  from: number,
  to: number,
  mayEnd: boolean,
): Run {
  const { frames, marks, places } = card.reply
  const isChunked = manner.isChunked && !manner.headOnly && wire.length === null
  const pieces: Uint8Array[] = []
  const filled: Place[] = []
  const ends: number[] = []
  let at = 0
  let hasEnd = false
  const put = (bytes: Uint8Array): void => {
    pieces.push(bytes)
    at += bytes.byteLength
  }
  for (let i = from; i < to; i++) {
    const mark = marks[i]!.wire
    const frame = frames[i]!
    if (mark?.kind === 'head') {
      put(partOf(datedHead(card, manner), mark))
    } else if (mark?.kind === 'end') {
      hasEnd = mayEnd
      if (hasEnd && isChunked) put(LAST_CHUNK)
    } else if (frame.byteLength > 0 && !manner.headOnly) {
      if (isChunked && mark !== undefined) put(NO_DIGIT)
      if (isChunked) put(sizeLine(frame.byteLength))
      for (const place of places?.[i] ?? []) filled.push({ ...place, at: at + place.at })
      put(frame)
      if (isChunked) put(CHUNK_END)
    }
    ends.push(at)
  }
  return {
    bytes: Buffer.concat(pieces),
    frames: to - from,
    hasEnd,
    places: filled.length > 0 ? filled : null,
    ends,
    headBytes: 0,
    isKept: false,
    second: -1,
  }
}

function datedHead(card: Card, manner: Manner): Uint8Array {
  const head = Buffer.from(headOf(card, manner))
  writeDate(head, Math.floor(Date.now() / 1000))
  return head
}

function partOf(head: Uint8Array, { from, to }: Extract<WireMark, { kind: 'head' }>): Uint8Array {
  return head.subarray(Math.floor(from * head.byteLength), Math.floor(to * head.byteLength))
}

/** Something ends the body in order. */
export function hasEndBeat({ marks }: Pick<Reply, 'marks'>): boolean {
  return marks.at(-1)?.wire?.kind === 'end'
}
