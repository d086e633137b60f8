// AWS's binary event stream: each event is a message with a prelude, headers, a payload of JSON, and two checksums.
// https://smithy.io/2.0/aws/amazon-eventstream.html
import { remember } from '../apis/remember.ts'
import { crc32 } from './crc.ts'
import { cut, type Frame, frameOf, type Place, textOf } from './frames.ts'

/** The length of the message, that of its headers, and the checksum of both. */
const PRELUDE_BYTES = 12
const PRELUDE_CHECKSUM_AT = 8
const CHECKSUM_BYTES = 4
/** The type of a header whose value is a text. */
const STRING = 7

const encoder = new TextEncoder()

/** AWS's names of errors end so; as the last event of a stream one is an exception. */
const EXCEPTION = /Exception$/

/** The headers of a message, by the name of its event. */
const headersOf = remember((event: string) =>
  encodeHeaders(
    EXCEPTION.test(event)
      ? { ':exception-type': event, ':content-type': 'application/json', ':message-type': 'exception' }
      : { ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' },
  ),
)

function encodeHeaders(headers: Readonly<Record<string, string>>): Uint8Array {
  return Uint8Array.from(
    Object.entries(headers).flatMap(([name, value]) => [
      name.length,
      ...encoder.encode(name),
      STRING,
      value.length >> 8,
      value.length & 0xff,
      ...encoder.encode(value),
    ]),
  )
}

/** One event as a message. */
export function messageOf(data: string, event: string): Frame {
  return encodeMessage(frameOf(data), headersOf(event))
}

/** The same message with other data. */
export function rewriteMessage(frame: Frame, change: (data: string) => string): Frame {
  const { bytes } = frame
  const payloadAt = PRELUDE_BYTES + viewOf(bytes).getUint32(4)
  const payload = cut(frame, payloadAt, bytes.byteLength - CHECKSUM_BYTES)
  return encodeMessage(frameOf(change(textOf(payload))), bytes.subarray(PRELUDE_BYTES, payloadAt))
}

/** The checksum of a message in which something is filled in is a place of its own, behind those. */
function encodeMessage(payload: Frame, headers: Uint8Array): Frame {
  const payloadAt = PRELUDE_BYTES + headers.byteLength
  const checksumAt = payloadAt + payload.bytes.byteLength
  const bytes = new Uint8Array(checksumAt + CHECKSUM_BYTES)
  const view = viewOf(bytes)
  view.setUint32(0, bytes.byteLength)
  view.setUint32(4, headers.byteLength)
  view.setUint32(PRELUDE_CHECKSUM_AT, crc32(bytes, 0, PRELUDE_CHECKSUM_AT))
  bytes.set(headers, PRELUDE_BYTES)
  bytes.set(payload.bytes, payloadAt)
  view.setUint32(checksumAt, crc32(bytes, 0, checksumAt))
  const places = payload.places?.map((place): Place => ({ ...place, at: place.at + payloadAt }))
  if (places === undefined) return { bytes, places: null }
  const summed: Place = { kind: 'summed', at: 0, from: 0, to: checksumAt }
  const checksum: Place = { kind: 'checksum', at: checksumAt, from: 0, to: CHECKSUM_BYTES }
  return { bytes, places: [summed, ...places, checksum] }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
