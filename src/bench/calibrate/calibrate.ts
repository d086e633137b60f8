// `mock-llm-api calibrate`: how much load can this host's mock take before its numbers stop making sense?
import { type Surroundings, clientsFor, streamsBound } from '../surroundings.ts'
import type { CalibrateConfig } from '../../config/calibrate.ts'
import { RunError } from '../../config/errors.ts'
import { toleranceMs as toleranceMsOf } from '../../stats/verdict.ts'
import { adviseScaling, adviseStreams } from './advice.ts'
import type { OwnServer, Rig } from '../client/rig.ts'
import { probe } from '../client/probe.ts'
import { targetOf } from '../client/target.ts'
import { settleWishes } from '../client/wishes.ts'
import type { Calibration, ScalingRow, StreamsRow } from './results.ts'
import { searchMost } from './search.ts'
import {
  fewestWorkers,
  mostKept,
  planScaling,
  planStreams,
  scalingRow,
  streamsRow,
  type Addressed,
  workerCounts,
} from './trials.ts'

const STEADY = { ttftJitter: { model: 'none' }, chunkDelayJitter: { model: 'none' } } as const
const FLOOR_STREAMS = 10

/** Measures this host. @throws RunError when a server cannot be started or answers wrongly */
export async function calibrate(
  config: CalibrateConfig,
  given: Surroundings,
  rig: Rig,
): Promise<Calibration> {
  const { chunkCount, chunkDelayMs, ttftMs, seconds, engine } = config
  const { cpus, progress } = given
  const most = config.workers || cpus
  const scaling: ScalingRow[] = []
  let eventsPerReply = 0
  for (const workers of workerCounts(most)) {
    progress(`delay 0, ${workers} of ${most} workers`)
    const server = await rig.serve({
      engine,
      workers: String(workers),
      chunkCount: String(chunkCount),
      chunkDelayMs: '0',
    })
    const checked = await check(server, config, given)
    eventsPerReply = checked.events
    const clients = clientsFor(workers, cpus)
    const plan = planScaling(checked.addressed, workers, seconds * 1000)
    const result = await rig.load(plan, clients, async () => void (await server.stats(true)))
    scaling.push(scalingRow(workers, clients, result, (await server.stats()).busy))
    await server.stop()
  }
  const streamWorkers = fewestWorkers(scaling)
  const toleranceMs = toleranceMsOf({ ...config, ...STEADY }) ?? null
  const paced = {
    settings: { chunkCount, chunkDelayMs, ttftMs, seconds },
    version: given.version,
    engine,
    host: given.host,
  }
  if (toleranceMs === null) {
    const none = {
      floor: null,
      toleranceMs,
      streamWorkers,
      streams: [],
      mostStreams: null,
      mostStreamsBounded: false,
    }
    return { ...paced, eventsPerReply, scaling, ...none, advice: adviseScaling(scaling, cpus) }
  }
  const server = await rig.serve({
    engine,
    workers: String(streamWorkers),
    chunkCount: String(chunkCount),
    chunkDelayMs: String(chunkDelayMs),
    ttftMs: String(ttftMs),
  })
  const checked = await check(server, config, given)
  const idleBytes = server.residentBytes()
  const clients = clientsFor(streamWorkers, cpus)
  const tryStreams = async (streams: number, what: string, remark = ''): Promise<StreamsRow> => {
    progress(`${what}: trying ${streams}${remark}`)
    const plan = planStreams(checked.addressed, streams, config, checked.steps)
    let residentBytes: number | null = null
    const result = await rig.load(plan, clients, async () => {
      await server.stats(true)
      residentBytes = server.residentBytes()
    })
    return streamsRow(streams, result, { ...(await server.stats()), idleBytes, residentBytes }, toleranceMs)
  }
  let floor = await tryStreams(FLOOR_STREAMS, 'timer floor')
  if (!floor.kept) floor = await tryStreams(FLOOR_STREAMS, 'timer floor', ', once more')
  const bound = streamsBound(given)
  // Where ten streams are late, it is not their number that makes them so.
  const streams = floor.kept
    ? await searchMost(bound, (count, remark) => tryStreams(count, 'most streams on time', remark))
    : []
  await server.stop()
  const mostStreams = floor.kept ? mostKept(streams) : null
  const mostStreamsBounded = mostStreams === bound
  const advice = [
    ...adviseScaling(scaling, cpus),
    ...adviseStreams(floor, streams, {
      mostStreams: mostStreams ?? 0,
      mostStreamsBounded,
      toleranceMs,
      given,
    }),
  ]
  return {
    ...paced,
    eventsPerReply,
    scaling,
    floor,
    toleranceMs,
    streamWorkers,
    streams,
    mostStreams,
    mostStreamsBounded,
    advice,
  }
}

/** The first answer of a server, checked: twice the same, with as many events as there should be. */
async function check(
  server: OwnServer,
  config: CalibrateConfig,
  { environment }: Surroundings,
): Promise<{
  readonly addressed: Addressed
  readonly steps: readonly number[]
  readonly events: number
}> {
  const url = new URL(`http://127.0.0.1:${server.port}/v1/chat/completions`)
  const target = targetOf(url, settleWishes(config, url, environment))
  const [first, second] = [await probe({ url, target }), await probe({ url, target })]
  if (first.text !== second.text || first.events !== second.events)
    throw new RunError('cannot measure: two answers of the server differ')
  const { delimiter, events, steps } = first
  return { addressed: { target, delimiter }, steps, events }
}
