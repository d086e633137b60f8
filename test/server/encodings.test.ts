// What is done about the Content-Encoding of a request: every coding, lists of them, and all that can be wrong.
import { describe, expect, test } from 'bun:test'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { acceptedEncodings, createDecoder } from '../../src/server/encodings.ts'

const bytesOf = (text: string): Buffer => Buffer.from(text)
const body = bytesOf(
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Grüße 👋 '.repeat(99) }] }),
)
const ENOUGH = 1 << 20

type Encode = (bytes: Uint8Array) => Buffer
const asked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

/** Each way to write a body, by what the header calls it. */
const encoders: [name: string, encoding: string, Encode][] = [
  ['gzip', 'gzip', gzipSync],
  ['gzip by its old name', 'x-gzip', gzipSync],
  ['deflate as zlib wraps it', 'deflate', deflateSync],
  ['deflate without a wrapping', 'deflate', deflateRawSync],
  ['deflate, stored', 'deflate', (bytes) => deflateRawSync(bytes, { level: 0 })],
  ['br', 'br', brotliCompressSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['zstd with a checksum', 'zstd', (bytes) => zstdCompressSync(bytes, asked)],
]

function decode(encoding: string | null, bytes: Uint8Array, mostBytes = ENOUGH): string | Buffer {
  const decoder = createDecoder(encoding)
  if (decoder === undefined) return 'unsupported'
  const decoded = decoder(bytes, mostBytes)
  return typeof decoded === 'string' ? decoded : Buffer.from(decoded)
}

/** A thousandth of a body of 1 GB. */
const zeros = new Uint8Array(1 << 20)
const flushed = deflateRawSync(zeros, { finishFlush: constants.Z_FULL_FLUSH })

describe.each(encoders)('%s', (_, encoding, encode) => {
  const encoded = encode(body)

  test('is decoded', () => expect(decode(encoding, encoded)).toEqual(body))

  test('of no bytes is no bytes', () => expect(decode(encoding, encode(bytesOf('')))).toEqual(bytesOf('')))

  test('of no bytes is not too large where none are allowed, and one byte is', () => {
    expect(decode(encoding, encode(bytesOf('')), 0)).toEqual(bytesOf(''))
    expect(decode(encoding, encode(bytesOf('a')), 0)).toBe('tooLarge')
  })

  test('may be as large as allowed, and not a byte larger', () => {
    expect(decode(encoding, encoded, body.length)).toEqual(body)
    expect(decode(encoding, encoded, body.length - 1)).toBe('tooLarge')
  })

  test('cut anywhere is broken', () => {
    for (let length = 1; length < encoded.length; length++)
      expect([length, decode(encoding, encoded.subarray(0, length))]).toEqual([length, 'broken'])
  })

  test.each(['garbage', '\0', '\0'.repeat(100)])('followed by %j is broken', (more) =>
    expect(decode(encoding, Buffer.concat([encoded, bytesOf(more)]))).toBe('broken'),
  )

  test('that is something else is broken', () => {
    expect(decode(encoding, body)).toBe('broken')
    for (const [, other, encodeOther] of encoders)
      if (other.replace('x-', '') !== encoding.replace('x-', ''))
        expect([other, decode(encoding, encodeOther(body))]).toEqual([other, 'broken'])
  })
})

describe('several in one body, one behind the other', () => {
  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as [string, Encode][])('%s: all of them', (encoding, encode) => {
    const both = Buffer.concat([encode(bytesOf('one, ')), encode(bytesOf('two'))])
    expect(decode(encoding, both)).toEqual(bytesOf('one, two'))
    expect(decode(encoding, both, 8)).toEqual(bytesOf('one, two'))
    expect(decode(encoding, both, 7)).toBe('tooLarge')
    expect(decode(encoding, both.subarray(0, -1))).toBe('broken')
  })

  test('zstd: what is to be skipped is', () => {
    const skipped = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const encoded = zstdCompressSync(body)
    expect(decode('zstd', Buffer.concat([skipped, encoded, skipped]))).toEqual(body)
    expect(decode('zstd', Buffer.concat([encoded, skipped.subarray(0, -1)]))).toBe('broken')
  })
})

