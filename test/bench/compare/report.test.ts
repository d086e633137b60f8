// From steps to a report, and from that to words.
import { describe, expect, test } from 'bun:test'
import type { Findings } from '../../../src/bench/compare/compare.ts'
import { renderMarkdown, renderText } from '../../../src/bench/compare/render.ts'
import { type CompareReport, makeCompareReport, type ViaReport } from '../../../src/bench/compare/report.ts'
import { describeAdded, sheetOf } from '../../../src/bench/compare/sheet.ts'
import type { Step } from '../../../src/bench/compare/step.ts'
import { describeAborts } from '../../../src/bench/compare/words.ts'
import { readCompareConfig } from '../../../src/config/compare.ts'
import { histogramOf } from '../_results.ts'
import { busyOf, stepOf, watchedOf } from './_findings.ts'

const config = readCompareConfig({ via: 'gw=http://127.0.0.1:1/v1' }, {})
const known = {
  version: '1.2.3',
  host: { cpu: 'a CPU', usableCpus: 2, cpus: 4, kernel: 'k', bun: 'b' },
  cpus: 2,
}

function contestantOf(name: string, text = '00000000@1795380000000000 '): Findings['contestants'][number] {
  return {
    name,
    asked: { url: new URL(`http://127.0.0.1:1/${name}`), target: { format: 'chat' } },
    probed: { text },
    isSame: name !== 'other',
    pid: null,
  } as unknown as Findings['contestants'][number]
}

/** Steps of the mock and of what is in between, in each round with these TTFT. */
function roundsOf(direct: readonly number[], via: readonly number[], change: Partial<Step> = {}): Step[] {
  const all = (name: string, times: readonly number[]): Step[] =>
    times.map((ms, i) =>
      stepOf({ ...change, name, round: i + 1 }, { ttft: histogramOf(ms), requests: 100 * ms }),
    )
  return [...all('direct', direct), ...all('gw', via)]
}

function reportOf(steps: readonly Step[], change: Partial<Findings> = {}): CompareReport {
  const found: Findings = {
    pace: { chunkCount: 18, chunkDelayMs: 50, ttftMs: 50, replyMs: 950 },
    contestants: [contestantOf('direct'), contestantOf('gw')],
    steps: [...steps],
    aborts: new Map(),
    most: new Map(),
    isComplete: true,
    ...change,
  }
  return makeCompareReport(found, config, known)
}

function viaOf(steps: readonly Step[], change: Partial<Findings> = {}): ViaReport {
  return reportOf(steps, change).vias[0]!
}

