// Which replies a client may well ask for again: every kind of fault is one or the other.
import { describe, expect, test } from 'bun:test'
import { faultKinds } from '../../src/config/faults.ts'
import { hasFailed } from '../../src/stats/traces.ts'
import { trace } from './_traces.ts'

/** What these do is told by status, by `isCut` or by a reset, not by their names. */
const told = ['status', 'refuse', 'hang', 'abort', 'error', 'reset-after']
const broken = [
  'headers-then-hang',
  'garbage:1',
  'truncate-event:1',
  'end:2',
  'bad-chunk:2',
  'wrong-length',
  'no-terminator',
  'cut-head',
]
const isFailure = (given: Parameters<typeof trace>[2]): boolean => hasFailed(trace(1, 0, given))

describe('by what the reply is', () => {
  test.each<[string, Parameters<typeof trace>[2], boolean]>([
    ['as usual', {}, false],
    ['no status', { status: 0 }, true],
    ['399', { status: 399 }, false],
    ['400', { status: 400 }, true],
    ['cut', { isCut: true }, true],
    ['reset', { ending: 'reset' }, true],
    ['left by the client', { did: 'left' }, false],
  ])('%s', (_, given, expected) => expect(isFailure(given)).toBe(expected))
})

describe('by its faults, with status 200', () => {
  test.each(broken)('%s', (pattern) => expect(isFailure({ pattern })).toBe(true))

  test.each(['crlf+bad-chunk:2', 'garbage:1+split:9', 'slow-head:9/s+wrong-length'])(
    'among others: %s',
    (pattern) => expect(isFailure({ pattern })).toBe(true),
  )

  const named = broken.map((pattern) => pattern.split(':')[0]!)
  test.each(Object.keys(faultKinds).filter((kind) => ![...told, ...named].includes(kind)))(
    'not %s, which leaves the text whole',
    (kind) => expect(isFailure({ pattern: `${kind}:1` })).toBe(false),
  )

  test('each of them is in the table', () => {
    for (const kind of [...told, ...named]) expect(Object.keys(faultKinds)).toContain(kind)
  })
})
