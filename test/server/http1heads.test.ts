// The reader of HTTP/1.x heads: what it accepts.
import { describe, expect, test } from 'bun:test'
import { get, read, readOne, type Seen, whole } from './_http1.ts'

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
