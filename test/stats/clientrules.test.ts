// What is objected to in a client, rule by rule, and what is not.
import { describe, expect, test } from 'bun:test'
import { clientRules, MOST_RETRIES } from '../../src/stats/clientrules.ts'
import { judgeClient } from '../../src/stats/clientverdict.ts'
import type { JudgedTrace } from '../../src/stats/traces.ts'
import { trace, traceAt } from './_traces.ts'

import { chain, NOW, rulesOf, told } from './_chains.ts'

test.each<[string, JudgedTrace[], string[]]>([
  ['nothing', [], []],
  ['one that has succeeded', [trace(1, 0)], []],
  ['a retry before its time', [trace(1, 0, told(1000)), trace(2, 500)], ['retried-too-early 0-1,0-2']],
  ['a retry in time', [trace(1, 0, told(1000)), trace(2, 1010)], []],
  ['a timer that is a little fast', [trace(1, 0, told(1000)), trace(2, 991)], []],
  ['one that is too fast', [trace(1, 0, told(1000)), trace(2, 989)], ['retried-too-early 0-1,0-2']],
  ['a retry after a failure that told no time', [trace(1, 0, { status: 429 }), trace(2, 500)], []],
  ['a retry of 401', [trace(1, 0, { status: 401 }), trace(2, 500)], ['retried-in-vain 0-1,0-2']],
  [
    'every one of them',
    [400, 401, 403, 404, 422].flatMap((status, i) => [
      trace(2 * i, 0, { status, fingerprint: String(i) }),
      trace(2 * i + 1, 500, { fingerprint: String(i) }),
    ]),
    ['0,0-1', '2,0-3', '4,0-5', '6,0-7', '8,0-9'].map((ids) => `retried-in-vain 0-${ids}`),
  ],
  ['a retry of 400 that was asked for', [trace(1, 0, { status: 400, shouldRetry: true }), trace(2, 500)], []],
  [
    'a retry that was not wanted',
    [trace(1, 0, { status: 503, shouldRetry: false }), trace(2, 500)],
    ['retried-in-vain 0-1,0-2'],
  ],
  ['many of 400', chain([100, 200, 400], { status: 400 }), ['retried-in-vain 0-0,0-1,0-2,0-3']],
  [
    'a retry that was in vain and one that was not',
    [trace(1, 0, { status: 400 }), trace(2, 500, { status: 503 }), trace(3, 1500)],
    ['retried-in-vain 0-1,0-2'],
  ],
  ['a chain that ends with 400', [trace(1, 0, { status: 503 }), trace(2, 500, { status: 400 })], []],
  ['waits that grow', chain([100, 200, 400]), []],
  ['waits that do not', chain([500, 500, 510]), ['no-back-off 0-0,0-1,0-2,0-3']],
  ['waits that are a little less alike', chain([500, 500, 511]), []],
  ['two waits only', chain([100, 100]), []],
  ['long waits', chain([5000, 5000, 5000]), []],
  ['waits a little less long', chain([4999, 4999, 4999]), ['no-back-off 0-0,0-1,0-2,0-3']],
  ['waits by lot, of which the second is shorter', chain([200, 90, 700]), []],
  ['tiny waits by lot, as few as may come by chance', chain([90, 10, 60, 99]), []],
  ['as many as do not', chain([90, 10, 60, 99, 70]), ['no-back-off 0-0,0-1,0-2,0-3,0-4,0-5']],
  ['one of them not tiny', chain([90, 10, 60, 100, 70]), []],
  ['tiny waits that grow', chain([5, 10, 20, 40, 80]), []],
  ['waits that were told', chain([100, 100, 100], told(100)), []],
  ['waits where a time was told that is over', chain([0, 2, 1], told(0)), ['no-back-off 0-0,0-1,0-2,0-3']],
  [
    'a client that hammers on what only its connection shows',
    chain([50, 51, 49, 55, 50, 52], { pattern: 'bad-chunk:2', chunks: 3 }),
    ['retry-storm 0-0,0-1,0-2,0-3,0-4,0-5,0-6', 'no-back-off 0-0,0-1,0-2,0-3,0-4,0-5,0-6'],
  ],
  ['as many retries as are usual', chain(Array.from({ length: MOST_RETRIES }, (_, i) => 100 * 2 ** i)), []],
  [
    'one more',
    chain(Array.from({ length: MOST_RETRIES + 1 }, (_, i) => 100 * 2 ** i)),
    ['retry-storm 0-0,0-1,0-2,0-3,0-4,0-5,0-6'],
  ],
  ['giving up at once', [trace(1, 0, { status: 503 })], ['gave-up 0-1']],
  ['giving up where it is no use', [trace(1, 0, { status: 400 })], []],
  ['giving up as it was told', [trace(1, 0, { status: 503, shouldRetry: false })], []],
  ['giving up what was to be retried', [trace(1, 0, { status: 400, shouldRetry: true })], ['gave-up 0-1']],
  [
    'giving up after two',
    chain([100]).map((one) => ({ ...one, answer: { ...one.answer, status: 503 } })),
    [],
  ],
  ['failover', [traceAt('a', 1, 0, { status: 503 }), traceAt('b', 2, 100)], []],
  ['failover at once, whatever wait was told', [traceAt('a', 1, 0, told(1000)), traceAt('b', 2, 11)], []],
  ['failover after 401', [traceAt('a', 1, 0, { status: 401 }), traceAt('b', 2, 11)], []],
  ['failover in vain', [traceAt('a', 1, 0, { status: 503 }), traceAt('b', 2, 100, { status: 503 })], []],
  [
    'failover after a retry, back and forth',
    ['a', 'a', 'b', 'b', 'a', 'a', 'b', 'b', 'a', 'a', 'b'].map((upstream, i) =>
      traceAt(upstream, i, 200 * i, told(100)),
    ),
    [],
  ],
  [
    'failover of one that has left',
    [traceAt('a', 1, 0, { status: 0, did: 'left' }), traceAt('b', 2, 100, { status: 503 })],
    [],
  ],
  [
    'another upstream was asked before',
    [traceAt('b', 1, 0), traceAt('a', 2, 100, { status: 503 })],
    ['gave-up 0-2'],
  ],
  [
    'another upstream was asked something else',
    [traceAt('a', 1, 0, { status: 503 }), traceAt('b', 2, 100, { bodySha256: 'b' })],
    ['gave-up 0-1'],
  ],
  [
    'another upstream was asked by another session',
    [traceAt('a', 1, 0, { status: 503, session: 's' }), traceAt('b', 2, 100, { session: 't' })],
    ['gave-up 0-1'],
  ],
  [
    'another upstream was asked with a body that nobody read',
    [traceAt('a', 1, 0, { status: 503, bodySha256: null }), traceAt('b', 2, 100, { bodySha256: null })],
    ['gave-up 0-1'],
  ],
  [
    'a stream that was cut, and came whole from another upstream',
    [
      traceAt('a', 1, 0, { isCut: true, cutText: 'x', chunks: 3 }),
      traceAt('b', 2, 500),
      traceAt('b', 3, 900, { bodySha256: 'b', said: ['x'] }),
    ],
    [],
  ],
  ['a connection that was refused', [trace(1, 0, { status: 0 })], ['gave-up 0-1']],
  ['a reset before anything came', [trace(1, 0, { ending: 'reset', chunks: 0 })], ['gave-up 0-1']],
  ['a head that was cut', [trace(1, 0, { pattern: 'cut-head', chunks: 0 })], ['gave-up 0-1']],
  ['an end without a word in it', [trace(1, 0, { pattern: 'end:0', isCut: true, chunks: 0 })], []],
  [
    'giving up three times, and counting',
    [0, 1, 2].map((i) => trace(i, 500 * i, { status: 503, retryCount: 0 })),
    ['gave-up 0-0', 'gave-up 0-1', 'gave-up 0-2'],
  ],
  [
    'giving up, and later a retry that is too early',
    [
      trace(1, 0, { ...told(1000), retryCount: 0 }),
      trace(2, 1300, { ...told(1000), retryCount: 0 }),
      trace(3, 1330, { retryCount: 1 }),
    ],
    ['retried-too-early 0-2,0-3', 'gave-up 0-1'],
  ],
  ['a reset in the middle', [trace(1, 0, { ending: 'reset', isCut: true, chunks: 3 })], []],
  ['what is still open', [trace(1, 0, { status: 503, did: 'still open', endedAt: null })], []],
  ['a wait that is not over', [trace(1, NOW - 500, told(1000))], []],
  [
    'failures of several at once, of which nobody can tell',
    [trace(1, 0, { status: 503 }), trace(2, 5, { status: 503 })],
    [],
  ],
  [
    'a stream that was cut, taken for whole',
    [
      trace(1, 0, { isCut: true, cutText: 'x', chunks: 3 }),
      trace(2, 500, { fingerprint: 'g', said: ['y', 'x'] }),
    ],
    ['took-cut-for-whole 0-1,0-2'],
  ],
  [
    'the same by another session',
    [
      trace(1, 0, { isCut: true, cutText: 'x', chunks: 3, session: 'a' }),
      trace(2, 500, { fingerprint: 'g', said: ['x'], session: 'b' }),
    ],
    [],
  ],
  [
    'the same text, that has come whole at the second attempt',
    [
      trace(1, 0, { isCut: true, cutText: 'x', chunks: 3 }),
      trace(2, 500),
      trace(3, 900, { fingerprint: 'g', said: ['x'] }),
    ],
    [],
  ],
  [
    'what had come whole before',
    [
      trace(2, 50),
      trace(1, 100, { isCut: true, cutText: 'x', chunks: 3 }),
      trace(3, 900, { fingerprint: 'g', said: ['x'] }),
    ],
    ['took-cut-for-whole 0-1,0-3'],
  ],
  [
    'a silence that a client has left',
    [trace(1, 0, { pattern: 'hang', did: 'left', silentMs: 3000, status: 0 })],
    ['left-in-silence 0-1'],
  ],
  ['no silence', [trace(1, 0, { pattern: 'slow:9/s', did: 'left', silentMs: 99 })], []],
  [
    'replies that nobody has read',
    [
      trace(1, 0, { did: 'left' }),
      trace(2, 900, { fingerprint: 'g' }),
      trace(3, 950, { did: 'left', fingerprint: 'h' }),
    ],
    ['left-unread 0-1,0-3'],
  ],
])('%s', (_, traces, expected) => expect(rulesOf(traces)).toEqual(expected))

test.each([{ status: 503 }, told(0)])('what is given up just now is: %j', (given) =>
  expect(rulesOf([trace(1, 0, given)], 9)).toEqual(['gave-up 0-1']),
)

test('a wait that was told ends', () => {
  const traces = [trace(1, 0, told(1000))]
  expect(rulesOf(traces, 1009)).toEqual([])
  expect(rulesOf(traces, 1010)).toEqual(['gave-up 0-1'])
})

test('every rule has a row above', async () => {
  const source = await Bun.file(import.meta.path).text()
  for (const rule of Object.keys(clientRules)) expect(source).toContain(`'${rule} 0-`)
})

describe('back-off by lot', () => {
  test.each([100, 500, 1000])('with %d ms to begin with is hardly ever blamed', (baseMs) => {
    let state = 7
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const chains = Array.from({ length: 2000 }, () => {
      const waits = Array.from({ length: 3 + Math.floor(random() * 3) }, (_, i) => random() * baseMs * 2 ** i)
      return chain(waits)
    })
    const blamed = chains.filter((traces) => judgeClient(traces, NOW).findings.length > 0)
    expect(blamed.length).toBeLessThan(10)
  })
})
