// How a calibration goes, on a host whose workers and clients are made up: only the first answer of each server is real.
import type { Surroundings } from '../../../src/bench/surroundings.ts'
import { afterAll, describe, expect, test } from 'bun:test'
import { calibrate } from '../../../src/bench/calibrate/calibrate.ts'
import type { Rig } from '../../../src/bench/client/rig.ts'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import type { Calibration } from '../../../src/bench/calibrate/results.ts'
import { readCalibrateConfig } from '../../../src/config/calibrate.ts'
import type { GivenFlags } from '../../../src/config/config.ts'
import type { Running } from '../../../src/server/server.ts'
import { serveInProcess } from '../../_helpers.ts'
import { histogramOf, loadResult, percentilesAt } from '../_results.ts'

const real = new Map<string, Running>()
afterAll(async () => void (await Promise.all([...real.values()].map((server) => server.stop(0)))))

/** A server that answers at once, whatever delay it is told to have: nobody waits for it here. */
function answering(chunkCount: string): number {
  if (!real.has(chunkCount)) real.set(chunkCount, serveInProcess({ chunkCount, chunkDelayMs: '0' }))
  return real.get(chunkCount)!.port
}

interface Host {
  readonly cpus: number
  readonly limit: number
  readonly given?: Partial<Surroundings>
  readonly flags?: Parameters<typeof readCalibrateConfig>[0]
  /** Where its servers are, instead of real ones. */
  readonly port?: number
}

/** Calibrates a host that answers 1000 requests/s by each of up to two workers, and keeps up to `limit` streams on time. */
async function calibrateOn({ cpus, limit, given, flags = {}, port }: Host) {
  const told: string[] = []
  const served: GivenFlags[] = []
  const loads: { plan: LoadPlan; clients: number }[] = []
  let open = 0
  let resets = 0
  const rig = {
    serve: async (options: Record<string, string>) => {
      served.push(options)
      open++
      let loaded = 0
      return {
        port: port ?? answering(options['chunkCount']!),
        stats: async (reset = false) => {
          if (reset) resets++
          return { latenessMs: percentilesAt(1, 2), busy: { perWorker: [{ worker: 0, mean: 0.25 }] } }
        },
        // 1 MB of its own, and 10 kB for each stream that there is.
        residentBytes: () => 1_000_000 + 10_000 * loaded,
        load: (streams: number) => (loaded = streams),
        stop: async () => void open--,
      }
    },
    load: async (plan: LoadPlan, clients: number, onMeasuring: () => Promise<void>) => {
      loads.push({ plan, clients })
      current!.load(plan.connections)
      await onMeasuring()
      const workers = Number(served.at(-1)!['workers'])
      return loadResult({
        requests: 1000 * Math.min(workers, 2),
        events: 20_000 * Math.min(workers, 2),
        cpuMs: 100,
        lateness: plan.due === null ? histogramOf() : histogramOf(plan.connections <= limit ? 1 : 99),
      })
    },
  }
  let current: Awaited<ReturnType<typeof rig.serve>> | undefined
  const watching = {
    ...rig,
    serve: async (options: Record<string, string>) => (current = await rig.serve(options)),
  } as unknown as Rig
  const surroundings: Surroundings = {
    version: '1.2.3',
    host: { cpu: 'made up' },
    cpus,
    descriptorLimit: undefined,
    localPorts: 28_000,
    environment: {},
    progress: (text) => told.push(text),
    ...given,
  }
  const found: Calibration = await calibrate(readCalibrateConfig(flags, {}), surroundings, watching)
  return { found, told, served, loads, open, resets }
}

