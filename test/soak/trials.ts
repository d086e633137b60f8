// The long trials: `bun run test:soak`. Each prints its figures. SOAK_MINUTES (30) is how long the last one takes.
import { afterAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createRandom } from '../../src/replies/deck.ts'
import type { Report } from '../../src/stats/report.ts'
import { chatRequest, childrenOf, compile, type Program, start, temporaryFolder, until } from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'

const folder = temporaryFolder()
const binary = await compile(folder.path)
const programs = new Set<Program>()
afterAll(async () => {
  for (const { process } of programs) process.kill('SIGKILL')
  await Promise.all([...programs].map(({ process }) => process.exited))
  folder.remove()
})

interface Served {
  readonly program: Program
  readonly port: number
  readonly workers: () => number[]
}

async function serve(
  flags: Parameters<typeof start>[1],
  command: readonly string[] = binary,
): Promise<Served> {
  const program = start(command, { workers: '1', ...flags, listen: '127.0.0.1:0' })
  programs.add(program)
  const port = await program.port()
  return { program, port, workers: () => childrenOf(program.process.pid) }
}

async function stop({ program }: Served): Promise<void> {
  program.process.kill('SIGTERM')
  await program.process.exited
  programs.delete(program)
}

async function stats(port: number, path = '', method = 'GET'): Promise<Report> {
  return (await fetch(`http://127.0.0.1:${port}/stats${path}`, { method })).json() as Promise<Report>
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  )

/** Resident memory in bytes (Linux). */
function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
    return sum + Number(kilobytes) * 1024
  }, 0)
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
const say = (name: string, figures: Record<string, unknown>): void =>
  console.log(name, JSON.stringify(figures))

/** Largest lateness seen by twenty clients of ordinary streams, ms, while something else is going on: p50 and p99. */
async function others(port: number): Promise<{ completed: number; p50: number; p99: number }> {
  const readers = await openReaders(port, 20)
  const gaps: number[] = []
  for (const { socket } of readers) {
    let lastMs: number | undefined
    socket.on('data', () => {
      const nowMs = performance.now()
      if (lastMs !== undefined) gaps.push(nowMs - lastMs)
      lastMs = nowMs
    })
  }
  await untilAll(readers, ({ replies, closedAtMs }) => replies === 1 || closedAtMs !== undefined)
  const completed = readers.filter(({ replies }) => replies === 1).length
  closeAll(readers)
  gaps.sort((a, b) => a - b)
  return { completed, p50: gaps[Math.floor(gaps.length * 0.5)]!, p99: gaps[Math.floor(gaps.length * 0.99)]! }
}

