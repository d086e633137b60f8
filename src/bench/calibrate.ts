// `mock-llm-api calibrate`: how much load can this host's mock take before its numbers stop making sense?
import type { CalibrateConfig } from '../config/calibrate.ts'
import { RunError } from '../config/errors.ts'
import { percentilesOf } from '../stats/percentiles.ts'
import type { Report } from '../stats/report.ts'
import { round } from '../stats/rounding.ts'
import { toleranceMs as toleranceMsOf } from '../stats/verdict.ts'
import type { OwnServer, Rig } from './drive.ts'
import { adviseScaling, adviseStreams } from './advice.ts'
import type { Calibration, ScalingRow, StreamsRow, Surroundings } from './results.ts'
import { CLIENT_BUSY, type LoadPlan, type LoadResult } from './load.ts'
import { addressOf, probe, type Probed, renderRequest } from './probe.ts'

const STEADY = { ttftJitter: { model: 'none' }, chunkDelayJitter: { model: 'none' } } as const
const CONNECTIONS_PER_WORKER = 64
const WARM_MS = 500
const FLOOR_STREAMS = 10
const FIRST_STREAMS = 250
/** The search ends when the numbers of streams that were and were not on time differ by less than this factor. */
const CLOSE_ENOUGH = 1.1
/** Descriptors a worker has besides its connections. */
const SPARE_DESCRIPTORS = 64

