// What the tests of comparisons make steps of: quiet ones, in which each test changes what it is about.
import type { Step } from '../../../src/bench/compare/step.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import type { Watched } from '../../../src/bench/client/watch.ts'
import { emptyHistogram } from '../../../src/stats/histogram.ts'
import { loadResult, percentilesAt } from '../_results.ts'

const quiet = loadResult({ requests: 100, events: 2000, cpuMs: 100 })

export function stepOf(change: Partial<Step> = {}, result: Partial<LoadResult> = {}): Step {
  return {
    name: 'direct',
    level: { connections: 16, rate: null },
    round: 1,
    clients: 1,
    origin: { ttftMs: 0, latencyMs: 0 },
    mock: { latenessMs: percentilesAt(0.1, 1), busy: busyOf(0.2) },
    viaCpuMs: null,
    hostCpuMs: 300,
    ...change,
    result: { ...quiet, ...result },
  }
}

/** Workers that used these shares of a CPU. */
export function busyOf(...means: readonly number[]): Step['mock']['busy'] {
  const perWorker = means.map((mean, worker) => ({ worker, mean, peak: mean, last: mean }))
  return { peak: Math.max(...means), perWorker }
}

export function watchedOf(change: Partial<Watched> = {}): Watched {
  return {
    replies: 100,
    chunks: 1800,
    lost: 0,
    doubled: 0,
    reordered: 0,
    merged: 0,
    split: 0,
    comments: 0,
    reads: 1800,
    readEvents: 2000,
    earlyHeads: 0,
    sampled: 2,
    altered: 0,
    delay: emptyHistogram,
    leastMicros: 50,
    byChunk: { sumMicros: [], times: [] },
    ...change,
  }
}
