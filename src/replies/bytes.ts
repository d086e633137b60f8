// Bytes and text.

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Of these nothing is written. */
export const NOTHING = new Uint8Array()

export function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}