/** Measures this host. @throws RunError when a server cannot be started or answers wrongly */
export async function calibrate(
  config: CalibrateConfig,
  given: Surroundings,
  rig: Rig,
): Promise<Calibration> {
  const { chunkCount, chunkDelayMs, ttftMs, seconds, engine } = config
  const { cpus, progress } = given
  const most = config.workers || cpus
  const counts = [...new Set([...powersOfTwo(most), most])]
  const scaling: ScalingRow[] = []
  let eventsPerReply = 0
  for (const workers of counts) {
    progress(`delay 0, ${workers} of ${most} workers`)
    const server = await rig.serve({
      engine,
      workers: String(workers),
      chunkCount: String(chunkCount),
      chunkDelayMs: '0',
    })
    const checked = await check(server, given)
    eventsPerReply = checked.events
    scaling.push(await measureScaling(rig, server, checked, workers, cpus, seconds * 1000))
    await server.stop()
  }
  const best = Math.max(...scaling.map((row) => row.requestsPerSecond))
  // The fewest workers with 90 % of the best throughput: further ones only take time from the clients on the same CPUs.
  const streamWorkers = scaling.find((row) => row.requestsPerSecond >= 0.9 * best)!.workers
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
  const checked = await check(server, given)
  const idleBytes = server.residentBytes()
  const clients = Math.max(1, Math.min(streamWorkers, cpus - 1))
  const tryStreams = async (streams: number, what: string, remark = ''): Promise<StreamsRow> => {
    progress(`${what}: trying ${streams}${remark}`)
    return measureStreams(rig, server, checked, { streams, clients, config, toleranceMs, idleBytes })
  }
  const floor = await tryStreams(FLOOR_STREAMS, 'timer floor')
  const bound = Math.floor(
    Math.min(given.localPorts, (given.descriptorLimit ?? Number.POSITIVE_INFINITY) - SPARE_DESCRIPTORS),
  )
  const streams = await search(bound, (count, remark = '') =>
    tryStreams(count, 'most streams on time', remark),
  )
  await server.stop()
  const mostStreams = Math.max(0, ...streams.filter(({ kept }) => kept).map((row) => row.streams))
  const mostStreamsBounded = mostStreams === bound
  const advice = [
    ...adviseScaling(scaling, cpus),
    ...adviseStreams(floor, streams, { mostStreams, mostStreamsBounded, toleranceMs, given }),
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
  { apiKey }: Surroundings,
): Promise<Probed & { readonly url: URL; readonly request: string }> {
  const url = new URL(`http://127.0.0.1:${server.port}/v1/chat/completions`)
  const request = renderRequest(url, apiKey)
  const [first, second] = [await probe(url, request), await probe(url, request)]
  if (first.text !== second.text || first.events !== second.events)
    throw new RunError('cannot measure: two answers of the server differ')
  return { ...first, url, request }
}

type Checked = Awaited<ReturnType<typeof check>>

function planFor({
  url,
  request,
  delimiter,
  events,
}: Checked): Pick<LoadPlan, 'host' | 'port' | 'request' | 'delimiter' | 'events'> {
  return { ...addressOf(url), request, delimiter, events }
}

async function measureScaling(
  rig: Rig,
  server: OwnServer,
  checked: Checked,
  workers: number,
  cpus: number,
  measureMs: number,
): Promise<ScalingRow> {
  const clients = Math.max(1, Math.min(workers, cpus - 1))
  const plan: LoadPlan = {
    ...planFor(checked),
    connections: CONNECTIONS_PER_WORKER * workers,
    rate: null,
    rampMs: 0,
    warmMs: WARM_MS,
    measureMs,
    due: null,
  }
  const result = await rig.load(plan, clients, async () => void (await server.stats(true)))
  refuseErrors(result)
  const { busy } = await server.stats()
  const clientCpus = result.cpuMs / result.measuredMs
  return {
    workers,
    clients,
    requestsPerSecond: perSecond(result.requests, result),
    eventsPerSecond: perSecond(result.events, result),
    busiestWorker: Math.max(...busy.perWorker.map(({ mean }) => mean)),
    clientCpus: round(clientCpus, 3),
    clientLimited: clientCpus / clients >= CLIENT_BUSY,
  }
}

interface StreamsTrial {
  readonly streams: number
  readonly clients: number
  readonly config: CalibrateConfig
  readonly toleranceMs: number
  readonly idleBytes: number | null
}

async function measureStreams(
  rig: Rig,
  server: OwnServer,
  checked: Checked,
  { streams, clients, config, toleranceMs, idleBytes }: StreamsTrial,
): Promise<StreamsRow> {
  const { chunkCount, chunkDelayMs, ttftMs, seconds } = config
  const replyMs = ttftMs + chunkCount * chunkDelayMs
  const rampMs = Math.min(10_000, Math.max(replyMs, 500))
  const plan: LoadPlan = {
    ...planFor(checked),
    connections: streams,
    rate: null,
    rampMs,
    warmMs: rampMs + WARM_MS,
    measureMs: Math.max(seconds * 1000, Math.min(replyMs, 60_000)),
    due: { ttftMs, delayMs: chunkDelayMs, steps: checked.steps },
  }
  let before: Report | undefined
  let residentBytes: number | null = null
  const result = await rig.load(plan, clients, async () => {
    before = await server.stats(true)
    residentBytes = server.residentBytes()
  })
  const report = await server.stats()
  const clientLatenessMs = percentilesOf(result.lateness)
  return {
    streams,
    eventsPerSecond: perSecond(result.events, result),
    serverLatenessMs: report.latenessMs,
    clientLatenessMs,
    workerCpus: round(
      report.busy.perWorker.reduce((sum, { mean }) => sum + mean, 0),
      3,
    ),
    bytesPerStream:
      residentBytes === null || idleBytes === null || !before
        ? null
        : Math.max(0, Math.round((residentBytes - idleBytes) / streams)),
    errors: result.errors,
    kept: result.errors === 0 && clientLatenessMs.p99 !== null && clientLatenessMs.p99 <= toleranceMs,
  }
}

/** Doubles until it is too much, then halves the difference. Rows in the order of the numbers of streams. */
async function search(
  bound: number,
  trial: (streams: number, remark?: string) => Promise<StreamsRow>,
): Promise<StreamsRow[]> {
  const rows: StreamsRow[] = []
  let [kept, broken] = [0, Number.POSITIVE_INFINITY]
  let next = Math.min(FIRST_STREAMS, bound)
  while (broken > Math.max(kept, 1) * CLOSE_ENOUGH && kept < bound) {
    let row = await trial(next)
    if (!row.kept) row = await trial(next, ', once more') // other programs of this host may have disturbed it
    rows.push(row)
    if (row.kept) kept = next
    else broken = next
    next = broken === Number.POSITIVE_INFINITY ? Math.min(kept * 2, bound) : Math.floor((kept + broken) / 2)
    if (next <= kept || next < FLOOR_STREAMS) break
  }
  return rows.toSorted((a, b) => a.streams - b.streams)
}

function powersOfTwo(most: number): number[] {
  return Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i)
}

/** @throws RunError when a request has failed: throughput with failures in it means nothing */
function refuseErrors({ errors, error }: LoadResult): void {
  if (errors > 0) throw new RunError(`cannot measure: ${errors} requests failed, the first because: ${error}`)
}

function perSecond(count: number, { measuredMs }: LoadResult): number {
  return Math.round((count / measuredMs) * 1000)
}
