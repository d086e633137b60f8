// `bun run bench`: this program beside its peers and a floor in C, on this host. Verifies, warms up, alternates, takes medians;
// writes test/bench/results.json and chart.svg, and the table in the README. `--quick` takes one short round and writes nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as echarts from 'echarts'
import { runLoad, type LoadPlan } from '../../src/bench/load.ts'
import { probe, renderRequest, type Probed } from '../../src/bench/probe.ts'
import { messageOf } from '../../src/config/errors.ts'
import { claimPort, describeHost } from '../../src/fleet/host.ts'
import { percentilesOf } from '../../src/stats/percentiles.ts'
import { childrenOf, compile, root, temporaryFolder } from '../_helpers.ts'

const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 5
const [WARM_MS, MEASURE_MS] = quick ? [200, 300] : [500, 2000]
const CHUNKS = 18
const CHUNK_BYTES = 6
const DELAY_MS = 50
const STREAMS = 500
const CONNECTIONS = 64
const TEXT =
  'The same words in the same number of pieces, from every one of them: eighteen, with six characters in each, so.'
    .padEnd(CHUNKS * CHUNK_BYTES, '.')
    .slice(0, CHUNKS * CHUNK_BYTES)

const folder = temporaryFolder()
const peers = join(folder.path, 'peers')
const say = (text: string): void => void process.stderr.write(`${text}\n`)

interface Contestant {
  readonly name: string
  /** The command that serves on a port with a delay; undefined where it cannot be had. */
  readonly command: (port: number, delayMs: number) => readonly string[]
  readonly environment?: (port: number) => Record<string, string>
}

interface Figures {
  requestsPerSecond: number
  eventsPerSecond: number
  /** CPU time per event, µs. Null where the system does not say. */
  cpuMicrosPerEvent: number | null
  pacedCpuMicrosPerEvent: number | null
  latenessP50Ms: number
  latenessP99Ms: number
  bytesPerStream: number | null
}

/** Server and clients each on CPUs of their own, where there are two and Linux. */
const pin: readonly string[] =
  Bun.which('taskset') && Number(describeHost()['usableCpus']) > 1 ? ['taskset', '-c', '0'] : []

async function install(name: string): Promise<string | undefined> {
  say(`installing ${name}`)
  const run = Bun.spawnSync([
    'npm',
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--prefix',
    peers,
    name,
  ])
  if (run.exitCode === 0)
    return JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version
  say(`  left out: ${run.stderr.toString().trim().split('\n').at(-1)}`)
  return undefined
}

