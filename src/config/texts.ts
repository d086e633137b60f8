// What replies say. The texts themselves are in apis/words.ts.
import { oneOf } from './parsers.ts'

/** Bytes per content chunk that a kind of text asks for; 0: pieces as they come. */
export const textSizes = { words: 0, unicode: 0, code: 0, short: 1, long: 4096 } as const

export type TextKind = keyof typeof textSizes

/** What replies say: words of a kind, what the user said last, or what a file holds. */
export type TextSource = TextKind | 'echo' | `@${string}`

/** The sources that have a name. */
export const textNames: readonly TextSource[] = [...(Object.keys(textSizes) as TextKind[]), 'echo']

/** `words`, …, `echo`, or `@FILE`. */
export function parseText(given: string): TextSource {
  if (given.startsWith('@') && given.length > 1) return given as `@${string}`
  return oneOf(...textNames, '@FILE')(given) as TextSource
}

/** The words of a text that has no words of its own are the usual ones. */
export function wordsOf(text: TextSource): TextKind {
  return Object.hasOwn(textSizes, text) ? (text as TextKind) : 'words'
}

/** The path of the file that a text is read from, if it is. */
export function fileOf(text: TextSource): string | undefined {
  return text.startsWith('@') ? text.slice(1) : undefined
}

/** The widest character of `unicode`, in bytes of UTF-8. */
const WIDEST = 4

/**
 * The most bytes of text in a reply, 32 MiB: at most doubled by escapes, 64 MiB of the 2 GiB that a string can have. What a request
 * may make of it is bounded in apis/reading/size.ts.
 */
const MAX_REPLY_BYTES = 1 << 25

/** Why replies of such a text cannot be made with these settings, or undefined when they can. */
export function refuseText(
  text: TextKind,
  { chunkCount, chunkBytes }: { readonly chunkCount: number; readonly chunkBytes: number },
): string | undefined {
  const size = textSizes[text] || chunkBytes
  if (chunkCount * size > MAX_REPLY_BYTES)
    return `--chunk-count ${chunkCount} of ${size} bytes of text each make a reply of ${chunkCount * size} bytes: at most ${MAX_REPLY_BYTES} are possible`
  if (text === 'unicode' && size > 0 && size < WIDEST)
    return `--chunk-bytes ${chunkBytes} cannot hold every character of the text 'unicode': it takes at least ${WIDEST}`
  return undefined
}
