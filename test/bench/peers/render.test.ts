// The figures of `bun run bench` as they are shown, and that manual, README, chart and results.json tell the same.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { page, readme, rowsOf } from '../../_manual.ts'
import {
  type Measured,
  renderChart,
  renderHeadline,
  renderSummary,
  replaceMarked,
  type Result,
} from './render.ts'

const recorded = (await Bun.file(join(import.meta.dir, 'results.json')).json()) as Measured

test.each([
  ['the tables in the manual are', page('engines'), renderSummary(recorded)],
  ['the two lines in the README are', readme, renderHeadline(recorded)],
])('%s of results.json', (_, text, expected) => {
  const [, shown] = /<!-- bench -->\n\n([^]*)\n\n<!-- \/bench -->/.exec(text)!
  expect(shown).toBe(expected)
  expect(replaceMarked(text, expected)).toBe(text)
})

test('what is written into a page takes the place of what was there', () =>
  expect(replaceMarked('a\n<!-- bench -->\n\nold $1\n\n<!-- /bench -->\nb\n', 'new $&')).toBe(
    'a\n<!-- bench -->\n\nnew $&\n\n<!-- /bench -->\nb\n',
  ))

test('the chart is of results.json', async () => {
  const chart = await Bun.file(join(import.meta.dir, 'chart.svg')).text()
  for (const { name, latenessP99Ms } of recorded.results) {
    expect(chart).toContain(`>${name}<`)
    expect(chart).toContain(`>${Number(latenessP99Ms!.toPrecision(2))}<`)
  }
  expect(chart).toContain(`commit ${recorded.commit}`)
})

const figures: Omit<Result, 'name'> = {
  requestsPerSecond: 98_765,
  eventsPerSecond: 1_975_300,
  cpuMicrosPerEvent: 0.346,
  pacedCpuMicrosPerEvent: null,
  latenessP50Ms: 0.12,
  latenessP99Ms: 1.04,
  bytesPerStream: 2048,
  clientCpus: 0.929,
}

function measured(...clientCpus: number[]): Measured {
  const results = clientCpus.map((share, i) => ({ ...figures, name: `server ${i}`, clientCpus: share }))
  return { ...recorded, results }
}

test('where the client is the limit, its rate is marked as such, and a note says so', () => {
  const shown = renderSummary(measured(0.899, 0.9))
  expect(rowsOf(shown)).toEqual([
    ['', 'requests/s', 'events/s', 'CPU µs/event'],
    expect.anything(),
    ['server 0', '98,800', '1,980,000', '0.35'],
    ['server 1', '≥ 98,800 ¹', '≥ 1,980,000 ¹', '0.35'],
    ['', 'lateness p50 / p99, ms', 'CPU µs/event', 'KiB/stream'],
    expect.anything(),
    ['server 0', '0.12 / 1', '–', '2'],
    ['server 1', '0.12 / 1', '–', '2'],
  ])
  expect(shown).toMatch(/\n\n¹ The client .* its limit.*\n\n/)
  const widths = shown.split('\n').map((line) => (line.startsWith('|') ? line.length : 0))
  expect(new Set(widths.filter((width) => width > 0)).size).toBe(2)
})

describe('the headline', () => {
  const line = '98,800 requests/s, p99 lateness 1 ms'
  const of = (rates: Readonly<Record<string, [rate: number, share: number]>>): string =>
    renderHeadline({
      ...recorded,
      results: Object.entries(rates).map(([name, [rate, share]]) => ({
        ...figures,
        name,
        requestsPerSecond: rate,
        clientCpus: share,
      })),
    })

  test.each<[string, Parameters<typeof of>[0], string]>([
    [
      'the fastest peer stands beside our first engine, and the floor is none',
      {
        'mock-llm-api, engine bun': [98_765, 0.5],
        'mock-llm-api, engine socket': [98_765, 1],
        'C floor': [200_000, 1],
        'slow 1.0': [10, 0],
        'quick 2.0': [20, 0],
      },
      `- **Engine \`bun\`**: ${line}; the next peer, quick 2.0: 20 requests/s, p99 lateness 1 ms.\n` +
        `- **Engine \`socket\`**: ≥ ${line}.`,
    ],
    ['without peers', { 'mock-llm-api, engine socket': [98_765, 0] }, `- **Engine \`socket\`**: ${line}.`],
  ])('%s', (_, rates, expected) => expect(of(rates)).toBe(expected))
})

test('where it is not, nothing is marked', () => {
  expect(renderSummary(measured(0.5))).not.toMatch(/[≥¹]/)
  expect(renderChart(measured(0.5))).not.toMatch(/≥|no bar/)
})

test('the chart marks the same rate, and no other figure', () => {
  const texts = [...renderChart(measured(0.5, 1)).matchAll(/>([^<>\n]+)<\/text>/g)].map(([, text]) => text)
  expect(texts.filter((text) => text!.includes('98,800'))).toEqual(['98,800', '≥ 98,800'])
  expect(texts.filter((text) => text!.includes('≥'))).toEqual([
    '≥ 98,800',
    expect.stringContaining('≥ and no bar: the limit of the client'),
  ])
})