async function gather(): Promise<Contestant[]> {
  const [binary] = await compile(folder.path)
  const found: Contestant[] = [
    {
      name: `mock-llm-api`,
      command: (port, delayMs) =>
        [
          binary!,
          '-l',
          `127.0.0.1:${port}`,
          '-w',
          '1',
          '--quiet',
          '-c',
          CHUNKS,
          '--chunk-bytes',
          CHUNK_BYTES,
          '-d',
          delayMs,
        ].map(String),
    },
  ]
  const floor = join(folder.path, 'floor')
  if (
    Bun.which('gcc') &&
    Bun.spawnSync(['gcc', '-O2', '-o', floor, join(import.meta.dir, 'floor.c')]).exitCode === 0
  )
    found.push({
      name: 'C floor',
      command: (port, delayMs) => [floor, port, delayMs, CHUNKS, CHUNK_BYTES].map(String),
    })
  else say('left out: the C floor, because there is no gcc that builds it')
  const aimock = await install('@copilotkit/aimock')
  if (aimock !== undefined) {
    const fixtures = join(folder.path, 'fixtures.json')
    writeFileSync(
      fixtures,
      JSON.stringify({ fixtures: [{ match: { userMessage: 'Hi' }, response: { content: TEXT } }] }),
    )
    found.push({
      name: `aimock ${aimock}`,
      command: (port, delayMs) =>
        [
          'node',
          join(peers, 'node_modules/@copilotkit/aimock/dist/cli.js'),
          '-p',
          port,
          '-f',
          fixtures,
          '-l',
          delayMs,
          '-c',
          CHUNK_BYTES,
          '--log-level',
          'silent',
        ].map(String),
    })
  }
  const mockLlm = await install('@dwmkerr/mock-llm')
  if (mockLlm !== undefined)
    found.push({
      name: `mock-llm ${mockLlm}`,
      command: (_, delayMs) => {
        const config = join(folder.path, `mock-llm-${delayMs}.yaml`)
        const body = {
          id: 'chatcmpl-1',
          object: 'chat.completion',
          model: 'm',
          choices: [{ message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
        }
        writeFileSync(
          config,
          `streaming:\n  chunkSize: ${CHUNK_BYTES}\n  chunkIntervalMs: ${delayMs}\nrules:\n  - path: "/v1/chat/completions"\n    method: "POST"\n    match: "@"\n    response:\n      status: 200\n      content: '${JSON.stringify(body)}'\n`,
        )
        return ['node', join(peers, 'node_modules/@dwmkerr/mock-llm/dist/main.js'), '--config', config]
      },
      environment: (port) => ({ HOST: '127.0.0.1', PORT: String(port) }),
    })
  return found
}

interface Served extends Probed {
  readonly url: URL
  readonly request: string
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a contestant, waits until it answers, and verifies what it answers. */
async function serve(contestant: Contestant, delayMs: number): Promise<Served> {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  const child = Bun.spawn([...pin, ...contestant.command(port, delayMs)], {
    cwd: folder.path,
    env: { ...process.env, ...contestant.environment?.(port) },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await child.exited
  }
  const url = new URL(`http://127.0.0.1:${port}/v1/chat/completions`)
  const request = renderRequest(url, undefined)
  const deadlineMs = performance.now() + 15_000
  for (;;) {
    try {
      const probed = await probe(url, request)
      const textBytes = Buffer.byteLength(probed.text)
      if (textBytes !== CHUNKS * CHUNK_BYTES && contestant.name !== 'C floor')
        throw new Error(`it says ${textBytes} bytes, not ${CHUNKS * CHUNK_BYTES}`)
      if (probed.events < CHUNKS + 1 || probed.events > CHUNKS + 4)
        throw new Error(`it sends ${probed.events} events`)
      return { ...probed, url, request, pid: child.pid, stop }
    } catch (thrown) {
      if (
        child.exitCode === null &&
        performance.now() < deadlineMs &&
        /cannot measure/.test(messageOf(thrown))
      ) {
        await Bun.sleep(100)
        continue
      }
      await stop()
      throw new Error(`${contestant.name}: ${messageOf(thrown)}`)
    }
  }
}

/** A process and all below it. */
function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)]
}

function readProc(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
}

/** CPU time and resident memory of a process and all below it; null where there is no /proc. */
function usage(pid: number): { readonly cpuMs: number; readonly bytes: number } | null {
  try {
    const all = family(pid)
    const ticks = all.map((one) => readProc(one, 'stat').split(') ')[1]!.split(' '))
    const pages = all.map((one) => Number(/^VmRSS:\s+(\d+)/m.exec(readProc(one, 'status'))?.[1] ?? 0) * 1024)
    return {
      cpuMs: ticks.reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * 10, 0), // 100 ticks a second
      bytes: pages.reduce((sum, bytes) => sum + bytes, 0),
    }
  } catch {
    return null
  }
}

async function load(served: Served, change: Partial<LoadPlan>) {
  const { url, request, delimiter, events, pid } = served
  const idle = usage(pid)
  const during: { usage: ReturnType<typeof usage> } = { usage: null }
  const result = await runLoad(
    {
      host: url.hostname,
      port: Number(url.port),
      request,
      delimiter,
      events,
      connections: CONNECTIONS,
      rate: null,
      rampMs: 0,
      warmMs: WARM_MS,
      measureMs: MEASURE_MS,
      due: null,
      ...change,
    },
    () => (during.usage = usage(pid)),
  )
  const after = usage(pid)
  if (result.errors > 0) throw new Error(`${result.errors} requests failed: ${result.error}`)
  const cpuMicrosPerEvent =
    after && during.usage ? ((after.cpuMs - during.usage.cpuMs) * 1000) / result.events : null
  const grownBytes = during.usage && idle ? Math.max(0, during.usage.bytes - idle.bytes) : null
  return { result, cpuMicrosPerEvent, grownBytes }
}

async function measureOnce(contestant: Contestant): Promise<Figures> {
  const fast = await serve(contestant, 0)
  const zero = await load(fast, {}).finally(fast.stop)
  const paced = await serve(contestant, DELAY_MS)
  const firstMs = contestant.name.startsWith('mock-llm ') ? 0 : DELAY_MS // it sends its first chunk at once
  const pace = await load(paced, {
    connections: STREAMS,
    rampMs: 1000,
    warmMs: 1500 + WARM_MS,
    due: { ttftMs: firstMs, delayMs: DELAY_MS, steps: paced.steps },
  }).finally(paced.stop)
  const { p50, p99 } = percentilesOf(pace.result.lateness)
  return {
    requestsPerSecond: (zero.result.requests / zero.result.measuredMs) * 1000,
    eventsPerSecond: (zero.result.events / zero.result.measuredMs) * 1000,
    cpuMicrosPerEvent: zero.cpuMicrosPerEvent,
    pacedCpuMicrosPerEvent: pace.cpuMicrosPerEvent,
    latenessP50Ms: p50 ?? 0,
    latenessP99Ms: p99 ?? 0,
    bytesPerStream: pace.grownBytes === null ? null : pace.grownBytes / STREAMS,
  }
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known.length < values.length || known.length === 0 ? null : known[Math.floor(known.length / 2)]!
}

