// The pieces of one part of a reply: words, or a text of its own. They are made when they are asked for, and what they say together is put
// together without them: of a million words in 1 ms instead of 20.
import type { Config } from '../config/config.ts'
import type { Ask, Own } from './ask.ts'
import { chunkTexts } from './words.ts'

/** What one content chunk carries. Equal pieces are the same object. */
export interface Piece {
  readonly kind: 'text' | 'reasoning' | 'arguments'
  readonly text: string
  /** Which call its arguments belong to. */
  readonly call: number
}

/** One part of a reply: its own pieces, or words, so many of them as its share of what is drawn. */
export interface PartPlan {
  readonly kind: Piece['kind']
  readonly call: number
  readonly own: Own | null
  /** Its words are a free text, and no JSON. */
  readonly isFree: boolean
}

/** All pieces of a part. */
export interface Pieces {
  readonly length: number
  make(): readonly Piece[]
  /** What the first so many say. */
  text(count: number): string
}

/** Pieces that are there. */
export function listed(pieces: readonly Piece[]): Pieces {
  return {
    length: pieces.length,
    make: () => pieces,
    text: (count) => joined(pieces.slice(0, count).map(({ text }) => text)),
  }
}

/** So many that say nothing. */
export function silentPieces({ kind, call }: PartPlan, length: number): Pieces {
  const piece: Piece = { kind, call, text: '' }
  return { length, make: () => new Array<Piece>(length).fill(piece), text: () => '' }
}

/** Those of a text of its own. */
export function ownPieces({ kind, call }: PartPlan, { text, pieces }: Own): Pieces {
  return {
    length: pieces.length,
    make: () => pieces.map((text) => ({ kind, call, text })),
    text: (count) => (count === pieces.length ? text : joined(pieces.slice(0, count))),
  }
}

/**
 * Words, dealt in a circle from the one at `start` on; of a call at least one. Arguments that are no free text are one JSON object `{"text":"…"}`
 * in pieces.
 */
export function wordPieces(
  config: Config,
  words: Ask['text'],
  { kind, call, isFree }: PartPlan,
  start: number,
  count: number,
): Pieces {
  if (!isFree && count === 0) return listed([{ kind, call, text: '{}' }])
  const length = kind === 'arguments' ? Math.max(1, count) : count
  const circle = (): string[] => {
    const texts = chunkTexts(config, words)
    const at = start % texts.length
    const turned = [...texts.slice(at), ...texts.slice(0, at)]
    return isFree ? turned : turned.map((text) => JSON.stringify(text).slice(1, -1))
  }
  return {
    length,
    make: () => {
      const alike = circle().map((text): Piece => ({ kind, call, text }))
      const pieces = Array.from({ length }, (_, i) => alike[i % alike.length]!)
      if (isFree) return pieces
      pieces[0] = { ...pieces[0]!, text: OPENING + pieces[0]!.text }
      pieces[length - 1] = { ...pieces[length - 1]!, text: pieces[length - 1]!.text + CLOSING }
      return pieces
    },
    text: (count) => {
      const texts = circle()
      const rest = texts.slice(0, count % texts.length)
      const said = joined(texts).repeat(Math.floor(count / texts.length)) + joined(rest)
      if (isFree || count === 0) return said
      return OPENING + said + (count === length ? CLOSING : '')
    },
  }
}

const OPENING = '{"text":"'
const CLOSING = '"}'

function joined(texts: readonly string[]): string {
  return texts.join('')
}
