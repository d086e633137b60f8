// Pieces compressed each by itself are one body: it decompresses to exactly what went in, and each piece can be read as it comes.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib'
import { codings } from '../../src/config/connectionkinds.ts'
import { type Frame, frameOf, plainFrame } from '../../src/replies/frames.ts'
import { marks } from '../../src/apis/marks.ts'
import { finish } from '../../src/replies/work.ts'
import { createCoders } from '../../src/server/coders.ts'
import { createdAt, until } from '../_helpers.ts'

const coders = createCoders(createdAt)
const decompress = { gzip: gunzipSync, br: brotliDecompressSync }
const stream = { gzip: createGunzip, br: createBrotliDecompress }

const frame = (bytes: Uint8Array): Frame => ({ bytes, places: null })
const EVENT =
  'data: {"id":"chatcmpl-mock","object":"chat.completion.chunk","created":1795380000,"model":"mock-model","choices":[{"index":0,"logprobs":null,"finish_reason":null,"delta":{"content":"'

describe.each(codings)('%s', (coding) => {
  const { begin, piece, end } = coders[coding]
  const body = (frames: readonly Frame[]): Buffer =>
    Buffer.concat([begin, ...frames.map(piece), finish(end(frames))])

  const parts = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.string({ unit: 'binary', minLength: 1 }).map((text) => Buffer.from(`${EVENT}${text}"}}]}\n\n`)),
    fc.nat(200_000).map((count) => Buffer.alloc(count + 1, 'the time of the people ')),
    fc.nat(70_000).map((count) => Uint8Array.from({ length: count + 1 }, (_, i) => (i * i * 31) >>> 3)),
  )

  test('any pieces in any order', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (all) => {
        const frames = all.map(frame)
        expect(decompress[coding](body(frames)).equals(Buffer.concat(all))).toBe(true)
      }),
      { numRuns: 150, seed: 4 },
    )
  })

  test('the same pieces, a thousand times', () => {
    const frames = Array.from({ length: 1000 }, (_, i) => plainFrame(`${EVENT}${i % 7}"}}]}\n\n`))
    const compressed = body(frames)
    const whole = frames.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
    expect(decompress[coding](compressed).toString()).toBe(whole)
    expect(compressed.byteLength).toBeLessThan(whole.length)
  })

  test('each can be read when it has come', async () => {
    const decoder = stream[coding]()
    let text = ''
    decoder.on('data', (bytes: Buffer) => (text += bytes.toString()))
    let expected = ''
    decoder.write(begin)
    for (const one of ['first', 'second '.repeat(40), 'third']) {
      decoder.write(piece(plainFrame(one)))
      expected += one
      await until(() => text === expected)
    }
    decoder.destroy()
  })

  test('what would be filled in is the same in every reply: the time is that of the run', () => {
    const { mark } = marks.time
    const frames = [frameOf(`{"at":"${mark}","id":"${marks.id.mark}"}`), frameOf(mark)]
    const before = frames.map(({ bytes }) => bytes.slice())
    const time = new Date(createdAt * 1000).toISOString().replace('Z', '000Z')
    expect(decompress[coding](body(frames)).toString()).toBe(
      `{"at":"${time}","id":"${marks.id.text}"}${time}`,
    )
    expect(frames.map(({ bytes }) => bytes)).toEqual(before) // others fill them in
  })
})