async function compare(): Promise<void> {
  const contestants = await gather()
  if (pin.length > 0) Bun.spawnSync(['taskset', '-a', '-c', '-p', '1', String(process.pid)])
  const rounds = new Map<string, Figures[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const contestant of contestants.toSorted(() => Math.random() - 0.5)) {
      if (!rounds.has(contestant.name)) continue
      say(`round ${round + 1} of ${ROUNDS}: ${contestant.name}`)
      try {
        rounds.get(contestant.name)!.push(await measureOnce(contestant))
      } catch (thrown) {
        say(`  left out: ${messageOf(thrown)}`)
        rounds.delete(contestant.name)
      }
    }
  const keys = [
    'requestsPerSecond',
    'eventsPerSecond',
    'cpuMicrosPerEvent',
    'pacedCpuMicrosPerEvent',
    'latenessP50Ms',
    'latenessP99Ms',
    'bytesPerStream',
  ] as const
  const results = [...rounds].map(([name, all]) => ({
    name,
    ...(Object.fromEntries(keys.map((key) => [key, median(all.map((figures) => figures[key]))])) as Record<
      (typeof keys)[number],
      number | null
    >),
  }))
  const commit = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD'], { cwd: root })
    .stdout.toString()
    .trim()
  const host = describeHost()
  const facts = `${host['cpu']}, ${host['usableCpus']} CPUs, ${String(host['kernel']).split('-')[0]}, Bun ${host['bun']}, commit ${commit}`
  const table = renderTable(results)
  console.log(`${table}\n\n${facts}`)
  if (quick) return
  const measured = {
    measuredAt: new Date().toISOString(),
    commit,
    host,
    settings: { CHUNKS, CHUNK_BYTES, DELAY_MS, STREAMS, CONNECTIONS, ROUNDS, MEASURE_MS },
    results,
  }
  writeFileSync(join(import.meta.dir, 'results.json'), `${JSON.stringify(measured, null, 2)}\n`)
  writeFileSync(join(import.meta.dir, 'chart.svg'), renderChart(results, facts))
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const marked = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/
  writeFileSync(
    join(root, 'README.md'),
    readme.replace(marked, `$1\n${table}\n\n${facts}; medians of ${ROUNDS} alternating rounds.\n\n$2`),
  )
}

type Result = { readonly name: string } & Readonly<Record<keyof Figures, number | null>>

function renderTable(results: readonly Result[]): string {
  const number = (value: number | null, digits: number): string =>
    value === null ? '–' : Number(value.toPrecision(digits)).toLocaleString('en-US')
  const rows = results.map((one) =>
    [
      one.name,
      number(one.requestsPerSecond, 3),
      number(one.eventsPerSecond, 3),
      number(one.cpuMicrosPerEvent, 2),
      number(one.pacedCpuMicrosPerEvent, 2),
      `${number(one.latenessP50Ms, 2)} / ${number(one.latenessP99Ms, 2)}`,
      one.bytesPerStream === null ? '–' : number(one.bytesPerStream / 1024, 2),
    ].join(' | '),
  )
  const head = [
    '',
    'requests/s',
    'events/s',
    'CPU µs/event',
    'paced: CPU µs/event',
    'lateness p50 / p99, ms',
    'KiB/stream',
  ]
  return [
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

/** Two panels: requests per second at delay 0, and lateness at 500 streams, each on a scale of its own. */
function renderChart(results: readonly Result[], facts: string): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 360 })
  const names = results.map(({ name }) => name)
  const bar = (index: number, key: keyof Figures, color: string, digits: number) => ({
    type: 'bar' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    data: results.map((one) => Number((one[key] ?? 0).toPrecision(digits))),
    itemStyle: { color },
    label: {
      show: true,
      position: 'right' as const,
      formatter: ({ value }: { value: unknown }) => Number(value).toLocaleString('en-US'),
    },
  })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: [
      { text: 'Requests per second, delay 0, one process', left: 20, top: 10, textStyle: { fontSize: 14 } },
      {
        text: `p99 lateness in ms, ${STREAMS} streams × ${DELAY_MS} ms`,
        left: 450,
        top: 10,
        textStyle: { fontSize: 14 },
      },
      { text: facts, left: 20, bottom: 8, textStyle: { fontSize: 11, fontWeight: 'normal', color: '#555' } },
    ],
    grid: [
      { left: 130, width: 240, top: 50, bottom: 60 },
      { left: 560, width: 220, top: 50, bottom: 60 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({ type: 'value' as const, gridIndex, splitNumber: 3 })),
    yAxis: [0, 1].map((gridIndex) => ({ type: 'category' as const, gridIndex, data: names, inverse: true })),
    series: [bar(0, 'requestsPerSecond', '#2f6fb2', 3), bar(1, 'latenessP99Ms', '#c2703d', 2)],
  })
  return chart.renderToSVGString()
}

try {
  await compare()
} finally {
  folder.remove()
}
process.exit() // the client may still hold sockets
