// The hot path on its own: a reply made by hand, a server around the player, a raw client.
import { afterEach, expect, test } from 'bun:test'
import type { Reply } from '../../src/replies/reply.ts'
import { IdSource } from '../../src/server/patch.ts'
import type { Stage } from '../../src/server/playback.ts'
import { createPlayer } from '../../src/server/player.ts'
import { Scheduler } from '../../src/server/scheduler.ts'
import { Tally } from '../../src/stats/tally.ts'
import { chatRequest, rawClient, until } from '../_helpers.ts'

let server: Bun.Server<undefined> | undefined
afterEach(async () => {
  await server?.stop(true)
})

/** Plays `count` frames, their numbers if none is given, frame i due at `dueMs(i)`. */
function play(
  count: number,
  dueMs: (i: number) => number,
  frame?: Uint8Array,
): { stage: Stage; port: number } {
  const reply: Reply = {
    status: 200,
    headers: new Headers(),
    frames: Array.from({ length: count }, (_, i) => frame ?? new TextEncoder().encode(`${i}\n`)),
    dueMs: Float64Array.from({ length: count }, (_, i) => dueMs(i)),
    marks: Array.from({ length: count }, (_, step) => ({ part: 'content', step, events: 1 })),
    framing: 'sse',
    ending: 'close',
    faultMs: Number.POSITIVE_INFINITY,
    whole: false,
    played: true,
    places: null,
  }
  const stage: Stage = {
    scheduler: new Scheduler(),
    tally: new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 }),
    ids: new IdSource(0),
    ledger: null,
  }
  const player = createPlayer(reply, stage, stage.tally.counter('POST /', 200))
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: (request) => player(request, performance.now()),
  })
  return { stage, port: server.port! }
}

const counts = ({ tally }: Stage) => tally.snapshot({ nowMs: 1, cpuMicros: 0, unixMs: 0 })

test('due times are absolute: time lost on the way is made up for, in order', async () => {
  const { port } = play(31, (i) => i * 50) // 1.5 s
  const client = await rawClient(port)
  const startedMs = performance.now()
  client.send(chatRequest())
  await until(() => client.received().includes('3\n'))
  const blockedUntilMs = performance.now() + 1000
  while (performance.now() < blockedUntilMs) {} // the event loop stands still, as on an overloaded host
  const { chunks, endAtMs } = await client.response()
  expect(chunks.join('')).toBe(Array.from({ length: 31 }, (_, i) => `${i}\n`).join(''))
  expect(endAtMs - startedMs).toBeGreaterThan(1499)
  expect(endAtMs - startedMs).toBeLessThan(2300) // 2.5 s, if every delay began anew
  client.socket.destroy()
})

test('a client that leaves is taken out of the schedule at once, and counted where it left', async () => {
  const { stage, port } = play(2, (i) => [0, 3_600_000][i]!)
  const late = await rawClient(port)
  late.send(chatRequest())
  await until(() => late.received().includes('0\n'))
  expect(stage.scheduler.waiting).toBe(1)
  late.socket.destroy()
  await until(() => stage.scheduler.waiting === 0)
  expect(counts(stage)).toMatchObject({ open: 0, abortedBeforeFirstEvent: 0, abortedMidStream: 1 })
})

test('so is one that leaves before the first event, an hour before it is due', async () => {
  const { stage, port } = play(1, () => 3_600_000)
  const early = await rawClient(port)
  early.send(chatRequest())
  await until(() => stage.scheduler.waiting === 1)
  early.socket.destroy()
  await until(() => stage.scheduler.waiting === 0)
  expect(counts(stage)).toMatchObject({ open: 0, abortedBeforeFirstEvent: 1, abortedMidStream: 0 })
  await until(() => server!.pendingRequests === 0)
})

test('a completed stream is counted once, also when the client then leaves', async () => {
  const { stage, port } = play(3, (i) => i)
  const client = await rawClient(port)
  client.send(chatRequest())
  await client.response()
  client.socket.destroy()
  await until(() => server!.pendingRequests === 0)
  expect(counts(stage)).toMatchObject({ open: 0, completed: 1, abortedMidStream: 0, events: 3 })
})

test('events that wait for a client to read are counted apart, not as our lateness', async () => {
  const frame = new Uint8Array(1 << 20)
  const { stage, port } = play(64, (i) => i, frame)
  const client = await rawClient(port)
  client.socket.pause()
  client.send(chatRequest())
  await until(() => counts(stage).events > 0 && stage.scheduler.waiting === 0)
  const before = counts(stage).events
  await Bun.sleep(300) // what is held back is late by this much at least
  client.socket.resume()
  await until(() => counts(stage).completed === 1)
  client.socket.destroy()
  const { events, heldBack, lateness } = counts(stage)
  expect(events).toBe(64)
  expect(before).toBeLessThan(64)
  expect(heldBack).toBeGreaterThan(0)
  expect(lateness.count + heldBack).toBe(64)
})
