// What `bun run bench` makes of its figures: the manual's tables, the README's two lines and the chart. Pure: results in, text out.
import * as echarts from 'echarts'
import { CLIENT_BUSY } from '../../../src/bench/client/tally.ts'

export interface Figures {
  /** At delay 0. */
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  /** The server's CPU time per event, µs; at delay 0 and paced. Null where the system does not say. */
  readonly cpuMicrosPerEvent: number | null
  readonly pacedCpuMicrosPerEvent: number | null
  readonly latenessP50Ms: number
  readonly latenessP99Ms: number
  readonly bytesPerStream: number | null
  /** The share of a CPU that the client used at delay 0. */
  readonly clientCpus: number
}

export const figureNames = [
  'requestsPerSecond',
  'eventsPerSecond',
  'cpuMicrosPerEvent',
  'pacedCpuMicrosPerEvent',
  'latenessP50Ms',
  'latenessP99Ms',
  'bytesPerStream',
  'clientCpus',
] as const satisfies (keyof Figures)[]

export type Result = { readonly name: string } & Readonly<Record<keyof Figures, number | null>>

/** What stands in results.json. */
export interface Measured {
  readonly measuredAt: string
  readonly commit: string
  readonly host: Readonly<Record<string, unknown>>
  readonly settings: Readonly<Record<string, number>>
  readonly results: readonly Result[]
}

/** Whether the client was as busy as it can be at delay 0: then the rate is the client's, and the server may do more. */
function isClientLimited({ clientCpus }: Result): boolean {
  return (clientCpus ?? 0) >= CLIENT_BUSY
}

/** What the names of our own engines begin with, and what the floor is called: all others are peers. */
export const OWN_NAME = 'mock-llm-api, engine '
export const FLOOR_NAME = 'C floor'

/** A line for each of our engines, the first beside the peer that answers most requests. */
export function renderHeadline({ results }: Measured): string {
  const peers = results.filter(({ name }) => !name.startsWith(OWN_NAME) && name !== FLOOR_NAME)
  const [next] = peers.toSorted((a, b) => (b.requestsPerSecond ?? 0) - (a.requestsPerSecond ?? 0))
  const own = results.filter(({ name }) => name.startsWith(OWN_NAME))
  return own
    .map((one, i) => {
      const limit = isClientLimited(one) ? '≥ ' : ''
      const engine = one.name.slice(OWN_NAME.length)
      const beside = i === 0 && next !== undefined ? `; the next peer, ${next.name}: ${describe(next)}` : ''
      return `- **Engine \`${engine}\`**: ${limit}${describe(one)}${beside}.`
    })
    .join('\n')
}

function describe({ requestsPerSecond, latenessP99Ms }: Result): string {
  return `${formatNumber(requestsPerSecond, 3)} requests/s, p99 lateness ${formatNumber(latenessP99Ms, 2)} ms`
}

/** The tables, their note where they need one, and where it was measured. */
export function renderSummary(measured: Measured): string {
  const { results, settings } = measured
  const note = results.some(isClientLimited)
    ? ['¹ The client was as busy as it can be: its limit, not the server’s. There compare CPU µs/event.']
    : []
  const rounds =
    settings['ROUNDS'] === 1 ? 'one round' : `medians of ${settings['ROUNDS']} alternating rounds`
  const facts = `${renderFacts(measured)}; ${rounds}.`
  const { CONNECTIONS, STREAMS, DELAY_MS } = settings
  return [
    `At delay 0 over ${CONNECTIONS} connections:`,
    renderZero(results),
    ...note,
    `Paced, ${STREAMS} streams with ${DELAY_MS} ms between chunks:`,
    renderPaced(results),
    facts,
  ].join('\n\n')
}

/** A page with `text` where its marks are. */
export function replaceMarked(page: string, text: string): string {
  const marked = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/
  return page.replace(marked, (_, from: string, to: string) => `${from}\n${text}\n\n${to}`)
}

function renderFacts({ host, commit }: Measured): string {
  const kernel = String(host['kernel']).split('-')[0]
  return `${host['cpu']}, ${host['usableCpus']} CPUs, ${kernel}, Bun ${host['bun']}, commit ${commit}`
}

