// Faults of the connection: what HTTP/1.1 puts around a reply (head, chunks, end) is beats as well, and these are changed.
// https://www.rfc-editor.org/rfc/rfc9112
import { TRICKLES_PER_SECOND } from '../config/faults.ts'
import {
  type Beat,
  type Change,
  type Draft,
  END,
  indexOfChunk,
  type QuickChange,
  type Wire,
  type WireMark,
} from './draft.ts'
import { NOTHING } from './frames.ts'
import { filtered, mapped, pausesAt, type Work } from './work.ts'

/** So much more is promised than comes. */
const MISSING_BYTES = 100

/** What a head has besides the headers of the reply. */
const PLAIN_HEAD =
  'HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n'

/** The size of one HTTP chunk is no number. Of what is one body there are no chunks. */
export function badChunk(chunk: number): QuickChange {
  return (draft) => {
    if (draft.framing === null) return draft
    const wired = toWire(draft)
    const index = indexOfChunk(wired, chunk)
    const beat = wired.beats[index]!
    const mark = { ...beat.mark, wire: { kind: 'chunk', hasBadSize: true } } as const
    return {
      ...wired,
      beats: wired.beats.with(index, { ...beat, mark }),
      faultMs: Math.min(wired.faultMs, beat.dueMs),
    }
  }
}

/** A length is told, and it is too long. */
export function* wrongLength(draft: Draft): Work<Draft> {
  return broken(toWire(draft), { length: (yield* lengthOf(draft)) + MISSING_BYTES, closes: true })
}

/** What marks the end of the chunks never comes, and the connection ends. */
export function* noTerminator(draft: Draft): Work<Draft> {
  if (draft.framing === null) return draft
  const wired = toWire(draft)
  const beats = yield* filtered(wired.beats, ({ mark }) => mark.wire?.kind !== 'end')
  return broken({ ...wired, beats }, { closes: true })
}

/** The reply is whole, and with it the server has said all that it will say. */
export function earlyFin(draft: Draft): Draft {
  return broken(toWire(draft), { closes: true })
}

/** The head trickles; all else comes later by as long as that takes. */
export function slowHead(bytesPerSecond: number): Change {
  return function* (draft) {
    const bytes = headBytes(draft)
    const pieceBytes = Math.max(1, Math.floor(bytesPerSecond / TRICKLES_PER_SECOND))
    const pieces = Math.ceil(bytes / pieceBytes)
    const headMs = (bytes / bytesPerSecond) * 1000
    const wired = toWire(draft)
    const [head, ...others] = wired.beats
    const { dueMs } = head!
    return {
      ...wired,
      beats: [
        ...Array.from({ length: pieces }, (_, i) =>
          headBeat(i / pieces, (i + 1) / pieces, dueMs + ((i + 1) / pieces) * headMs),
        ),
        ...(yield* mapped(others, (beat) => ({ ...beat, dueMs: beat.dueMs + headMs }))),
      ],
      faultMs: Math.min(wired.faultMs, dueMs),
    }
  }
}

/** Half of the head comes, and the connection ends. */
export function cutHead(draft: Draft): Draft {
  const { dueMs } = draft.beats[0]!
  return broken({ ...toWire(draft), beats: [headBeat(0, 0.5, dueMs)], isPartial: true }, { closes: true })
}

/** The connection is reset `ms` after the request came, unless the reply is over by then. */
export function resetAfter(ms: number): Change {
  return function* (draft) {
    if (draft.beats.at(-1)!.dueMs < ms) return draft
    const wired = toWire(draft)
    const beats = yield* filtered(wired.beats, ({ dueMs }) => dueMs < ms)
    return {
      ...wired,
      // Of what only has to wait for the head the client never sees a byte.
      status: beats.length === 0 ? 0 : wired.status,
      beats: [...beats, { frame: NOTHING, dueMs: ms, mark: END }],
      whole: false, // a reset waits for nothing
      isCut: true,
      isPartial: true,
      ending: 'reset',
      faultMs: Math.min(wired.faultMs, ms),
    }
  }
}

/** A reply whose head and end are beats. What is reset has no end. */
function toWire(draft: Draft): Draft {
  if (draft.wire !== null) return draft
  const { beats } = draft
  const [first, last] = [beats[0]!, beats.at(-1)!]
  const ends = draft.ending === 'reset' ? [] : [wireBeat({ kind: 'end' }, last.dueMs)]
  return {
    ...draft,
    wire: { length: draft.whole ? first.frame.bytes.byteLength : null, closes: false },
    beats: [headBeat(0, 1, first.dueMs), ...beats, ...ends],
  }
}

/** The reply ends otherwise than it should. */
function broken(draft: Draft, wire: Partial<Wire>): Draft {
  const { beats, faultMs } = draft
  return {
    ...draft,
    wire: { ...draft.wire!, ...wire },
    faultMs: Math.min(faultMs, beats.at(-1)!.dueMs),
  }
}

function* lengthOf({ beats }: Draft): Work<number> {
  let sum = 0
  for (let i = 0; i < beats.length; i++) {
    sum += beats[i]!.frame.bytes.byteLength
    if (pausesAt(i)) yield
  }
  return sum
}

/** About how long the head is: what the server adds for one request is not known. */
function headBytes({ headers }: Draft): number {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return PLAIN_HEAD.length + lines.join('').length
}

function headBeat(from: number, to: number, dueMs: number): Beat {
  return wireBeat({ kind: 'head', from, to }, dueMs)
}

function wireBeat(wire: WireMark, dueMs: number): Beat {
  return { frame: NOTHING, dueMs, mark: { step: 0, events: 0, wire } }
}
