// The charts of a comparison: which there are, and the points of their lines. Pure.
import { DIRECT } from '../../config/compare.ts'
import { round } from '../../stats/rounding.ts'
import type { CompareReport, LevelReport, Point } from './report.ts'
import { describeLevel } from './step.ts'

/** What the script of the page draws. */
export interface Chart {
  readonly title: string
  /** What x is: `nines` are -log10(1 - share), so that 90 % is 1, 99 % is 2; `chunk` counts from 1. */
  readonly x: 'nines' | 'chunk'
  readonly y: string
  readonly isLog: boolean
  readonly at: readonly number[]
  readonly lines: readonly Line[]
}

export interface Line {
  readonly name: string
  /** 0 is direct, 1 the first of what is in between: it has the same colour in all charts. */
  readonly index: number
  /** One for each of `at`. */
  readonly ms: readonly (number | null)[]
}

export interface ChartedLevel {
  readonly heading: string
  readonly charts: readonly Chart[]
}

/** The largest value is more than so many times the smallest: the scale is logarithmic. */
const WIDE = 50

/** By level, in order; a chart for which nobody has data is left out, and so is a level without charts. */
export function chartLevels({ direct, vias }: CompareReport): ChartedLevel[] {
  return direct.levels
    .map(({ level }, at) => {
      const all = [{ name: DIRECT, levels: direct.levels as readonly LevelReport[] }, ...vias]
      const draw = (
        words: Pick<Chart, 'title' | 'x' | 'y'>,
        pick: (one: LevelReport) => readonly Point[],
      ): Chart[] =>
        drawChart(
          words,
          all.map(({ name, levels }) => ({ name, points: pointsOf(levels[at], pick) })),
        )
      return {
        heading: describeLevel(level),
        charts: [
          ...draw({ title: 'TTFT: latency by percentile', x: 'nines', y: 'TTFT' }, ninesOf('ttft')),
          ...draw({ title: 'Total: latency by percentile', x: 'nines', y: 'total' }, ninesOf('total')),
          ...draw({ title: 'Per chunk: delay by percentile', x: 'nines', y: 'delay' }, ninesOf('chunk')),
          ...draw({ title: 'Delay by chunk', x: 'chunk', y: 'mean delay' }, ({ stream }) =>
            (stream?.delayByChunkMs ?? []).flatMap((ms, i) => (ms === null ? [] : [[i + 1, ms] as const])),
          ),
        ],
      }
    })
    .filter(({ charts }) => charts.length > 0)
}

function pointsOf(
  level: LevelReport | undefined,
  pick: (one: LevelReport) => readonly Point[],
): readonly Point[] {
  return level === undefined ? [] : pick(level)
}

/** A curve over x = -log10(1 - share). */
function ninesOf(name: keyof LevelReport['curves']): (level: LevelReport) => readonly Point[] {
  return ({ curves }) =>
    curves[name].filter(([share]) => share < 1).map(([share, ms]) => [round(-Math.log10(1 - share), 3), ms])
}

function drawChart(
  words: Pick<Chart, 'title' | 'x' | 'y'>,
  all: readonly { readonly name: string; readonly points: readonly Point[] }[],
): Chart[] {
  const values = all.flatMap(({ points }) => points.map(([, ms]) => ms))
  const isLog = Math.max(...values) > WIDE * Math.min(...values.filter((ms) => ms > 0))
  const shown = all.map(({ points }) => points.filter(([, ms]) => !isLog || ms > 0))
  const at = [...new Set(shown.flat().map(([x]) => x))].toSorted((a, b) => a - b)
  const lines = shown.flatMap((points, index): Line[] => {
    const known = new Map(points)
    return points.length === 0
      ? []
      : [{ name: all[index]!.name, index, ms: at.map((x) => known.get(x) ?? null) }]
  })
  return lines.length === 0 ? [] : [{ ...words, isLog, at, lines }]
}
