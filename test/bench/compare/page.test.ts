// The page of a comparison: what stands in it, and that it needs nothing else.
import { describe, expect, test } from 'bun:test'
import type { Chart } from '../../../src/bench/compare/charts.ts'
import { renderPage } from '../../../src/bench/compare/page.ts'
import type { AddedReport, CompareReport, Point, ViaReport } from '../../../src/bench/compare/report.ts'
import { sheetOf } from '../../../src/bench/compare/sheet.ts'

const ODD = `a<b>&"c'`

const curve: readonly Point[] = [
  [0, 20],
  [0.498813, 21],
  [0.9, 22],
  [0.99, 25],
]

function levelOf(change: Partial<AddedReport> = {}, connections = 16): AddedReport {
  const figure = { ttftP50: 21, ttftP99: 25, chunkP50: 0.1, chunkP99: 0.2, totalP50: 380, totalP99: 385 }
  return {
    level: { connections, rate: null },
    rounds: 3,
    figures: { ...figure, requestsPerSecond: 100 },
    requests: 300,
    errors: 0,
    errorKinds: [],
    hung: 0,
    mockLatenessP99Ms: 1,
    clientCpus: 0.1,
    viaCpus: null,
    bounds: [],
    stream: {
      replies: 300,
      chunks: 900,
      lost: 0,
      doubled: 0,
      reordered: 0,
      merged: 0,
      split: 0,
      comments: 0,
      reads: 900,
      readEvents: 900,
      earlyHeads: 0,
      sampled: 1,
      altered: 0,
      eventsPerRead: 1,
      delayByChunkMs: [0.1, 0.2, 0.15],
    },
    curves: { ttft: curve, chunk: curve, total: curve },
    added: { ttftP50: null, ttftP99: null, chunkP50: null, chunkP99: null, totalP50: null, totalP99: null },
    ratio: null,
    ...change,
  }
}

function viaOf(name: string, levels: readonly AddedReport[] = [levelOf()]): ViaReport {
  return { name, url: `http://127.0.0.1:2/${name}`, isSameText: true, levels, aborts: null, most: null }
}

function reportOf(vias: readonly ViaReport[], levels: readonly AddedReport[] = [levelOf()]): CompareReport {
  return {
    version: '1.2.3',
    host: { cpu: 'a CPU', usableCpus: 2, cpus: 4, kernel: 'k', bun: 'b' },
    settings: {
      rounds: 3,
      seconds: 1,
      format: 'chat',
      isWhole: false,
      isHttp2: false,
      isStamped: true,
      pace: { chunkCount: 3, chunkDelayMs: 20, ttftMs: 20, replyMs: 60 },
    },
    isComplete: true,
    direct: { url: 'http://127.0.0.1:1/', levels, most: null, aborts: null },
    vias,
  }
}

function pageOf(report: CompareReport): string {
  return renderPage(report, sheetOf(report))
}

function chartsIn(page: string): Chart[] {
  const [, json] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)!
  return JSON.parse(json!) as Chart[]
}

function chartsOf(report: CompareReport): Chart[] {
  return chartsIn(pageOf(report))
}

const titles = [
  'TTFT: latency by percentile',
  'Total: latency by percentile',
  'Per chunk: delay by percentile',
  'Delay by chunk',
]

