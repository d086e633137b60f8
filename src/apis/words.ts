// The text of every reply.
import type { Config } from '../config/config.ts'
import { type TextKind, textSizes } from '../config/texts.ts'
import { endOfPiece } from './cutting.ts'
import { marks } from './marks.ts'

/**
 * One word or sign per content chunk, each of them one token of OpenAI's tokenizers (cl100k_base and o200k_base), alone and in the
 * running text, so that who counts tokens counts chunks. The first 18, the default count, are one sentence.
 */
const words: readonly string[] = (
  'Hello world, this reply was prepared before you asked, and every word arrives on time.' +
  ' Nothing here is generated, nothing is random, and the next answer is the same.\n'
).split(/(?=[ ,.])/)

/**
 * What naive clients break: characters of two to four bytes, of several code points (joined emoji, flags, combining marks), of scripts
 * without spaces and of scripts that run from right to left; and U+2028, U+2029 and U+0085, which end a line for some and not for SSE or JSON.
 */
const unicode: readonly string[] = [
  'Grüße',
  ' 👋🏽',
  ' 世界',
  '、こんにちは',
  ' — e\u0301',
  ' o\u0308\u0323',
  ' 👩‍👩‍👧‍👦',
  ' 🇩🇪',
  ' שלום',
  ' مرحبا',
  ' नमस्ते',
  ' 한국어',
  ' ½\u2028≤\u2029√2',
  ' 𝒳𐍈',
  ' ไทย',
  ' “so”\u0085',
  ' ❤️‍🔥',
  ' \u200f…\n',
]

/** Source code, for its quotes, backslashes, tabs and line breaks. */
const code: readonly string[] = String.raw`const greet = (name: string): string => {
	const quoted = "\"" + name.replace(/[\\"]/g, '\\$&') + '"'
	return 'Hello, ' + quoted + "!\n" // tabs,	'quotes' and \\ backslashes
}

console.log(greet("C:\\temp\\new"), { data: null, "key": [1, 2.5e-3] })
`.split(/(?<=[\s(])(?=\S)/)

const texts = { words, unicode, code, short: words, long: words } as const satisfies Record<
  TextKind,
  readonly string[]
>

/**
 * The texts of content chunks 0, 1, 2, …, dealt in a circle: pieces as they come (a word each, more or less), or of exactly
 * as many bytes as `chunkBytes` or the kind of text asks for, cut between characters and filled up with spaces where none
 * fits. With `stamp` each starts with the mark of one, and holds nothing else unless `chunkBytes` is larger.
 */
export function chunkTexts(
  { chunkBytes, stamp }: Pick<Config, 'chunkBytes' | 'stamp'>,
  kind: TextKind,
): readonly string[] {
  const key = `${kind} ${chunkBytes} ${stamp}`
  let cut = cutBefore.get(key)
  if (cut === undefined) cutBefore.set(key, (cut = cutTexts(chunkBytes, stamp, kind)))
  return cut
}

/** Kept, since a text is cut for every length of reply, and `long` takes 13 ms. There are as many as settings. */
const cutBefore = new Map<string, readonly string[]>()

function cutTexts(chunkBytes: number, stamp: boolean, kind: TextKind): readonly string[] {
  const bytes = textSizes[kind] || chunkBytes
  if (stamp) {
    const [filling] = cutText(texts[kind].join(''), Math.max(0, bytes - marks.stamp.text.length))
    return [marks.stamp.mark + (filling ?? '')]
  }
  return bytes === 0 ? texts[kind] : cutText(texts[kind].join(''), bytes)
}

const encoder = new TextEncoder()

/** Pieces of exactly `bytes` bytes of an endless repetition of `text`, until the cuts fall where they fell before. */
function cutText(text: string, bytes: number): string[] {
  if (bytes === 0) return []
  const mostPieces = [...text].length
  const pieces: string[] = []
  let at = 0
  do {
    let piece = ''
    let room = bytes
    for (;;) {
      const end = endOfPiece(text, at, room)
      const part = text.slice(at, end)
      piece += part
      room -= encoder.encode(part).length
      at = end % text.length
      if (end < text.length) break
    }
    pieces.push(piece + ' '.repeat(room))
  } while (at > 0 && pieces.length < mostPieces)
  return pieces
}