describe('differences', () => {
  test('are those of the same round, whatever the order', () => {
    const steps = roundsOf([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    const [level] = viaOf([steps[9]!, ...steps.slice(0, 9).toReversed()]).levels
    expect(level!.added.ttftP50).toMatchObject({ median: 3, low: 1, high: 5, rounds: 5 })
    expect(level!.ratio).toMatchObject({ median: 2, low: 2, high: 2 })
    expect(level!.figures.ttftP50).toBe(6)
  })

  test('a round of which only one half is known counts for nothing', () => {
    expect(viaOf(roundsOf([1, 2, 3], [2, 4])).levels[0]!.added.ttftP50).toMatchObject({
      rounds: 2,
      median: 1.5,
    })
    expect(viaOf(roundsOf([1], [])).levels).toEqual([])
  })

  test('of what has too few values there is none', () => {
    const { added } = viaOf(roundsOf([1, 2, 3], [2, 4, 6])).levels[0]!
    expect([added.ttftP99, added.chunkP50, added.totalP50]).toEqual([null, null, null])
  })

  test('levels are apart, in the order in which they were measured', () => {
    const [low, high] = [roundsOf([1], [2]), roundsOf([1], [9], { level: { connections: 128, rate: null } })]
    const levels = viaOf([...low, ...high]).levels
    expect(levels.map(({ level: { connections }, added }) => [connections, added.ttftP50!.median])).toEqual([
      [16, 1],
      [128, 8],
    ])
  })
})

test('what happened in several rounds is added up', () => {
  const watched = watchedOf({ lost: 1, merged: 2, byChunk: { sumMicros: [3000, 9000], times: [2, 2] } })
  const steps = [1, 2].map((round) =>
    stepOf({ round, name: 'gw' }, { watched, errors: 1, errorKinds: [['status 500', 1]] }),
  )
  const [level] = viaOf([stepOf(), ...steps]).levels
  expect(level!.stream).toMatchObject({
    replies: 200,
    lost: 2,
    merged: 4,
    eventsPerRead: 1.11,
    delayByChunkMs: [0.5, 3.5],
  })
  expect([level!.errors, level!.errorKinds]).toEqual([2, [['status 500', 2]]])
})

test.each([
  ['in one of three rounds: not said', [0.2, 0.95, 0.2], []],
  ['in two of four', [0.95, 0.95, 0.2, 0.2], ['mock-bound']],
])('a bound %s', (_, shares, bounds) => {
  const steps = shares.map((share, i) =>
    stepOf({ round: i + 1, mock: { ...stepOf().mock, busy: busyOf(share) }, hostCpuMs: null }),
  )
  expect(reportOf(steps).direct.levels[0]!.bounds as string[]).toEqual(bounds)
})

test('curves have a point only where there is a value for it', () => {
  const { curves } = reportOf([stepOf({}, { ttft: histogramOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) })]).direct
    .levels[0]!
  expect(curves.ttft[0]).toEqual([0, 1])
  expect(curves.ttft.at(-1)).toEqual([0.9, 9.004]) // the middle of its bucket
  expect(curves.total).toEqual([])
})

describe('words', () => {
  const difference = { median: 0.21, low: 0.18, high: 0.24, isMeasurable: true, rounds: 5, settledAfter: 4 }
  test.each([
    [difference, '+0.21 ms ±0.03'],
    [{ ...difference, median: -1.5, low: -2, high: -1 }, '-1.5 ms ±0.5'],
    [{ ...difference, isMeasurable: false }, 'not measurable here'],
    [null, '-'],
  ])('%j', (value, text) => expect(describeAdded(value)).toBe(text))

  test.each([
    [
      { tries: 5, seen: 5, afterMs: 3.04, chunksInVain: 1, failed: 0, reason: null },
      "hands a client's leaving on after 3 ms; 1 chunk sent in vain",
    ],
    [
      { tries: 5, seen: 2, afterMs: 250, chunksInVain: 4, failed: 0, reason: null },
      "hands a client's leaving on after 250 ms in 2 of 5 tries, else never; 4 chunks sent in vain",
    ],
    [
      { tries: 5, seen: 0, afterMs: null, chunksInVain: null, failed: 0, reason: null },
      'never hands on that a client has left: the mock went on to the end',
    ],
  ])('%j', (aborts, text) => expect(describeAborts(aborts)).toBe(text))

  const steps = roundsOf([1, 2, 3, 4, 5], [2, 4, 6, 8, 10]).map((step) => ({
    ...step,
    result: { ...step.result, watched: watchedOf() },
  }))

  function streamOf(change: Parameters<typeof watchedOf>[0], contestants?: Findings['contestants']): string {
    const all = [
      stepOf({}, { watched: watchedOf() }),
      stepOf({ name: contestants?.[1]!.name ?? 'gw' }, { watched: watchedOf(change) }),
    ]
    const { sections } = sheetOf(reportOf(all, contestants && { contestants }))
    return sections.find(({ heading }) => heading.startsWith('What happened'))!.rows[0]![1]
  }

  test.each([
    [
      {},
      'all 1,800 chunks came once and in order, an event each; 1.11 events a read (direct 1.11); headers with the first event; no comments added; the text is the same',
    ],
    [{ lost: 3 }, 'of 1,800 chunks 3 lost; 1.11'],
    [
      { lost: 3, doubled: 1, reordered: 2, merged: 4, split: 5 },
      'of 1,800 chunks 3 lost, 1 doubled, 2 reordered, 4 merged with another into one event, 5 cut into more than one event;',
    ],
    [{ earlyHeads: 50 }, 'headers before the first event in 50 % of replies'],
    [{ comments: 1 }, '1 comment added; '],
    [{ reads: 900 }, '2.22 events a read (direct 1.11)'],
  ])('a stream: %j', (change, text) => expect(streamOf(change)).toContain(text))

  test('comments of the mock itself are not added', () => {
    const all = [
      stepOf({}, { watched: watchedOf({ comments: 100 }) }),
      stepOf({ name: 'gw' }, { watched: watchedOf({ replies: 50, comments: 51 }) }),
    ]
    const { sections } = sheetOf(reportOf(all))
    expect(sections[0]!.rows[0]![1]).toContain('; 1 comment added; ')
  })

  test.each([
    [{ replies: 0, chunks: 0 }, 'not known: no reply was whole within a step; raise --seconds'],
    [{ sampled: 9, altered: 2 }, 'the TEXT DIFFERS in 2 of 9 replies that were compared'],
    [{ sampled: 0 }, 'the text of the first reply is the same'],
  ])('what was looked into: %j', (change, text) => expect(streamOf(change)).toContain(text))

  test('failed and hung requests are a reason to doubt', () => {
    const [direct, gw] = roundsOf([1], [2])
    const bad = {
      ...gw!,
      result: { ...gw!.result, requests: 10, errors: 5, hung: 1, errorKinds: [['status 500', 5]] as const },
    }
    const text = renderText(sheetOf(reportOf([direct!, bad])))
    expect(text).toContain('\n  errors  5 of 15 requests failed (gw): status 500\n')
    expect(text).toContain('\n  hung    1 request had no whole answer, and nothing more came (gw)\n')
    expect(text).toMatch(/\nhung +0 +1\n/)
    expect(text).not.toContain('  yes ')
  })

  test.each([
    [[['status 500', 5]], '5: status 500'],
    [
      [
        ['status 500', 4],
        ['no answer', 1],
      ],
      '5: status 500 (4), no answer (1)',
    ],
    [
      [
        ['a', 4],
        ['b', 3],
        ['c', 2],
        ['d', 1],
      ],
      '10: a (4), b (3), c (2), …',
    ],
  ] as [[string, number][], string][])('errors by kind: %j', (errorKinds, told) => {
    const errors = errorKinds.reduce((sum, [, times]) => sum + times, 0)
    const [direct, gw] = roundsOf([1], [2])
    const bad = { ...gw!, result: { ...gw!.result, errors, errorKinds } }
    const row = renderText(sheetOf(reportOf([direct!, bad])))
      .split('\n')
      .find((line) => line.startsWith('errors '))
    expect(row).toEndWith(told)
  })

  test('of nothing that was compared nothing can be trusted', () => {
    expect(renderText(sheetOf(reportOf([stepOf()], { isComplete: false })))).toContain(
      '\n  not yet  nothing was compared\n',
    )
  })

  test('with three rounds it is said how sure that is', () => {
    const few = readCompareConfig({ via: 'gw=http://127.0.0.1:1/v1', rounds: '3' }, {})
    const found: Findings = {
      pace: null,
      contestants: [contestantOf('direct'), contestantOf('gw')],
      steps,
      aborts: new Map(),
      most: new Map(),
      isComplete: true,
    }
    const text = renderText(sheetOf(makeCompareReport(found, few, known)))
    expect(text.replace(/\s+/g, ' ')).toContain('With 3 rounds that interval is right in 75 % of cases only')
  })

  test('another text', () => {
    expect(streamOf({}, [contestantOf('direct'), contestantOf('other')])).toContain('the TEXT DIFFERS')
  })

  test('of what was ended before its end: what is known', () => {
    const text = renderText(sheetOf(reportOf(steps.slice(0, 6), { isComplete: false })))
    expect(text).toContain('\nEnded before all was measured')
    expect(text).not.toContain('Clients that leave')
    expect(text).not.toContain('Most streams')
  })

  test('all of it, as a table', () => {
    const most = new Map([
      ['direct', { streams: 4096, isBounded: true }],
      ['gw', { streams: 0, isBounded: false }],
    ])
    const aborts = new Map([
      ['gw', { tries: 5, seen: 5, afterMs: 3, chunksInVain: 0, failed: 0, reason: null }],
    ])
    const text = renderText(sheetOf(reportOf(steps, { most, aborts })))
    expect(text).toMatch(/\n16 connections +direct +gw adds\n-+ +-+ +-+\nTTFT p50 /)
    expect(text).toMatch(/\nTTFT p50 +3 ms +\+3 ms ±2\n/)
    expect(text).toMatch(/\nrequests\/s +300 +200 % of direct ±0\n/)
    expect(text).toContain(
      '\n  direct  4,096 or more: no more were tried\n  gw      none: there always was a stall\n',
    )
    expect(text).toContain("\n  gw  hands a client's leaving on after 3 ms; 0 chunks sent in vain\n")
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  test('what bounds it is told with what to do, and else that nothing does', () => {
    const bound = roundsOf([1], [2], { mock: { ...stepOf().mock, busy: busyOf(1) }, hostCpuMs: 1100 })
    expect(renderText(sheetOf(reportOf(bound)))).toMatch(
      /\n {2}mock-bound +direct at 16: the mock itself had less than 10 %/,
    )
    expect(renderText(sheetOf(reportOf(steps)))).toContain(
      '\n  yes  no request failed, and neither mock, client nor host was at its limit\n',
    )
  })

  test('Markdown: what would be more than text in it is escaped', () => {
    const odd = contestantOf('a|b*<c>')
    const all = steps.map((step) => (step.name === 'gw' ? { ...step, name: odd.name } : step))
    const text = renderMarkdown(sheetOf(reportOf(all, { contestants: [contestantOf('direct'), odd] })))
    expect(text).toContain(
      '| 16 connections | direct | a\\|b\\*\\<c\\> adds |\n|---|---:|---:|\n| TTFT p50 |',
    )
    expect(text).toContain('**Can these figures be trusted?**\n\n- yes: ')
  })
})
