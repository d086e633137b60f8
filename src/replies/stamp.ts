// Writes a stamp into a frame, in place: constant width, so that nothing is allocated and no other byte moves.

/** Bytes of `00000000@0000000000000000`, where the digits begin and how many there are. */
const SEQUENCE_DIGITS = 8
const TIME_AT = SEQUENCE_DIGITS + 1
const HALF = 100_000_000

/**
 * Writes `sequence` (below 10⁸) and `unixMicros` as decimal digits at byte `at` of `frame`.
 * The time is written in two halves of eight digits, because integer arithmetic is exact and fast only up to 2³¹.
 */
export function writeStamp(frame: Uint8Array, at: number, sequence: number, unixMicros: number): void {
  const high = Math.floor(unixMicros / HALF)
  writeDigits(frame, at, sequence)
  writeDigits(frame, at + TIME_AT, high)
  writeDigits(frame, at + TIME_AT + SEQUENCE_DIGITS, Math.floor(unixMicros - high * HALF))
}

function writeDigits(frame: Uint8Array, at: number, value: number): void {
  let rest = value | 0
  for (let i = at + SEQUENCE_DIGITS - 1; i >= at; i--) {
    const shorter = (rest / 10) | 0
    frame[i] = 48 + (rest - shorter * 10)
    rest = shorter
  }
}
