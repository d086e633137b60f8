// One client process: connections that ask, read whole streams, and time every event.
import { Histogram, type HistogramSnapshot, mergeHistograms } from '../stats/histogram.ts'
import { type Delimiter, ResponseParser } from './parser.ts'

/** A client process that uses this share of a CPU is as busy as it can be. */
export const CLIENT_BUSY = 0.93

export interface LoadPlan {
  readonly host: string
  readonly port: number
  /** The whole request, ready to be sent. */
  readonly request: string
  readonly delimiter: Delimiter
  readonly connections: number
  /** Closed loop: every connection asks again when it has read. Open loop: so many requests per second, whatever happens. */
  readonly rate: number | null
  /** Time over which the first requests are spread, ms. */
  readonly rampMs: number
  /** Not measured, ms; then measured, ms. */
  readonly warmMs: number
  readonly measureMs: number
  /** Events of a whole reply; a reply with fewer or more is an error. */
  readonly events: number
  /**
   * When events are due after the request: event i is due with content chunk `steps[i]`. Null where nothing is expected; without a
   * delay only the first event is judged.
   */
  readonly due: {
    readonly ttftMs: number
    readonly delayMs: number | null
    readonly steps: readonly number[]
  } | null
}

export interface LoadResult {
  readonly requests: number
  readonly events: number
  readonly errors: number
  /** The first error, in words. */
  readonly error: string | null
  readonly measuredMs: number
  /** CPU time of the client in the measured time, ms. */
  readonly cpuMs: number
  /** Longest number of requests that waited for a connection (open loop). */
  readonly waiting: number
  /** Requests without a whole reply at the end, those that wait for a connection included, and the age of the oldest, ms. */
  readonly underWay: number
  readonly oldestMs: number
  readonly ttft: HistogramSnapshot
  readonly gap: HistogramSnapshot
  readonly latency: HistogramSnapshot
  readonly lateness: HistogramSnapshot
}

/** Both together, of clients that ran at the same time. */
export function mergeResults(a: LoadResult, b: LoadResult): LoadResult {
  return {
    requests: a.requests + b.requests,
    events: a.events + b.events,
    errors: a.errors + b.errors,
    error: a.error ?? b.error,
    measuredMs: Math.max(a.measuredMs, b.measuredMs),
    cpuMs: a.cpuMs + b.cpuMs,
    waiting: a.waiting + b.waiting,
    underWay: a.underWay + b.underWay,
    oldestMs: Math.max(a.oldestMs, b.oldestMs),
    ttft: mergeHistograms(a.ttft, b.ttft),
    gap: mergeHistograms(a.gap, b.gap),
    latency: mergeHistograms(a.latency, b.latency),
    lateness: mergeHistograms(a.lateness, b.lateness),
  }
}

type ClientSocket = Bun.Socket<ClientConnection>

/** State of one connection. */
class ClientConnection {
  readonly parser: ResponseParser
  /** When its request was sent; in an open loop, when it should have been. */
  startedMs = 0
  lastMs = 0
  busy = false

  constructor(delimiter: Delimiter) {
    this.parser = new ResponseParser(delimiter)
  }
}

/**
 * Loads a server as planned. `onMeasuring` is called when the measured time begins.
 * What is in flight at its end is not waited for; its events until then count.
 */
