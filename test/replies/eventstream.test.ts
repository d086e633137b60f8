// AWS's event stream, message by message, read with its own codec: lengths, headers and both checksums, whatever is filled in.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { type Message, messagesIn } from './_eventstream.ts'
import { play } from './_replies.ts'
import { type MarkKind, marks } from '../../src/apis/marks.ts'
import { crc32 } from '../../src/replies/crc.ts'
import { messageOf, rewriteMessage } from '../../src/replies/eventstream.ts'
import { cut, type Frame, join, textOf } from '../../src/replies/frames.ts'
import { countStamps, Filling } from '../../src/server/patch.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const EVENT = { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' }

describe('crc32', () => {
  test.each([
    ['', 0],
    ['123456789', 0xcbf43926], // what every list of CRCs has to check them with
    ['\0', 0xd202ef8d],
  ])('%j', (text, crc) => expect(crc32(encode(text), 0, encode(text).byteLength)).toBe(crc))

  test('is that of zlib, in one piece or in two, of any bytes in the middle of others', () =>
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), fc.nat(), (bytes, one, other) => {
        const [from, to] = [one % (bytes.length + 1), other % (bytes.length + 1)].toSorted((a, b) => a - b)
        const middle = (from! + to!) >> 1
        const whole = crc32(bytes, from!, to!)
        expect(whole).toBe(zlibCrc32(bytes.subarray(from!, to!)))
        expect(crc32(bytes, middle, to!, crc32(bytes, from!, middle))).toBe(whole)
      }),
    ))
})

describe('a message', () => {
  test('byte by byte', () => {
    const { bytes, places } = messageOf('{}', 'ping')
    const [headers, end] = ['0b3a6576656e742d74797065070004', '0d3a6d6573736167652d747970650700056576656e74']
    const type = '0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e'
    const hex = Buffer.from(bytes).toString('hex')
    expect(hex).toStartWith('0000005c0000004a')
    expect(hex.slice(24, -8)).toBe(`${headers}${Buffer.from('ping').toString('hex')}${type}${end}7b7d`)
    expect(places).toBeNull()
  })

  test('is an event, or an exception where its name is that of one', () => {
    expect(messagesIn(messageOf('{"a":"ü"}', 'chunk').bytes)).toEqual([{ headers: EVENT, data: '{"a":"ü"}' }])
    expect(messagesIn(messageOf('{}', 'throttlingException').bytes)).toEqual([
      {
        headers: {
          ':exception-type': 'throttlingException',
          ':content-type': 'application/json',
          ':message-type': 'exception',
        },
        data: '{}',
      },
    ])
  })

  test('a byte that is changed anywhere is noticed', () => {
    const { bytes } = messageOf('{"text":"Hello"}', 'chunk')
    for (let at = 0; at < bytes.byteLength; at++)
      expect(() => messagesIn(bytes.with(at, bytes[at]! ^ 1))).toThrow()
  })

  test('has other data, and keeps its headers and what is to be filled in', () => {
    const frame = messageOf(`{"text":"${marks.stamp.mark}"}`, 'chunk')
    expect(rewriteMessage(frame, (data) => data)).toEqual(frame)
    const rewritten = rewriteMessage(frame, (data) => `{${data}`)
    expect(rewritten).toEqual(messageOf(`{{"text":"${marks.stamp.mark}"}`, 'chunk'))
    expect(messagesIn(rewriteMessage(frame, () => '').bytes)).toEqual([{ headers: EVENT, data: '' }])
  })
})

