// AWS's event stream as its own codec reads it: it refuses a message whose lengths or checksums are wrong.
import { EventStreamCodec } from '@smithy/eventstream-codec'

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : decoder.decode(bytes as Uint8Array)),
  (text) => encoder.encode(text),
)

export interface Message {
  readonly headers: Readonly<Record<string, unknown>>
  readonly data: string
}

/** The messages in these bytes. */
export function messagesIn(bytes: Uint8Array): Message[] {
  const messages: Message[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)
    const { headers, body } = codec.decode(bytes.subarray(at, at + length))
    const values = Object.entries(headers).map(([name, { value }]) => [name, value] as const)
    messages.push({ headers: Object.fromEntries(values), data: decoder.decode(body) })
    at += length
  }
  return messages
}
