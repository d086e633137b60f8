// Which request is the retry of which.
import { describe, expect, test } from 'bun:test'
import { findAttempts } from '../../src/stats/attempts.ts'
import type { JudgedTrace } from '../../src/stats/traces.ts'
import { trace, traceAt } from './_traces.ts'

const open = { did: 'still open', firstByteAt: null, endedAt: null } as const

test.each<[string, JudgedTrace[], string[]]>([
  ['the same after a failure', [trace(1, 0, { status: 429 }), trace(2, 100)], ['0-2 of 0-1']],
  ['in any order', [trace(2, 100), trace(1, 0, { status: 429 })], ['0-2 of 0-1']],
  ['the same after a success', [trace(1, 0), trace(2, 100)], []],
  ['another body', [trace(1, 0, { status: 429 }), trace(2, 100, { fingerprint: 'g' })], []],
  [
    'bodies that were not read',
    [trace(1, 0, { status: 429, fingerprint: '' }), trace(2, 100, { fingerprint: '' })],
    [],
  ],
  ['the same a minute later', [trace(1, 0, { status: 429 }), trace(2, 60_010)], ['0-2 of 0-1']],
  ['the same later than that', [trace(1, 0, { status: 429 }), trace(2, 60_011)], []],
  ['one retry for each', [trace(1, 0, { status: 500 }), trace(2, 100), trace(3, 200)], ['0-2 of 0-1']],
  [
    'a chain',
    [trace(1, 0, { status: 500 }), trace(2, 100, { status: 500 }), trace(3, 200)],
    ['0-2 of 0-1', '0-3 of 0-2'],
  ],
  ['a stream that was cut', [trace(1, 0, { isCut: true }), trace(2, 100)], ['0-2 of 0-1']],
  ['a connection that was reset', [trace(1, 0, { ending: 'reset' }), trace(2, 100)], ['0-2 of 0-1']],
  ['no answer', [trace(1, 0, { status: 0 }), trace(2, 100)], ['0-2 of 0-1']],
  ['what is still under way', [trace(1, 0, { status: 500, ...open }), trace(2, 100)], []],
  [
    'what a client that counts has left',
    [trace(1, 0, { did: 'left' }), trace(2, 100, { retryCount: 1 })],
    ['0-2 of 0-1'],
  ],
  ['what a client that does not count has left', [trace(1, 0, { did: 'left' }), trace(2, 100)], []],
  [
    'counted retries, although others are under way',
    [
      trace(1, 0, { status: 429, retryCount: 0 }),
      trace(2, 5, { status: 429, retryCount: 0 }),
      trace(3, 7, { retryCount: 0, ...open }),
      trace(4, 20, { retryCount: 1 }),
      trace(5, 25, { retryCount: 1 }),
    ],
    ['0-4 of 0-1', '0-5 of 0-2'],
  ],
  [
    'a counted retry of the newest that was given up, not of one before',
    [
      trace(1, 0, { status: 429, retryCount: 0 }),
      trace(2, 1300, { status: 429, retryCount: 0 }),
      trace(3, 1330, { retryCount: 1 }),
    ],
    ['0-3 of 0-2'],
  ],
  [
    'not of one that is still open',
    [
      trace(1, 0, { status: 429, retryCount: 0 }),
      trace(2, 50, { status: 429, retryCount: 0, ...open }),
      trace(3, 100, { retryCount: 1 }),
    ],
    ['0-3 of 0-1'],
  ],
  ['nor of that alone', [trace(1, 0, { status: 0, ...open }), trace(2, 100, { retryCount: 1 })], []],
  [
    'of one that ends just then',
    [trace(1, 0, { did: 'left', endedAt: 120 }), trace(2, 100, { retryCount: 1 })],
    ['0-2 of 0-1'],
  ],
  [
    'not of one that ends later',
    [trace(1, 0, { did: 'left', endedAt: 121 }), trace(2, 100, { retryCount: 1 })],
    [],
  ],
  [
    'a counted retry a minute later',
    [trace(1, 0, { status: 429 }), trace(2, 60_010, { retryCount: 1 })],
    ['0-2 of 0-1'],
  ],
  [
    'a counted retry later than that',
    [trace(1, 0, { status: 429 }), trace(2, 60_011, { retryCount: 1 })],
    [],
  ],
  [
    'a counted retry that came as late as it was told',
    [trace(1, 0, { status: 429, retryAfterMs: 90_000 }), trace(2, 90_020, { retryCount: 1 })],
    ['0-2 of 0-1'],
  ],
  [
    'one that does not count beside one that does',
    [
      trace(1, 0, { status: 503 }),
      trace(2, 50, { status: 503, retryCount: 0 }),
      trace(3, 100),
      trace(4, 110, { retryCount: 1 }),
    ],
    ['0-3 of 0-1', '0-4 of 0-2'],
  ],
  [
    'a count that skips one',
    [trace(1, 0, { status: 429, retryCount: 0 }), trace(2, 100, { retryCount: 2 })],
    [],
  ],
  [
    'a first try of a client that counts, though the same was asked before',
    [trace(1, 0, { status: 429, retryCount: 0 }), trace(2, 100, { retryCount: 0 })],
    [],
  ],
])('%s', (_, traces, expected) => {
  const { retryOf } = findAttempts(traces)
  expect([...retryOf].map(([id, before]) => `${id} of ${before.id}`)).toEqual(expected)
})

