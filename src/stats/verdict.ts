// One sentence on whether the numbers can be trusted. The same rule everywhere.
import type { Config } from '../config/config.ts'
import { formatMs } from '../config/units.ts'
import { percentile } from './histogram.ts'
import type { Snapshot } from './snapshot.ts'

export interface Verdict {
  /** null when there was nothing to judge. */
  readonly kept: boolean | null
  readonly sentence: string
}

/** A worker that uses this share of a CPU has no time left to be punctual with. */
const BUSY = 0.9

/** What the verdict must know of the host. */
export interface Capacity {
  readonly workers: number
  /** CPUs the program may use. */
  readonly cpus: number
  readonly descriptorLimit: number | undefined
}

/** The longest p99 lateness that still keeps the schedule: a tenth of the smallest configured delay, at least 1 ms. */
export function toleranceMs({ ttftMs, chunkDelayMs }: Pick<Config, 'ttftMs' | 'chunkDelayMs'>): number {
  const delays = [ttftMs, chunkDelayMs].filter((delay) => delay > 0)
  return Math.max(1, Math.min(...delays) / 10)
}

/** With a delay: was the schedule kept, and if not, the likely cause. Without: was the mock saturated. */
export function judge(
  snapshot: Snapshot,
  config: Pick<Config, 'ttftMs' | 'chunkDelayMs' | 'ttftJitter' | 'chunkDelayJitter'>,
  capacity: Capacity,
): Verdict {
  if (snapshot.lateness.count === 0)
    return { kept: null, sentence: 'Nothing was streamed, so there is nothing to judge.' }
  const busiest = Math.max(0, ...snapshot.busy)
  const busyText = `the busiest worker used ${Math.round(busiest * 100)} % of a CPU`
  const paced =
    config.ttftMs > 0 ||
    config.chunkDelayMs > 0 ||
    [config.ttftJitter, config.chunkDelayJitter].some(({ model }) => model === 'quantiles')
  if (!paced)
    return busiest >= BUSY
      ? { kept: false, sentence: `Saturated: ${busyText}, so the mock may have been the bottleneck.` }
      : { kept: true, sentence: `Not saturated: ${busyText}, so the mock was not the bottleneck.` }

  const p99Ms = percentile(snapshot.lateness, 0.99) / 1000
  const limitMs = toleranceMs(config)
  const figures = `p99 lateness ${formatMs(p99Ms)}, at most ${formatMs(limitMs)} allowed`
  if (p99Ms <= limitMs) return { kept: true, sentence: `The schedule was kept: ${figures}.` }
  return {
    kept: false,
    sentence: `The schedule was not kept: ${figures}; ${likelyCause(snapshot, capacity, busiest)}.`,
  }
}

function likelyCause(
  snapshot: Snapshot,
  { workers, cpus, descriptorLimit }: Capacity,
  busiest: number,
): string {
  if (descriptorLimit !== undefined && snapshot.peakOpen >= 0.95 * descriptorLimit * workers)
    return `likely cause: the limit of ${descriptorLimit} descriptors per worker (raise the hard one, ulimit -Hn)`
  if (busiest >= BUSY)
    return workers < cpus
      ? `likely cause: too few workers (${workers} on ${cpus} CPUs, the busiest at ${Math.round(busiest * 100)} %)`
      : `likely cause: more load than this host's ${cpus} CPUs can serve on time`
  return 'likely cause: other programs on the same CPUs, or bursts of requests that arrived together'
}
