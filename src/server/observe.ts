// GET /stats, POST /stats/reset, GET /metrics: the numbers of all workers, whichever of them is asked.
import { BadRequest, type WholeAnswer } from '../apis/api.ts'
import { wholeReply } from '../replies/reply.ts'
import { withBuckets } from '../stats/buckets.ts'
import { renderMetrics } from '../stats/prometheus.ts'
import { type Collection, makeReport, type Report, type RunFacts, type Wanted } from '../stats/report.ts'
import type { Tally } from '../stats/tally.ts'
import { type Card, type Later, type Picker, uncounted } from './card.ts'
import { type Asked, pickAsked } from './query.ts'

/** Asks every worker for its numbers; with `reset` each starts a new measuring window. */
export type Collect = (reset: boolean) => Promise<Collection>

export interface Observation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  /** It asks for the key, where there is one. */
  readonly isGuarded?: true
  readonly pick: Picker
}

const statsKeys = ['upstream', 'session', 'buckets'] as const
const NO_SESSIONS = 'There are no sessions: --sessions N tells N of them apart by X-Test-Session.'
const RESET_IS_FOR_ALL =
  'A reset goes for all upstreams and sessions. For numbers of its own a test takes an X-Test-Session that is new.'
type StatsAsked = Asked<(typeof statsKeys)[number]>

/** The routes of observation, whose answers carry `headers` as well. They are not counted as requests; their bytes are in `tally`. */
export function observations(
  collect: Collect,
  facts: RunFacts,
  headers: Readonly<Record<string, string>>,
  unixMs: () => number,
  tally: Tally,
): Observation[] {
  const cardOf = (whole: WholeAnswer): Card => uncounted(wholeReply(whole, headers), tally)
  const tell = (reset: boolean, wanted: Wanted, render: Render): Later => {
    const told = async (): Promise<Card> => {
      const collection = await collect(reset)
      const { body, contentType } = render(collection, makeReport(collection, facts, unixMs(), wanted))
      return cardOf({ kind: 'whole', status: 200, body, headers: { 'Content-Type': contentType } })
    }
    return { kind: 'later', card: told(), counter: null }
  }
  const stats = (reset: boolean, { buckets, ...wanted }: StatsAsked): Later => {
    if (wanted.session !== undefined && facts.config.run.sessions === 0) throw new BadRequest(NO_SESSIONS)
    return tell(reset, wanted, (collection, report) => ({
      body: JSON.stringify(buckets === undefined ? report : withBuckets(report, collection, wanted)),
      contentType: 'application/json;charset=utf-8',
    }))
  }
  const asking =
    (pick: (asked: StatsAsked) => Later): Picker =>
    ({ query }) =>
      pickAsked(query, statsKeys, facts.config, pick, cardOf)
  return [
    { method: 'GET', path: '/stats', pick: asking((asked) => stats(false, asked)) },
    {
      method: 'POST',
      path: '/stats/reset',
      pick: asking((asked) => {
        if (asked.upstream !== undefined || asked.session !== undefined)
          throw new BadRequest(RESET_IS_FOR_ALL)
        return stats(true, asked)
      }),
    },
    {
      method: 'GET',
      path: '/metrics',
      pick: () =>
        tell(false, {}, (collection, report) => ({
          body: renderMetrics(collection, report),
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
        })),
    },
  ]
}

type Render = (
  collection: Collection,
  report: Report,
) => { readonly body: string; readonly contentType: string }
