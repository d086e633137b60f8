// The reader of HTTP/1.x heads: what it refuses, and how far it reads.
import { describe, expect, test } from 'bun:test'
import { INCOMPLETE, REFUSED } from '../../src/server/engines/bytes.ts'
import { HeadScanner } from '../../src/server/engines/http1.ts'
import { byteByByte, get, MAX_HEAD_BYTES, read, readOne, refusedAtLast, whole } from './_http1.ts'

describe('heads that are refused, at the first byte that is wrong', () => {
  test.each([
    ['a second empty line', '\r\n\r'],
    ['a bare LF before it', '\n'],
    ['a bare CR before it', '\rG'],
    ['a space before it', ' '],
    ['a TLS handshake', '\x16'],
    ['no method', ' '],
    ['a method that is no token', 'G('],
    ['a method beyond ASCII', 'G\xe9'],
    ['a tab behind the method', 'GET\t'],
    ['no target', 'GET\r'],
    ['two spaces before the target', 'GET  '],
    ['a NUL in the target', 'GET /\0'],
    ['a DEL in the target', 'GET /\x7f'],
    ['a tab in the target', 'GET /a\t'],
    ['an LF behind the target', 'GET /a\n'],
    ['no version', 'GET /a\r'],
    ['two spaces before the version', 'GET /  '],
    ['a version in lower case', 'GET / h'],
    ['a name that is not HTTP', 'GET / HTTQ'],
    ['a version without a point', 'GET / HTTP/11'],
    ['a version of words', 'GET / HTTP/x'],
    ['a long version', 'GET / HTTP/1.10'],
    ['a space behind the version', 'GET / HTTP/1.1 '],
    ['an LF behind the version', 'GET / HTTP/1.1\n'],
    ['a CR alone behind the version', 'GET / HTTP/1.1\rH'],
    ['a star without OPTIONS', 'GET * HTTP/1.1\r\n'],
    ['a target that is no path', 'GET a HTTP/1.1\r\n'],
    ['an authority', 'CONNECT a:443 HTTP/1.1\r\n'],
    ['a URL of something else', 'GET ftp://a/ HTTP/1.1\r\n'],
    ['a URL without a host', 'GET http:///a HTTP/1.1\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no host, but almost', 'GET / HTTP/1.1\r\nHos: x\r\nHosts: x\r\nCost: x\r\n\r\n'],
    ['whitespace before the first header', 'GET / HTTP/1.1\r\n '],
    ['a folded header', get('X-A: b\r\n ')],
    ['a header folded with a tab', get('X-A: b\r\n\t')],
    ['a header without a name', get(':')],
    ['a header without a colon', get('X-A\r')],
    ['a space before the colon', get('X-A ')],
    ['a tab before the colon', get('X-A\t')],
    ['a name that is no token', get('X(')],
    ['a name beyond ASCII', get('X\xe9')],
    ['a NUL in a name', get('X\0')],
    ['an LF in a name', get('X\n')],
    ['an LF that ends a value', get('X-A: b\n')],
    ['a CR in a value', get('X-A: b\rc')],
    ['two CRs behind a value', get('X-A: b\r\r')],
    ['a NUL in a value', get('X-A: b\0')],
    ['a control character in a value', get('X-A: \x1f')],
    ['a DEL in a value', get('X-A: \x7f')],
    ['an LF that ends the head', get('\n')],
    ['a CR alone at the end', get('\rG')],
    ['a length that is empty', get('Content-Length:\r\n')],
    ['a length with a sign', get('Content-Length: +2\r\n')],
    ['a negative length', get('Content-Length: -1\r\n')],
    ['a length in hexadecimal', get('Content-Length: 0x2\r\n')],
    ['a length with a fraction', get('Content-Length: 2.0\r\n')],
    ['a length with a space within', get('Content-Length: 1 2\r\n')],
    ['a list of lengths', get('Content-Length: 2, 2\r\n')],
    ['a length of 2^53', get('Content-Length: 9007199254740992\r\n')],
    ['a length beyond 2^64', get('Content-Length: 18446744073709551618\r\n')],
    ['a length of a thousand digits', get(`Content-Length: ${'9'.repeat(1000)}\r\n`)],
    ['two lengths', get('Content-Length: 2\r\nContent-Length: 2\r\n')],
    ['two lengths of nothing', get('Content-Length: 0\r\nContent-Length: 0\r\n')],
    ['both lengths', get('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n')],
    ['both lengths, the other way round', get('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n')],
    ['chunked twice', get('Transfer-Encoding: chunked, chunked\r\n')],
    ['chunked in two lines', get('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
    ['another coding', get('Transfer-Encoding: identity\r\n')],
    ['a coding before chunked', get('Transfer-Encoding: gzip, chunked\r\n')],
    ['a coding behind chunked', get('Transfer-Encoding: chunked, identity\r\n')],
    ['almost chunked', get('Transfer-Encoding: xchunked\r\n')],
    ['chunked with a parameter', get('Transfer-Encoding: chunked;q=1\r\n')],
    ['an empty coding', get('Transfer-Encoding:\r\n')],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n'],
  ])('400: %s', (_, text) => {
    const { status, reason } = refusedAtLast(text)
    expect(status).toBe(400)
    expect(reason.length).toBeGreaterThan(20)
  })

  test.each([
    ['a version from the future', 'GET / HTTP/9.1\r\n', 505, 'HTTP/1.1'],
    ['a minor version from the future', 'GET / HTTP/1.2\r\n', 505, 'HTTP/1.1'],
    ['HTTP/0.9, spelled out', 'GET / HTTP/0.9\r\n', 505, 'HTTP/1.1'],
    ['HTTP/2 in the words of HTTP/1.1', 'GET / HTTP/2.0\r\n', 505, '--engine bun'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n', 505, '--engine bun'],
    ['a folded header', get('X-A: b\r\n\t'), 400, 'must not begin with whitespace'],
    ['a space before the colon', get('X-A '), 400, 'a colon directly behind it'],
    ['a bare LF', get('X-A: b\n'), 400, 'CRLF'],
    ['a bare CR', get('X-A\r'), 400, 'CRLF'],
    ['a control character', get('X-A: b\x01'), 400, 'control characters'],
    ['an unknown expectation', get('Expect: tea\r\n'), 417, '100-continue'],
    ['two expectations in a line', get('Expect: 100-continue, tea\r\n'), 417, '100-continue'],
    ['an empty expectation', get('Expect:\r\n'), 417, '100-continue'],
  ])('%s', (_, text, status, reason) => {
    const refusal = refusedAtLast(text)
    expect(refusal.status).toBe(status)
    expect(refusal.reason).toContain(reason)
  })

  test('a head may have as many bytes as said, and no more', () => {
    const bare = get('X-A: \r\n\r\n')
    const filled = (bytes: number): string => get(`X-A: ${'x'.repeat(bytes - bare.length)}\r\n\r\n`)
    expect(readOne(filled(MAX_HEAD_BYTES), ['x-a']).headers['x-a']).toHaveLength(MAX_HEAD_BYTES - bare.length)
    expect(readOne(`\r\n${filled(MAX_HEAD_BYTES)}`).end).toBe(MAX_HEAD_BYTES + 2)
    // Refused with the byte that could have been the last one.
    const tooLong = filled(MAX_HEAD_BYTES + 1)
    expect(refusedAtLast(tooLong.slice(0, MAX_HEAD_BYTES)).status).toBe(431)
    expect(JSON.parse(read(whole(tooLong)).outcome).status).toBe(431)
    // What is wrong behind that is not looked at.
    expect(JSON.parse(read(whole(`${tooLong.slice(0, MAX_HEAD_BYTES)}\0`)).outcome).status).toBe(431)
    for (const start of ['x', 'GET /', get('x')]) {
      expect(JSON.parse(read(whole(start + 'x'.repeat(MAX_HEAD_BYTES))).outcome).status).toBe(431)
    }
  })

  test.each([
    ['whole', whole],
    ['byte by byte', byteByByte],
  ])('the next request is read as strictly, and as afresh: %s', (_, cut) => {
    const lines = 'X-A: b\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n'
    const first = `\r\nGET / HTTP/1.1\r\n${lines}\r\na`
    expect(read(cut(`${first}\n`))).toMatchObject({ outcome: expect.stringContaining('method') })
    expect(read(cut(`${first}GET / HTTP/1.1\r\n\r\n`))).toMatchObject({
      outcome: expect.stringContaining('Host'),
    })
    const both = `${first}\r\nPUT / HTTP/1.1\r\nX-B: c\r\nhost: y\r\n\r\n`
    const { requests } = read(cut(both), ['host', 'x-a', 'x-b'])
    expect(requests[1]).toEqual({
      ...{ method: 'PUT', target: '/', minor: 1, length: 0, keepAlive: true, expectsContinue: false },
      ...{ headers: { host: 'y', 'x-a': null, 'x-b': 'c' }, payload: '', end: both.length },
    })
  })

  test('no byte behind the end is looked at', () => {
    const head = new HeadScanner(MAX_HEAD_BYTES)
    expect(head.scan(Buffer.from('\r'), 0, 0)).toBe(INCOMPLETE)
    expect(head.scan(Buffer.from('G\0'), 0, 1)).toBe(INCOMPLETE)
    const good = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(head.scan(good, 0, good.length)).toBe(good.length)
    expect(head.method).toBe('GET')
  })

  test('the longest body that can be declared', () => {
    const { requests } = read(whole(get('Content-Length: 9007199254740991\r\n\r\n')))
    expect(requests[0]!.length).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('what has been refused stays refused until it is reset', () => {
    const head = new HeadScanner(MAX_HEAD_BYTES)
    const good = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(head.scan(Buffer.from('\n'), 0, 1)).toBe(REFUSED)
    expect(head.scan(good, 0, good.length)).toBe(REFUSED)
    head.reset()
    expect(head.scan(good, 0, good.length)).toBe(good.length)
    expect(head.refusal).toBeNull()
  })
})

test('a trickled head of 64 KB has each byte read a few times at most', () => {
  const lines = `${'x'.repeat(1000)}: ${'y'.repeat(20_000)}\r\n`.repeat(3)
  const text = Buffer.from(`GET /${'t'.repeat(2000)} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`)
  let reads = 0
  const watched = new Proxy(text, {
    get(target, key) {
      if (typeof key === 'string' && key >= '0' && key < ':') reads++
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const head = new HeadScanner(MAX_HEAD_BYTES)
  let incomplete = 0
  for (let end = 1; end < text.length; end++) if (head.scan(watched, 0, end) === INCOMPLETE) incomplete++
  expect(incomplete).toBe(text.length - 1)
  expect(head.scan(watched, 0, text.length)).toBe(text.length)
  expect(reads).toBeLessThan(3 * text.length)
})
