// HTTP/1.1 from raw bytes, whatever the segments that they come in.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type BodySink, ResponseParser } from '../../../src/bench/client/parser.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

/** A chunked response of these chunks. */
function chunked(chunks: readonly string[], head = HEAD, trailer = ''): Buffer {
  const body = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('')
  return Buffer.from(`${head}${body}0\r\n${trailer}\r\n`)
}

const nowhere: BodySink = { body: () => {} }

/** Feeds bytes cut at the given places, to a parser that may have read others before, and says what came of it. */
function read(bytes: Buffer, cuts: readonly number[], parser = new ResponseParser()) {
  const body: Buffer[] = []
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  )
  const sink: BodySink = { body: (all, from, to) => void body.push(Buffer.from(all.subarray(from, to))) }
  let taken = 0
  for (let i = 1; i < places.length; i++) taken += parser.feed(bytes.subarray(places[i - 1], places[i]), sink)
  return { parser, taken, body: Buffer.concat(body).toString() }
}

const events = ['data: {"a":1}\n\n', 'data: {"b":"é👋"}\n\n', 'event: x\ndata: 2\n\n', 'data: [DONE]\n\n']

test('answers one after the other on a connection are read as if each were alone', () => {
  const heads = [
    HEAD,
    HEAD.replace('200', '500'),
    HEAD.replace('Transfer', 'Connection: close\r\nTransfer'),
    HEAD.replace('Content', 'X-A: 1\r\nContent'),
  ]
  const whole = (text: string): Buffer =>
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  const chunks = fc.array(fc.constantFrom(...events, 'x', '\r\n', '0\r\n\r\n', 'a'.repeat(300)), {
    maxLength: 6,
  })
  const answer = fc.oneof(
    fc.tuple(chunks, fc.constantFrom(...heads)).map(([all, head]) => chunked(all, head)),
    fc.constantFrom('', 'hello', 'world').map(whole),
  )
  const turn = fc.tuple(answer, fc.array(fc.nat(2000), { maxLength: 5 }))
  fc.assert(
    fc.property(fc.array(turn, { minLength: 2, maxLength: 6 }), (turns) => {
      const parser = new ResponseParser()
      for (const [bytes, cuts] of turns) {
        parser.reset()
        const again = read(bytes, cuts, parser)
        const alone = read(bytes, [])
        expect([again.body, again.taken]).toEqual([alone.body, bytes.length])
        const { status, head, done, closes } = alone.parser
        expect([parser.status, parser.head, parser.done, parser.closes]).toEqual([status, head, done, closes])
        expect(done).toBe(true)
      }
    }),
    { numRuns: 1000 },
  )
})

describe('whatever the segments', () => {
  test('status and body are the same', () => {
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
        expect(taken).toBe(chunked(filled, HEAD, trailing ? 'X-T: 1\r\n' : '').length)
      }),
      { numRuns: 2000 },
    )
  })

  test('byte by byte', () => {
    const bytes = chunked(events)
    const { parser, body } = read(
      bytes,
      Array.from({ length: bytes.length }, (_, i) => i),
    )
    expect([body, parser.done]).toEqual([events.join(''), true])
  })
})

test('bodies with a length, without one, and empty ones', () => {
  const length = read(Buffer.from('HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhello'), [3, 40])
  expect([length.parser.status, length.parser.done, length.body]).toEqual([500, true, 'hello'])
  const empty = read(Buffer.from('HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n'), [])
  expect(empty.parser.done).toBe(true)
  const open = read(Buffer.from('HTTP/1.0 200 OK\r\n\r\ndata: 1\n\n'), [])
  expect([open.parser.done, open.parser.close(), open.body]).toEqual([false, true, 'data: 1\n\n'])
})

test('interim responses are passed over, and some have no body', () => {
  const bytes = Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), chunked(events)])
  const { parser, body } = read(bytes, [])
  expect([parser.status, parser.done, body, parser.closes]).toEqual([200, true, events.join(''), false])
  expect(read(Buffer.from('HTTP/1.1 204 No\r\n\r\n'), []).parser.done).toBe(true)
  expect(
    read(Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'), []).parser.closes,
  ).toBe(true)
})

test('what comes behind the response is not taken', () => {
  const bytes = Buffer.concat([chunked(events), Buffer.from('HTTP/1.1 200 OK')])
  expect(read(bytes, []).taken).toBe(chunked(events).length)
})

