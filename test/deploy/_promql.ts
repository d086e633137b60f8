// Queries for Prometheus, read by its own grammar.
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { root } from '../_helpers.ts'
import { readDeployed } from './_files.ts'

export interface Query {
  readonly metrics: readonly string[]
  /** Those that a query selects and groups by. */
  readonly labels: readonly string[]
}

export interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

export interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}

export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await readDeployed('dashboard.json')) as Dashboard
}

/** Every query of the dashboard, behind the title of its panel and what its lines are called. */
export async function dashboardQueries(): Promise<[title: string, legend: string, query: string][]> {
  const { panels } = await readDashboard()
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }): [string, string, string] => [title, legendFormat, expr]),
  )
}

/** Every query in the page of the manual: a line each, with a comment. */
export async function pageQueries(): Promise<string[]> {
  const page = await Bun.file(join(root, 'src/manual/containers.md')).text()
  return [...page.matchAll(/^```promql\n([^]*?)^```$/gm)]
    .flatMap(([, block]) => block!.split('\n'))
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
}

/** Grafana puts these in before it asks. */
const VARIABLES: Readonly<Record<string, string>> = { $instance: '.*', $__rate_interval: '1m' }

/** A query as it is asked. */
export function withVariables(query: string): string {
  return query.replace(/\$\w+/g, (name) => VARIABLES[name] ?? name)
}

/** @throws Error with the place that the grammar does not understand */
export function readQuery(given: string): Query {
  const text = withVariables(given)
  const [metrics, labels] = [new Set<string>(), new Set<string>()]
  parser.parse(text).iterate({
    enter: ({ name, from, to, type, node }) => {
      if (type.isError) throw new Error(`not understood at '${text.slice(from)}': ${text}`)
      const word = text.slice(from, to)
      if (name === 'LabelName') labels.add(word)
      if (name === 'Identifier' && node.parent!.name === 'VectorSelector') metrics.add(word)
    },
  })
  return { metrics: [...metrics], labels: [...labels] }
}
