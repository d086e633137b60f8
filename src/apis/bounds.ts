// What a JSON text may hold before it is parsed: 16 MB of `[` take 2.9 s to parse and a gigabyte, 16 MB of prose 16 ms.

export const MOST_DEPTH = 512
/** Objects and arrays: a million take 470 ms and a gigabyte. */
export const MOST_CONTAINERS = 100_000
/** Of all kinds: 2,048 texts of a thousand token ids each have as many, and take 30 ms. */
export const MOST_VALUES = 2_100_000

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPENINGS = [0x5b, 0x7b] // [ {
const CLOSINGS = [0x5d, 0x7d] // ] }

/** What a byte outside a text means. */
const MEANING = new Uint8Array(256)
const TEXT = 1
const NEXT = 2
const DOWN = 3
const UP = 4
MEANING[QUOTE] = TEXT
MEANING[COMMA] = NEXT
for (const byte of OPENINGS) MEANING[byte] = DOWN
for (const byte of CLOSINGS) MEANING[byte] = UP

/**
 * Why a JSON text is refused unparsed, or undefined. Whether it is JSON at all is left to the parser. A scan of the bytes, 1 ns each;
 * what is shorter than the depth allowed is not looked at.
 */
export function refuseJson(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength <= MOST_DEPTH) return undefined
  let depth = 0
  let values = 1
  let containers = 0
  for (let at = 0; at < bytes.byteLength; at++) {
    switch (MEANING[bytes[at]!]) {
      case TEXT:
        at = endOfText(bytes, at + 1)
        break
      case NEXT:
        values++
        break
      case DOWN:
        if (++depth > MOST_DEPTH) return `The body is nested more than ${MOST_DEPTH} levels deep.`
        if (++containers > MOST_CONTAINERS)
          return `The body has more than ${MOST_CONTAINERS} objects and arrays.`
        break
      case UP:
        depth--
    }
    if (values > MOST_VALUES) return `The body has more than ${MOST_VALUES} values.`
  }
  return undefined
}

/** Where the quote is that ends a text; behind the last byte if there is none. */
function endOfText(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0
    while (bytes[at - 1 - backslashes] === BACKSLASH && at - 1 - backslashes >= from) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return bytes.byteLength
}
