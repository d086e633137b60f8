// One client against servers that answer byte for byte what is written here.
import { afterAll, describe, expect, test } from 'bun:test'
import { runLoad } from '../../../src/bench/client/load.ts'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import { percentile } from '../../../src/stats/histogram.ts'
import { loadPlan } from '../_results.ts'

const servers = new Set<{ stop(now?: boolean): void }>()
afterAll(() => {
  for (const server of servers) server.stop(true)
})

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const EVENTS = 'data: 1\n\ndata: 2\n\ndata: 3\n\n'
const OK = `HTTP/1.1 200 OK\r\nContent-Length: ${EVENTS.length}\r\n\r\n${EVENTS}`
const UNTIL_CLOSE = `HTTP/1.1 200 OK\r\n\r\n${EVENTS}`

/** What a server says to a request, and whether it then closes. Null: nothing. */
type Answer = { readonly say: string; readonly close?: boolean } | null

interface Seen {
  readonly port: number
  /** How many connections and requests there were. */
  connections: number
  requests: number
  /** No further connection is accepted. */
  close(): void
}

/** Answers request after request, on whatever connection, counted from 0; a greeting comes before any. */
function serve(answer: (request: number) => Answer, greeting = ''): Seen {
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        seen.connections++
        if (greeting !== '') socket.write(greeting)
      },
      data: (socket, bytes) => {
        for (let i = bytes.toString().split(REQUEST).length - 1; i > 0; i--) {
          const next = answer(seen.requests++)
          if (next === null) continue
          socket.write(next.say)
          if (next.close) socket.end()
        }
      },
    },
  })
  servers.add(listener)
  const seen: Seen = { port: listener.port, connections: 0, requests: 0, close: () => listener.stop() }
  return seen
}

function load(port: number, change: Partial<LoadPlan> = {}, onMeasuring?: () => void): Promise<LoadResult> {
  return runLoad(loadPlan({ port, request: REQUEST, measureMs: 250, ...change }), onMeasuring)
}

describe('answers that are right', () => {
  test.each([
    ['with a length', { say: OK }, false],
    ['that end with the connection', { say: UNTIL_CLOSE, close: true }, true],
    ['that say so', { say: OK.replace('Content', 'Connection: close\r\nContent'), close: true }, true],
    [
      'that say so, and leave the closing to the client',
      { say: OK.replace('Content', 'Connection: close\r\nContent') },
      true,
    ],
  ])('%s', async (_, answer, closes) => {
    const seen = serve(() => answer)
    const cpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000
    const beforeMs = cpuMs()
    const result = await load(seen.port)
    expect(result.cpuMs).toBeLessThanOrEqual(cpuMs() - beforeMs)
    expect([result.errors, result.error]).toEqual([0, null])
    expect(result.requests).toBeGreaterThan(4)
    expect(result.events).toBe(result.ttft.count + result.gap.count)
    expect(result.latency.count).toBe(result.requests)
    expect(result.lateness.count).toBe(0)
    if (closes) expect(seen.connections).toBeGreaterThanOrEqual(result.requests)
    else expect(seen.connections).toBe(4)
  })
})

test.each([
  ['one event too few', { say: OK.replace('data: 3\n\n', 'data: 33\n') }, 'status 200 and 2 of 3 events'],
  ['another status', { say: OK.replace('200', '503') }, 'status 503 and 3 of 3 events'],
  [
    'another status, to the end of the connection',
    { say: UNTIL_CLOSE.replace('200', '503'), close: true },
    'status 503 and 3 of 3 events',
  ],
  [
    'one event too few, to the end of the connection',
    { say: UNTIL_CLOSE.slice(0, -1), close: true },
    'status 200 and 2 of 3 events',
  ],
  ['more than was asked for', { say: `${OK}HTTP` }, 'more bytes than asked for'],
  ['no HTTP', { say: 'nonsense\r\n\r\n' }, 'no HTTP/1.1 response: nonsense'],
  [
    'half a reply',
    { say: OK.slice(0, -1), close: true },
    'the connection was closed in the middle of a reply',
  ],
  ['nothing', { say: '', close: true }, 'the connection was closed in the middle of a reply'],
])('%s is an error, and the connection is replaced', async (_, answer, error) => {
  const seen = serve(() => answer)
  const result = await load(seen.port)
  expect(result.error).toBe(error)
  expect(result.errors).toBeGreaterThan(1)
  expect([result.requests, result.latency.count]).toEqual([0, 0])
  expect(seen.connections).toBeGreaterThan(1)
})

test('a server that is not there is an error', async () => {
  const result = await load(9)
  expect(result.error).toStartWith('cannot connect: ')
  expect(result).toMatchObject({ requests: 0, events: 0, underWay: 0 })
  expect(result.errors).toBeGreaterThan(0)
})

