// `mock-llm-api calibrate --url`: how another server keeps its time, in a closed or an open loop.
import { type Surroundings, clientsFor } from '../surroundings.ts'
import type { CalibrateConfig } from '../../config/calibrate.ts'
import { type Percentiles, percentilesOf } from '../../stats/percentiles.ts'
import { round } from '../../stats/rounding.ts'
import type { Rig } from '../client/rig.ts'
import { HUNG_AFTER_MS, type LoadPlan, NO_ORIGIN } from '../client/plan.ts'
import { probe, type Probed } from '../client/probe.ts'
import { CLIENT_BUSY, type LoadResult } from '../client/tally.ts'
import { completeUrl, type Target, targetOf } from '../client/target.ts'
import { settleWishes } from '../client/wishes.ts'

export interface ForeignReport {
  readonly url: string
  readonly loop: 'closed' | 'open'
  /** Requests per second that were meant to be sent; null in a closed loop. */
  readonly rate: number | null
  readonly connections: number
  readonly seconds: number
  readonly eventsPerReply: number
  readonly requests: number
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  /** The most requests that waited for a free connection. */
  readonly mostWaiting: number
  /** Requests without a whole reply at the end, and the age of the oldest. Of them only events that came are counted. */
  readonly underWay: number
  readonly oldestMs: number
  readonly errors: number
  readonly errorKinds: LoadResult['errorKinds']
  readonly clients: number
  /** Share of a CPU the clients used. */
  readonly clientCpus: number
  /** In an open loop from the moment the request should have been sent. */
  readonly ttftMs: Percentiles
  readonly gapMs: Percentiles
  readonly latencyMs: Percentiles
  /** Against what is expected; null where nothing is. */
  readonly latenessMs: Percentiles | null
}

const WARM_MS = 500

/** @throws RunError when the server cannot be reached, or answers the first request wrongly */
export async function measureForeign(
  config: CalibrateConfig,
  given: URL,
  { cpus, environment, progress }: Surroundings,
  rig: Rig,
): Promise<ForeignReport> {
  const { connections, rate } = config
  progress('asking once')
  const wishes = settleWishes(config, given, environment)
  const url = completeUrl(given, wishes)
  const target = targetOf(url, wishes)
  const probed = await probe({ url, target })
  progress(`${connections} connections, ${rate === 0 ? 'closed loop' : `${rate} requests a second`}`)
  const plan = planForeign(config, target, probed)
  const result = await rig.load(plan, 1)
  const clients = clientsFor(cpus, cpus)
  if (clients === 1 || result.cpuMs / result.measuredMs < CLIENT_BUSY)
    return reportForeign(config, url, probed, result, 1)
  progress(`one client is at its limit: again with ${clients}`)
  return reportForeign(config, url, probed, await rig.load(plan, clients), clients)
}

/** Connections begin spread over the time of a reply, where that is known and nothing else spreads them. */
export function planForeign(
  { connections, rate, seconds, expectDelayMs, expectTtftMs }: CalibrateConfig,
  target: Target,
  { delimiter, chunks, steps }: Probed,
): LoadPlan {
  const replyMs = (expectTtftMs ?? 0) + chunks * (expectDelayMs ?? 0)
  const rampMs = rate === 0 ? Math.min(10_000, replyMs) : 0
  const expects = expectDelayMs !== null || expectTtftMs !== null
  return {
    target,
    delimiter,
    connections,
    rate: rate === 0 ? null : rate,
    rampMs,
    warmMs: rampMs + WARM_MS,
    measureMs: seconds * 1000,
    due: expects ? { ttftMs: expectTtftMs ?? 0, delayMs: expectDelayMs, steps } : null,
    origin: NO_ORIGIN,
    hungAfterMs: HUNG_AFTER_MS,
    watch: null,
  }
}

export function reportForeign(
  { connections, rate, seconds, expectDelayMs, expectTtftMs }: CalibrateConfig,
  url: URL,
  { events }: Probed,
  result: LoadResult,
  clients: number,
): ForeignReport {
  const expects = expectDelayMs !== null || expectTtftMs !== null
  const perSecond = (count: number): number => round((count / result.measuredMs) * 1000, 1)
  return {
    url: url.href,
    loop: rate === 0 ? 'closed' : 'open',
    rate: rate === 0 ? null : rate,
    connections,
    seconds,
    eventsPerReply: events,
    requests: result.requests,
    requestsPerSecond: perSecond(result.requests),
    eventsPerSecond: perSecond(result.events),
    mostWaiting: result.waiting,
    underWay: result.underWay,
    oldestMs: round(result.oldestMs, 3),
    errors: result.errors,
    errorKinds: result.errorKinds,
    clients,
    clientCpus: round(result.cpuMs / result.measuredMs, 3),
    ttftMs: percentilesOf(result.ttft),
    gapMs: percentilesOf(result.gap),
    latencyMs: percentilesOf(result.latency),
    latenessMs: expects ? percentilesOf(result.lateness) : null,
  }
}
