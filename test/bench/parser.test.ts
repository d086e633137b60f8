import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Delimiter, ResponseParser } from '../../src/bench/parser.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

/** A chunked response of these chunks. */
function chunked(chunks: readonly string[], head = HEAD, trailer = ''): Buffer {
  const body = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('')
  return Buffer.from(`${head}${body}0\r\n${trailer}\r\n`)
}

/** Feeds bytes cut at the given places, and says what came of it. */
function read(bytes: Buffer, cuts: readonly number[], delimiter: Delimiter = '\n\n') {
  const parser = new ResponseParser(delimiter)
  const body: Buffer[] = []
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  )
  let taken = 0
  for (let i = 1; i < places.length; i++)
    taken += parser.feed(bytes.subarray(places[i - 1], places[i]), (piece) => body.push(Buffer.from(piece)))
  return { parser, taken, body: Buffer.concat(body).toString() }
}

const events = ['data: {"a":1}\n\n', 'data: {"b":"é👋"}\n\n', 'event: x\ndata: 2\n\n', 'data: [DONE]\n\n']

describe('whatever the segments', () => {
  test('status, body and events are the same', () => {
    const anyCuts = fc.array(fc.nat(2000), { maxLength: 40 })
    const anyChunks = fc.array(fc.constantFrom(...events, 'da', 'ta: 1\n', '\n', 'data: 2\n'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(anyChunks, anyCuts, fc.boolean(), (chunks, cuts, trailing) => {
        const filled = chunks.filter((chunk) => chunk !== '')
        const { parser, body, taken } = read(chunked(filled, HEAD, trailing ? 'X-T: 1\r\n' : ''), cuts)
        const text = filled.join('')
        expect(body).toBe(text)
        expect([parser.status, parser.done]).toEqual([200, true])
        expect(parser.events).toBe(text.split('\n\n').length - 1)
        expect(taken).toBe(chunked(filled, HEAD, trailing ? 'X-T: 1\r\n' : '').length)
      }),
      { numRuns: 2000 },
    )
  })

  test('byte by byte, in every line end', () => {
    for (const [delimiter, eol] of [
      ['\n\n', '\n'],
      ['\r\n\r\n', '\r\n'],
      ['\r\r', '\r'],
    ] as const) {
      const bytes = chunked(events.map((event) => event.replaceAll('\n', eol)))
      const { parser } = read(
        bytes,
        Array.from({ length: bytes.length }, (_, i) => i),
        delimiter,
      )
      expect([parser.events, parser.done]).toEqual([4, true])
    }
    const lines = chunked(['{"a":1}\n', '{"b"', ':2}\n'])
    expect(read(lines, [], '\n').parser.events).toBe(2)
  })
})

test('bodies with a length, without one, and empty ones', () => {
  const length = read(Buffer.from('HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhello'), [3, 40])
  expect([length.parser.status, length.parser.done, length.body]).toEqual([500, true, 'hello'])
  const empty = read(Buffer.from('HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n'), [])
  expect(empty.parser.done).toBe(true)
  const open = read(Buffer.from('HTTP/1.0 200 OK\r\n\r\ndata: 1\n\n'), [])
  expect([open.parser.done, open.parser.close(), open.parser.events]).toEqual([false, true, 1])
})

test('interim responses are passed over, and some have no body', () => {
  const bytes = Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), chunked(events)])
  const { parser } = read(bytes, [])
  expect([parser.status, parser.done, parser.events, parser.closes]).toEqual([200, true, 4, false])
  expect(read(Buffer.from('HTTP/1.1 204 No\r\n\r\n'), []).parser.done).toBe(true)
  expect(
    read(Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'), []).parser.closes,
  ).toBe(true)
})

test('what comes behind the response is not taken', () => {
  const bytes = Buffer.concat([chunked(events), Buffer.from('HTTP/1.1 200 OK')])
  expect(read(bytes, []).taken).toBe(chunked(events).length)
})

test('a parser is used over and over', () => {
  const parser = new ResponseParser('\n\n')
  for (let i = 0; i < 3; i++) {
    parser.feed(chunked(events))
    expect([parser.done, parser.events]).toEqual([true, 4])
    parser.reset()
  }
})

test.each([
  ['nonsense', 'nonsense\r\n\r\n', 'no HTTP/1.1 response'],
  ['a chunk of zz bytes', `${HEAD}zz\r\n`, 'a chunk size that is no number'],
  ['a chunk of -5 bytes', `${HEAD}-5\r\n`, 'a chunk size that is no number'],
  ['a chunk without a size', `${HEAD}\r\n`, 'a chunk size that is no number'],
  ['a chunk of 78 GB', `${HEAD}1234567890a\r\n`, 'a chunk size that is no number'],
  ['a size of 2,000 digits', `${HEAD}${'1'.repeat(2000)}`, 'a chunk size that does not end'],
  ['a head of 70 KB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, 'the head of the response does not end'],
])('%s is refused', (_, text, message) => expect(() => read(Buffer.from(text), [])).toThrow(message))

test('closing in the middle is no end', () => {
  const parser = new ResponseParser('\n\n')
  parser.feed(chunked(events).subarray(0, 150))
  expect(parser.close()).toBe(false)
})