describe('what came before the measured time', () => {
  // Each connection gets its answers in the warm-up, and then none for ever.
  test.each([
    ['right answers', { say: OK }],
    ['wrong answers', { say: OK.replace('200', '503') }],
    ['half answers', { say: OK.slice(0, -20), close: true }],
  ])('%s: nothing of it is told', async (_, answer) => {
    const seen = serve((request) => (request < 4 ? answer : null))
    let before: number | undefined
    const result = await load(seen.port, { warmMs: 500 }, () => (before = seen.requests))
    expect(before).toBe(8)
    const { measuredMs, cpuMs, oldestMs, ...figures } = result
    const empty = { count: 0, sumMicros: 0, maxMicros: 0, buckets: [] }
    const histograms = { ttft: empty, gap: empty, latency: empty, lateness: empty }
    const counts = { requests: 0, events: 0, errors: 0, error: null, waiting: 0, underWay: 4 }
    expect(figures).toEqual({ ...counts, ...histograms })
    // They wait since the warm-up, which counts for their age; only the measured time was measured.
    expect(oldestMs).toBeGreaterThan(measuredMs)
    expect(measuredMs).toBeGreaterThan(249)
    expect(cpuMs).toBeGreaterThan(0)
  })
})

describe('an open loop', () => {
  test('asks when it is time, on few connections, and no more often', async () => {
    const seen = serve(() => ({ say: OK }))
    const result = await load(seen.port, { rate: 100, connections: 3, measureMs: 300 })
    expect(result.errors).toBe(0)
    expect(result.requests).toBeGreaterThan(5)
    expect(seen.requests).toBeLessThanOrEqual((result.measuredMs + 100) / 10)
    expect(seen.connections).toBe(3)
  })

  test('what never gets a connection is under way since it was due', async () => {
    const seen = serve(() => null)
    const result = await load(seen.port, { rate: 100, connections: 2, measureMs: 300 })
    expect([result.requests, seen.requests]).toEqual([0, 2])
    expect(result.underWay).toBeGreaterThan(10)
    expect(result.waiting).toBe(result.underWay - 2)
    expect(result.oldestMs).toBeGreaterThanOrEqual(result.measuredMs) // the first was due at the start
  })

  test('what is due while the client itself is held up is asked in its order, and late since it was due', async () => {
    const seen = serve((request) => (request < 40 ? { say: OK } : null))
    const holdUp = (): void => Bun.sleepSync(500)
    const result = await load(seen.port, { rate: 100, connections: 1, measureMs: 600 }, holdUp)
    expect(result.errors).toBe(0)
    expect(percentile(result.latency, 0.5) / 1000).toBeGreaterThan(100)
    expect(result.underWay).toBeGreaterThan(9)
    expect(result.oldestMs).toBeLessThan(result.measuredMs - 200) // the forty that were due first have been answered
  })

  test('what is idle is not under way', async () => {
    const seen = serve(() => ({ say: OK }))
    const result = await load(seen.port, { rate: 0.1, connections: 3 })
    expect([seen.connections, seen.requests]).toEqual([3, 1])
    expect(result).toMatchObject({ underWay: 0, oldestMs: 0, errors: 0 })
  })

  test('a server that speaks without being asked is an error', async () => {
    const seen = serve(() => null, OK)
    const { errors, error } = await load(seen.port, { rate: 0.1, connections: 3 })
    expect([errors > 0, error]).toEqual([true, 'more bytes than asked for'])
  })

  test('what is due when no connection is left waits, and is not lost', async () => {
    const seen = serve(() => {
      seen.close()
      return { say: OK, close: true }
    })
    const result = await load(seen.port, { rate: 5, connections: 1, measureMs: 500 })
    expect(seen.requests).toBe(1)
    expect(result.error).toStartWith('cannot connect: ')
    expect(result.underWay).toBeGreaterThan(1) // those due after 200 and 400 ms
  })

  test('what waits is asked when a connection is replaced, late but not lost', async () => {
    const seen = serve(() => ({ say: UNTIL_CLOSE, close: true }))
    const result = await load(seen.port, { rate: 500, connections: 2, measureMs: 300 })
    expect(result.errors).toBe(0)
    expect(result.requests).toBeGreaterThan(5)
    expect(result.waiting).toBeGreaterThan(5)
    expect(result.latency.maxMicros).toBeGreaterThan(10_000)
  })
})

test('connections are opened over the ramp', async () => {
  const seen = serve(() => null)
  let opened = 0
  const result = await load(seen.port, { connections: 10, rampMs: 60_000 }, () => (opened = seen.connections))
  expect([opened <= 1, seen.connections, result.underWay]).toEqual([true, 1, 1])
})