function renderZero(results: readonly Result[]): string {
  const rows = results.map((one) => [
    one.name,
    markLimit(one, formatNumber(one.requestsPerSecond, 3)),
    markLimit(one, formatNumber(one.eventsPerSecond, 3)),
    formatNumber(one.cpuMicrosPerEvent, 2),
  ])
  return renderTable([['', 'requests/s', 'events/s', 'CPU µs/event'], ...rows])
}

function renderPaced(results: readonly Result[]): string {
  const rows = results.map((one) => [
    one.name,
    `${formatNumber(one.latenessP50Ms, 2)} / ${formatNumber(one.latenessP99Ms, 2)}`,
    formatNumber(one.pacedCpuMicrosPerEvent, 2),
    formatNumber(one.bytesPerStream === null ? null : one.bytesPerStream / 1024, 2),
  ])
  return renderTable([['', 'lateness p50 / p99, ms', 'CPU µs/event', 'KiB/stream'], ...rows])
}

/** A table of Markdown, as `bun fmt` would write it. */
function renderTable([head, ...rows]: readonly (readonly string[])[]): string {
  const widths = head!.map((_, i) => Math.max(3, ...[head!, ...rows].map((cells) => cells[i]!.length)))
  return [head!, widths.map((width) => '-'.repeat(width)), ...rows]
    .map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`)
    .join('\n')
}

function formatNumber(value: number | null, digits: number): string {
  return value === null ? '–' : Number(value.toPrecision(digits)).toLocaleString('en-US')
}

function markLimit(result: Result, number: string): string {
  return isClientLimited(result) ? `≥ ${number} ¹` : number
}

interface Panel {
  readonly title: string
  readonly key: keyof Figures
  readonly digits: number
  readonly color: string
  /** A figure that is the client's limit says nothing of the server, and gets no bar. */
  readonly isOfClient: (result: Result) => boolean
}

const never = (): boolean => false

const panels: readonly Panel[] = [
  {
    title: 'Server CPU µs/event, delay 0',
    key: 'cpuMicrosPerEvent',
    digits: 2,
    color: '#4f8a54',
    isOfClient: never,
  },
  {
    title: 'Requests/s, delay 0',
    key: 'requestsPerSecond',
    digits: 3,
    color: '#2f6fb2',
    isOfClient: isClientLimited,
  },
  {
    title: 'p99 lateness in ms, paced',
    key: 'latenessP99Ms',
    digits: 2,
    color: '#c2703d',
    isOfClient: never,
  },
]

/** Three panels, each on a scale of its own: the price of an event and throughput at delay 0, lateness when paced. */
export function renderChart(measured: Measured): string {
  const { results, settings } = measured
  const [left, width, between] = [190, 150, 90]
  const leftOf = (i: number): number => left + i * (width + between)
  const limit = results.some(isClientLimited)
    ? '; ≥ and no bar: the limit of the client, not of the server'
    : ''
  const foot = [
    `One process each; paced: ${settings['STREAMS']} streams × ${settings['DELAY_MS']} ms${limit}`,
    renderFacts(measured),
  ]
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 340 })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: [
      ...panels.map(({ title }, i) => ({
        text: title,
        left: leftOf(i) - 5,
        top: 12,
        textStyle: { fontSize: 12 },
      })),
      ...foot.map((text, i) => ({
        text,
        left: 20,
        bottom: 24 - i * 16,
        textStyle: { fontSize: 11, fontWeight: 'normal' as const, color: '#555' },
      })),
    ],
    grid: panels.map((_, i) => ({ left: leftOf(i), width, top: 44, bottom: 66 })),
    xAxis: panels.map((_, gridIndex) => ({
      type: 'value' as const,
      gridIndex,
      splitNumber: 2,
      axisLabel: { show: false },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      type: 'category' as const,
      gridIndex,
      data: results.map(({ name }) => name),
      inverse: true,
      axisTick: { show: false },
      axisLabel: { show: gridIndex === 0 },
    })),
    series: panels.map(({ key, digits, color, isOfClient }, i) => ({
      type: 'bar' as const,
      xAxisIndex: i,
      yAxisIndex: i,
      data: results.map((one) => ({
        value: isOfClient(one) ? 0 : (one[key] ?? 0),
        itemStyle: { color },
        label: {
          show: true,
          position: 'right' as const,
          color: '#333',
          formatter: `${isOfClient(one) ? '≥ ' : ''}${formatNumber(one[key], digits)}`,
        },
      })),
    })),
  })
  return chart.renderToSVGString()
}