describe('the page', () => {
  const failing = levelOf({ errors: 1, errorKinds: [['</script><img src=x onerror=alert(1)>', 1]] })
  const page = pageOf(reportOf([viaOf(ODD, [failing])]))

  test('escapes names and errors wherever they stand', () => {
    expect(page).not.toContain('a<b')
    expect(page).not.toContain('<img')
    expect(page).toContain('<th scope="col">a&lt;b&gt;&amp;&quot;c&#39; adds</th>')
    expect(page).toContain('1: &lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;')
    expect(chartsIn(page)[0]!.lines.map(({ name }) => name)).toEqual(['direct', ODD])
  })

  test('holds all of the sheet', () => {
    const plain = pageOf(reportOf([viaOf('gw')]))
    const { title, facts, tables, sections } = sheetOf(reportOf([viaOf('gw')]))
    const texts = [title, ...facts, ...tables.flatMap(({ head, rows }) => [...head, ...rows.flat()])]
    for (const text of [...texts, ...sections.flatMap(({ heading, rows }) => [heading, ...rows.flat()])])
      expect(plain).toContain(`>${text}</`)
  })

  test('loads nothing, and forbids it', () => {
    expect(page).not.toMatch(/<(link|img|iframe|base|object|embed)\b|<script[^>]*\bsrc/i)
    expect(page).not.toMatch(/\b(src|href|action)\s*=\s*["']?\s*(https?:)?\/\//i)
    expect(page).not.toMatch(/url\(|@import|\bimport\s*\(|\bimport\s*["']|\bfetch\(|XMLHttpRequest/)
    expect(page).toContain(
      `content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"`,
    )
  })

  test('its scripts end where they should, and can be read', () => {
    const scripts = [...page.matchAll(/<script>\n([^]*?)<\/script>/g)].map(([, script]) => script!)
    expect(page.match(/<\/script/g)).toHaveLength(3)
    expect(scripts).toHaveLength(2)
    for (const script of scripts) expect(() => new Function(script)).not.toThrow()
  })

  test('keeps the licence of the plotting library', () => {
    expect(page).toContain('Leon Sorokin')
    expect(page).toContain('The above copyright notice and this permission notice shall be included')
  })
})

describe('the charts', () => {
  test('hold the curves: x goes by the nines of the share, or by the chunk', () => {
    const charts = chartsOf(reportOf([viaOf('gw')]))
    expect(charts.map(({ title }) => title)).toEqual(titles)
    expect(charts[0]).toMatchObject({ x: 'nines', isLog: false, at: [0, 0.3, 1, 2] })
    expect(charts[0]!.lines).toEqual([
      { name: 'direct', index: 0, ms: [20, 21, 22, 25] },
      { name: 'gw', index: 1, ms: [20, 21, 22, 25] },
    ])
    expect(charts[3]).toMatchObject({ x: 'chunk', at: [1, 2, 3] })
    expect(charts[3]!.lines[1]).toEqual({ name: 'gw', index: 1, ms: [0.1, 0.2, 0.15] })
  })

  test('have a line each for three beside direct', () => {
    const names = ['a', ODD, 'x'.repeat(32)]
    for (const { lines } of chartsOf(reportOf(names.map((name) => viaOf(name))))) {
      expect(lines.map(({ name }) => name)).toEqual(['direct', ...names])
      expect(lines.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    }
  })

  test('are there for each level, under its heading, as far as it was reached', () => {
    const levels = [levelOf(), levelOf({}, 128)]
    const report = reportOf(
      [viaOf('none', []), viaOf('half', levels.slice(0, 1)), viaOf('all', levels)],
      levels,
    )
    expect([...pageOf(report).matchAll(/<h2>(.* connections)</g)].map(([, heading]) => heading)).toEqual([
      '16 connections',
      '128 connections',
    ])
    const charts = chartsOf(report)
    expect(charts.map(({ title }) => title)).toEqual([...titles, ...titles])
    expect(charts.map(({ lines }) => lines.map(({ index }) => index))).toEqual([
      ...Array.from({ length: 4 }, () => [0, 2, 3]),
      ...Array.from({ length: 4 }, () => [0, 3]),
    ])
  })

  test('are left out where there are no data', () => {
    const whole = levelOf({ stream: null, curves: { ttft: curve, chunk: [], total: curve } })
    expect(chartsOf(reportOf([viaOf('gw', [whole])], [whole])).map(({ title }) => title)).toEqual([
      titles[0]!,
      titles[1]!,
    ])
    const empty = levelOf({ stream: null, curves: { ttft: [], chunk: [], total: [] } })
    const page = pageOf(reportOf([viaOf('gw', [empty])], [empty]))
    expect(chartsIn(page)).toEqual([])
    expect(page).not.toMatch(/<figure|<noscript|<h2>16 connections/)
  })

  test('where one has more points than another, nothing stands for what is missing', () => {
    const longer = levelOf({ curves: { ttft: [...curve, [0.999, 30]], chunk: [], total: [] } })
    const [{ at, lines }] = chartsOf(reportOf([viaOf('gw', [longer])])) as [Chart]
    expect(at).toEqual([0, 0.3, 1, 2, 3])
    expect(lines.map(({ ms }) => ms.at(-1))).toEqual([null, 30])
  })

  test.each([
    ['linear at 50 times the smallest', [0.1, 5], false, [0.1, 5]],
    ['logarithmic above', [0.1, 5.1], true, [0.1, 5.1]],
    ['logarithmic, without what is not above zero', [-0.1, 0.1, 0, 5.1], true, [0.1, 5.1]],
    ['linear with what is below zero', [-0.1, 0, 0.1], false, [-0.1, 0, 0.1]],
    ['linear where nothing is above zero', [-1, 0], false, [-1, 0]],
  ])('are %s', (_, delays, isLog, shown) => {
    const level = levelOf({ stream: { ...levelOf().stream!, delayByChunkMs: delays } })
    const chart = chartsOf(reportOf([viaOf('gw', [])], [level])).at(-1)!
    expect(chart.isLog).toBe(isLog)
    expect(chart.lines[0]!.ms).toEqual(shown)
  })
})