describe('frames of zstd that no compressor here makes', () => {
  /** A block that says `a` five times in one byte, the last one. */
  const block = [(5 << 3) | 3, 0, 0, 0x61]
  test.each([
    ['its size in one byte', [0x20, 5]],
    ['a window and no size', [0x00, 0x00]],
    ['a window and a size of four bytes', [0x80, 0x00, 5, 0, 0, 0]],
    ['a size of eight bytes', [0xe0, 5, 0, 0, 0, 0, 0, 0, 0]],
    ['the id of no dictionary in one byte', [0x21, 0, 5]],
    ['the id of no dictionary in two', [0x22, 0, 0, 5]],
    ['the id of no dictionary in four', [0x23, 0, 0, 0, 0, 5]],
  ])('%s', (_, head) => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...head, ...block])
    expect(decode('zstd', Buffer.concat([frame, frame]))).toEqual(bytesOf('aaaaaaaaaa'))
    expect(decode('zstd', Buffer.concat([frame, frame.subarray(0, -1)]))).toBe('broken')
  })
})

describe('headers', () => {
  const once = gzipSync(body)
  const twice = brotliCompressSync(once)

  test.each<[string | null, Uint8Array, string | Buffer]>([
    [null, body, body],
    ['', body, body],
    [' ', body, body],
    ['identity', body, body],
    ['Identity, , identity,', body, body],
    ['GZip', once, body],
    ['\tgzip ', once, body],
    ['identity, gzip', once, body],
    ['gzip, br', twice, body],
    ['GZIP,BR', twice, body],
    [' gzip ,\t, br ', twice, body],
    ['br, gzip', twice, 'broken'],
    ['br', twice, once],
    ['gzip', twice, 'broken'],
    ['x-gzip, deflate, br, zstd', zstdCompressSync(brotliCompressSync(deflateSync(once))), body],
    ['gzip, gzip, gzip, gzip, gzip', once, 'unsupported'],
    ['compress', once, 'unsupported'],
    ['gzip, compress', once, 'unsupported'],
    ['gzip;q=1', once, 'unsupported'],
    ['gzip br', once, 'unsupported'],
    ['*', once, 'unsupported'],
    ['utf-8', body, 'unsupported'],
    ['constructor', body, 'unsupported'],
    ['__proto__', body, 'unsupported'],
  ])('%j', (encoding, bytes, expected) => expect(decode(encoding, bytes)).toEqual(expected))

  test('a body that was never sent is empty, whatever it is called', () => {
    for (const encoding of [null, 'identity', 'gzip', 'deflate', 'br', 'zstd', 'gzip, br'])
      expect(decode(encoding, new Uint8Array())).toEqual(bytesOf(''))
    expect(decode('compress', new Uint8Array())).toBe('unsupported')
  })

  test('what is not encoded may be as large as allowed, and not a byte larger', () => {
    expect(decode(null, body, body.length)).toEqual(body)
    expect(decode(null, body, body.length - 1)).toBe('tooLarge')
  })

  test('names are for an Accept-Encoding header, and each of them is decoded', () => {
    expect(acceptedEncodings.join(', ')).toBe('gzip, deflate, br, zstd')
    for (const name of acceptedEncodings) expect(createDecoder(name)).toBeFunction()
  })
})

describe('a gigabyte of zeros in a megabyte or less', () => {
  const times = (part: Uint8Array, ...end: Uint8Array[]): Buffer =>
    Buffer.concat([...new Array<Uint8Array>(1024).fill(part), ...end])
  // Not so many for br, whose pieces cannot be put together.
  const brotli = brotliCompressSync(new Uint8Array(256 << 20), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
  })
  const bomb = times(gzipSync(zeros))

  test.each<[string, Uint8Array]>([
    ['gzip', bomb],
    ['deflate', times(flushed, deflateRawSync(bytesOf('')))],
    ['zstd', times(zstdCompressSync(zeros))],
    ['br', brotli],
    ['gzip, gzip', gzipSync(bomb)],
  ])('%s: is too large before it has taken much memory', (encoding, encoded) => {
    expect(encoded.length).toBeLessThan(2 << 20)
    Bun.gc(true)
    const before = process.memoryUsage.rss()
    expect(decode(encoding, encoded, 4 << 20)).toBe('tooLarge')
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 << 20)
  })
})
