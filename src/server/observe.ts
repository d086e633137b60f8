// GET /stats, POST /stats/reset, GET /metrics: the numbers of all workers, whichever of them is asked.
import { renderMetrics } from '../stats/prometheus.ts'
import { type Collection, makeReport, type RunFacts } from '../stats/report.ts'

/** Asks every worker for its numbers; with `reset` each starts a new measuring window. */
export type Collect = (reset: boolean) => Promise<Collection>

export interface Observation {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly respond: () => Promise<Response>
}

/** The routes of observation, whose answers carry `headers` as well. They are not counted as requests. */
export function observations(
  collect: Collect,
  facts: RunFacts,
  headers: Readonly<Record<string, string>>,
): Observation[] {
  const report = async (reset: boolean): Promise<Response> =>
    Response.json(makeReport(await collect(reset), facts, Date.now()), { headers })
  return [
    { method: 'GET', path: '/stats', respond: () => report(false) },
    { method: 'POST', path: '/stats/reset', respond: () => report(true) },
    {
      method: 'GET',
      path: '/metrics',
      respond: async () => {
        const collection = await collect(false)
        const text = renderMetrics(collection, makeReport(collection, facts, Date.now()))
        return new Response(text, {
          headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', ...headers },
        })
      },
    },
  ]
}
