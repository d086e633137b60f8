// The readers of HTTP/1.x requests: what they accept and refuse, and that it does not matter how the bytes are cut.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BodyScanner } from '../../src/server/engines/body.ts'
import { CHUNKED, INCOMPLETE, REFUSED } from '../../src/server/engines/bytes.ts'
import { HeadScanner } from '../../src/server/engines/http1.ts'

const MAX_HEAD_BYTES = 65_536

interface Seen {
  readonly method: string
  readonly target: string
  readonly minor: number
  readonly length: number
  readonly keepAlive: boolean
  readonly expectsContinue: boolean
  readonly headers: Readonly<Record<string, string | null>>
  payload: string
  /** How many bytes of the connection had been taken when the request ended; -1 while it has not. */
  end: number
}

interface Reading {
  readonly requests: readonly Seen[]
  /** How it ended: between two requests, within one, or refused and why. */
  readonly outcome: string
}

/** Reads what comes on a connection, as an engine does: it keeps nothing but what has come of a partial head. */
function read(segments: readonly Buffer[], names: readonly string[] = []): Reading {
  const head = new HeadScanner(MAX_HEAD_BYTES)
  const body = new BodyScanner()
  const requests: Seen[] = []
  let held = Buffer.alloc(0)
  let inBody = false
  let received = 0
  for (const segment of segments) {
    received += segment.length
    // What is kept lies elsewhere each time.
    const bytes = held.length === 0 ? segment : Buffer.concat([Buffer.alloc(received % 5), held, segment])
    const end = bytes.length
    let at = held.length === 0 ? 0 : received % 5
    held = Buffer.alloc(0)
    while (at < end) {
      if (!inBody) {
        const next = head.scan(bytes, at, end)
        if (next === REFUSED) return { requests, outcome: JSON.stringify(head.refusal) }
        if (next === INCOMPLETE) {
          held = Buffer.from(bytes.subarray(at))
          break
        }
        const { method, target, minor, length, keepAlive, expectsContinue } = head
        const headers = Object.fromEntries(names.map((name) => [name, head.header(name)]))
        requests.push({
          ...{ method, target, minor, length, keepAlive, expectsContinue, headers },
          payload: '',
          end: -1,
        })
        body.reset(length)
        inBody = true
        at = next
      }
      const seen = requests.at(-1)!
      at = body.scan(bytes, at, end, (from, to) => {
        seen.payload += bytes.toString('latin1', from, to)
      })
      if (at === REFUSED) return { requests, outcome: JSON.stringify(body.refusal) }
      if (!body.isComplete) continue
      seen.end = received - (end - at)
      inBody = false
      head.reset()
    }
  }
  return { requests, outcome: inBody || held.length > 0 ? 'within a request' : 'between requests' }
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')]
const byteByByte = (text: string): Buffer[] => [...text].map((byte) => Buffer.from(byte, 'latin1'))

function cutAt(text: string, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % text.length).sort((a, b) => a - b), text.length]
  return cuts.slice(1).map((cut, index) => Buffer.from(text.slice(cuts[index], cut), 'latin1'))
}

/** The one request in a text, which must be complete, however it is cut. */
function readOne(text: string, names: readonly string[] = []): Seen {
  const reading = read(whole(text), names)
  expect(read(byteByByte(text), names)).toEqual(reading)
  expect(reading.outcome).toBe('between requests')
  expect(reading.requests).toHaveLength(1)
  return reading.requests[0]!
}

const NEXT = 'GET /next HTTP/1.1\r\nHost: y\r\n\r\n'

/** Expects that the last byte of a text, and no sooner one, is refused, however it is cut and what was before; returns how. */
function refusedAtLast(text: string): { status: number; reason: string } {
  expect(read(whole(text.slice(0, -1))).outcome).toMatch(/request/)
  const { outcome } = read(whole(text))
  expect(read(byteByByte(text)).outcome).toBe(outcome)
  expect(read(whole(NEXT + text)).outcome).toBe(outcome)
  return JSON.parse(outcome)
}