export async function runLoad(plan: LoadPlan, onMeasuring: () => void = () => {}): Promise<LoadResult> {
  const request = Buffer.from(plan.request, 'latin1')
  const { due, events: expected } = plan
  const judged = due?.delayMs === null ? 1 : expected
  const [ttft, gap, latency, lateness] = [new Histogram(), new Histogram(), new Histogram(), new Histogram()]
  let [requests, events, errors, mostWaiting] = [0, 0, 0, 0]
  let error: string | null = null
  let ended = false
  const sockets = new Set<ClientSocket>()
  const idle: ClientSocket[] = []
  const queue: number[] = []

  const ask = (socket: ClientSocket, intendedMs: number): void => {
    const connection = socket.data
    connection.parser.reset()
    connection.startedMs = intendedMs
    connection.busy = true
    socket.write(request)
  }

  const fail = (socket: ClientSocket, reason: string): void => {
    errors++
    error ??= reason
    socket.data.busy = false
    socket.terminate()
  }

  const next = (socket: ClientSocket): void => {
    socket.data.busy = false
    if (ended) return
    if (plan.rate === null) return ask(socket, performance.now())
    const intendedMs = queue.shift()
    if (intendedMs === undefined) idle.push(socket)
    else ask(socket, intendedMs)
  }

  const open = (intendedMs: number | null): void => {
    const handlers = {
      open: (socket: ClientSocket) => {
        sockets.add(socket)
        if (intendedMs === null) next(socket)
        else ask(socket, plan.rate === null ? performance.now() : intendedMs)
      },
      data: (socket: ClientSocket, bytes: Buffer) => {
        const nowMs = performance.now()
        const connection = socket.data
        const { parser, startedMs } = connection
        const before = parser.events
        try {
          if (!connection.busy || parser.feed(bytes) < bytes.length)
            throw new Error('more bytes than asked for')
        } catch (thrown) {
          return fail(socket, (thrown as Error).message)
        }
        const arrived = parser.events - before
        if (arrived > 0) {
          events += arrived
          if (before === 0) ttft.record((nowMs - startedMs) * 1000, 1)
          else gap.record((nowMs - connection.lastMs) * 1000, 1)
          if (arrived > 1) gap.record(0, arrived - 1)
          connection.lastMs = nowMs
          if (due !== null)
            for (let i = before; i < Math.min(parser.events, judged); i++) {
              const dueMs = due.ttftMs + (due.steps[i] ?? 0) * (due.delayMs ?? 0)
              lateness.record((nowMs - startedMs - dueMs) * 1000, 1)
            }
        }
        if (!parser.done) return
        if (parser.status !== 200 || parser.events !== expected)
          return fail(socket, `status ${parser.status} and ${parser.events} of ${expected} events`)
        requests++
        latency.record((nowMs - startedMs) * 1000, 1)
        if (!parser.closes) return next(socket)
        connection.busy = false
        socket.end() // another one is opened when it has closed
      },
      close: (socket: ClientSocket) => {
        sockets.delete(socket)
        if (ended) return
        if (socket.data.busy && socket.data.parser.close() && socket.data.parser.events === expected) {
          requests++
          latency.record((performance.now() - socket.data.startedMs) * 1000, 1)
        } else if (socket.data.busy) {
          errors++
          error ??= 'the connection was closed in the middle of a reply'
        }
        const at = idle.indexOf(socket)
        if (at >= 0) idle.splice(at, 1)
        setTimeout(() => ended || open(queue.shift() ?? null), 10)
      },
      connectError: (_: ClientSocket, thrown: Error) => {
        errors++
        error ??= `cannot connect: ${thrown.message}`
        if (!ended) setTimeout(() => ended || open(queue.shift() ?? null), 100)
      },
    }
    const data = new ClientConnection(plan.delimiter)
    Bun.connect<ClientConnection>({ hostname: plan.host, port: plan.port, data, socket: handlers }).catch(
      () => {},
    ) // connectError has counted it
  }

  // Connections begin spread over the ramp, so that paced streams do not all have their events at the same moment.
  const startMs = performance.now()
  let opened = 0
  const openDue = (): void => {
    const share = plan.rampMs === 0 ? 1 : (performance.now() - startMs) / plan.rampMs
    const until = Math.min(plan.connections, Math.ceil(share * plan.connections))
    while (opened < until) {
      opened++
      open(null)
    }
    if (opened < plan.connections && !ended) setTimeout(openDue, 1)
  }
  openDue()
  let arrivals = 0
  const arrive = (): void => {
    if (plan.rate === null || ended) return
    const nowMs = performance.now()
    for (; startMs + (arrivals * 1000) / plan.rate <= nowMs; arrivals++) {
      const intendedMs = startMs + (arrivals * 1000) / plan.rate
      const socket = idle.pop()
      if (socket === undefined) queue.push(intendedMs)
      else ask(socket, intendedMs)
    }
    if (queue.length > mostWaiting) mostWaiting = queue.length
    setTimeout(arrive, 1)
  }
  arrive()

  await Bun.sleep(plan.warmMs)
  for (const histogram of [ttft, gap, latency, lateness]) histogram.reset()
  requests = events = errors = mostWaiting = 0
  error = null
  const [fromMs, fromCpu] = [performance.now(), process.cpuUsage()]
  onMeasuring()
  await Bun.sleep(plan.measureMs)
  const measuredMs = performance.now() - fromMs
  const cpu = process.cpuUsage(fromCpu)
  ended = true
  const endMs = performance.now()
  const since = [...queue, ...[...sockets].filter(({ data }) => data.busy).map(({ data }) => data.startedMs)]
  const result: LoadResult = {
    requests,
    events,
    errors,
    error,
    measuredMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    waiting: mostWaiting,
    underWay: since.length,
    oldestMs: since.length === 0 ? 0 : endMs - Math.min(...since),
    ttft: ttft.snapshot(),
    gap: gap.snapshot(),
    latency: latency.snapshot(),
    lateness: lateness.snapshot(),
  }
  for (const socket of sockets) socket.terminate()
  return result
}
