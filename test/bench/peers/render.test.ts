// The figures of `bun run bench` as they are shown, and that README, chart and results.json tell the same.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { root } from '../../_helpers.ts'
import { type Measured, renderChart, renderSummary, type Result } from './render.ts'

const recorded = (await Bun.file(join(import.meta.dir, 'results.json')).json()) as Measured

test("the README's table is that of results.json", async () => {
  const readme = await Bun.file(join(root, 'README.md')).text()
  const [, shown] = /<!-- bench -->\n\n([^]*)\n\n<!-- \/bench -->/.exec(readme)!
  expect(shown).toBe(renderSummary(recorded))
})

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
  const [head, line, ...rest] = renderSummary(measured(0.899, 0.9)).split('\n')
  expect(head!.length).toBe(line!.length)
  const cells = rest.slice(0, 2).map((row) => row.split('|').map((cell) => cell.trim()))
  expect(cells).toEqual([
    ['', 'server 0', '98,800', '1,980,000', '0.35', '–', '0.12 / 1', '2', ''],
    ['', 'server 1', '≥ 98,800 ¹', '≥ 1,980,000 ¹', '0.35', '–', '0.12 / 1', '2', ''],
  ])
  expect(rest.slice(2, 5)).toEqual(['', expect.stringMatching(/^¹ The client .* its limit/), ''])
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
