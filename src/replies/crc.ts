// The checksum CRC-32, as gzip and PNG have it. https://www.rfc-editor.org/rfc/rfc1952#section-8

const POLYNOMIAL = 0xedb88320

/** What eight more bits of a byte do to the checksum. */
const STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let step = byte
  for (let bit = 0; bit < 8; bit++) step = step & 1 ? (step >>> 1) ^ POLYNOMIAL : step >>> 1
  return step
})

/** The CRC-32 of bytes `from` to before `to`, which follow others whose checksum is `before`. */
export function crc32(bytes: Uint8Array, from: number, to: number, before = 0): number {
  let crc = ~before
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ STEPS[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}