describe('a calibration', () => {
  test('of four CPUs', async () => {
    const { found, told, served, loads, open, resets } = await calibrateOn({ cpus: 4, limit: 400 })
    expect(served).toEqual([
      ...['1', '2', '4'].map((workers) => ({ engine: 'bun', workers, chunkCount: '18', chunkDelayMs: '0' })),
      { engine: 'bun', workers: '2', chunkCount: '18', chunkDelayMs: '50', ttftMs: '50' },
    ])
    expect(loads.map(({ plan, clients }) => [plan.connections, clients, plan.due !== null])).toEqual([
      [64, 1, false],
      [128, 2, false],
      [256, 3, false],
      ...[10, 250, 500, 500, 375, 437, 437, 406, 406].map((streams) => [streams, 2, true]),
    ])
    expect(resets).toBe(loads.length)
    expect(open).toBe(0)
    expect(told).toEqual([
      'delay 0, 1 of 4 workers',
      'delay 0, 2 of 4 workers',
      'delay 0, 4 of 4 workers',
      'timer floor: trying 10',
      ...['250', '500', '500, once more', '375', '437', '437, once more', '406', '406, once more'].map(
        (what) => `most streams on time: trying ${what}`,
      ),
    ])
    const { scaling, streams, floor, advice, ...rest } = found
    expect(scaling.map((row) => [row.workers, row.clients, row.requestsPerSecond])).toEqual([
      [1, 1, 1000],
      [2, 2, 2000],
      [4, 3, 2000],
    ])
    expect(streams.map((row) => [row.streams, row.kept, row.bytesPerStream])).toEqual([
      [250, true, 10_000],
      [375, true, 10_000],
      [406, false, 10_000],
      [437, false, 10_000],
      [500, false, 10_000],
    ])
    expect([floor!.streams, floor!.kept]).toEqual([10, true])
    expect(rest).toEqual({
      version: '1.2.3',
      engine: 'bun',
      host: { cpu: 'made up' },
      settings: { chunkCount: 18, chunkDelayMs: 50, ttftMs: 50, seconds: 3 },
      eventsPerReply: 20,
      toleranceMs: 5,
      streamWorkers: 2,
      mostStreams: 375,
      mostStreamsBounded: false,
    })
    expect(advice.map((text) => text.split(' ').slice(0, 4).join(' '))).toEqual([
      'Use --workers 2 for',
      'Below 1400 requests/s at',
      'Neither the mock nor',
      'Up to about 260',
      'Where it broke off',
    ])
  })

  test('asks as it is told', async () => {
    const flags = {
      chunkCount: '2',
      chunkDelayMs: '5',
      ttftMs: '7',
      workers: '1',
      engine: 'socket',
      seconds: '1',
    }
    const { served, loads, found } = await calibrateOn({
      cpus: 2,
      limit: 250,
      flags,
      given: { environment: { OPENAI_API_KEY: 'key', HOME: '/' } },
    })
    expect(served).toEqual([
      { engine: 'socket', workers: '1', chunkCount: '2', chunkDelayMs: '0' },
      { engine: 'socket', workers: '1', chunkCount: '2', chunkDelayMs: '5', ttftMs: '7' },
    ])
    expect(loads[0]!.plan).toMatchObject({ measureMs: 1000, due: null, delimiter: '\n\n', watch: null })
    expect(loads[1]!.plan).toMatchObject({ due: { ttftMs: 7, delayMs: 5, steps: [0, 1, 2, 2] } })
    for (const { plan } of loads) {
      expect(plan.target).toMatchObject({ format: 'chat', isWhole: false, isHttp2: false, tls: null })
      expect(plan.target.request.path).toBe('/v1/chat/completions')
      expect(plan.target.request.headers).toContainEqual(['Authorization', 'Bearer key'])
    }
    expect(found.eventsPerReply).toBe(4)
    expect([found.engine, found.toleranceMs, found.mostStreams]).toEqual(['socket', 1, 250])
  })

  test('without any delay says nothing of streams', async () => {
    const flags = { chunkDelayMs: '0', ttftMs: '0' }
    const { found, served, open } = await calibrateOn({ cpus: 1, limit: 250, flags })
    expect([served.length, open]).toEqual([1, 0])
    const none = { floor: null, toleranceMs: null, streams: [], mostStreams: null, mostStreamsBounded: false }
    expect(found).toMatchObject({ ...none, streamWorkers: 1, eventsPerReply: 20 })
    expect(found.advice[0]).toBe('Below 700 requests/s at delay 0 the mock is not your bottleneck.')
    expect(found.advice).toHaveLength(2)
  })

  test.each([
    ['descriptors', { descriptorLimit: 364 }, 300, 'Raise the limit of descriptors (ulimit -Hn, now 364)'],
    ['ports', { localPorts: 260 }, 260, 'One address has no more ports'],
  ])('ends where there are no more %s', async (_, given, most, advice) => {
    const { found } = await calibrateOn({ cpus: 1, limit: 99_999, given })
    expect([found.mostStreams, found.mostStreamsBounded]).toEqual([most, true])
    expect(found.advice.at(-1)).toStartWith(advice)
  })

  test('where nothing is on time, not even the floor', async () => {
    const { found, told } = await calibrateOn({ cpus: 1, limit: 0 })
    expect([found.floor!.kept, found.mostStreams, found.mostStreamsBounded]).toEqual([false, null, false])
    expect(told.filter((text) => text.startsWith('timer floor'))).toHaveLength(2)
    expect(told.some((text) => text.startsWith('most streams'))).toBe(false)
    expect(found.advice.at(-1)).toStartWith('Even ten streams were late')
  })

  test.each([
    ['another text', [['ab'], ['ac']]],
    ['the same text in more events', [['ab'], ['a', 'b']]],
  ])('refuses a server that answers twice with %s', async (_, answers) => {
    let asked = 0
    const headers = { 'Content-Type': 'text/event-stream' }
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => {
        const events = answers[asked++ % 2]!.map((text) => `data: {"choices":[{"text":"${text}"}]}\n\n`)
        return new Response(`${events.join('')}data: [DONE]\n\n`, { headers })
      },
    })
    try {
      const calibrating = calibrateOn({ cpus: 1, limit: 250, port: server.port! })
      await expect(calibrating).rejects.toThrow('cannot measure: two answers of the server differ')
    } finally {
      await server.stop(true)
    }
  })
})
