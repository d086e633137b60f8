// How a verdict on a client is told.
import { describe, expect, test } from 'bun:test'
import { judgeClient, MOST_FINDINGS, renderClientVerdict } from '../../src/stats/clientverdict.ts'
import type { JudgedTrace } from '../../src/stats/traces.ts'
import { trace, traceAt } from './_traces.ts'

import { NOW } from './_chains.ts'

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