describe('a parser is used over and over', () => {
  const parser = new ResponseParser()

  test.each([
    ['a whole answer', chunked(events), true],
    ['half an answer', chunked(events).subarray(0, 150), false],
    ['half a head', Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n'), false],
    ['half the size of a chunk', Buffer.from(`${HEAD}1`), false],
    ['half a body', Buffer.from('HTTP/1.0 404 No\r\nContent-Length: 5\r\n\r\nhe'), false],
  ])('after %s', (_, bytes, done) => {
    parser.feed(bytes, nowhere)
    expect(parser.done).toBe(done)
    parser.reset()
    expect([parser.status, parser.head, parser.done, parser.closes]).toEqual([0, '', false, false])
    parser.feed(chunked(events), nowhere)
    expect([parser.status, parser.done, parser.closes]).toEqual([200, true, false])
    parser.reset()
  })
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
  const parser = new ResponseParser()
  parser.feed(chunked(events).subarray(0, 150), nowhere)
  expect(parser.close()).toBe(false)
})

test.each([
  ['5\r\nhello', 'hello'],
  ['5;name=value\r\nhello', 'hello'],
  ['5 \r\nhello', 'hello'],
  ['00000005\r\nhello', 'hello'],
  ['A\r\n0123456789', '0123456789'],
  ['f\r\n0123456789abcde', '0123456789abcde'],
  [`1F\r\n${'x'.repeat(31)}`, 'x'.repeat(31)],
  [`1a0\r\n${'x'.repeat(416)}`, 'x'.repeat(416)],
])('the chunk %j', (chunk, text) => {
  const bytes = Buffer.from(`${HEAD}${chunk}\r\n0\r\n\r\n`)
  for (const cuts of [[], Array.from({ length: bytes.length }, (_, i) => i)]) {
    const { parser, body } = read(bytes, cuts)
    expect([body, parser.done]).toEqual([text, true])
  }
})

test.each(['g', '000000005', '5g', '5:', '5x', '/', 'a`', '`'])('a chunk of %j bytes is none', (size) => {
  const bytes = Buffer.from(`${HEAD}${size}\r\nhello`)
  expect(() => read(bytes, [])).toThrow('a chunk size that is no number')
})

test('only the empty line ends the trailer', () => {
  const parser = new ResponseParser()
  parser.feed(Buffer.from(`${HEAD}0\r\nX: 1\r\nYZ\r\n`), nowhere)
  expect(parser.done).toBe(false)
  parser.feed(Buffer.from('\r\n'), nowhere)
  expect(parser.done).toBe(true)
})

describe('a head', () => {
  const OK = 'HTTP/1.1 200 OK'
  test.each([
    // Status, whether the reply is whole after these bytes, and whether the connection ends with it.
    [`${OK}\r\ntransfer-encoding:chunked\r\n\r\n0\r\n\r\n`, 200, true, false],
    [`${OK}\r\nTRANSFER-ENCODING: \tChunked\r\n\r\n0\r\n\r\n`, 200, true, false],
    [`${OK}\r\ncontent-length:2\r\n\r\nhi`, 200, true, false],
    [`${OK}\r\ncontent-length:3\r\n\r\nhi`, 200, false, false],
    [`${OK}\r\nContent-Length: \t0\r\n\r\n`, 200, true, false],
    [`${OK}\r\nconnection:close\r\nContent-Length: 0\r\n\r\n`, 200, true, true],
    [`${OK}\r\nConnection: \tClose\r\nContent-Length: 0\r\n\r\n`, 200, true, true],
    [`${OK}\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n`, 200, true, false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 200, true, true],
    [`${OK}\r\n\r\nhi`, 200, false, false],
    ['HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n', 204, true, false],
    ['HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n', 304, true, false],
    ['HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n', 404, false, false],
    ['HTTP/1.1 100 Go on\r\nConnection: close\r\n\r\n', 100, false, false],
    ['HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200, true, false],
    ['HTTP/1.1 199 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200, true, false],
  ])('%j', (text, status, done, closes) => {
    const bytes = Buffer.from(text)
    for (const cuts of [[], Array.from({ length: bytes.length }, (_, i) => i)]) {
      const { parser, taken } = read(bytes, cuts)
      expect([parser.status, parser.done, parser.closes]).toEqual([status, done, closes])
      expect(taken).toBe(bytes.length)
    }
  })

  test.each([
    [`${OK}\r\nX: ${'x'.repeat(65_536)}`, 'the head of the response does not end'],
    [`${OK}\r\nX: ${'x'.repeat(65_000)}`, null],
    [`${HEAD}5;${'x'.repeat(1023)}`, 'a chunk size that does not end'],
    [`${HEAD}5;${'x'.repeat(1000)}`, null],
    ['HTTP/2 200\r\n\r\n', 'no HTTP/1.1 response: HTTP/2 200'],
    [`SSH-${'x'.repeat(99)}\r\n\r\n`, `no HTTP/1.1 response: SSH-${'x'.repeat(36)}`],
  ])('that does not do: %#', (text, message) => {
    const reading = (): unknown => read(Buffer.from(text), [])
    if (message === null) expect(reading).not.toThrow()
    else expect(reading).toThrow(new Error(message))
  })
})

test.each([
  ['before anything', '', false],
  ['in a head', HEAD.slice(0, 30), false],
  ['before a chunk', HEAD, false],
  ['in a chunk', `${HEAD}5\r\nhe`, false],
  ['behind a chunk', `${HEAD}5\r\nhello\r\n`, false],
  ['in a trailer', `${HEAD}0\r\n`, false],
  ['in a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe', false],
  ['in a body without one', 'HTTP/1.1 200 OK\r\n\r\nhe', true],
  ['at the end', `${HEAD}0\r\n\r\n`, true],
])('a connection that closes %s: an end is %j', (_, text, isEnd) => {
  const { parser } = read(Buffer.from(text), [])
  expect([parser.close(), parser.done]).toEqual([isEnd, isEnd])
})
