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
    `Below ${Math.floor((best.requestsPerSecond * 0.7) / 100) * 100} requests/s at delay 0 the mock is not your bottleneck.`,
  ]
  if (best.clientLimited)
    advice.push('The clients were as busy as they can be: the mock may do more than these figures say.')
  return advice
}

interface StreamsAdvice {
  readonly mostStreams: number
  readonly mostStreamsBounded: boolean
  readonly toleranceMs: number
  readonly given: Surroundings
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
  const trusted = Math.floor((mostStreams * 0.7) / 10) * 10
  const advice = [
    ...(floor.kept
      ? []
      : [
          'Even ten streams were late: something else uses these CPUs. Repeat when it does not, or with a larger --seconds.',
        ]),
    `Up to about ${trusted} streams (70 % of the most, to leave room for bursts) numbers can be trusted; beyond ${mostStreams} p99 is over ${toleranceMs} ms late.`,
  ]
  if (mostStreamsBounded)
    advice.push(
      given.descriptorLimit !== undefined && given.descriptorLimit < given.localPorts
        ? `Raise the limit of descriptors (ulimit -Hn, now ${given.descriptorLimit}) to try more.`
        : 'One address has no more ports to one server: several client addresses could open more.',
    )
  const limit = rows.find(({ kept }) => !kept)
  if (limit !== undefined && (limit.serverLatenessMs.p99 ?? 0) <= toleranceMs)
    advice.push(
      'Where it broke off the server itself was on time, and the clients were not: from another host it can take more.',
    )
  return advice
}