const get = (headers: string): string => `GET / HTTP/1.1\r\nHost: x\r\n${headers}`
const NAMES = ['host', 'x-a', 'content-type', 'content-length']

describe('heads that are accepted', () => {
  test.each<[string, string, Partial<Seen>]>([
    [
      'nothing but what is needed',
      'GET /health HTTP/1.1\r\nHost: x\r\n\r\n',
      { method: 'GET', target: '/health', minor: 1, length: 0, keepAlive: true, expectsContinue: false },
    ],
    ['an empty line before it', '\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/a' }],
    ['an empty host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', { target: '/' }],
    ['two hosts, which nothing depends on', get('HOST: y\r\n\r\n'), { target: '/' }],
    ['HTTP/1.0, without a host', 'GET / HTTP/1.0\r\n\r\n', { minor: 0, keepAlive: false }],
    [
      'HTTP/1.0 is not kept alive, whatever it says',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      { keepAlive: false },
    ],
    ['a method that is almost known', 'LOST / HTTP/1.1\r\nHost: x\r\n\r\n', { method: 'LOST' }],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', { method: 'BREW' }],
    ['a method in lower case, which is another', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', { method: 'get' }],
    [
      'a method of all characters of a token',
      "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nHost: x\r\n\r\n",
      { method: "!#$%&'*+-.^_`|~09azAZ" },
    ],
    ['a query', 'GET /a?b=c&d=%20 HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/a?b=c&d=%20' }],
    [
      'bytes beyond ASCII in the target',
      'GET /\xe9\x80 HTTP/1.1\r\nHost: x\r\n\r\n',
      { target: '/\xe9\x80' },
    ],
    ['a URL', 'GET http://o.example:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/a?b' }],
    ['a URL of any case', 'GET HTTPS://o/a HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/a' }],
    ['a URL without a path', 'GET http://o.example HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/' }],
    ['a URL with a query alone', 'GET http://o?b HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/?b' }],
    ['a URL of any authority', 'GET http://u@[::1]:x/ HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/' }],
    ['a star', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', { method: 'OPTIONS', target: '*' }],
    ['close', get('Connection: close\r\n\r\n'), { keepAlive: false }],
    ['close in a list', get('CONNECTION:TE ,\tClose\r\n\r\n'), { keepAlive: false }],
    [
      'close in the first of two lines',
      get('Connection: close\r\nConnection: x\r\n\r\n'),
      { keepAlive: false },
    ],
    ['no close, but almost', get('Connection: closed, clos, ,x close\r\n\r\n'), { keepAlive: true }],
    ['no connection header, but as long', get('Connectiox: close\r\n\r\n'), { keepAlive: true }],
    ['an expectation', get('Expect: 100-Continue\r\n\r\n'), { expectsContinue: true }],
    [
      'an expectation in HTTP/1.0, which it does not know',
      'GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n',
      { expectsContinue: false },
    ],
    ['close without whitespace', get('Connection:close\r\n\r\n'), { keepAlive: false }],
    ['no body, declared', get('content-length: 0\r\n\r\n'), { length: 0 }],
  ])('%s', (_, text, expected) => {
    expect(readOne(text)).toMatchObject({ ...expected, end: text.length })
  })

  test.each([
    ['whitespace around a value', 'X-A: \t b c\t \r\n', 'b c'],
    ['no whitespace', 'x-a:b\r\n', 'b'],
    ['an empty value', 'X-A:\r\n', ''],
    ['nothing but whitespace', 'X-A: \t \r\n', ''],
    ['a tab within', 'X-A: b\tc\r\n', 'b\tc'],
    ['colons within', 'X-A: :b:\r\n', ':b:'],
    ['bytes beyond ASCII', 'X-A: \xff\x80\r\n', '\xff\x80'],
    ['two of a name', 'X-A: 1\r\nContent-Type: y\r\nx-a: 2\r\n', '1, 2'],
    ['none', 'X-B: 1\r\nX-AA: 2\r\n', null],
  ])('header: %s', (_, lines, expected) => {
    expect(readOne(get(`${lines}\r\n`), NAMES).headers['x-a']).toBe(expected)
    expect(readOne(`GET / HTTP/1.1\r\n${lines}Host: x\r\n\r\n`, NAMES).headers).toMatchObject({
      'x-a': expected,
      host: 'x',
    })
  })

  test('only letters have a case', () => {
    const text = get('X-_: 1\r\nX-A`: 2\r\n\r\n')
    expect(readOne(text, ['x-_', 'x-\x7f', 'x-a`', 'x-a@']).headers).toEqual({
      'x-_': '1',
      'x-\x7f': null,
      'x-a`': '2',
      'x-a@': null,
    })
  })

  test('a target like the last one is the same, and one like a part of it is not', () => {
    const targets = ['/a/b', '/a/b', '/a', '/a/b', '/a/c', '/a/b/c']
    const text = targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`).join('')
    expect(read(whole(text)).requests.map(({ target }) => target)).toEqual(targets)
  })
})

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

describe('any way of cutting the bytes', () => {
  const bytesOf = (alphabet: string, from: number, to: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: from, maxLength: to })
  const range = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index)).join('')

  const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz"
  const token = bytesOf(TOKEN, 1, 8)
  const space = bytesOf(' \t', 0, 3)
  const value = bytesOf(`\t${range(0x20, 0x7e)}${range(0x80, 0xff)}`, 0, 20).map((text) =>
    text.replace(/^[ \t]+|[ \t]+$/g, ''),
  )
  const path = bytesOf(range(0x21, 0x7e) + range(0x80, 0xff), 0, 20).map((text) => `/${text}`)
  const anyCase = (text: string): fc.Arbitrary<string> =>
    fc.mixedCase(fc.constant(text), { untoggleAll: (lower) => lower })
  const payload = bytesOf(`\r\n0;:${range(0, 0xff)}`, 0, 30)

  /** A header line, and the name and value it stands for. `x-` keeps it apart from those that mean something. */
  const header = fc
    .record({ name: token, before: space, value, after: space })
    .map(({ name, before, value, after }) => ({
      line: `X-${name}:${before}${value}${after}\r\n`,
      name: `x-${name.toLowerCase()}`,
      value,
    }))

  const meaningful = fc
    .record({
      connection: fc.constantFrom(null, 'close', 'keep-alive', 'TE, close', 'upgrade ,\tCLOSE'),
      expects: fc.boolean(),
    })
    .map(({ connection, expects }) => ({
      lines: [
        ...(connection === null ? [] : [`Connection: ${connection}\r\n`]),
        ...(expects ? ['expect:100-continue\r\n'] : []),
      ],
      closes: /close/i.test(connection ?? ''),
      expects,
    }))

  const extension = fc.oneof(
    token.map((name) => `;${name}`),
    fc.tuple(token, token).map(([name, text]) => `;${name}=${text}`),
    fc
      .tuple(token, value)
      .map(([name, text]) => `;${name}="${text.replace(/["\\]/g, (awkward) => `\\${awkward}`)}"`),
  )
  const extensions = fc.array(extension, { maxLength: 2 }).map((all) => all.join(''))
  const chunk = fc
    .record({
      data: payload.filter((data) => data !== ''),
      zeros: fc.nat(3),
      extensions,
      upper: fc.boolean(),
    })
    .map(({ data, zeros, extensions, upper }) => {
      const digits = data.length.toString(16)
      return {
        data,
        text: `${'0'.repeat(zeros)}${upper ? digits.toUpperCase() : digits}${extensions}\r\n${data}\r\n`,
      }
    })

  const body = fc.oneof(
    fc.constant({ line: '', text: '', payload: '', length: 0 }),
    payload.map((text) => ({
      line: `Content-Length: ${text.length}\r\n`,
      text,
      payload: text,
      length: text.length,
    })),
    fc
      .tuple(fc.array(chunk, { maxLength: 3 }), extensions, fc.array(header, { maxLength: 2 }))
      .chain(([chunks, last, trailers]) =>
        anyCase('chunked').map((coding) => ({
          line: `Transfer-Encoding: ${coding}\r\n`,
          text: `${chunks.map(({ text }) => text).join('')}0${last}\r\n${trailers.map(({ line }) => line).join('')}\r\n`,
          payload: chunks.map(({ data }) => data).join(''),
          length: CHUNKED,
        })),
      ),
  )

  const request = fc
    .record({
      stray: fc.constantFrom('', '\r\n'),
      method: fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'), token),
      path,
      origin: fc.constantFrom('', '', 'http://o.example:80', 'HTTPS://o'),
      minor: fc.constantFrom(1, 1, 0),
      headers: fc.array(header, { maxLength: 4 }),
      meaningful,
      body,
    })
    .map(({ stray, method, path, origin, minor, headers, meaningful, body }) => {
      // HTTP/1.0 knows no chunks.
      const sent =
        minor === 0 && body.length === CHUNKED
          ? { ...body, line: '', text: '', payload: '', length: 0 }
          : body
      const lines = [sent.line, ...headers.map(({ line }) => line), 'hOST: x\r\n', ...meaningful.lines].join(
        '',
      )
      const text = `${stray}${method} ${origin}${path} HTTP/1.${minor}\r\n${lines}\r\n${sent.text}`
      const values = Map.groupBy(headers, ({ name }) => name)
      const expected: Seen = {
        method,
        target: path,
        minor,
        length: sent.length,
        keepAlive: minor === 1 && !meaningful.closes,
        expectsContinue: minor === 1 && meaningful.expects,
        headers: {
          host: 'x',
          'x-': null,
          ...Object.fromEntries(
            [...values].map(([name, all]) => [name, all.map(({ value }) => value).join(', ')]),
          ),
        },
        payload: sent.payload,
        end: text.length,
      }
      return { text, expected }
    })

  const cuts = fc.array(fc.nat(), { maxLength: 8 })

  test('what follows the rules is read as it was meant', () => {
    fc.assert(
      fc.property(request, cuts, ({ text, expected }, places) => {
        const all = text + NEXT
        const names = Object.keys(expected.headers)
        const reading = read(whole(all), names)
        expect(reading.outcome).toBe('between requests')
        expect(reading.requests).toHaveLength(2)
        expect(reading.requests[0]).toEqual(expected)
        expect(reading.requests[1]).toMatchObject({
          method: 'GET',
          target: '/next',
          length: 0,
          end: all.length,
        })
        expect(read(byteByByte(all), names)).toEqual(reading)
        expect(read(cutAt(all, places), names)).toEqual(reading)
      }),
      { numRuns: 300 },
    )
  })

  /** One change: bytes flipped, cut out or doubled, or something awkward put in. */
  const mutation = fc.record({
    at: fc.nat(),
    length: fc.nat(8),
    put: fc.oneof(
      fc.constantFrom(
        '',
        '\r\n',
        '\n',
        '\r',
        '\0',
        ' ',
        ':',
        '"',
        ';',
        ',',
        '\xff',
        '0\r\n\r\n',
        '99999999999999999',
      ),
      fc.constantFrom(
        'Transfer-Encoding: chunked\r\n',
        'Content-Length: 3\r\n',
        'Expect: tea\r\n',
        'HTTP/2.0',
      ),
      bytesOf(range(0, 0xff), 1, 1),
    ),
    doubles: fc.boolean(),
  })

  test('what breaks them is refused, or read, in the same way', () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(
        request,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        cuts,
        ({ text }, mutations, places) => {
          let all = text + NEXT
          for (const { at, length, put, doubles } of mutations) {
            const place = at % all.length
            all =
              all.slice(0, doubles ? place + length : place) +
              put +
              all.slice(doubles ? place : place + length)
            if (all === '') return
          }
          const reading = read(whole(all), ['host', 'x-a'])
          expect(read(byteByByte(all), ['host', 'x-a'])).toEqual(reading)
          expect(read(cutAt(all, places), ['host', 'x-a'])).toEqual(reading)
          outcomes.set(reading.outcome, (outcomes.get(reading.outcome) ?? 0) + 1)
        },
      ),
      { numRuns: 600 },
    )
    expect(outcomes.size).toBeGreaterThan(8) // or the mutations would test nothing
  })
})
