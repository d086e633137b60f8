// What the figures of a calibration mean for whoever wants to measure on this host.
import type { Surroundings } from '../surroundings.ts'
import type { ScalingRow, StreamsRow } from './results.ts'

export function adviseScaling(scaling: readonly ScalingRow[], cpus: number): string[] {
  const best = scaling.reduce((a, b) => (b.requestsPerSecond > a.requestsPerSecond * 1.05 ? b : a))
  const advice = [
    ...(scaling.length === 1
      ? []
      : [
          `Use --workers ${best.workers} for throughput: more bring no more here, where clients take their share of ${cpus} CPUs.`,
        ]),
    `Below ${safePart(best.requestsPerSecond, 100)} requests/s at delay 0 the mock is not your bottleneck.`,
  ]
  if (best.atLimit !== 'server')
    advice.push(
      best.atLimit === 'clients'
        ? 'The clients were as busy as they can be: the mock does more than these figures say.'
        : 'Neither the mock nor the clients were at their limit: the mock does more than these figures say.',
    )
  return advice
}

/** 70 % of a figure, in whole steps; a figure that has none is not cut to nothing. */
function safePart(figure: number, step: number): number {
  const part = figure * 0.7
  return Math.floor(part / step) * step || Math.floor(part)
}

interface StreamsAdvice {
  readonly mostStreams: number
  readonly mostStreamsBounded: boolean
  readonly toleranceMs: number
  readonly given: Pick<Surroundings, 'descriptorLimit' | 'localPorts'>
}

export function adviseStreams(
  floor: StreamsRow,
  rows: readonly StreamsRow[],
  { mostStreams, mostStreamsBounded, toleranceMs, given }: StreamsAdvice,
): string[] {
  if (!floor.kept)
    return [
      'Even ten streams were late, so how many stay on time is not told: other programs use these CPUs, or the delay is too short for this host. Repeat when they do not, or with a larger --seconds.',
    ]
  if (mostStreams === 0)
    return [
      'No number of streams was on time: other programs use these CPUs, or the delay is too short for this host.',
    ]
  const limit = rows.find(({ kept }) => !kept)
  const beyond =
    limit === undefined
      ? ''
      : `; beyond ${mostStreams} ${limit.errors > 0 ? 'requests fail' : `p99 is over ${toleranceMs} ms late`}`
  const advice = [
    `Up to about ${safePart(mostStreams, 10)} streams (70 % of the most, to leave room for bursts) numbers can be trusted${beyond}.`,
  ]
  if (mostStreamsBounded)
    advice.push(
      mostStreams < given.localPorts
        ? `Raise the limit of descriptors (ulimit -Hn, now ${given.descriptorLimit}) to try more.`
        : 'One address has no more ports to one server: several client addresses could open more.',
    )
  if (limit !== undefined && isOfClients(limit, toleranceMs))
    advice.push(
      'Where it broke off the server itself was on time, and the clients were not: from another host it can take more.',
    )
  return advice
}

/** The server was on time where the clients were not: more than it is told it can take. */
export function isOfClients(
  { errors, kept, serverLatenessMs }: Pick<StreamsRow, 'errors' | 'kept' | 'serverLatenessMs'>,
  toleranceMs: number,
): boolean {
  return !kept && errors === 0 && (serverLatenessMs.p99 ?? Number.POSITIVE_INFINITY) <= toleranceMs
}
