// Faults of framing: other lines that say the same.
import { remember, rememberWeakly } from '../apis/remember.ts'
import {
  type Beat,
  type Change,
  type Draft,
  mapBeats,
  mapFrames,
  NO_EVENT,
  type QuickChange,
} from './draft.ts'
import { createJoin, type Frame, frameOf, plainFrame, textOf } from './frames.ts'
import { framings, type LineEnd, rewriteJson } from './framing.ts'
import { pausesAt, type Work } from './work.ts'

const KEEPALIVE = plainFrame(': keepalive\n\n')

/** JSON over several lines of data: line breaks are white space between its tokens, and a client joins the lines with them. */
export function multiline(): Change {
  const spread = rememberWeakly((frame: Frame) =>
    rewriteJson(frame, (json) =>
      isJson(json) ? JSON.stringify(JSON.parse(json), null, 1).replaceAll('\n', '\ndata: ') : json,
    ),
  )
  return function* (draft) {
    return hasLines(draft) ? yield* mapFrames(draft, spread) : draft
  }
}

/** Comments wherever the reply would be silent for longer than `everyMs`. */
export function keepAlive(everyMs: number): Change {
  return function* (draft) {
    if (!hasLines(draft)) return draft
    return yield* fillSilence(draft, everyMs, 0, { frame: KEEPALIVE, mark: NO_EVENT })
  }
}

/** The provider's pings wherever a reply that has begun would be silent for longer than `everyMs`. */
export function ping(everyMs: number): Change {
  return function* (draft) {
    const frame = draft.ping()
    if (frame === null) return draft
    const startMs = draft.beats[0]!.dueMs
    return yield* fillSilence(draft, everyMs, startMs, { frame, mark: { step: 0, events: 1 } })
  }
}

function* fillSilence(
  draft: Draft,
  everyMs: number,
  fromMs: number,
  filling: Pick<Beat, 'frame' | 'mark'>,
): Work<Draft> {
  const beats: Beat[] = []
  let lastMs = fromMs
  for (const beat of draft.beats) {
    for (let dueMs = lastMs + everyMs; dueMs < beat.dueMs; dueMs += everyMs) {
      if (pausesAt(beats.length)) yield
      beats.push({ ...filling, dueMs })
    }
    if (pausesAt(beats.length)) yield
    beats.push(beat)
    lastMs = beat.dueMs
  }
  return { ...draft, beats }
}

/** Lines that end in another way. */
export function endLines(lineEnd: LineEnd): Change {
  const rewrite = rememberWeakly((frame: Frame) => frameOf(textOf(frame).replace(/\r?\n/g, lineEnd)))
  return function* (draft) {
    const { framing } = draft
    const isKnown = framing !== null && framings[framing].lineEnds.includes(lineEnd)
    return isKnown ? yield* mapFrames(draft, rewrite) : draft
  }
}

/** Every event has an id of its own, in the order in which they come. */
export function number(): Change {
  const idOf = remember((event: number) => plainFrame(`id: ${event}\n`))
  return inFront(idOf)
}

/** Before each event come two that say nothing: a client passes over what has no data. */
export function hollow(): Change {
  const frame = plainFrame('event: empty\n\nid: empty\n\n')
  return inFront(() => frame)
}

/** Before all comes how long a client is to wait before it connects again. */
export function advise(ms: number): Change {
  const frame = plainFrame(`retry: ${ms}\n\n`)
  return inFront((event) => (event === 0 ? frame : null))
}

/** What stands in front of each event, by its number. */
function inFront(frameOf: (event: number) => Frame | null): Change {
  const joinOnce = createJoin()
  return function* (draft) {
    if (!hasLines(draft)) return draft
    let event = 0
    return yield* mapBeats(draft, (beat) => {
      const before = beat.mark.events === 0 ? null : frameOf(event++)
      return before === null ? beat : { ...beat, frame: joinOnce([before, beat.frame]) }
    })
  }
}

/** The space behind a field's colon may be left out. */
export function closeUp(): Change {
  const rewrite = rememberWeakly((frame: Frame) =>
    frameOf(textOf(frame).replace(/(^|[\r\n])(event|data|id|retry): /g, '$1$2:')),
  )
  return function* (draft) {
    return hasLines(draft) ? yield* mapFrames(draft, rewrite) : draft
  }
}

/** The last event lacks its empty line: by the standard it is none. */
export function leaveOpen(): QuickChange {
  const rewrite = rememberWeakly((frame: Frame) => frameOf(textOf(frame).replace(/(\r\n|\r|\n)$/, '')))
  return (draft) => {
    const last = draft.beats.findLastIndex(({ mark }) => mark.events > 0)
    if (last < 0 || !hasLines(draft)) return draft
    const beat = draft.beats[last]!
    return { ...draft, beats: draft.beats.with(last, { ...beat, frame: rewrite(beat.frame) }) }
  }
}

/** A byte order mark before all, which a client passes over. */
export function markOrder(): QuickChange {
  const joinOnce = createJoin()
  const mark = plainFrame('\uFEFF')
  return (draft) => {
    if (!hasLines(draft)) return draft
    const first = draft.beats[0]!
    return { ...draft, beats: draft.beats.with(0, { ...first, frame: joinOnce([mark, first.frame]) }) }
  }
}

function hasLines({ framing }: Draft): boolean {
  return framing !== null && framings[framing].hasLines
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
