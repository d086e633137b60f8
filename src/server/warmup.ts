// A fresh process compiles while it serves, and is late by that. So a worker serves itself before it says that it is ready: its own
// replies, on a port of its own, counted nowhere.
import type { Setup } from '../apis/api.ts'
import type { Settings } from '../config/config.ts'
import type { Config } from '../config/upstreams.ts'
import { Tally } from '../stats/tally.ts'
import { Budget } from './budget.ts'
import { Complaints } from './complaints.ts'
import { createDesk } from './desk.ts'
import { engines } from './engines/table.ts'
import { readClocks } from './loopprobe.ts'
import { IdSource } from './patch.ts'
import { Scheduler } from './scheduler.ts'

/** So long it takes, about: with one worker the program starts within 400 ms. */
export const WARM_MS = 200
/** As many requests at a time as a worker often has. */
const CONCURRENT = 32
const MOST_CHUNKS = 18

/** What would get in the way; and chunks 1 ms apart, so that frames come by way of the scheduler, as in a load that must be on time. */
const UNHINDERED = {
  apiKey: '',
  rateLimit: 0,
  maxOpen: 0,
  maxBodyBytes: 0,
  honor: 'none',
  fault: { mode: 'rates', entries: [] },
  ttftJitter: { model: 'none' },
  chunkDelayJitter: { model: 'none' },
  chunkCountJitter: { model: 'none' },
  ttftMs: 0,
  chunkDelayMs: 1,
} as const satisfies Partial<Settings>

interface Warming extends Pick<Setup, 'createdAt'> {
  readonly config: Pick<Config, 'upstreams'>
}

const BODY = '{"stream":true}'
const REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')
const BRACE = 0x7d // of a whole answer

/** Serves and asks itself until it is warm. What goes wrong here does not matter: the worker is then as cold as it would have been. */
export async function warmUp({ config: { upstreams }, createdAt }: Warming): Promise<void> {
  const { settings: config } = upstreams[0].phases[0]
  const setup: Setup = {
    config: { ...config, ...UNHINDERED, chunkCount: Math.min(config.chunkCount, MOST_CHUNKS) },
    createdAt,
  }
  const tally = new Tally(readClocks(), 0)
  const clock = { now: () => performance.now(), later: setImmediate, unixMs: Date.now, freshId: () => '' }
  const desk = createDesk(setup, [], tally, { index: 0, workers: 1 }, clock, new Complaints(() => {}))
  const stage = {
    scheduler: new Scheduler(),
    tally,
    process: tally,
    ids: new IdSource(0),
    bodies: new Budget(1 << 20),
  }
  const endpoint = { hostname: '127.0.0.1', port: 0, reusePort: false }
  try {
    const serving = engines[config.engine](endpoint, desk, stage, {
      maxHeadBytes: config.maxHeadBytes,
      closeAfter: 0,
    })
    const untilMs = performance.now() + WARM_MS
    await Promise.allSettled(Array.from({ length: CONCURRENT }, () => askAgain(serving.port, untilMs)))
    serving.cut()
    await serving.stop()
  } catch {
    // There is no port to be had, for one.
  }
}

/** Asks on one connection again and again. */
async function askAgain(port: number, untilMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => void socket.write(REQUEST),
      data: (socket, bytes) => {
        const hasEnded = bytes.at(-1) === BRACE || bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        if (!hasEnded) return
        if (performance.now() < untilMs) socket.write(REQUEST)
        else socket.end()
      },
      close: () => resolve(),
      connectError: () => resolve(),
    },
  })
  const patience = setTimeout(resolve, WARM_MS + 100)
  await promise
  clearTimeout(patience)
}
