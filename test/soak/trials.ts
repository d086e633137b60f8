// The trials of minutes, on both engines: `bun run test:soak`. Each prints its figures.
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { createRandom } from '../../src/replies/deck.ts'
import { chatRequest, until } from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import {
  answers,
  engines,
  megabytes,
  openStuck,
  others,
  prepareTrials,
  residentBytes,
  say,
  stats,
} from './_trials.ts'

const { binary, serve, stop } = await prepareTrials()

describe.each(engines)('engine %s', (engine) => {
  test('ten kills of one of four workers under load', async () => {
    const served = await serve({ engine, workers: '4', chunkDelayMs: '20' })
    let going = true
    const readers = await openReaders(served.port, 400, { more: () => going })
    const replacedMs: number[] = []
    /** How many descriptors the victims had, and how many clients lost their connection. */
    const heldEach: number[] = []
    const brokenEach: number[] = []
    for (let kill = 0; kill < 10; kill++) {
      await Bun.sleep(2600) // five deaths within ten seconds would end the program
      const before = served.workers()
      const closedBefore = readers.filter(({ closedAtMs }) => closedAtMs !== undefined).length
      const victim = before[kill % 4]!
      heldEach.push(readdirSync(`/proc/${victim}/fd`).length)
      const atMs = performance.now()
      process.kill(victim, 'SIGKILL')
      await until(() => served.workers().some((pid) => !before.includes(pid)))
      await until(async () => (await stats(served)).workers.reported === 4) // it serves
      replacedMs.push(performance.now() - atMs)
      await Bun.sleep(200)
      const broken = readers.filter(({ closedAtMs }) => closedAtMs !== undefined)
      brokenEach.push(broken.length - closedBefore)
      for (const reader of broken) readers.splice(readers.indexOf(reader), 1)
      readers.push(...(await openReaders(served.port, broken.length, { more: () => going })))
    }
    going = false
    await untilAll(
      readers,
      ({ replies, closedAtMs, events }) => closedAtMs !== undefined || (replies > 0 && events === 20),
    )
    closeAll(readers)
    const { workers, requests } = await stats(served)
    say(`kills, engine ${engine}`, {
      replacedMs: replacedMs.map(Math.round),
      heldEach,
      brokenEach,
      lost: workers.lost,
      total: requests.total,
    })
    expect(replacedMs.toSorted((a, b) => a - b)[5]!).toBeLessThan(3000) // half of them, on however busy a host
    for (const [i, broken] of brokenEach.entries()) expect(broken).toBeLessThanOrEqual(heldEach[i]!)
    expect(workers.lost).toBe(10)
    await stop(served)
  }, 120_000)

  test('256 descriptors, 1,000 clients', async () => {
    const served = await serve({ engine, chunkDelayMs: '10' }, [
      'bash',
      '-c',
      `ulimit -n 256; exec "$@"`,
      'bash',
      ...binary,
    ])
    const [worker] = served.workers()
    expect(served.program.output.stdout).toContain('each worker may open 256 descriptors')
    const readers = await openReaders(served.port, 1000, { hasty: true })
    await Bun.sleep(3000)
    const atTheLimit = readers.filter(({ replies }) => replies === 1).length
    closeAll(readers)
    const freedMs = performance.now()
    await until(() => answers(served))
    const recoveredMs = performance.now() - freedMs
    say(`descriptors, engine ${engine}`, {
      servedAtTheLimit: atTheLimit,
      recoveredMs: Math.round(recoveredMs),
    })
    expect(served.workers()).toEqual([worker!])
    expect(atTheLimit).toBeGreaterThan(100)
    await stop(served)
  }, 120_000)

  test('1,000 clients that never read, replies of 10 MB', async () => {
    const served = await serve({
      engine,
      chunkCount: '160',
      chunkBytes: '65536',
      ttftMs: '0',
      chunkDelayMs: '0',
    })
    const usual = await serve({ engine })
    const warm = await openReaders(served.port, 20)
    await untilAll(warm, ({ replies }) => replies === 1)
    closeAll(warm)
    const idleBytes = residentBytes(served.workers())
    const stuck = await openStuck(served.port, 1000, chatRequest())
    await until(async () => (await stats(served)).requests.open === 1000)
    await Bun.sleep(1000)
    const grownBytes = residentBytes(served.workers()) - idleBytes
    const { completed } = await stats(served).then(({ requests }) => requests)
    const next = await openReaders(served.port, 20)
    await untilAll(next, ({ replies }) => replies === 1)
    closeAll(next)
    const busy = await others(usual.port)
    say(`never read, engine ${engine}`, {
      idle: megabytes(idleBytes),
      grown: megabytes(grownBytes),
      completedBefore: completed,
      besideP99: busy.p99,
    })
    expect(grownBytes).toBeLessThan(64_000_000)
    expect(busy.completed).toBe(20)
    expect(busy.p99).toBeLessThan(100) // of a delay of 50
    for (const socket of stuck) socket.destroy()
    await until(async () => (await stats(served)).requests.open === 0)
    await Promise.all([stop(served), stop(usual)])
  }, 120_000)

  test('2,000 clients that send nothing, or a byte a second', async () => {
    const served = await serve({ engine })
    const openedMs = performance.now()
    const sockets = await openStuck(served.port, 2000, '')
    const closedMs: number[] = []
    for (const socket of sockets) {
      socket.resume()
      socket.on('close', () => closedMs.push(performance.now() - openedMs))
    }
    let at = 0
    const request = `GET /health HTTP/1.1\r\nX-Padding: ${'x'.repeat(500)}`
    const trickle = setInterval(() => {
      for (const socket of sockets.slice(0, 1000)) if (!socket.destroyed) socket.write(request[at]!)
      at++
    }, 1000)
    const beside = await others(served.port)
    const deadlineMs = performance.now() + 60_000
    while (closedMs.length < 2000 && performance.now() < deadlineMs) await Bun.sleep(100)
    clearInterval(trickle)
    closedMs.sort((a, b) => a - b)
    say(`idle clients, engine ${engine}`, {
      beside,
      firstDroppedMs: Math.round(closedMs[0]!),
      lastDroppedMs: Math.round(closedMs.at(-1)!),
    })
    expect(closedMs).toHaveLength(2000)
    expect(closedMs.at(-1)!).toBeLessThan(20_000) // Bun's own limit for the head of a request: 10 to 12 s
    expect(beside.completed).toBe(20)
    expect(beside.p99).toBeLessThan(100) // of a delay of 50
    await stop(served)
  }, 180_000)

  test('100,000 requests that are aborted at random moments', async () => {
    const served = await serve({ engine, chunkDelayMs: '5', workers: '1' })
    const random = createRandom(3)
    const abort = async (): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const socket = connect(served.port, '127.0.0.1', () => {
        socket.write(chatRequest())
        setTimeout(() => socket.destroy(), random() * 30)
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.resume()
      await promise
    }
    const abortMany = async (count: number): Promise<void> => {
      let left = count
      await Promise.all(
        Array.from({ length: 200 }, async () => {
          while (left-- > 0) await abort()
        }),
      )
      await until(async () => (await stats(served)).requests.open === 0)
    }
    await abortMany(10_000)
    const beforeBytes = residentBytes(served.workers())
    await abortMany(90_000)
    await Bun.sleep(2000)
    const afterBytes = residentBytes(served.workers())
    const { requests } = await stats(served)
    say(`aborts, engine ${engine}`, {
      before: megabytes(beforeBytes),
      after: megabytes(afterBytes),
      total: requests.total,
      open: requests.open,
    })
    expect(requests.open).toBe(0)
    expect(afterBytes - beforeBytes).toBeLessThan(20_000_000)
    await stop(served)
  }, 300_000)
})
