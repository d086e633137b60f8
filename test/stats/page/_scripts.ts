// The functions of series.js, as the page has them: that file is text to the program.
import series from '../../../src/stats/page/series.js' with { type: 'text' }

export interface Point {
  readonly requests: number
  readonly events: number
  readonly faults: number
  readonly errors: number
  readonly open: number
  readonly busy: number
  readonly ttftP50: number | null
  readonly ttftP99: number | null
  readonly lateP50: number | null
  readonly lateP99: number | null
  readonly wholeP50: number | null
  readonly wholeP99: number | null
}

interface Series {
  subtractBuckets(after: readonly number[], before: readonly number[]): number[]
  percentileOf(buckets: readonly number[], share: number): number | null
  breakBetween(before: object, after: object): 'restart' | 'reset' | 'pause' | 'nothing'
  pointBetween(before: object, after: object): Point | undefined
  pointOfUpstream(name: string, before: object | undefined, after: object): Point | undefined
  baseUrlOf(upstream: object, place: { protocol: string; host: string; hostname: string }): string
  describePhase(upstream: object): string
  settingsOf(report: object): unknown
  formatVerdict(verdict: object): string
  formatCount(count: number): string
  formatMs(ms: number): string
  formatPercent(share: number): string
}

const names = [...series.matchAll(/^function (\w+)/gm)].map(([, name]) => name!)

export const {
  subtractBuckets,
  percentileOf,
  breakBetween,
  pointBetween,
  pointOfUpstream,
  baseUrlOf,
  describePhase,
  settingsOf,
  formatVerdict,
  formatCount,
  formatMs,
  formatPercent,
} = new Function(`${series}\nreturn { ${names.join(', ')} }`)() as Series
