import { describe, expect, test } from 'bun:test'
import { parseUrl } from '../../src/config/requests.ts'
import {
  milliseconds,
  parseKey,
  parseListen,
  parseMode,
  parseModels,
  parseRate,
  parseToolName,
  Unacceptable,
  wholeNumber,
  yesOrNo,
} from '../../src/config/parsers.ts'

describe('wholeNumber', () => {
  const parse = wholeNumber(0, 100)
  test.each([
    ['0', 0],
    ['100', 100],
    ['007', 7],
  ])('%j → %j', (text, value) => expect(parse(text)).toBe(value))
  test.each([
    '',
    ' ',
    '-1',
    '+1',
    '101',
    '1.5',
    '1e1',
    '0x10',
    'NaN',
    'Infinity',
    '1_0',
    '99999999999999999999',
    '٣',
  ])('refuses %j', (text) =>
    expect(() => parse(text)).toThrow(new Unacceptable('a whole number from 0 to 100')),
  )
})

describe('milliseconds', () => {
  const parse = milliseconds(1000)
  test.each([
    ['0', 0],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['12.', 12],
    ['1000', 1000],
    ['5ms', 5],
    ['1.5ms', 1.5],
    ['250us', 0.25],
    ['1s', 1000],
    ['.5s', 500],
    ['0.3s', 300],
    ['0.001m', 60],
    ['0h', 0],
  ])('%j → %j', (text, value) => expect(parse(text)).toBe(value))
  test('a unit is exact, and the longest time holds in each', () => {
    const day = milliseconds(86_400_000)
    expect(['1.1s', '20s', '1m', '24h', '1440m', '86400s'].map(day)).toEqual([
      1100, 20_000, 60_000, 86_400_000, 86_400_000, 86_400_000,
    ])
  })
  test.each(['', '.', '-1', '1000.1', '1e2', 'NaN', '1,5', '5 ms', '1.01s', '5sec', 'ms', '5S', '1d'])(
    'refuses %j',
    (text) => expect(() => parse(text)).toThrow(Unacceptable),
  )
})

describe('yesOrNo', () => {
  test.each([
    ['true', true],
    ['1', true],
    ['YES', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['no', false],
  ])('%j → %j', (text, value) => expect(yesOrNo(text)).toBe(value))
  test.each(['', 'maybe', '2'])('refuses %j', (text) => expect(() => yesOrNo(text)).toThrow(Unacceptable))
})

describe('parseAddress', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['localhost:0', 'localhost', 0],
    [':9000', '0.0.0.0', 9000],
    ['9000', '127.0.0.1', 9000],
    ['[::1]:65535', '::1', 65535],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['LocalHost:1', 'localhost', 1],
    ['my_Host.test:1', 'my_host.test', 1],
    ['127.1:1', '127.0.0.1', 1],
    ['0x7f.1:1', '127.0.0.1', 1],
    ['2130706433:1', '127.0.0.1', 1],
    ['0:1', '0.0.0.0', 1],
    ['[0:0:0:0:0:0:0:1]:1', '::1', 1],
    ['[0::0]:1', '::', 1],
    ['[FE80::01%eth0]:80', 'fe80::1%eth0', 80],
    ['[::ffff:127.0.0.1]:1', '127.0.0.1', 1],
    ['[::FFFF:0:0]:1', '0.0.0.0', 1],
    ['256.1.1.1:1', '256.1.1.1', 1], // it will not be found
    ['Foo.1:1', 'foo.1', 1],
  ])('%j → %s port %d', (text, host, port) => expect(parseListen(text)).toEqual({ host, port }))
  test.each([
    '',
    ':',
    'localhost',
    'localhost:',
    'a:b',
    '::1:80',
    '*:80',
    '[::1]',
    '1.2.3.4:65536',
    'http://x:80',
    'a b:1',
    '-1',
  ])('refuses %j', (text) => expect(() => parseListen(text)).toThrow(Unacceptable))
})

describe.each<[(text: string) => unknown, accepted: readonly string[], refused: readonly string[]]>([
  [parseKey, ['', 'sk-1', '!"~'], ['a b', ' ', 'a\tb', 'ä', '\x7f', '(set)']],
  [parseMode, ['600', '0600', '777', '000'], ['', '60', '6000', '1600', '800', '608', '0o600', 'rw-']],
  [parseToolName, ['a', '-_9Z', 'a'.repeat(64)], ['', 'a b', 'ä', 'a.b', 'a'.repeat(65)]],
  [parseModels, ['a', 'a, b', 'a:b,b:a'], ['', 'a,', ',a', ':a', 'a,:b', 'a,a', 'a,b,a', 'a"', 'a\\b']],
  [
    parseRate,
    ['none', '1/s', '1000000/s'],
    ['', '0', '1', '0/s', '1000001/s', '-1/s', '1.5/s', '1/m', '1/S'],
  ],
  [
    parseUrl,
    ['', 'http://h/', 'http://h', 'http://h:1/a?b=c', 'https://h/', 'https://h:1/a'],
    ['h', '/a', 'ws://h/', 'http://h/#a', 'http://', 'http://me@h/', 'http://me:pw@h/'],
  ],
])('parser %#', (parse, accepted, refused) => {
  test.each(accepted)('accepts %j', (text) => expect(parse(text)).toBeDefined())
  test.each(refused)('refuses %j', (text) => expect(() => parse(text)).toThrow(Unacceptable))
})

test('what they make of a text', () => {
  expect([parseRate('none'), parseRate('7/s')]).toEqual([0, 7])
  expect(parseModels(' a , b:1 ')).toEqual(['a', 'b:1'])
  expect([parseUrl(''), parseUrl('http://h:1/a')?.pathname]).toEqual([null, '/a'])
})
