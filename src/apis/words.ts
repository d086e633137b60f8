// The text of every reply.
import type { Config } from '../config/config.ts'

/** One word per content chunk. The first 18, the default count, are one sentence. */
const words: readonly string[] = (
  'Hello world and welcome: this reply was prepared before you asked, so every word arrives exactly on time.' +
  ' Nothing here is generated, nothing is random, and the next answer is the same.\n'
).split(/(?= )/)

/**
 * The place of a stamp: an eight-digit sequence number, `@`, the Unix time in microseconds, and a space. Nothing in it is
 * escaped in JSON, so it can be found in the bytes of any format and patched there.
 */
export const STAMP_PLACE = '00000000@0000000000000000 '

/**
 * The texts of content chunks 0, 1, 2, …, dealt in a circle: a word each, or pieces of exactly `chunkBytes` bytes of the
 * same text. With `stamp` each starts with the place of one, and holds nothing else unless `chunkBytes` is larger.
 */
export function chunkTexts({ chunkBytes, stamp }: Pick<Config, 'chunkBytes' | 'stamp'>): readonly string[] {
  if (stamp) return [STAMP_PLACE + pieceOfText(0, Math.max(0, chunkBytes - STAMP_PLACE.length))]
  if (chunkBytes === 0) return words
  const length = words.join('').length
  const pieces = length / greatestCommonDivisor(length, chunkBytes) // then the cuts fall where they fell before
  return Array.from({ length: pieces }, (_, i) => pieceOfText(i * chunkBytes, chunkBytes))
}

/** ASCII, so that characters are bytes. */
function pieceOfText(from: number, bytes: number): string {
  const text = words.join('')
  const start = from % text.length
  return text.repeat(Math.ceil((start + bytes) / text.length)).slice(start, start + bytes)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
