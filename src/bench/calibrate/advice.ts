// What the figures of a calibration mean for whoever wants to measure on this host.
import type { ScalingRow, StreamsRow, Surroundings } from './results.ts'

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
  if (best.clientLimited)
    advice.push('The clients were as busy as they can be: the mock may do more than these figures say.')
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
    ...(floor.kept
      ? []
      : [
          'Even ten streams were late: something else uses these CPUs. Repeat when it does not, or with a larger --seconds.',
        ]),
    `Up to about ${safePart(mostStreams, 10)} streams (70 % of the most, to leave room for bursts) numbers can be trusted${beyond}.`,
  ]
  if (mostStreamsBounded)
    advice.push(
      mostStreams < given.localPorts
        ? `Raise the limit of descriptors (ulimit -Hn, now ${given.descriptorLimit}) to try more.`
        : 'One address has no more ports to one server: several client addresses could open more.',
    )
  if (limit?.errors === 0 && (limit.serverLatenessMs.p99 ?? Number.POSITIVE_INFINITY) <= toleranceMs)
    advice.push(
      'Where it broke off the server itself was on time, and the clients were not: from another host it can take more.',
    )
  return advice
}