describe('what is filled in is summed up', () => {
  const kinds = Object.keys(marks) as MarkKind[]
  const filledIn: Readonly<Record<MarkKind, string>> = {
    id: 'mock\\d{16}',
    stamp: '\\d{8}@1\\d{15} ',
    short: '345687',
    time: '20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
  }
  const data = fc
    .array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...kinds.map((kind) => marks[kind].mark))),
    )
    .map((parts) => JSON.stringify(parts.join('').toWellFormed()))
  const fill = (filling: Filling, { bytes, places }: Frame): Uint8Array => {
    const copy = bytes.slice()
    if (places !== null) filling.fill(copy, places)
    return copy
  }
  const newFilling = (): Filling => new Filling({ high: 12_345_678, low: 9 })

  test('of any message, whole, of several in one write, and in pieces of any size', () =>
    fc.assert(
      fc.property(
        fc.array(data, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 90 }),
        (all, size) => {
          const joined = join(all.map((one) => messageOf(one, 'chunk')))
          const pieces = Array.from({ length: Math.ceil(joined.bytes.byteLength / size) }, (_, i) =>
            cut(joined, i * size, Math.min((i + 1) * size, joined.bytes.byteLength)),
          )
          const filling = newFilling()
          for (const bytes of [
            fill(newFilling(), joined),
            Buffer.concat(pieces.map((piece) => fill(filling, piece))),
          ]) {
            const messages = messagesIn(bytes)
            expect(messages.map(({ headers }) => headers)).toEqual(all.map(() => EVENT))
            for (const [i, { data: said }] of messages.entries())
              expect(said).toMatch(new RegExp(`^${patternOf(all[i]!)}$`, 's'))
          }
        },
      ),
    ))

  /** A text with marks, as it may read when they are filled in. */
  function patternOf(text: string): string {
    const escaped = text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    return kinds.reduce((pattern, kind) => pattern.replaceAll(marks[kind].mark, filledIn[kind]), escaped)
  }

  test('a message that is filled in again, since it was not sent, is summed up anew', () => {
    const filling = newFilling()
    const frame = messageOf(`{"text":"${marks.stamp.mark}"}`, 'chunk')
    fill(filling, join([frame, frame]))
    filling.takeBack(countStamps(frame.places!))
    const [message] = messagesIn(fill(filling, frame))
    expect(message!.data).toMatch(/^\{"text":"00000001@/)
  })

  test('a place of a checksum is no mark of a text', () => {
    const frame = messageOf(`${marks.id.mark}`, 'chunk')
    expect(textOf(cut(frame, frame.bytes.byteLength - 24, frame.bytes.byteLength - 4))).toBe(marks.id.mark)
    expect(frame.places!.map(({ kind }) => kind)).toEqual(['summed', 'id', 'checksum'])
  })
})

describe('faults', () => {
  const PATH = '/model/{model}/converse-stream'
  const framesOf = (pattern: string, flags = {}): Message[][] =>
    play(pattern, flags, PATH).frames.map((frame) => messagesIn(frame))
  const usual = framesOf('ok')
  const ping = { headers: { ...EVENT, ':event-type': 'ping' }, data: '{}' }

  test('the usual reply: a message in each write', () =>
    expect(usual.map(([message]) => message!.headers[':event-type'])).toEqual([
      'messageStart',
      ...Array.from({ length: 4 }, () => 'contentBlockDelta'),
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]))

  test.each(['crlf', 'cr', 'multiline', 'keepalive:20'])('%s makes no difference', (pattern) =>
    expect(framesOf(pattern)).toEqual(usual),
  )

  test.each([
    ['headers-then-hang', [[ping], []]],
    ['abort:0', [usual[0]!, []]],
    ['end:2', [...usual.slice(0, 3), []]],
    ['no-finish', usual.toSpliced(-2, 1)],
    ['no-done', usual.slice(0, -1)],
    ['merge:3', [usual.slice(0, 3).flat(), usual.slice(3, 6).flat(), usual.slice(6).flat()]],
  ])('%s', (pattern, expected) => {
    expect(framesOf(pattern)).toEqual(expected as Message[][])
  })

  test.each([
    ['garbage:1', (data: string) => `{${data}`],
    ['truncate-event:1', (data: string) => data.slice(0, data.length >> 1)],
  ] as const)('%s is a whole message all the same', (pattern, change) => {
    const [message] = usual[2]!
    expect(framesOf(pattern)).toEqual(usual.with(2, [{ ...message!, data: change(message!.data) }]))
  })
})
