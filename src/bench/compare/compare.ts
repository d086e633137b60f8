// `mock-llm-api compare`: what does the thing in between add? The mock and the same through each of them, in rounds and in random
// order, so that what changes on the host changes for all.
import { type CompareConfig, DIRECT } from '../../config/compare.ts'
import { formatAddress, plural } from '../../config/format.ts'
import type { Surroundings } from '../calibrate/results.ts'
import { clientsFor, refuseErrors, streamsBound } from '../calibrate/trials.ts'
import type { LoadPlan, Origin } from '../client/plan.ts'
import type { Rig } from '../client/rig.ts'
import { CLIENT_BUSY, type LoadResult } from '../client/tally.ts'
import { familyOf, hostCpuMs, usageOf } from '../usage.ts'
import { type Aborts, measureAborts } from './aborts.ts'
import { askedOf, type Contestant, hasStamps, probeDirect, probeVia } from './contestant.ts'
import { type Mock, mockAt, type Pace, paceOf } from './mock.ts'
import { type Level, MARGIN_MS, type Step } from './step.ts'
import { doubleStreams, type MostStreams, STALL_GAPS } from './streams.ts'

/** What is known so far; grows while it is found out. */
export interface Findings {
  pace: Pace | null
  contestants: Contestant[]
  steps: Step[]
  /** By contestant. */
  readonly aborts: Map<string, Aborts | null>
  readonly most: Map<string, MostStreams>
  isComplete: boolean
}

export function noFindings(): Findings {
  return { pace: null, contestants: [], steps: [], aborts: new Map(), most: new Map(), isComplete: false }
}

const SETTLE_MS = 300
const MOST_RAMP_MS = 10_000
const WARM_MS = 1000
const FIRST_STREAMS = 16

/**
 * Finds out all that there is to, into `found`. `serverOptions` are those of the mock that is started.
 * @throws RunError when something cannot be measured
 */
export async function compare(
  config: CompareConfig,
  serverOptions: readonly string[],
  given: Surroundings,
  rig: Rig,
  found: Findings,
): Promise<void> {
  const { progress } = given
  const mock = await findMock(config, serverOptions, rig)
  const pace = (found.pace = paceOf(await mock.stats()))
  progress('asking the mock, and through what is in between')
  const direct = await probeDirect(askedOf(config, mock.url, given.environment))
  found.contestants.push(direct)
  for (const { name, url } of config.via) {
    const pid = config.pid.find((one) => one.name === name)?.pid ?? null
    found.contestants.push(
      await probeVia(name, askedOf(config, url, given.environment), direct, pid, progress),
    )
  }
  const levels = levelsOf(config)
  const runner = new Runner(config, pace, mock, rig, given, hasStamps(direct.probed.text) && !config.whole)
  await runner.warm(found.contestants, levels.at(-1)!)
  const total = config.rounds * levels.length * found.contestants.length
  for (let round = 1; round <= config.rounds; round++)
    for (const level of levels)
      for (const contestant of shuffle(found.contestants)) {
        const at = `${found.steps.length + 1} of ${total}`
        progress(`${at}: round ${round}, ${describeLevel(level)}, ${contestant.name}`)
        found.steps.push(await runner.step(contestant, level, round))
      }
  for (const contestant of found.contestants) {
    progress(`clients that leave: ${contestant.name}`)
    found.aborts.set(contestant.name, await measureAborts(mock, pace, contestant))
  }
  if (pace.chunkDelayMs > 0 && !config.whole) await findMost(found, pace, runner, given)
  found.isComplete = true
}

/** The most streams without a stall, of the mock first: nothing in between can carry more. */
async function findMost(found: Findings, pace: Pace, runner: Runner, given: Surroundings): Promise<void> {
  let bound = streamsBound(given)
  for (const contestant of found.contestants) {
    const most = await doubleStreams(Math.min(FIRST_STREAMS, bound), bound, async (streams) => {
      given.progress(`most streams without a stall: ${contestant.name}, ${streams}`)
      const { result } = await runner.load(contestant, { connections: streams, rate: null })
      return result.errors === 0 && result.gap.maxMicros / 1000 <= STALL_GAPS * pace.chunkDelayMs
    })
    found.most.set(contestant.name, most)
    if (contestant.name === DIRECT) bound = Math.max(FIRST_STREAMS, most.streams)
  }
}

