// GET /stats, POST /stats/reset, GET /metrics: the numbers of all workers, whichever of them is asked.
import type { WholeAnswer } from '../apis/api.ts'
import { providers } from '../apis/providers.ts'
import { quoteText } from '../config/format.ts'
import { areNamed } from '../config/upstreams.ts'
import { wholeReply } from '../replies/reply.ts'
import { withBuckets } from '../stats/buckets.ts'
import { renderMetrics } from '../stats/prometheus.ts'
import { type Collection, makeReport, type Report, type RunFacts, type Wanted } from '../stats/report.ts'
import type { Tally } from '../stats/tally.ts'
import { type Card, type Picker, uncounted } from './card.ts'

/** Asks every worker for its numbers; with `reset` each starts a new measuring window. */
export type Collect = (reset: boolean) => Promise<Collection>

export interface Observation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  /** It asks for the key, where there is one. */
  readonly isGuarded?: true
  readonly pick: Picker
}

/** `?buckets`, in any company. */
const WANTS_BUCKETS = /(?:^|&)buckets(?:[=&]|$)/

/** The routes of observation, whose answers carry `headers` as well. They are not counted as requests; their bytes are in `tally`. */
export function observations(
  collect: Collect,
  facts: RunFacts,
  headers: Readonly<Record<string, string>>,
  unixMs: () => number,
  tally: Tally,
): Observation[] {
  const later = (
    reset: boolean,
    wantedBy: (query: string) => Wanted,
    render: (collection: Collection, report: Report, query: string) => Rendered,
  ): Picker => {
    const cardOf = (whole: WholeAnswer): Card => uncounted(wholeReply(whole, headers), tally)
    const answer = async (query: string, wanted: Wanted): Promise<Card> => {
      const collection = await collect(reset)
      const { body, contentType } = render(collection, makeReport(collection, facts, unixMs(), wanted), query)
      return cardOf({ kind: 'whole', status: 200, body, headers: { 'Content-Type': contentType } })
    }
    return ({ query }) => {
      const wanted = wantedBy(query)
      const refusal = refuse(wanted, facts)
      if (refusal !== undefined) return cardOf(refusal)
      return { kind: 'later', card: answer(query, wanted), counter: null }
    }
  }
  const json = (collection: Collection, report: Report, query: string): Rendered => ({
    body: JSON.stringify(
      WANTS_BUCKETS.test(query) ? withBuckets(report, collection, wantedIn(query)) : report,
    ),
    contentType: 'application/json;charset=utf-8',
  })
  return [
    { method: 'GET', path: '/stats', pick: later(false, wantedIn, json) },
    { method: 'POST', path: '/stats/reset', pick: later(true, wantedIn, json) },
    {
      method: 'GET',
      path: '/metrics',
      pick: later(
        false,
        () => ({}),
        (collection, report) => ({
          body: renderMetrics(collection, report),
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
        }),
      ),
    },
  ]
}

/** `?upstream=NAME`, `?session=ID`, or both. */
function wantedIn(query: string): Wanted {
  const asked = new URLSearchParams(query)
  return { upstream: asked.get('upstream') ?? undefined, session: asked.get('session') ?? undefined }
}

/** What is said when there is no such upstream; of a session nobody knows whether there is one. */
function refuse({ upstream }: Wanted, { config }: RunFacts): WholeAnswer | undefined {
  const names = config.upstreams.map(({ name }) => name)
  if (upstream === undefined || names.includes(upstream)) return undefined
  const known = areNamed(config) ? `there are ${names.join(', ')}` : 'there is one, which has no name'
  return providers.openai.error(404, `No upstream is called ${quoteText(upstream)}: ${known}`)
}

interface Rendered {
  readonly body: string
  readonly contentType: string
}