describe('several at once', () => {
  const traces = [
    trace(1, 0, { status: 429 }),
    trace(2, 5, { status: 429 }),
    trace(3, 100),
    trace(4, 200, { fingerprint: 'g' }),
  ]
  test('nobody can tell which is a retry of which', () => {
    const { chains, unclear, retryOf } = findAttempts(traces)
    expect([...unclear]).toEqual(['0-2', '0-1'])
    expect(chains.map((chain) => chain.map(({ id }) => id))).toEqual([['0-1'], ['0-2', '0-3'], ['0-4']])
    expect(retryOf.size).toBe(1)
  })
})

test.each<[string, JudgedTrace[], string[]]>([
  ['who counts', [0, 1, 2].map((i) => trace(i, i * 100, { status: 503, retryCount: 0 })), []],
  [
    'who counts, several at once',
    [0, 1, 2].map((i) => trace(i, i, { status: 503, retryCount: 0, endedAt: 50 })),
    [],
  ],
  ['who does not, before one that does', [trace(1, 0, { status: 503 }), trace(2, 5, { retryCount: 0 })], []],
  ['who does not, behind one that does', [trace(1, 0, { retryCount: 0 }), trace(2, 5, { status: 503 })], []],
  [
    'who does not, behind another, with one between that does',
    [trace(1, 0), trace(2, 3, { retryCount: 0 }), trace(3, 5, { status: 503 })],
    ['0-3', '0-1'],
  ],
])('unclear: %s', (_, traces, expected) => expect([...findAttempts(traces).unclear]).toEqual(expected))

const failed = { status: 503, retryCount: 0 }
test.each<[string, JudgedTrace[], string[]]>([
  ['the same at another upstream', [traceAt('a', 1, 0, failed), traceAt('b', 2, 100)], ['0-1', '0-2']],
  ['in any order', [traceAt('b', 2, 100), traceAt('a', 1, 0, failed)], ['0-1', '0-2']],
  ['at the same one', [traceAt('a', 1, 0, failed), traceAt('a', 2, 100, { retryCount: 0 })], []],
  ['where all is well', [traceAt('a', 1, 0), traceAt('b', 2, 100)], []],
  [
    'before it has failed',
    [traceAt('a', 1, 0, { ...failed, endedAt: 900 }), traceAt('b', 2, 100)],
    ['0-1', '0-2'],
  ],
  ['while it waits', [traceAt('a', 1, 0, { status: 0, ...open }), traceAt('b', 2, 100)], ['0-1', '0-2']],
  ['a minute later', [traceAt('a', 1, 0, failed), traceAt('b', 2, 60_010)], ['0-1', '0-2']],
  ['later than that', [traceAt('a', 1, 0, failed), traceAt('b', 2, 60_011)], []],
  [
    'from one to the next',
    [traceAt('a', 1, 0, failed), traceAt('b', 2, 100, failed), traceAt('c', 3, 200)],
    ['0-1', '0-2', '0-3'],
  ],
  [
    'one for each',
    [traceAt('a', 1, 0, failed), traceAt('a', 2, 5, failed), traceAt('b', 3, 100), traceAt('b', 4, 105)],
    ['0-2', '0-3', '0-1', '0-4'],
  ],
  [
    'one for the last of two',
    [
      traceAt('a', 1, 0, failed),
      traceAt('b', 2, 5, failed),
      traceAt('a', 3, 200, failed),
      traceAt('c', 4, 300),
    ],
    ['0-1', '0-2', '0-3', '0-4'],
  ],
  [
    'one for two',
    [traceAt('a', 1, 0, failed), traceAt('a', 2, 500, failed), traceAt('b', 3, 600)],
    ['0-2', '0-3'],
  ],
])('failover: %s', (_, traces, expected) => {
  const { failovers, retryOf } = findAttempts(traces)
  expect([[...failovers], retryOf.size]).toEqual([expected, 0])
})

test('each request is in one chain', () => {
  const traces = Array.from({ length: 100 }, (_, i) =>
    trace(i, i * 20, { status: i % 3 === 0 ? 200 : 503, fingerprint: `f${i % 2}` }),
  )
  const { chains } = findAttempts(traces)
  expect(
    chains
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(traces.map(({ id }) => id).toSorted())
})
