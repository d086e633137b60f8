// What is asked for: headers, files, and what contradicts itself.
import { describe, expect, test } from 'bun:test'
import { readCalibrateConfig } from '../../src/config/calibrate.ts'
import { Unacceptable } from '../../src/config/parsers.ts'
import { each, formatNames, parseHttpUrl, refuseRequests, requestOptions } from '../../src/config/requests.ts'
import { runToEnd, sourceCommand } from '../_helpers.ts'
import { refusalOf } from './_refusals.ts'

const [http, https] = ['http://127.0.0.1:1/v1', 'https://127.0.0.1:1/v1']

function read(flags: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) {
  return readCalibrateConfig({ url: http, ...flags }, environment)
}

describe('headers', () => {
  test.each([
    ['', []],
    ['A: b', [['A', 'b']]],
    ['A:b', [['A', 'b']]],
    ['A: \tb c \t', [['A', 'b c']]],
    ['A:', [['A', '']]],
    ['A: b: c', [['A', 'b: c']]],
    [
      'A: b\na: c',
      [
        ['A', 'b'],
        ['a', 'c'],
      ],
    ],
    ['Host: other.example', [['Host', 'other.example']]],
    ['X-Content-Length: 1', [['X-Content-Length', '1']]],
  ] as [string, [string, string][]][])('%j', (text, headers) => {
    expect(requestOptions.header.parse(text)).toEqual(headers)
    expect(read({ header: text }).header).toEqual(headers)
  })

  test.each([
    'A',
    ' A: b',
    'A b: c',
    'A : b',
    ': b',
    '\u00e9: b',
    'A: \u00e9',
    'A: \u20ac',
    'A: b\r',
    'A: b\0',
    'A: b\n',
    'A: b\n\nC: d',
    'content-length: 5',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Connection: close',
  ])('%j is refused, and not shown: there may be a key in it', (text) => {
    expect(() => requestOptions.header.parse(text)).toThrow(Unacceptable)
    expect(refusalOf(() => read({ header: text }))).toBe(
      "--header does not accept what was given: it takes 'Name: value', but for headers of the connection and of the body's length",
    )
  })

  test('of the environment are a line each, and a flag beats them all', () => {
    const environment = { MOCK_LLM_HEADER: 'A: b\nC: d' }
    expect(read({}, environment).header).toEqual([
      ['A', 'b'],
      ['C', 'd'],
    ])
    expect(read({ header: 'E: f' }, environment).header).toEqual([['E', 'f']])
  })

  test('may be typed several times, and a bad one ends the program', async () => {
    const args = ['calibrate', '--url', 'http://127.0.0.1:9/v1', '--header', 'A: b', '--header']
    const refused = await runToEnd(sourceCommand, [...args, 'sk-secret'])
    expect(refused.stderr).toStartWith('mock-llm-api: --header does not accept what was given: it takes ')
    expect([refused.code, refused.stderr.includes('secret')]).toEqual([2, false])
    const taken = await runToEnd(sourceCommand, [...args, 'A: c'])
    expect(taken.stderr).toContain('cannot measure http://127.0.0.1:9/v1/chat/completions: cannot connect: ')
    expect(taken.code).toBe(1)
  })
})

test('each takes a text apart by its lines', () => {
  expect(each(Number)('')).toEqual([])
  expect(each(Number)('1\n2')).toEqual([1, 2])
  expect(each((text) => text)('a\n')).toEqual(['a', ''])
})

test.each([
  ['http://h', 'http://h/'],
  ['HTTPS://H:443/v1', 'https://h/v1'],
  ['http://h/%20?a=b', 'http://h/%20?a=b'],
])('the URL %j', (text, href) => expect(parseHttpUrl(text).href).toBe(href))

test.each([
  '',
  ' ',
  'h',
  'h:80',
  '//h/',
  'ws://h/',
  'file:///x',
  'http://u@h/',
  'http://u:p@h/',
  'http://h/#x',
])('no URL: %j', (text) => expect(() => parseHttpUrl(text)).toThrow(Unacceptable))

test('what counts where nothing is said', () => {
  expect(read({})).toMatchObject({
    format: null,
    model: 'mock-model',
    body: '',
    header: [],
    whole: false,
    http2: false,
    insecure: false,
    cacert: '',
  })
})

test.each(formatNames)('the format %s', (format) => expect(read({ format }).format).toBe(format))

test('the model is the first of those in MOCK_LLM_MODEL, which says what is served', () => {
  expect(read({}, { MOCK_LLM_MODEL: 'a,b' }).model).toBe('a')
  expect(read({ model: 'c' }, { MOCK_LLM_MODEL: 'a,b' }).model).toBe('c')
})

describe('what contradicts itself', () => {
  const PEM = 'ca.pem'
  test.each([
    [
      { insecure: 'true', cacert: PEM, url: https },
      '--insecure contradicts --cacert: with it any certificate is taken',
    ],
    [{ body: 'f', model: 'x' }, '--model contradicts --body, which names the model itself'],
    [{ insecure: 'true' }, '--insecure needs a URL that begins with https:'],
    [{ cacert: PEM }, '--cacert needs a URL that begins with https:'],
  ])('%j is refused', (flags, message) => expect(refusalOf(() => read(flags))).toBe(message))

  test.each([
    { insecure: 'true', url: https },
    { cacert: PEM, url: https },
    { body: 'f' },
    { body: 'f', model: 'mock-model' },
    { model: 'x' },
    { url: https, http2: 'true', whole: 'true', rate: '5/s', connections: '3' },
  ])('%j is taken', (flags) => expect(read(flags)).toMatchObject({ url: new URL(flags.url ?? http) }))

  test('of several URLs one with https: is enough', () => {
    const config = read({ url: https, cacert: PEM })
    const urls = [http, https].map((text) => new URL(text))
    expect(() => refuseRequests(config, urls)).not.toThrow()
    expect(refusalOf(() => refuseRequests(config, [urls[0]!, null]))).toBe(
      '--cacert needs a URL that begins with https:',
    )
    expect(refusalOf(() => refuseRequests(config, []))).toStartWith('--cacert needs')
  })
})
