// A comparison in words: what the table, the Markdown and the page have in common. Pure.
import { DIRECT } from '../../config/compare.ts'
import { clipText, formatCount, formatMs, formatPercent, plural } from '../../config/format.ts'
import type { Difference } from './differences.ts'
import { describeProof } from './proof.ts'
import type { AddedName, AddedReport, CompareReport, LevelReport, ViaReport } from './report.ts'
import { describeLevel } from './step.ts'
import { describeAborts, describeMost, describeStream, NOTHING } from './words.ts'

/** A table: the first column names what the row is about. */
export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Sheet {
  readonly title: string
  /** How it was measured. */
  readonly facts: readonly string[]
  readonly tables: readonly Table[]
  /** Paragraphs under a heading each. */
  readonly sections: readonly {
    readonly heading: string
    readonly rows: readonly (readonly [string, string])[]
  }[]
}

/** With fewer rounds intervals are right in less than nine of ten cases. */
const FEWEST_FOR_SURE = 5

export function sheetOf(report: CompareReport): Sheet {
  const { version, host, settings, direct, vias, isComplete } = report
  const { rounds, seconds, pace, isStamped } = settings
  return {
    title: `mock-llm-api ${version}: what ${andList(vias.map(({ name }) => name))} ${vias.length === 1 ? 'adds' : 'add'}`,
    facts: [
      ...(isComplete ? [] : ['Ended before all was measured: what follows is what was known by then.']),
      `direct is ${direct.url}`,
      ...vias.map(
        ({ name, url }) => `${name} is ${url}${url === direct.url ? ', which is the mock itself' : ''}`,
      ),
      `${plural(rounds, 'round')} of ${seconds} s a step in random order, ${describeReplies(report)}`,
      `on ${host['cpu']}, ${host['usableCpus']} of ${host['cpus']} CPUs usable, ${host['kernel']}, Bun ${host['bun']}`,
      'Each figure is the median of the rounds; ± is half of the interval that the true median lies in. A difference that could be none is not measurable here.',
      ...(rounds < FEWEST_FOR_SURE
        ? [
            `With ${rounds} rounds that interval is right in ${formatPercent(1 - 2 ** (1 - rounds))} of cases only, with five in 94 %.`,
          ]
        : []),
      ...(settings.isWhole || pace === null
        ? []
        : [
            isStamped
              ? 'Per chunk is the way of each chunk from its stamp in the mock to the client, more than the shortest in the warm-up.'
              : 'Per chunk is how late each chunk was, against the schedule of the mock, which does not stamp its chunks.',
          ]),
    ],
    tables: direct.levels.map((level, i) => levelTable(level, vias, i)),
    sections: [
      ...section(
        'What happened to the streams',
        settings.isWhole ? [] : vias.map((via) => [via.name, describeStream(direct.levels, via)]),
      ),
      ...section(
        'Clients that leave',
        vias.flatMap(({ name, aborts }) => (aborts === null ? [] : [[name, describeAborts(aborts)]])),
      ),
      ...section(
        'Most streams at once without a stall (a gap of over 10 delays)',
        [{ name: DIRECT, most: direct.most }, ...vias].flatMap(({ name, most }) =>
          most === null ? [] : [[name, describeMost(most)]],
        ),
      ),
      { heading: 'Can these figures be trusted?', rows: describeProof(report) },
    ],
  }
}

type Row = readonly [name: string, text: string]

/** None where there is nothing to say. */
function section(heading: string, rows: readonly Row[]): Sheet['sections'] {
  return rows.length === 0 ? [] : [{ heading, rows }]
}

function describeReplies({ settings: { format, isWhole, isHttp2, pace } }: CompareReport): string {
  const kind = isWhole ? 'whole answers' : 'streams'
  const what = `${kind} of the format ${format}${isHttp2 ? ' over HTTP/2' : ''}`
  if (pace === null) return what
  return `${what}: ${plural(pace.chunkCount, 'chunk')}, ${formatMs(pace.chunkDelayMs)} apart, the first after ${formatMs(pace.ttftMs)}`
}

