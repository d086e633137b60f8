// A comparison in words: what the table, the Markdown and the page have in common. Pure.
import { DIRECT } from '../../config/compare.ts'
import { formatCount, formatMs, formatPercent, plural } from '../../config/format.ts'
import type { Aborts } from './aborts.ts'
import type { Difference } from './differences.ts'
import type { AddedName, AddedReport, CompareReport, LevelReport, StreamReport, ViaReport } from './report.ts'
import type { Level } from './step.ts'
import type { MostStreams } from './streams.ts'

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

const NOTHING = '-'

export function sheetOf(report: CompareReport): Sheet {
  const { version, host, settings, direct, vias, isComplete } = report
  const { rounds, seconds, pace, isStamped } = settings
  return {
    title: `mock-llm-api ${version}: what ${vias.map(({ name }) => name).join(', ')} adds`,
    facts: [
      ...(isComplete ? [] : ['Ended before all was measured: what follows is what was known by then.']),
      `direct is ${direct.url}`,
      ...vias.map(({ name, url }) => `${name} is ${url}`),
      `${plural(rounds, 'round')} of ${seconds} s a step in random order, ${describeReplies(report)}`,
      `on ${host['cpu']}, ${host['usableCpus']} of ${host['cpus']} CPUs usable, ${host['kernel']}, Bun ${host['bun']}`,
      'Each figure is the median of the rounds; ± is half of the interval that the true median lies in. A difference that could be none is not measurable here.',
      ...(settings.isWhole || pace === null
        ? []
        : [
            isStamped
              ? 'Per chunk is the way of each chunk from its stamp in the mock to the client, more than the shortest way there was.'
              : 'Per chunk is how late each chunk was, against the schedule of the mock, which does not stamp its chunks.',
          ]),
    ],
    tables: direct.levels.map((level, i) => levelTable(level, vias, i)),
    sections: [
      ...section(
        'What happened to the streams',
        vias.flatMap((via) => {
          const text = describeStream(report, via)
          return text === undefined ? [] : [[via.name, text]]
        }),
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

export function describeLevel({ connections, rate }: Level): string {
  return rate === null
    ? plural(connections, 'connection')
    : `${formatCount(rate)} requests/s, on at most ${plural(connections, 'connection')}`
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

function describeRate({ ratio }: AddedReport): string {
  if (ratio === null) return NOTHING
  if (!ratio.isMeasurable) return 'as direct'
  return `${formatPercent(ratio.median)} of direct`
}

function describeErrors({ errors, errorKinds: [first] }: LevelReport): string {
  return first === undefined ? 'none' : `${formatCount(errors)}: ${first[0]}`
}

function describeBounds({ bounds }: LevelReport): string {
  return bounds.length === 0 ? NOTHING : bounds.join(', ')
}

/** What became of the chunks of all levels together, in a sentence; undefined where nobody looked. */
function describeStream({ direct }: CompareReport, via: ViaReport): string | undefined {
  const all = addStreams(via.levels)
  if (all === null) return undefined
  const beside = addStreams(direct.levels)
  const harms = (
    [
      ['lost', all.lost],
      ['doubled', all.doubled],
      ['reordered', all.reordered],
      ['merged with another into one event', all.merged],
      ['cut into more than one event', all.split],
    ] as const
  ).filter(([, times]) => times > 0)
  const chunks = `${formatCount(all.chunks)} chunks`
  return [
    harms.length === 0
      ? `all ${chunks} came once and in order, an event each`
      : `of ${chunks} ${harms.map(([what, times]) => `${formatCount(times)} ${what}`).join(', ')}`,
    `${all.eventsPerRead} events a read (direct ${beside?.eventsPerRead ?? NOTHING})`,
    all.earlyHeads === 0
      ? 'headers with the first event'
      : `headers before the first event in ${formatPercent(all.earlyHeads / Math.max(1, all.replies))} of replies`,
    all.comments === 0 ? 'no comments' : `${plural(all.comments, 'comment')} added`,
    via.isSameText ? 'the text is the same' : 'the TEXT DIFFERS',
  ].join('; ')
}

function addStreams(levels: readonly LevelReport[]): Omit<StreamReport, 'delayByChunkMs'> | null {
  const streams = levels.flatMap(({ stream }) => stream ?? [])
  if (streams.length === 0) return null
  const sums = streams.reduce<Record<string, number>>((sum, stream) => {
    for (const [name, value] of Object.entries(stream))
      if (typeof value === 'number') sum[name] = (sum[name] ?? 0) + value
    return sum
  }, {}) as unknown as Omit<StreamReport, 'delayByChunkMs'>
  return { ...sums, eventsPerRead: Number((sums.readEvents / Math.max(1, sums.reads)).toFixed(2)) }
}

export function describeAborts({ tries, seen, afterMs, chunksInVain }: Aborts): string {
  if (afterMs === null) return 'never hands on that a client has left: the mock went on to the end'
  const often = seen < tries ? ` in ${seen} of ${tries} tries, else never` : ''
  return `hands a client's leaving on after ${formatMs(Number(afterMs.toPrecision(2)))}${often}; ${plural(Math.round(chunksInVain!), 'chunk')} sent in vain`
}

function describeMost({ streams, isBounded }: MostStreams): string {
  if (streams === 0) return 'none: there always was a stall'
  return isBounded ? `${formatCount(streams)} or more: no more were tried` : formatCount(streams)
}

/** What keeps figures from being those of what is in between, and whether more rounds would help. */
function describeProof({ direct, vias }: CompareReport): Row[] {
  const rows: Row[] = []
  const meaning = {
    'mock-bound': 'the mock itself had less than 10 % to spare: more of --workers, or fewer connections',
    'client-bound': 'the client used over 90 % of a CPU: what it tells is its own limit',
    'host-busy': 'other programs used over 10 % of the CPUs: repeat when they do not',
  } as const
  for (const [name, levels] of [[DIRECT, direct.levels], ...vias.map((via) => [via.name, via.levels])] as [
    string,
    readonly LevelReport[],
  ][])
    for (const { level, bounds } of levels)
      for (const bound of bounds)
        rows.push([`${bound}`, `${name}, ${describeLevel(level)}: ${meaning[bound]}`])
  const all = vias.flatMap(({ levels }) => levels.map(({ added }) => added.ttftP50))
  const settled = all.flatMap((difference) => difference?.settledAfter ?? [])
  const open = all.filter((difference) => difference !== null && difference.settledAfter === null).length
  if (open > 0)
    rows.push([
      'rounds',
      'the intervals still came closer in the last round: more of --rounds would say more',
    ])
  else if (settled.length > 0)
    rows.push(['rounds', `after ${Math.max(...settled)} the intervals came no closer`])
  if (rows.every(([name]) => name === 'rounds'))
    rows.unshift(['yes', 'neither mock, client nor host was at its limit'])
  return rows
}
