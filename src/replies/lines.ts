// Faults of framing: other lines that say the same.
import { rememberWeakly } from '../apis/remember.ts'
import { type Beat, type Change, type Draft, mapFrames, NO_EVENT } from './draft.ts'
import { rewriteJson } from './events.ts'
import { type Frame, frameOf, plainFrame, textOf } from './frames.ts'
import { framings, type LineEnd } from './framing.ts'
import { pausesAt } from './work.ts'

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
    const beats: Beat[] = []
    let lastMs = 0
    for (const [i, beat] of draft.beats.entries()) {
      if (pausesAt(i)) yield
      for (let dueMs = lastMs + everyMs; dueMs < beat.dueMs; dueMs += everyMs)
        beats.push({ frame: KEEPALIVE, dueMs, mark: NO_EVENT })
      beats.push(beat)
      lastMs = beat.dueMs
    }
    return { ...draft, beats }
  }
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
