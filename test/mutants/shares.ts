// Deliberate faults in src/stats: numbers per upstream and phase.
import type { Mutant } from './mutant.ts'

const SHARES = 'src/stats/shares.ts'
const TALLY = 'src/stats/tally.ts'
const REPORT = 'src/stats/report.ts'
const VERDICT = 'src/stats/verdict.ts'
const SERIES = 'src/stats/page/series.js'
const UPSTREAMS = ['test/stats/upstreams.test.ts']

export const shares: readonly Mutant[] = [
  {
    file: SHARES,
    from: '    ...b.filter((share) => known.get(share) === undefined),\n',
    to: '',
    tests: ['test/stats/shares.test.ts'],
    why: 'what only the second worker has is lost',
  },
  {
    file: SHARES,
    from: 'index.get(upstream)?.get(phase)?.get(session)',
    to: 'index.get(upstream)?.get(phase)?.values().next().value',
    tests: ['test/stats/shares.test.ts'],
    why: 'all sessions are one',
  },
  {
    file: SHARES,
    from: 'share.upstream === null || which(share)',
    to: 'which(share)',
    tests: ['test/stats/shares.test.ts'],
    why: 'an upstream is judged without knowing how busy the process is',
  },
  {
    file: SHARES,
    from: 'Math.max(numbers.peakOpen, other?.peakOpen ?? 0)',
    to: 'numbers.peakOpen + (other?.peakOpen ?? 0)',
    tests: ['test/stats/shares.test.ts'],
    why: 'peaks of workers that never served together are added',
  },
  {
    file: 'src/stats/snapshot.ts',
    from: 'values.reduce((a, b) => (merge as Anyhow)(a, b))',
    to: 'values.reduce(merge as Anyhow)',
    tests: ['test/stats/shares.test.ts'],
    why: 'the largest is that of the values and of their places',
  },
  {
    file: 'src/stats/packing.ts',
    from: 'known.get(share) === share.numbers ? null',
    to: 'known.get(share) !== undefined ? null',
    tests: ['test/stats/shares.test.ts'],
    why: 'what has changed is told to be as it was',
  },
  {
    file: TALLY,
    from: 'this.#open === 0 && told.timeline',
    to: 'told.timeline',
    tests: ['test/stats/phases.test.ts'],
    why: 'the time of what is open does not go on',
  },
  {
    file: TALLY,
    from: '&& told.timeline.length === 0',
    to: '',
    tests: ['test/stats/phases.test.ts'],
    why: 'the last minute is that of when something happened last',
  },
  {
    file: TALLY,
    from: '    if (++all.now > all.most) {\n      all.most = all.now\n',
    to: '    if (++all.now > all.most) {\n',
    tests: ['test/stats/phases.test.ts'],
    why: 'each reply is a new peak',
  },
  {
    file: TALLY,
    from: '    this.#underWay.now -= this.#open\n',
    to: '',
    tests: ['test/stats/phases.test.ts'],
    why: 'what was cut is under way for ever',
  },
  {
    file: REPORT,
    from: 'phase === null || phase >= phases.length',
    to: 'phase === null',
    tests: UPSTREAMS,
    why: 'what came in phases that are gone is in no number',
  },
  {
    file: REPORT,
    from: 'ownOf(began, upstream.name) ?? startedAtMs',
    to: 'startedAtMs',
    tests: UPSTREAMS,
    why: 'phases count from the start, whatever began anew',
  },
  {
    file: VERDICT,
    from: 'b.strain - a.strain',
    to: 'a.strain - b.strain',
    tests: UPSTREAMS,
    why: 'the best upstream speaks for all',
  },
  {
    file: VERDICT,
    from: '`the ${noun} ${worst.name}`',
    to: 'worst.name',
    tests: UPSTREAMS,
    why: 'a phase is told as if it were a time',
  },
  {
    file: 'src/stats/phases.ts',
    from: '...judge(byPhase[i]!, settings)',
    to: '...judge(byPhase[i]!, config)',
    tests: UPSTREAMS,
    why: 'each phase is judged by the settings of now',
  },
  {
    file: 'src/stats/prometheus.ts',
    from: "upstreams !== undefined && shownNumbers[name].whose === 'upstream' ? each",
    to: 'upstreams !== undefined ? each',
    tests: UPSTREAMS,
    why: 'what is of the process has the name of an upstream',
  },
  {
    file: 'src/stats/table.ts',
    from: 'Math.min(over, fitted[i]! - HEADINGS[i]!.length)',
    to: 'over',
    tests: UPSTREAMS,
    why: 'a column is cut to nothing',
  },
  {
    file: 'src/stats/table.ts',
    from: 'other - one',
    to: 'one - other',
    tests: UPSTREAMS,
    why: 'the rarest status comes first',
  },
  {
    file: SERIES,
    from: '{ ...after, ...later }',
    to: 'after',
    tests: ['test/stats/page/series.test.ts'],
    why: 'the numbers of an upstream are those of all',
  },
]
