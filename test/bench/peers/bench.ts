// `bun run bench`: both engines of this program beside its peers and a floor in C, on this host. Verifies, warms up, alternates,
// takes medians; writes test/bench/peers/results.json and chart.svg, the tables in the manual and the two lines in the README.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runLoad } from '../../../src/bench/client/load.ts'
import { HUNG_AFTER_MS, type LoadPlan, NO_ORIGIN } from '../../../src/bench/client/plan.ts'
import { type LoadResult, refuseErrors } from '../../../src/bench/client/tally.ts'
import { type Asked, probe, type Probed } from '../../../src/bench/client/probe.ts'
import { targetOf } from '../../../src/bench/client/target.ts'
import { familyOf, type Usage, usageOf } from '../../../src/bench/usage.ts'
import type { Settings } from '../../../src/config/config.ts'
import { messageOf } from '../../../src/config/errors.ts'
import { options } from '../../../src/config/options.ts'
import { claimPort, describeHost } from '../../../src/fleet/host.ts'
import { percentilesOf } from '../../../src/stats/percentiles.ts'
import { root, temporaryFolder } from '../../_helpers.ts'
import { wishesOf } from '../_results.ts'
import { CHUNK_BYTES, CHUNKS, type Contestant, gather } from './contestants.ts'
import {
  figureNames,
  type Figures,
  type Measured,
  renderChart,
  renderHeadline,
  renderSummary,
  replaceMarked,
  type Result,
} from './render.ts'

const HELP = `bun run bench [--engine NAME] [--quick]

Both engines beside a floor in C and two peers, on this host: about five minutes. Writes test/bench/peers/results.json,
test/bench/peers/chart.svg, the tables in src/manual/engines.md and the two lines in README.md; with an option it writes no
file.

  --engine NAME   bun or socket: only this engine beside them
  --quick         one short round
`

const DELAY_MS = 50
const STREAMS = 500
const CONNECTIONS = 64

/** What everybody is asked. */
const ASKED = wishesOf({ model: 'mock-model' })

const say = (text: string): void => void process.stderr.write(`${text}\n`)

interface Meant {
  readonly engines: readonly Settings['engine'][]
  readonly quick: boolean
}

/** What the command line asks for; undefined when it asks for help. */
function readMeant(args: readonly string[]): Meant | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const { engine, quick } = values
  try {
    return { engines: engine === undefined ? ['bun', 'socket'] : [options.engine.parse(engine)], quick }
  } catch (thrown) {
    throw new Error(`--engine does not accept '${engine}': it takes ${messageOf(thrown)}`)
  }
}

/** Server and clients each on CPUs of their own, where there are two and Linux. */
const pin: readonly string[] =
  Bun.which('taskset') && Number(describeHost()['usableCpus']) > 1 ? ['taskset', '-c', '0'] : []