const addedRows: readonly (readonly [title: string, name: AddedName])[] = [
  ['TTFT p50', 'ttftP50'],
  ['TTFT p99', 'ttftP99'],
  ['per chunk p50', 'chunkP50'],
  ['per chunk p99', 'chunkP99'],
  ['total p50', 'totalP50'],
  ['total p99', 'totalP99'],
]

function levelTable(direct: LevelReport, vias: readonly ViaReport[], index: number): Table {
  const beside = vias.map(({ levels }) => levels[index])
  const row = (title: string, first: string, tell: (level: AddedReport) => string): string[] => [
    title,
    first,
    ...beside.map((level) => (level === undefined ? NOTHING : tell(level))),
  ]
  const isKnown = (name: AddedName): boolean => direct.figures[name] !== null
  return {
    head: [describeLevel(direct.level), DIRECT, ...vias.map(({ name }) => `${name} adds`)],
    rows: [
      ...addedRows
        .filter(([, name]) => isKnown(name))
        .map(([title, name]) =>
          row(title, formatMs(direct.figures[name]!), ({ added }) => describeAdded(added[name])),
        ),
      row('requests/s', formatRate(direct.figures.requestsPerSecond ?? 0), describeRate),
      row('errors', describeErrors(direct), describeErrors),
      ...([direct, ...beside].some((level) => (level?.hung ?? 0) > 0)
        ? [row('hung', formatCount(direct.hung), ({ hung }) => formatCount(hung))]
        : []),
      ...(beside.some((level) => level !== undefined && level.viaCpus !== null)
        ? [row('CPUs', NOTHING, ({ viaCpus }) => (viaCpus === null ? NOTHING : formatPercent(viaCpus)))]
        : []),
      row('mock late p99', describeMs(direct.mockLatenessP99Ms), (level) =>
        describeMs(level.mockLatenessP99Ms),
      ),
      row('bound by', describeBounds(direct), describeBounds),
    ],
  }
}

function describeMs(ms: number | null): string {
  return ms === null ? NOTHING : formatMs(ms)
}

/** `+0.21 ms ±0.03`. */
export function describeAdded(difference: Difference | null): string {
  if (difference === null) return NOTHING
  const { median, low, high, isMeasurable } = difference
  if (!isMeasurable) return 'not measurable here'
  return `${median < 0 ? '-' : '+'}${formatMs(Math.abs(median))} ±${trim((high - low) / 2)}`
}

function trim(ms: number): string {
  return String(Number(ms.toPrecision(2)))
}

function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond)
}

/** So many kinds of errors are told in a table; all of them in the JSON. */
const MOST_KINDS = 3
/** Rates that differ by less are the same. */
const SAME_RATE = 0.01

function describeRate({ ratio }: AddedReport): string {
  if (ratio === null) return NOTHING
  const { median, low, high, isMeasurable } = ratio
  if (Math.abs(low - 1) < SAME_RATE && Math.abs(high - 1) < SAME_RATE) return 'as direct'
  if (!isMeasurable) return 'not measurable here'
  return `${formatPercent(median)} of direct ±${Math.ceil((high - low) * 50)}`
}

function describeErrors({ errors, errorKinds }: LevelReport): string {
  if (errorKinds.length === 0) return 'none'
  const told = errorKinds.slice(0, MOST_KINDS).map(([reason, times]) => {
    return errorKinds.length === 1 ? clipText(reason) : `${clipText(reason)} (${formatCount(times)})`
  })
  return `${formatCount(errors)}: ${told.join(', ')}${errorKinds.length > MOST_KINDS ? ', …' : ''}`
}

function describeBounds({ bounds }: LevelReport): string {
  return bounds.length === 0 ? NOTHING : bounds.join(', ')
}

/** `a`, `a and b`, `a, b and c`. */
function andList(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
