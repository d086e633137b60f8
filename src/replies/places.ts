// Constant-width places in frames: found once at boot, patched in place just before a write, so that nothing is allocated
// and no other byte moves.

/** Where in a frame stamps and ids begin, in bytes. */
export interface Places {
  readonly stamps: readonly number[]
  readonly ids: readonly number[]
}

/** Digits written at once: integer arithmetic is exact and fast only up to 2³¹. */
const DIGITS = 8
const HALF = 10 ** DIGITS
/** Behind the sequence number and the `@` of a stamp, and behind the `mock` of an id. */
const STAMP_TIME_AT = DIGITS + 1
const ID_DIGITS_AT = 4

const decoder = new TextDecoder('latin1') // a character per byte, so that indexes are byte offsets

/** The places of a frame, or null when it has none. */
export function findPlaces(
  frame: Uint8Array,
  stampPlace: string | undefined,
  idPlace: string | undefined,
): Places | null {
  const text = decoder.decode(frame)
  const places = { stamps: indexesOf(text, stampPlace), ids: indexesOf(text, idPlace) }
  return places.stamps.length + places.ids.length > 0 ? places : null
}

function indexesOf(text: string, part: string | undefined): number[] {
  const indexes: number[] = []
  if (part === undefined) return indexes
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) indexes.push(at)
  return indexes
}

/** Writes `sequence` (below 10⁸) and `unixMicros` as decimal digits into the stamp at byte `at`. */
export function writeStamp(frame: Uint8Array, at: number, sequence: number, unixMicros: number): void {
  const high = Math.floor(unixMicros / HALF)
  writeDigits(frame, at, sequence)
  writeDigits(frame, at + STAMP_TIME_AT, high)
  writeDigits(frame, at + STAMP_TIME_AT + DIGITS, Math.floor(unixMicros - high * HALF))
}

/** Writes two numbers below 10⁸ into the id at byte `at`. */
export function writeId(frame: Uint8Array, at: number, high: number, low: number): void {
  writeDigits(frame, at + ID_DIGITS_AT, high)
  writeDigits(frame, at + ID_DIGITS_AT + DIGITS, low)
}

function writeDigits(frame: Uint8Array, at: number, value: number): void {
  let rest = value | 0
  for (let i = at + DIGITS - 1; i >= at; i--) {
    const shorter = (rest / 10) | 0
    frame[i] = 48 + (rest - shorter * 10)
    rest = shorter
  }
}
