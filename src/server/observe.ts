// GET /stats, POST /stats/reset, GET /metrics: the numbers of all workers, whichever of them is asked.
import type { WholeAnswer } from '../apis/api.ts'
import { wholeReply } from '../replies/reply.ts'
import { bucketsOf } from '../stats/buckets.ts'
import { renderMetrics } from '../stats/prometheus.ts'
import { type Collection, makeReport, type Report, type RunFacts } from '../stats/report.ts'
import type { Card, Picker } from './card.ts'

/** Asks every worker for its numbers; with `reset` each starts a new measuring window. */
export type Collect = (reset: boolean) => Promise<Collection>

export interface Observation {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly pick: Picker
}

/** `?buckets`, in any company. */
const WANTS_BUCKETS = /(?:^|&)buckets(?:[=&]|$)/

/** The routes of observation, whose answers carry `headers` as well. They are not counted as requests. */
export function observations(
  collect: Collect,
  facts: RunFacts,
  headers: Readonly<Record<string, string>>,
  unixMs: () => number,
): Observation[] {
  const later = (
    reset: boolean,
    render: (collection: Collection, report: Report, query: string) => Rendered,
  ): Picker => {
    const answer = async (query: string): Promise<Card> => {
      const collection = await collect(reset)
      const { body, contentType } = render(collection, makeReport(collection, facts, unixMs()), query)
      const whole: WholeAnswer = {
        kind: 'whole',
        status: 200,
        body,
        headers: { 'Content-Type': contentType },
      }
      const reply = wholeReply(whole, headers)
      return { kind: 'card', reply, counter: null, ledger: null, extra: null }
    }
    return ({ query }) => ({ kind: 'later', card: answer(query), counter: null })
  }
  const json = ({ merged }: Collection, report: Report, query: string): Rendered => ({
    body: JSON.stringify(WANTS_BUCKETS.test(query) ? { ...report, buckets: bucketsOf(merged) } : report),
    contentType: 'application/json;charset=utf-8',
  })
  return [
    { method: 'GET', path: '/stats', pick: later(false, json) },
    { method: 'POST', path: '/stats/reset', pick: later(true, json) },
    {
      method: 'GET',
      path: '/metrics',
      pick: later(false, (collection, report) => ({
        body: renderMetrics(collection, report),
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
      })),
    },
  ]
}

interface Rendered {
  readonly body: string
  readonly contentType: string
}
