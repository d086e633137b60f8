// About how much memory prepared replies take, in bytes.

/** A typed array besides its bytes. */
export const ARRAY_BYTES = 64
/** A reply besides its frames. */
export const REPLY_BYTES = 256
/** A frame in a reply: pointers to its bytes and its mark, and the two sums. */
export const FRAME_BYTES = 8 + 8 + 4 + 8
/** An event of what is said: pointers to its frame and its mark. */
export const EVENT_BYTES = 8 + 8
/** The text that a frame was made of is kept with it, in characters of one or two bytes. */
const WITH_TEXT = 3

/** What bytes of their own take. */
export function weightOf(bytes: Uint8Array): number {
  return ARRAY_BYTES + WITH_TEXT * bytes.byteLength
}