test('ten kills of one of four workers under load', async () => {
  const served = await serve({ workers: '4', chunkDelayMs: '20' })
  let going = true
  const readers = await openReaders(served.port, 400, { more: () => going })
  const replacedMs: number[] = []
  const brokenEach: number[] = []
  for (let kill = 0; kill < 10; kill++) {
    await Bun.sleep(2600) // five deaths within ten seconds would end the program
    const before = served.workers()
    const closedBefore = readers.filter(({ closedAtMs }) => closedAtMs !== undefined).length
    const atMs = performance.now()
    process.kill(before[kill % 4]!, 'SIGKILL')
    await until(() => served.workers().some((pid) => !before.includes(pid)))
    await until(async () => (await stats(served.port)).workers.reported === 4) // it serves
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
  const { workers, requests } = await stats(served.port)
  say('kills', {
    replacedMs: replacedMs.map(Math.round),
    brokenEach,
    lost: workers.lost,
    total: requests.total,
  })
  expect(Math.max(...replacedMs)).toBeLessThan(1000)
  for (const broken of brokenEach) expect(broken).toBeLessThan(300) // of 400, however uneven they are spread
  expect(workers.lost).toBe(10)
  await stop(served)
}, 120_000)

test('256 descriptors, 1,000 clients', async () => {
  const served = await serve({ chunkDelayMs: '10' }, [
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
  await until(() => answers(served.port))
  const recoveredMs = performance.now() - freedMs
  say('descriptors', { servedAtTheLimit: atTheLimit, recoveredMs: Math.round(recoveredMs) })
  expect(served.workers()).toEqual([worker!])
  expect(atTheLimit).toBeGreaterThan(100)
  await stop(served)
}, 120_000)

test('1,000 clients that never read, replies of 10 MB', async () => {
  const served = await serve({ chunkCount: '160', chunkBytes: '65536', ttftMs: '0', chunkDelayMs: '0' })
  const usual = await serve({})
  const warm = await openReaders(served.port, 20)
  await untilAll(warm, ({ replies }) => replies === 1)
  closeAll(warm)
  const idleBytes = residentBytes(served.workers())
  const stuck = await openStuck(served.port, 1000, chatRequest())
  await until(async () => (await stats(served.port)).requests.open === 1000)
  await Bun.sleep(1000)
  const grownBytes = residentBytes(served.workers()) - idleBytes
  const { completed } = await stats(served.port).then(({ requests }) => requests)
  const next = await openReaders(served.port, 20)
  await untilAll(next, ({ replies }) => replies === 1)
  closeAll(next)
  const busy = await others(usual.port)
  say('never read', {
    idle: megabytes(idleBytes),
    grown: megabytes(grownBytes),
    completedBefore: completed,
    besideP99: busy.p99,
  })
  expect(grownBytes).toBeLessThan(64_000_000)
  expect(busy.completed).toBe(20)
  expect(busy.p99).toBeLessThan(100) // of a delay of 50
  for (const socket of stuck) socket.destroy()
  await until(async () => (await stats(served.port)).requests.open === 0)
  await Promise.all([stop(served), stop(usual)])
}, 120_000)

async function openStuck(port: number, count: number, request: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = connect(port, '127.0.0.1', resolve)
    socket.on('error', () => {})
    socket.pause()
    await promise
    if (request !== '') socket.write(request)
    sockets.push(socket)
  }
  return sockets
}

test('2,000 clients that send nothing, or a byte a second', async () => {
  const served = await serve({})
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
  say('idle clients', {
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
  const served = await serve({ chunkDelayMs: '5', workers: '1' })
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
    await until(async () => (await stats(served.port)).requests.open === 0)
  }
  await abortMany(10_000)
  const beforeBytes = residentBytes(served.workers())
  await abortMany(90_000)
  await Bun.sleep(2000)
  const afterBytes = residentBytes(served.workers())
  const { requests } = await stats(served.port)
  say('aborts', {
    before: megabytes(beforeBytes),
    after: megabytes(afterBytes),
    total: requests.total,
    open: requests.open,
  })
  expect(requests.open).toBe(0)
  expect(afterBytes - beforeBytes).toBeLessThan(20_000_000)
  await stop(served)
}, 300_000)

test('a long time at 70 % load', async () => {
  const minutes = Number(process.env['SOAK_MINUTES'] ?? 30)
  const served = await serve({})
  const [worker] = served.workers()
  let going = true
  // Readers are added until the worker is busy for seven tenths of its time.
  const readers = await openReaders(served.port, 200, { more: () => going })
  for (;;) {
    await Bun.sleep(2000)
    const last = (await stats(served.port)).busy.perWorker[0]!.last
    if (last >= 0.65 || readers.length >= 4000) break
    const wanted = Math.min(600, Math.round((readers.length * 0.7) / Math.max(last, 0.05)) - readers.length)
    readers.push(...(await openReaders(served.port, Math.max(20, wanted), { more: () => going })))
  }
  const slices: { p50: number; p99: number; busy: number; bytes: number }[] = []
  for (let minute = 0; minute < minutes; minute++) {
    await stats(served.port, '/reset', 'POST')
    await Bun.sleep(60_000)
    const { latenessMs, busy } = await stats(served.port)
    slices.push({
      p50: latenessMs.p50!,
      p99: latenessMs.p99!,
      busy: busy.perWorker[0]!.mean,
      bytes: residentBytes([worker!]),
    })
    say(`minute ${minute + 1}`, {
      ...slices.at(-1)!,
      bytes: megabytes(slices.at(-1)!.bytes),
      streams: readers.length,
    })
  }
  going = false
  await untilAll(readers, ({ events, closedAtMs }) => events === 20 || closedAtMs !== undefined)
  const broken = readers.filter(({ closedAtMs }) => closedAtMs !== undefined).length
  closeAll(readers)
  const third = Math.max(1, Math.floor(minutes / 3))
  const mean = (part: typeof slices, key: 'p99' | 'bytes'): number =>
    part.reduce((sum, slice) => sum + slice[key], 0) / part.length
  const [first, last] = [slices.slice(0, third), slices.slice(-third)]
  const figures = {
    minutes,
    streams: readers.length,
    broken,
    p99First: mean(first, 'p99'),
    p99Last: mean(last, 'p99'),
    firstBytes: megabytes(mean(first, 'bytes')),
    lastBytes: megabytes(mean(last, 'bytes')),
  }
  say('soak', figures)
  expect(broken).toBe(0)
  expect(mean(last, 'p99')).toBeLessThan(2 * mean(first, 'p99') + 5)
  expect(mean(last, 'bytes') - mean(first, 'bytes')).toBeLessThan(10_000_000)
  await stop(served)
}, 3_600_000)
