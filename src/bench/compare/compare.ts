// `mock-llm-api compare`: what does the thing in between add? The mock and the same through each of them, in rounds and in random
// order, so that what changes on the host changes for all.
import { type Surroundings, streamsBound } from '../surroundings.ts'
import { type CompareConfig, DIRECT } from '../../config/compare.ts'
import { RunError } from '../../config/errors.ts'
import { clientHost, formatAddress, formatMs } from '../../config/format.ts'
import type { Rig } from '../client/rig.ts'
import { readAuthorities } from '../client/wishes.ts'
import { usageOf } from '../usage.ts'
import { type Aborts, measureAborts } from './aborts.ts'
import { askedOf, type Contestant, formatOfAll, hasStamps, probeDirect, probeVia } from './contestant.ts'
import { awaitMock, type Mock, mockAt, type Pace, paceOf } from './mock.ts'
import { Runner } from './runner.ts'
import { describeLevel, type Level, type Step } from './step.ts'
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
  refuseStrangers(config.pid)
  const mock = await findMock(config, serverOptions, rig)
  const told = await awaitMock(mock, progress)
  progress('asking the mock, and through what is in between')
  const asking = { ...config, format: formatOfAll(config, mock.url) }
  const direct = await probeDirect(askedOf(asking, mock.url, given.environment))
  const pace = (found.pace = paceOf(told, direct.probed.chunks))
  found.contestants.push(direct)
  for (const { name, url } of config.via) {
    const pid = config.pid.find((one) => one.name === name)?.pid ?? null
    found.contestants.push(
      await probeVia(name, askedOf(asking, url, given.environment), direct, pid, mock.url, progress),
    )
  }
  const levels = levelsOf(config)
  const { text } = direct.probed
  const isStamped = hasStamps(text) && !config.whole
  const runner = new Runner(config, pace, mock, rig, given, { isStamped, text })
  await runner.warm(found.contestants, levels.at(-1)!)
  const total = config.rounds * levels.length * found.contestants.length
  progress(
    `${total} steps of ${formatMs(runner.stepMs)} each: ${formatMs(total * runner.stepMs)} in all, and then clients that leave and streams that stall`,
  )
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
  const bound = Math.min(config.mostStreams, streamsBound(given))
  if (pace.chunkDelayMs > 0 && !config.whole && bound > 0)
    await findMost(found, pace, runner, bound, given.progress)
  found.isComplete = true
}

/** @throws RunError where CPU time cannot be told, because there is no such process or the system does not say */
function refuseStrangers(pids: CompareConfig['pid']): void {
  const stranger = pids.find(({ pid }) => usageOf([pid]) === null)
  if (stranger !== undefined)
    throw new RunError(
      `--pid ${stranger.name}=${stranger.pid}: ${usageOf([process.pid]) === null ? 'this system does not tell the CPU time of processes' : 'there is no such process'}`,
    )
}

/** The most streams without a stall, of the mock first: nothing in between can carry more. */
async function findMost(
  found: Findings,
  pace: Pace,
  runner: Runner,
  most: number,
  progress: Surroundings['progress'],
): Promise<void> {
  let bound = most
  for (const contestant of found.contestants) {
    const streamsOf = await doubleStreams(Math.min(FIRST_STREAMS, bound), bound, async (streams) => {
      progress(`most streams without a stall: ${contestant.name}, ${streams}`)
      const stallMs = STALL_GAPS * pace.chunkDelayMs
      const { result } = await runner.load(contestant, {
        level: { connections: streams, rate: null },
        hungAfterMs: pace.ttftMs + stallMs,
      })
      return result.errors === 0 && result.hung === 0 && result.gap.maxMicros / 1000 <= stallMs
    })
    found.most.set(contestant.name, streamsOf)
    if (contestant.name === DIRECT) bound = Math.max(Math.min(FIRST_STREAMS, most), streamsOf.streams)
  }
}

async function findMock(config: CompareConfig, serverOptions: readonly string[], rig: Rig): Promise<Mock> {
  const { direct, insecure, listen, whole, cacert } = config
  if (direct !== null)
    return mockAt(direct, {
      rejectUnauthorized: !insecure,
      ...(cacert !== '' && { ca: readAuthorities(cacert) }),
    })
  const address = listen!
  // A mock streams whatever is asked, unless it is told otherwise.
  const isTold = serverOptions.some((word) => /^--reply(?:=|$)/.test(word))
  const server = await rig.serve({ listen: formatAddress(address) }, [
    '--stamp',
    ...(whole && !isTold ? ['--reply=json'] : []),
    ...serverOptions,
  ])
  const host = clientHost(address.host)
  return mockAt(new URL(`http://${formatAddress({ host, port: server.port })}`), { rejectUnauthorized: true })
}

function levelsOf({ connections, rate }: CompareConfig): Level[] {
  if (rate > 0) return [{ connections: connections.at(-1)!, rate }]
  return connections.map((count) => ({ connections: count, rate: null }))
}

function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
