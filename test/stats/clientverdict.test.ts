// What is objected to in a client, rule by rule, and what is not.
import { describe, expect, test } from 'bun:test'
import { clientRules, MOST_RETRIES } from '../../src/stats/clientrules.ts'
import { judgeClient, MOST_FINDINGS, renderClientVerdict } from '../../src/stats/clientverdict.ts'
import type { JudgedTrace } from '../../src/stats/traces.ts'
import { trace, traceAt } from './_traces.ts'

const NOW = 1_000_000
const rulesOf = (traces: readonly JudgedTrace[], nowMs = NOW): string[] =>
  judgeClient(traces, nowMs).findings.map(({ rule, evidence }) => `${rule} ${evidence.join()}`)

const told = (retryAfterMs: number) => ({ status: 429, retryAfterMs })
/** Failures with retries that come when the waits have passed. */
function chain(
  waits: readonly number[],
  given: Parameters<typeof trace>[2] = { status: 503 },
): JudgedTrace[] {
  let time = 0
  return [0, ...waits].map((wait, i) =>
    trace(i, (time += i === 0 ? 0 : wait + 10), i === waits.length ? {} : given),
  )
}

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

describe('what is said', () => {
  test('all is well', () => {
    const verdict = judgeClient([trace(1, 0), trace(2, 0, { did: 'still open' })], NOW)
    expect(verdict).toEqual({
      sentence: 'There is nothing to object to: 2 requests were judged; 1 of them is still under way.',
      requests: 2,
      open: 1,
      findings: [],
      more: {},
    })
  })

  test('nothing was asked', () => {
    expect(renderClientVerdict(judgeClient([], NOW))).toBe('There is no request to judge.\n')
  })

  test('each sentence names what shows it, the worst first', () => {
    const verdict = judgeClient(
      [
        trace(1, 0, { did: 'left', fingerprint: 'a' }),
        trace(2, 0, { status: 429, retryAfterMs: 2000 }),
        trace(3, 260),
        trace(4, 0, { pattern: 'stall:2:9000', did: 'left', silentMs: 1500, chunks: 2, fingerprint: 'b' }),
      ],
      NOW,
    )
    expect(renderClientVerdict(verdict)).toBe(
      [
        'There are 2 objections: 4 requests were judged.',
        'error   retried-too-early: 0-2 (POST /v1/chat/completions, 429) said to wait 2 s, and 0-3 came after 250 ms.',
        'warning left-unread: 1 of 2 replies in which nothing was wrong was not read to the end (0-1).',
        'info    left-in-silence: 0-4 (POST /v1/chat/completions, 200) was left after 1.5 s of silence (stall:2:9000), with 2 chunks sent.',
        '',
      ].join('\n'),
    )
  })

  const inVain = (...answers: Parameters<typeof trace>[2][]): string =>
    judgeClient(
      [...answers, {}].map((given, i) => trace(i, 2 ** i * 1000, given)),
      NOW,
    ).findings[0]!.sentence

  test.each<[string, Parameters<typeof trace>[2][], string]>([
    [
      'once',
      [{ status: 400 }],
      '(POST /v1/chat/completions, 400) was retried unchanged by 0-1: 400 stays 400.',
    ],
    [
      'again and again',
      Array.from({ length: 3 }, () => ({ status: 400 })),
      'was retried unchanged 3 times (0-1, 0-2, 0-3): 400 stays 400.',
    ],
    [
      'for several reasons',
      [{ status: 401 }, { status: 503, shouldRetry: false }, { status: 403 }, { status: 401 }],
      'times (0-1, 0-2, 0-3, 0-4): 401 stays 401, it had said x-should-retry: false, 403 stays 403.',
    ],
  ])('what was retried in vain is told once: %s', (_, answers, said) =>
    expect(inVain(...answers)).toEndWith(said),
  )

  test('an upstream that has a name is named', () => {
    const { findings } = judgeClient([traceAt('primary', 0, 0, { status: 503 })], NOW)
    expect(findings.map(({ sentence }) => sentence)).toEqual([
      '0-0 (POST /v1/chat/completions at primary, 503) might have succeeded a second time, and was not retried.',
    ])
  })

  test('of many alike a few are told, and how many more there are', () => {
    const traces = Array.from({ length: MOST_FINDINGS + 3 }, (_, i) =>
      trace(i, i, { status: 503, fingerprint: `f${i}` }),
    )
    const verdict = judgeClient(traces, NOW)
    expect(verdict.findings.length).toBe(MOST_FINDINGS)
    expect(verdict.more).toEqual({ 'gave-up': 3 })
    expect(verdict.sentence).toStartWith('There are 23 objections')
    expect(renderClientVerdict(verdict)).toEndWith('        gave-up: 3 more\n')
  })

  test('what is only worth knowing is no objection, however much there is', () => {
    const silent = { pattern: 'hang', did: 'left', silentMs: 3000, status: 0 } as const
    const traces = Array.from({ length: MOST_FINDINGS + 5 }, (_, i) =>
      trace(i, i, { ...silent, fingerprint: `f${i}` }),
    )
    const verdict = judgeClient(traces, NOW)
    expect(verdict.more).toEqual({ 'left-in-silence': 5 })
    expect(verdict.sentence).toBe('There is nothing to object to: 25 requests were judged.')
    const worse = judgeClient([...traces, trace(99, 99, { status: 503, fingerprint: 'g' })], NOW)
    expect(worse.sentence).toBe('There is 1 objection: 26 requests were judged.')
  })
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

describe('of one upstream', () => {
  const rulesAt = (upstream: string, traces: readonly JudgedTrace[]): string[] =>
    judgeClient(traces, NOW, upstream).findings.map(({ rule, evidence }) => `${rule} ${evidence.join()}`)

  test.each<[string, JudgedTrace[], string[]]>([
    ['failover from it', [traceAt('a', 1, 0, { status: 503 }), traceAt('b', 2, 100)], []],
    ['giving up', [traceAt('a', 1, 0, { status: 503 })], ['gave-up 0-1']],
    ['giving up elsewhere', [traceAt('b', 1, 0, { status: 503 })], []],
    [
      'what was cut there, and goes on elsewhere',
      [
        traceAt('a', 1, 0, { isCut: true, cutText: 'x', chunks: 3 }),
        traceAt('b', 2, 900, { bodySha256: 'b', said: ['x'] }),
      ],
      ['took-cut-for-whole 0-1,0-2'],
    ],
    [
      'what was cut there, and came whole elsewhere',
      [
        traceAt('a', 1, 0, { isCut: true, cutText: 'x', chunks: 3 }),
        traceAt('b', 2, 500),
        traceAt('a', 3, 900, { bodySha256: 'b', said: ['x'] }),
      ],
      [],
    ],
  ])('%s', (_, traces, expected) => expect(rulesAt('a', traces)).toEqual(expected))

  test('only its requests are counted, and its replies', () => {
    const traces = ['a', 'b', 'b'].map((upstream, i) =>
      traceAt(upstream, i, i, { did: 'left', bodySha256: `${i}` }),
    )
    const { sentence, findings } = judgeClient(
      [...traces, traceAt('a', 3, 9, { did: 'still open' })],
      NOW,
      'a',
    )
    expect(sentence).toBe('There is 1 objection: 2 requests were judged; 1 of them is still under way.')
    expect(findings.map(({ sentence }) => sentence)).toEqual([
      '1 of 2 replies in which nothing was wrong was not read to the end (0-0).',
    ])
  })
})
