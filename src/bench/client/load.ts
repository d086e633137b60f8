// One client process: connections that ask, read whole streams, and time every event.
import { ResponseParser, type Delimiter } from './parser.ts'
import { arrivalMs, connectionsDue, type LoadPlan } from './plan.ts'
import { type LoadResult, LoadTally, type ReplyTimes } from './tally.ts'

type ClientSocket = Bun.Socket<ClientConnection>

/** State of one connection. */
class ClientConnection implements ReplyTimes {
  readonly parser: ResponseParser
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
  const tally = new LoadTally(plan)
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

  const drop = (socket: ClientSocket): void => {
    socket.data.busy = false
    socket.terminate() // another one is opened when it has closed
  }

  const fail = (socket: ClientSocket, reason: string): void => {
    tally.failed(reason)
    drop(socket)
  }

  const next = (socket: ClientSocket): void => {
    socket.data.busy = false
    if (ended) return
    if (plan.rate === null) return ask(socket, performance.now())
    const intendedMs = queue.shift()
    if (intendedMs === undefined) idle.push(socket)
    else ask(socket, intendedMs)
  }

  const open = (): void => {
    const handlers = {
      open: (socket: ClientSocket) => {
        sockets.add(socket)
        next(socket)
      },
      data: (socket: ClientSocket, bytes: Buffer) => {
        const nowMs = performance.now()
        const connection = socket.data
        const { parser } = connection
        const before = parser.events
        try {
          if (!connection.busy || parser.feed(bytes) < bytes.length)
            throw new Error('more bytes than asked for')
        } catch (thrown) {
          return fail(socket, (thrown as Error).message)
        }
        if (parser.events > before) tally.arrived(connection, before, parser.events, nowMs)
        if (!parser.done) return
        if (!tally.ended(connection, parser.status, parser.events, nowMs)) return drop(socket)
        if (!parser.closes) return next(socket)
        connection.busy = false
        socket.end() // another one is opened when it has closed
      },
      close: (socket: ClientSocket) => {
        sockets.delete(socket)
        if (ended) return
        const { busy, parser } = socket.data
        if (busy && parser.close()) tally.ended(socket.data, parser.status, parser.events, performance.now())
        else if (busy) tally.failed('the connection was closed in the middle of a reply')
        const at = idle.indexOf(socket)
        if (at >= 0) idle.splice(at, 1)
        setTimeout(() => ended || open(), 10)
      },
      connectError: (_: ClientSocket, thrown: Error) => {
        tally.failed(`cannot connect: ${thrown.message}`)
        if (!ended) setTimeout(() => ended || open(), 100)
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
    for (const due = connectionsDue(plan, performance.now() - startMs); opened < due; opened++) open()
    if (opened < plan.connections && !ended) setTimeout(openDue, 1)
  }
  openDue()
  let arrivals = 0
  const arrive = (): void => {
    if (plan.rate === null || ended) return
    const elapsedMs = performance.now() - startMs
    for (; arrivalMs(plan.rate, arrivals) <= elapsedMs; arrivals++) {
      const intendedMs = startMs + arrivalMs(plan.rate, arrivals)
      const socket = idle.pop()
      if (socket === undefined) queue.push(intendedMs)
      else ask(socket, intendedMs)
    }
    tally.waiting(queue.length)
    setTimeout(arrive, 1)
  }
  arrive()

  await Bun.sleep(plan.warmMs)
  tally.reset()
  const [fromMs, fromCpu] = [performance.now(), process.cpuUsage()]
  onMeasuring()
  await Bun.sleep(plan.measureMs)
  const endMs = performance.now()
  const cpu = process.cpuUsage(fromCpu)
  ended = true
  const since = [...queue, ...[...sockets].filter(({ data }) => data.busy).map(({ data }) => data.startedMs)]
  const result = tally.result(since, {
    endMs,
    measuredMs: endMs - fromMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
  })
  for (const socket of sockets) socket.terminate()
  return result
}