async function findMock(config: CompareConfig, serverOptions: readonly string[], rig: Rig): Promise<Mock> {
  if (config.direct !== null) return mockAt(config.direct, config.insecure)
  const { host, port } = config.listen!
  // A mock streams whatever is asked, unless it is told otherwise.
  const isTold = serverOptions.some((word) => /^--reply(?:=|$)/.test(word))
  const server = await rig.serve({ listen: formatAddress({ host, port }) }, [
    '--stamp',
    ...(config.whole && !isTold ? ['--reply=json'] : []),
    ...serverOptions,
  ])
  return mockAt(new URL(`http://127.0.0.1:${server.port}`), false)
}

function levelsOf({ connections, rate }: CompareConfig): Level[] {
  if (rate > 0) return [{ connections: connections.at(-1)!, rate }]
  return connections.map((count) => ({ connections: count, rate: null }))
}

export function describeLevel({ connections, rate }: Level): string {
  return rate === null ? plural(connections, 'connection') : `${rate} requests/s`
}

function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

/** State: how many clients there are, and how far the clocks are apart. */
class Runner {
  readonly #config: CompareConfig
  readonly #pace: Pace
  readonly #mock: Mock
  readonly #rig: Rig
  readonly #given: Surroundings
  readonly #isStamped: boolean
  readonly #origin: Origin
  #clients = 1
  #offsetMicros = 0

  constructor(
    config: CompareConfig,
    pace: Pace,
    mock: Mock,
    rig: Rig,
    given: Surroundings,
    isStamped: boolean,
  ) {
    this.#config = config
    this.#pace = pace
    this.#mock = mock
    this.#rig = rig
    this.#given = given
    this.#isStamped = isStamped
    this.#origin = {
      ttftMs: Math.max(0, (config.whole ? pace.replyMs : pace.ttftMs) - MARGIN_MS),
      latencyMs: Math.max(0, pace.replyMs - MARGIN_MS),
    }
  }

  /** Loads everybody once, which is not counted. A client at its limit gets company where there are CPUs for it. */
  async warm(contestants: readonly Contestant[], level: Level): Promise<void> {
    for (const contestant of contestants) {
      this.#given.progress(`warming up: ${contestant.name}`)
      const { result } = await this.load(contestant, level, Math.min(WARM_MS, this.#config.seconds * 1000))
      if (contestant.name !== DIRECT) continue
      refuseErrors(result)
      this.#offsetMicros = (result.watched?.leastMicros ?? 0) - MARGIN_MS * 1000
      if (result.cpuMs / result.measuredMs >= CLIENT_BUSY)
        this.#clients = clientsFor(this.#given.cpus, this.#given.cpus)
    }
  }

  async step(contestant: Contestant, level: Level, round: number): Promise<Step> {
    const pids = contestant.pid === null ? [] : familyOf(contestant.pid)
    const before = { host: 0 as number | null, via: null as number | null }
    const { result, clients } = await this.load(contestant, level, undefined, () => {
      before.host = hostCpuMs()
      before.via = usageOf(pids)?.cpuMs ?? null
    })
    const [host, via] = [hostCpuMs(), usageOf(pids)?.cpuMs ?? null]
    const { latenessMs, busy } = await this.#mock.stats()
    return {
      name: contestant.name,
      level,
      round,
      clients,
      origin: this.#origin,
      result,
      mock: { latenessMs, busy },
      viaCpuMs: contestant.pid === null ? null : differenceOf(via, before.via),
      hostCpuMs: differenceOf(host, before.host),
    }
  }

  async load(
    contestant: Contestant,
    level: Level,
    measureMs = this.#config.seconds * 1000,
    onMeasuring: () => void = () => {},
  ): Promise<{ readonly result: LoadResult; readonly clients: number }> {
    const plan = this.#planFor(contestant, level, measureMs)
    const result = await this.#rig.load(plan, this.#clients, async () => {
      await this.#mock.stats(true)
      onMeasuring()
    })
    return { result, clients: Math.min(this.#clients, level.connections) }
  }

  #planFor({ asked, probed }: Contestant, { connections, rate }: Level, measureMs: number): LoadPlan {
    const { chunkDelayMs, ttftMs, replyMs } = this.#pace
    const { whole } = this.#config
    const rampMs = rate === null && connections > 1 ? Math.min(MOST_RAMP_MS, replyMs) : 0
    return {
      target: asked.target,
      delimiter: probed.delimiter,
      connections,
      rate,
      rampMs,
      warmMs: rampMs + SETTLE_MS,
      measureMs,
      origin: this.#origin,
      due: this.#isStamped || whole ? null : { ttftMs, delayMs: chunkDelayMs, steps: probed.steps },
      watch: this.#isStamped ? { chunks: this.#pace.chunkCount, offsetMicros: this.#offsetMicros } : null,
    }
  }
}

function differenceOf(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before
}