interface Served extends Probed, Pick<Asked, 'target'> {
  /** The process and all below it. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Starts a contestant, waits until it answers, and verifies what it answers. */
async function serve(contestant: Contestant, delayMs: number, folder: string): Promise<Served> {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  const child = Bun.spawn([...pin, ...contestant.command(port, delayMs)], {
    cwd: folder,
    env: { ...process.env, ...contestant.environment?.(port) },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await child.exited
  }
  const url = new URL(`http://127.0.0.1:${port}/v1/chat/completions`)
  const target = targetOf(url, ASKED)
  const deadlineMs = performance.now() + 15_000
  for (;;) {
    try {
      const probed = await probe({ url, target })
      const textBytes = Buffer.byteLength(probed.text)
      if (textBytes !== CHUNKS * CHUNK_BYTES)
        throw new Error(`it says ${textBytes} bytes, not ${CHUNKS * CHUNK_BYTES}`)
      if (probed.events < CHUNKS + 1 || probed.events > CHUNKS + 4)
        throw new Error(`it sends ${probed.events} events`)
      return { ...probed, target, pids: familyOf(child.pid), stop }
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

interface Loaded {
  readonly result: LoadResult
  readonly cpuMicrosPerEvent: number | null
  /** How much more memory than before any load. */
  readonly grownBytes: number | null
}

/** Loads a server twice, once to warm it: a cold one compiles while it serves. The second load counts. */
async function load(served: Served, change: Partial<LoadPlan>, shortenedTo: number): Promise<Loaded> {
  const { target, delimiter, pids } = served
  const plan: LoadPlan = {
    target,
    delimiter,
    connections: CONNECTIONS,
    rate: null,
    rampMs: 0,
    warmMs: 500 * shortenedTo,
    measureMs: 2000 * shortenedTo,
    due: null,
    origin: NO_ORIGIN,
    hungAfterMs: HUNG_AFTER_MS,
    watch: null,
    ...change,
  }
  const idle = usageOf(pids)
  refuseErrors(await runLoad({ ...plan, measureMs: 1000 * shortenedTo }))
  let before: Usage | null = null
  const result = await runLoad(plan, () => (before = usageOf(pids)))
  const after = usageOf(pids)
  refuseErrors(result)
  return { result, ...compareUsage(idle, before, after, result.events) }
}

function compareUsage(
  idle: Usage | null,
  before: Usage | null,
  after: Usage | null,
  events: number,
): Pick<Loaded, 'cpuMicrosPerEvent' | 'grownBytes'> {
  if (!idle || !before || !after) return { cpuMicrosPerEvent: null, grownBytes: null }
  return {
    cpuMicrosPerEvent: ((after.cpuMs - before.cpuMs) * 1000) / events,
    grownBytes: Math.max(0, before.bytes - idle.bytes),
  }
}

async function measure(contestant: Contestant, folder: string, shortenedTo: number): Promise<Figures> {
  const fast = await serve(contestant, 0, folder)
  const zero = await load(fast, {}, shortenedTo).finally(fast.stop)
  const paced = await serve(contestant, DELAY_MS, folder)
  const ramp = { rampMs: 1000, warmMs: 1500 + 500 * shortenedTo }
  const due = { ttftMs: contestant.firstAtOnce ? 0 : DELAY_MS, delayMs: DELAY_MS, steps: paced.steps }
  const pace = await load(paced, { ...ramp, connections: STREAMS, due }, shortenedTo).finally(paced.stop)
  const { p50, p99 } = percentilesOf(pace.result.lateness)
  return {
    requestsPerSecond: (zero.result.requests / zero.result.measuredMs) * 1000,
    eventsPerSecond: (zero.result.events / zero.result.measuredMs) * 1000,
    cpuMicrosPerEvent: zero.cpuMicrosPerEvent,
    pacedCpuMicrosPerEvent: pace.cpuMicrosPerEvent,
    latenessP50Ms: p50 ?? 0,
    latenessP99Ms: p99 ?? 0,
    bytesPerStream: pace.grownBytes === null ? null : pace.grownBytes / STREAMS,
    clientCpus: zero.result.cpuMs / zero.result.measuredMs,
  }
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known.length < values.length || known.length === 0 ? null : known[Math.floor(known.length / 2)]!
}

/** Rounds in which everybody has a turn, in an order that changes. Who fails is told and left out. */
async function compete(
  contestants: readonly Contestant[],
  rounds: number,
  turn: (contestant: Contestant) => Promise<Figures>,
): Promise<Result[]> {
  const all = new Map<string, Figures[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants.toSorted(() => Math.random() - 0.5)) {
      const { name } = contestant
      if (!all.has(name)) continue
      say(`round ${round + 1} of ${rounds}: ${name}`)
      try {
        all.get(name)!.push(await turn(contestant))
      } catch (thrown) {
        say(`  left out: ${messageOf(thrown)}`)
        all.delete(name)
      }
    }
  return [...all].map(([name, figures]) => {
    const medians = figureNames.map((key) => [key, median(figures.map((one) => one[key]))])
    return { name, ...(Object.fromEntries(medians) as Record<keyof Figures, number | null>) }
  })
}

async function compare({ engines, quick }: Meant, folder: string): Promise<void> {
  const [ROUNDS, shortenedTo] = quick ? [1, 0.15] : [5, 1]
  const contestants = await gather(engines, folder, say)
  if (pin.length > 0) Bun.spawnSync(['taskset', '-a', '-c', '-p', '1', String(process.pid)])
  const results = await compete(contestants, ROUNDS, (one) => measure(one, folder, shortenedTo))
  const commit = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD'], { cwd: root })
  const measured: Measured = {
    measuredAt: new Date().toISOString(),
    commit: commit.stdout.toString().trim(),
    host: describeHost(),
    settings: { CHUNKS, CHUNK_BYTES, DELAY_MS, STREAMS, CONNECTIONS, ROUNDS, MEASURE_MS: 2000 * shortenedTo },
    results,
  }
  const summary = renderSummary(measured)
  console.log(summary)
  if (quick || engines.length === 1) return say('no file is written: with an option this is no record')
  const [json, chart] = ['test/bench/peers/results.json', 'test/bench/peers/chart.svg']
  write(json, `${JSON.stringify(measured, null, 2)}\n`)
  write(chart, renderChart(measured))
  writeMarked('src/manual/engines.md', summary)
  writeMarked('README.md', renderHeadline(measured))
  Bun.spawnSync([process.execPath, 'fmt', json], { cwd: root })
  say(`written: ${json}, ${chart}, the tables in src/manual/engines.md and the two lines in README.md`)
}

/** Puts `text` where a file has its mark. */
function writeMarked(path: string, text: string): void {
  const whole = readFileSync(join(root, path), 'utf8')
  write(path, replaceMarked(whole, text))
}

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text)
}

async function main(): Promise<number> {
  let meant: Meant | undefined
  try {
    meant = readMeant(process.argv.slice(2))
  } catch (thrown) {
    say(`bench: ${messageOf(thrown)}`)
    return 2
  }
  if (meant === undefined) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = temporaryFolder()
  try {
    await compare(meant, folder.path)
  } finally {
    folder.remove()
  }
  return 0
}

process.exit(await main()) // the client may still hold sockets
