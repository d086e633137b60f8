// What a reply says, piece by piece, whatever the format: text, a tool call's arguments, or reasoning and then text.
import type { Config } from '../config/config.ts'
import type { Ask } from './api.ts'
import { chunkTexts } from './words.ts'

/** What one content chunk carries. Equal pieces are the same object. */
export interface Piece {
  readonly kind: 'text' | 'arguments' | 'reasoning'
  readonly text: string
}

/** The tokens of every prompt: nobody counts them here. */
export const PROMPT_TOKENS = 10

/**
 * The pieces of a reply, one per content chunk. Tool arguments are one JSON object `{"text":"…"}` in pieces (`{}`, in one
 * piece, when there are no chunks). Of reasoning replies the first half is reasoning.
 */
export function contentPieces(
  config: Config,
  { content, text }: Pick<Ask, 'content' | 'text'>,
  chunkCount: number,
): Piece[] {
  const texts = chunkTexts(config, text)
  const circle = (kind: Piece['kind'], escape: (text: string) => string = (text) => text): Piece[] =>
    texts.map((text) => ({ kind, text: escape(text) }))
  const deal = (from: Piece[], count: number, start = 0): Piece[] =>
    Array.from({ length: count }, (_, i) => from[(start + i) % from.length]!)
  switch (content) {
    case 'text':
      return deal(circle('text'), chunkCount)
    case 'reasoning': {
      const reasoning = countReasoning(content, chunkCount)
      return [
        ...deal(circle('reasoning'), reasoning),
        ...deal(circle('text'), chunkCount - reasoning, reasoning),
      ]
    }
    case 'tools': {
      if (chunkCount === 0) return [{ kind: 'arguments', text: '{}' }]
      const pieces = deal(
        circle('arguments', (text) => JSON.stringify(text).slice(1, -1)),
        chunkCount,
      )
      pieces[0] = { kind: 'arguments', text: `{"text":"${pieces[0]!.text}` }
      const last = pieces.length - 1
      pieces[last] = { kind: 'arguments', text: `${pieces[last]!.text}"}` }
      return pieces
    }
  }
}

/** How many of the chunks are reasoning. */
export function countReasoning(content: Ask['content'], chunkCount: number): number {
  return content === 'reasoning' ? Math.ceil(chunkCount / 2) : 0
}

/** All pieces of a kind, put together. */
export function joinPieces(pieces: readonly Piece[], kind: Piece['kind']): string {
  return pieces.map((piece) => (piece.kind === kind ? piece.text : '')).join('')
}

/** A function that computes each value once: equal pieces then cost a pointer, not a text. */
export function remember<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = compute(key)
      known.set(key, value)
    }
    return value
  }
}

/** The place of an id that is fresh in every reply: sixteen digits, patched in the bytes. */
export const ID_PLACE = 'mock0000000000000000'

/** `chatcmpl-mock`, or with unique ids `chatcmpl-` and the place of one. */
export function makeId(config: Config, prefix: string): string {
  return prefix + (config.uniqueIds ? ID_PLACE : 'mock')
}
