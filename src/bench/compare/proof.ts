// Whether the figures of a comparison can be trusted, and what would make them better. Pure.
import { DIRECT } from '../../config/compare.ts'
import { clipText, formatCount, plural } from '../../config/format.ts'
import { FEWEST_TO_SETTLE } from './differences.ts'
import type { CompareReport, LevelReport } from './report.ts'
import type { Bound, Level } from './step.ts'

type Row = readonly [name: string, text: string]

const meanings: Readonly<Record<Bound, string>> = {
  'mock-bound': 'the mock itself had less than 10 % to spare: more of --workers, or fewer connections',
  'client-bound': 'the client used over 90 % of a CPU: what it tells is its own limit',
  'host-busy': 'other programs used over 10 % of the CPUs: repeat when they do not',
}

/** What keeps figures from being those of what is in between, and whether more rounds would help. */
export function describeProof({ direct, vias, isComplete }: CompareReport): Row[] {
  const all = [{ name: DIRECT, levels: direct.levels }, ...vias]
  const rows: Row[] = [
    ...all.flatMap(({ name, levels }) => describeFailures(name, levels)),
    ...(Object.keys(meanings) as Bound[]).flatMap((bound): Row[] => {
      const places = all.flatMap(({ name, levels }) => {
        const bounded = levels.filter(({ bounds }) => bounds.includes(bound))
        return bounded.length === 0
          ? []
          : [`${name} at ${bounded.map(({ level }) => shortLevel(level)).join(', ')}`]
      })
      return places.length === 0 ? [] : [[bound, `${places.join('; ')}: ${meanings[bound]}`]]
    }),
  ]
  if (!vias.some(({ levels }) => levels.length > 0)) rows.push(['not yet', 'nothing was compared'])
  else if (rows.length === 0)
    rows.push([
      isComplete ? 'yes' : 'so far',
      'no request failed, and neither mock, client nor host was at its limit',
    ])
  return [...rows, ...describeRounds(vias.flatMap(({ levels }) => levels.map(({ added }) => added.ttftP50)))]
}

function describeFailures(name: string, levels: readonly LevelReport[]): Row[] {
  const failed = levels.reduce((sum, { errors }) => sum + errors, 0)
  const hung = levels.reduce((sum, level) => sum + level.hung, 0)
  const asked = levels.reduce((sum, { requests, errors }) => sum + requests + errors, 0)
  const reason = levels.flatMap(({ errorKinds }) => errorKinds.map(([first]) => first))[0]
  return [
    ...(failed === 0
      ? []
      : [
          [
            'errors',
            `${formatCount(failed)} of ${formatCount(asked)} requests failed (${name}): ${clipText(reason ?? '')}`,
          ] as const,
        ]),
    ...(hung === 0
      ? []
      : [
          [
            'hung',
            `${plural(hung, 'request')} had no whole answer, and nothing more came (${name})`,
          ] as const,
        ]),
  ]
}

function shortLevel({ connections, rate }: Level): string {
  return rate === null ? formatCount(connections) : `${formatCount(rate)}/s`
}

function describeRounds(
  differences: readonly ({ readonly settledAfter: number | null; readonly rounds: number } | null)[],
): Row[] {
  const known = differences.filter((difference) => difference !== null)
  if (known.length === 0 || known.some(({ rounds }) => rounds < FEWEST_TO_SETTLE)) return []
  if (known.some(({ settledAfter }) => settledAfter === null))
    return [['rounds', 'the intervals still came closer in the last ones: more of --rounds would say more']]
  return [
    [
      'rounds',
      `after ${Math.max(...known.map(({ settledAfter }) => settledAfter!))} the intervals came no closer`,
    ],
  ]
}
