// The reader of HTTP/1.x bodies: what it accepts and refuses.
import { describe, expect, test } from 'bun:test'
import { BodyScanner } from '../../src/server/engines/body.ts'
import { CHUNKED, REFUSED } from '../../src/server/engines/bytes.ts'
import { get, readOne, refusedAtLast } from './_http1.ts'

const post = (body: string): string => get(`Transfer-Encoding: chunked\r\n\r\n${body}`)

describe('bodies', () => {
  test.each([
    ['as long as declared', get('Content-Length: 5\r\n\r\nhello'), 'hello'],
    ['with zeros before its length', get('Content-Length: \t005 \r\n\r\nhello'), 'hello'],
    ['declared without whitespace', get('Content-Length:5\r\n\r\nhello'), 'hello'],
    ['chunked without whitespace', get('Transfer-Encoding:chunked\r\n\r\n0\r\n\r\n'), ''],
    ['no chunks', post('0\r\n\r\n'), ''],
    ['chunks', post('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'), 'hello world'],
    ['a coding of any case', get('TRANSFER-encoding:\tChunked \r\n\r\n1\r\na\r\n0\r\n\r\n'), 'a'],
    [
      'sizes of either case',
      post(`A\r\n${'x'.repeat(10)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`),
      'x'.repeat(10) + 'y'.repeat(10),
    ],
    ['sixteen digits', post('0000000000000001\r\na\r\n0000000000000000\r\n\r\n'), 'a'],
    ['payload like framing', post('7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n'), '\r\n0\r\n\r\n'],
    ['extensions', post('1;a;b=c;d="e\\"f;\t\\\\"\r\na\r\n0;x="";y="\xff"\r\n\r\n'), 'a'],
    ['an extension as long as may be', post(`1;${'a'.repeat(4092)}\r\na\r\n0\r\n\r\n`), 'a'],
    ['trailers', post('1\r\na\r\n0\r\nX-A: b\r\nX-B:\r\nContent-Length: 7\r\n\r\n'), 'a'],
    ['trailers as large as may be', post(`0\r\na:${'b'.repeat(65_530)}\r\n\r\n`), ''],
  ])('%s', (_, text, payload) => {
    expect(readOne(text)).toMatchObject({ payload, end: text.length })
  })

  test.each([
    ['no size', post('\r')],
    ['a size that is no number', post('z')],
    ['a size with a sign', post('+')],
    ['a size with a prefix', post('0x')],
    ['a space before a size', post(' ')],
    ['a space behind a size', post('1 ')],
    ['a size of seventeen digits', post('00000000000000000')],
    ['a size of 2^53', post('20000000000000')],
    ['an LF behind a size', post('1\n')],
    ['a CR alone behind a size', post('1\ra')],
    ['an extension without a name', post('1;\r')],
    ['an extension without a name, but a value', post('1;=')],
    ['a space before an extension', post('1; ')],
    ['an extension without a value', post('1;a=\r')],
    ['a value that is no token', post('1;a=(')],
    ['a value that goes on behind its quotes', post('1;a="b"c')],
    ['quotes within a value', post('1;a=b"')],
    ['a CR in quotes', post('1;a="\r')],
    ['an LF in quotes', post('1;a="\n')],
    ['a NUL behind a backslash', post('1;a="\\\0')],
    ['a control character in an extension', post('1;a\x01')],
    ['a line before a chunk that is too long', post(`1;${'a'.repeat(4095)}`)],
    ['the same with quotes', post(`1;a="${'\\"'.repeat(2045)}";`)],
    ['a chunk longer than its size', post('1\r\nab')],
    ['an LF behind a chunk', post('1\r\na\n')],
    ['a CR alone behind a chunk', post('1\r\na\r1')],
    ['a trailer without a name', post('0\r\n:')],
    ['a trailer without a colon', post('0\r\na\r')],
    ['a folded trailer', post('0\r\na: b\r\n ')],
    ['a space before the colon of a trailer', post('0\r\na ')],
    ['a NUL in a trailer', post('0\r\na: \0')],
    ['a trailer that ends in an LF', post('0\r\na: b\n')],
    ['a trailer with a CR', post('0\r\na: b\rc')],
    ['an LF that ends the trailers', post('0\r\n\n')],
    ['a CR alone at the end', post('0\r\n\rG')],
  ])('400: %s', (_, text) => {
    expect(refusedAtLast(text).status).toBe(400)
  })

  test('trailers beyond 64 KB', () => {
    expect(refusedAtLast(post(`0\r\na:${'b'.repeat(65_535)}`)).status).toBe(431)
    expect(refusedAtLast(post(`0\r\n${'a: b\r\n'.repeat(10_922)}a:${'b'.repeat(3)}`)).status).toBe(431)
  })

  test('a long line before a chunk does not count for the next one', () => {
    const line = `1;${'a'.repeat(4092)}\r\n`
    expect(readOne(post(`${line}a\r\n${line}b\r\n0\r\n\r\n`)).payload).toBe('ab')
  })

  test('the longest body is followed, and nothing behind its end is taken', () => {
    const body = new BodyScanner()
    body.reset(Number.MAX_SAFE_INTEGER)
    expect(body.scan(Buffer.alloc(10), 2, 10)).toBe(10)
    expect(body.isComplete).toBe(false)
    body.reset(CHUNKED)
    const chunks = Buffer.from('..1FFFFFFFFFFFFF\r\nabc')
    expect(body.scan(chunks, 2, chunks.length)).toBe(chunks.length)
    body.reset(3)
    expect(body.scan(Buffer.from('abcdef'), 1, 6)).toBe(4)
    expect(body.isComplete).toBe(true)
    expect(body.scan(Buffer.from('abcdef'), 4, 6)).toBe(4)
    body.reset(0)
    expect(body.isComplete).toBe(true)
  })

  test('what has been refused stays refused until it is reset', () => {
    const body = new BodyScanner()
    body.reset(CHUNKED)
    expect(body.scan(Buffer.from('z'), 0, 1)).toBe(REFUSED)
    expect(body.scan(Buffer.from('0\r\n\r\n'), 0, 5)).toBe(REFUSED)
    expect(body.isComplete).toBe(false)
    body.reset(CHUNKED)
    expect(body.scan(Buffer.from('0\r\n\r\n'), 0, 5)).toBe(5)
  })
})
