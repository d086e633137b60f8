// Every byte there is, in the places of a chunked body where only some may be.
import { expect, test } from 'bun:test'
import { BodyScanner } from '../../src/server/engines/body.ts'
import { CHUNKED, REFUSED } from '../../src/server/engines/bytes.ts'

const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
const isTaken = (text: string): boolean => {
  const body = new BodyScanner()
  body.reset(CHUNKED)
  const raw = Buffer.from(text, 'latin1')
  return body.scan(raw, 0, raw.byteLength) !== REFUSED
}

test.each<[string, (byte: string) => string, RegExp]>([
  ['a size', (byte) => byte, /[\da-f]/i],
  ['behind a digit', (byte) => `1${byte}`, /[\da-f;\r]/i],
  ['behind a size', (byte) => `1\r${byte}`, /\n/],
  ['behind a chunk', (byte) => `1\r\nx${byte}`, /\r/],
  ['the name of an extension', (byte) => `1;${byte}`, /[\w!#$%&'*+.^`|~-]/],
  ['a quoted value', (byte) => `1;a="${byte}`, /[\t -~\x80-\xff]/],
  ['behind a backslash', (byte) => `1;a="\\${byte}`, /[\t -~\x80-\xff]/],
  ['the name of a trailer', (byte) => `0\r\n${byte}`, /[\w!#$%&'*+.^`|~\r-]/],
  ['the value of a trailer', (byte) => `0\r\na:${byte}`, /[\t\r -~\x80-\xff]/],
  ['behind the last line', (byte) => `0\r\n\r${byte}`, /\n/],
])('%s', (_, textOf, allowed) =>
  expect(bytes.filter((byte) => isTaken(textOf(byte)))).toEqual(bytes.filter((byte) => allowed.test(byte))),
)
