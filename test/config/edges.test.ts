// Names that are near, options that need others, and sums that a computer gets wrong: each with its neighbour on the other side.
import { describe, expect, test } from 'bun:test'
import { calibrateOptions, readCalibrateConfig } from '../../src/config/calibrate.ts'
import { type GivenFlags, misspeltVariables } from '../../src/config/config.ts'
import { readConfig } from '../../src/config/configfile.ts'
import { guardArguments } from '../../src/config/flags.ts'
import { nearNames } from '../../src/config/nearest.ts'
import { options } from '../../src/config/options.ts'
import { parseFaultPlan } from '../../src/config/patterns.ts'
import { requestOptions } from '../../src/config/requests.ts'
import { flagOf } from '../../src/config/table.ts'
import { refusalOf } from './_refusals.ts'

describe('near names', () => {
  const long = 'x'.repeat(64)
  test.each([
    ['64 letters', long, [`${long}y`], [`${long}y`]],
    ['65 letters', `${long}x`, [`${long}xy`], []],
    ['three that begin alike', 'abc', ['abcd', 'abce', 'abcf'], ['abcd', 'abce', 'abcf']],
    ['four that begin alike', 'abc', ['abcd', 'abce', 'abcf', 'abcg'], []],
    ['three letters of it', 'abc', ['abcdefgh'], ['abcdefgh']],
    ['two letters of it', 'ab', ['abcdefgh'], []],
    ['a mistake in three letters', 'abx', ['abc'], []],
    ['a mistake in four', 'abcx', ['abcd'], ['abcd']],
    ['two in five', 'abcxx', ['abcde'], []],
    ['two in six', 'abcdxx', ['abcdef'], ['abcdef']],
    ['three in nine', 'abcdefxxx', ['abcdefghi'], []],
    ['three in ten', 'abcdefgxxx', ['abcdefghij'], ['abcdefghij']],
    ['four in ten', 'abcdefxxxx', ['abcdefghij'], []],
  ])('%s: %s', (_, text, names, near) => expect(nearNames(text, names)).toEqual(near))
})

describe('what goes together', () => {
  test.each([
    [{ tlsKey: 'k' }, '--tls-cert and --tls-key go together: give --tls-cert as well'],
    [{ tlsCert: 'c' }, '--tls-cert and --tls-key go together: give --tls-key as well'],
    [{ listen: 'none', socket: 's', tls: 'true' }, '--listen none leaves nothing to serve TLS on'],
    [
      { listen: 'none', socket: 's', tlsCert: 'c', tlsKey: 'k' },
      '--listen none leaves nothing to serve TLS on: a socket is in clear text',
    ],
    [{ listen: 'none' }, '--listen none needs --socket: there is nothing to listen on'],
    [
      { listen: 'none', socket: 's', workers: '2' },
      '--listen none with --workers 2: a socket is served by one',
    ],
  ] as [GivenFlags, string][])('%j is refused', (flags, refusal) =>
    expect(refusalOf(() => readConfig({ flags, environment: {} }))).toStartWith(refusal),
  )

  test.each([
    { tlsCert: 'c', tlsKey: 'k' },
    { socket: 's', tls: 'true' },
    { listen: 'none', socket: 's', workers: '1' },
  ])('%j is taken', (flags) =>
    expect(readConfig({ flags, environment: {} }).run).toMatchObject({ socket: flags.socket ?? '' }),
  )
})

const own = ['chunkCount', 'chunkDelayMs', 'ttftMs', 'engine', 'workers']
const url = 'http://127.0.0.1:1/v1'
const secured = 'https://127.0.0.1:1/v1'

test.each(Object.keys(calibrateOptions))('calibrate: --%s beside --url, and without it', (name) => {
  const isSwitch = 'value' in calibrateOptions[name as keyof typeof calibrateOptions] === false
  const texts: Readonly<Record<string, string>> = {
    engine: 'socket',
    rate: '5/s',
    url,
    format: 'gemini',
    header: 'A: b',
  }
  const text = texts[name] ?? (isSwitch ? 'true' : '7')
  const needsUrl =
    ['connections', 'rate', 'expectDelayMs', 'expectTtftMs'].includes(name) || name in requestOptions
  const flag = flagOf(name)
  const alone = refusalOf(() => readCalibrateConfig({ [name]: text }, {}))
  const beside = refusalOf(() =>
    readCalibrateConfig({ url: secured, [name]: text, ...(name === 'url' && { url }) }, {}),
  )
  expect(alone).toStartWith(needsUrl ? `${flag} needs --url` : 'accepted: ')
  expect(beside).toStartWith(
    own.includes(name) ? `${flag} is about our own server, and --url names another` : 'accepted: ',
  )
})

test.each(['tcp://10.0.0.1:80', 'udp://10.0.0.1:53', 'sctp://10.0.0.1:1'])(
  'MOCK_LLM_PORT that Kubernetes has set to %s is not warned of',
  (text) => {
    expect(misspeltVariables([options], { MOCK_LLM_PORT: text })).toEqual([])
    expect(misspeltVariables([options], { MOCK_LLM_PORT: '8080' })).toEqual([
      ['MOCK_LLM_PORT', 'MOCK_LLM_LISTEN'],
    ])
  },
)

test.each([
  ['-5', true],
  ['-.5', true],
  ['-0.5', true],
  ['-w', false],
])('--chunk-delay-ms %s: a value, if a bad one: %j', (text, isValue) => {
  const read = (): unknown => guardArguments(['-d', text], options)
  if (isValue) expect(read()).toEqual([`--chunkDelayMs=${text}`])
  else expect(read).toThrow('--chunk-delay-ms needs a value')
})

test.each([[[21.35, 21.35, 21.35, 35.95]], [[22.1, 22.1, 22.1, 33.7]], [[0.1, 0.2, 99.7]]])(
  'rates whose sum a computer makes more than 100 %%: %j',
  (rates) => {
    const text = rates.map((rate, i) => `abort:${i}@${rate}%`).join(',')
    expect(parseFaultPlan(text).entries).toHaveLength(rates.length)
  },
)
