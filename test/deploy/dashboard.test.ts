// The dashboard, and the queries of the manual: they ask for what /metrics says, in words that Prometheus and Grafana know.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { serveInProcess } from '../_helpers.ts'
import { changed, complaintsOf, readDeployed } from './_files.ts'
import { dashboardQueries, pageQueries, readDashboard, readQuery } from './_promql.ts'

const text = await readDeployed('dashboard.json')
const { panels, templating } = await readDashboard()
const shown = await dashboardQueries()
const told = await pageQueries()

/** Prometheus adds these to whatever it scrapes. */
const ADDED = ['instance', 'job']

describe('what is asked for', () => {
  let server: Running
  /** Metric → its labels. */
  const said = new Map<string, Set<string>>()

  beforeAll(async () => {
    server = serveInProcess({ fault: 'status:429x1,ok', chunkDelayMs: '0' })
    const url = `http://127.0.0.1:${server.port}`
    for (let i = 0; i < 2; i++) await (await fetch(`${url}/v1/chat/completions`, { method: 'POST' })).text()
    const metrics = await (await fetch(`${url}/metrics`)).text()
    for (const [, name, pairs = ''] of metrics.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
      const labels = said.get(name!) ?? new Set(ADDED)
      for (const [, label] of pairs.matchAll(/(\w+)="/g)) labels.add(label!)
      said.set(name!, labels)
    }
  })
  afterAll(() => server.stop(0))

  /** What is asked for and not said. */
  const unsaid = (query: string): string[] => {
    const { metrics, labels } = readQuery(query)
    expect(metrics.length).toBeGreaterThan(0)
    const known = new Set(metrics.flatMap((name) => [...(said.get(name) ?? [])]))
    return [...metrics.filter((name) => !said.has(name)), ...labels.filter((label) => !known.has(label))]
  }

  test.each(shown)('%s, %s: is said', (_, legend, query) => {
    expect(unsaid(query)).toEqual([])
    const { metrics, labels } = readQuery(query)
    const grouped = /\bby \(/.test(query) ? labels : [...said.get(metrics[0]!)!]
    for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect(grouped).toContain(label!)
  })

  test('in the manual too', () => {
    expect(told.length).toBeGreaterThan(3)
    for (const query of told) expect([query, unsaid(query)]).toEqual([query, []])
  })

  test.each([
    ['sum(rate(mock_llm_request_total[1m]))', ['mock_llm_request_total']],
    ['sum by (state) (mock_llm_requests_total)', ['state']],
    ['mock_llm_requests_total{code="200"}', ['code']],
  ])('%s is not', (query, expected) => expect(unsaid(query)).toEqual(expected))

  test.each(['sum(rate(mock_llm_requests_total[1m])', 'sum by status (a)', 'rate(a[$interval])'])(
    '%s is no query',
    (query) => expect(() => readQuery(query)).toThrow('not understood'),
  )
})

describe('Grafana', () => {
  test('knows every field', async () => {
    expect(await complaintsOf(JSON.parse(text), 'Dashboard', '@grafana/schema')).toEqual([])
    const broken = changed(text, '"legendFormat"', '"legend"').replace('"gridPos"', '"grid"')
    expect((await complaintsOf(JSON.parse(broken), 'Dashboard', '@grafana/schema')).join()).toContain(
      '\'"grid"\'',
    )
  })

  test('has all variables that are used', () => {
    const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!))
    const given = templating.list.map(({ name }) => name)
    expect([...used].filter((name) => !name.startsWith('__')).toSorted()).toEqual(given.toSorted())
  })

  test('shows no panel in the place of another', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, x < 24, taken.has(`${x} ${y}`)]).toEqual([title, true, false])
          taken.add(`${x} ${y}`)
        }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })
})
