// Whole programs whose workers die or are slow: every request and every stream stays in some account, and the exit code tells.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort } from '../../src/fleet/host.ts'
import type { Report } from '../../src/stats/report.ts'
import { chatRequest, childrenOf, rawClient, until } from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import { answers, statsOf, useFleet } from './_programs.ts'

const { folder, serve } = useFleet()
const hasSignals = process.platform !== 'win32'

/** How all streams that were begun have ended so far, or go on. */
function endsOf({ requests }: Pick<Report, 'requests'>): number {
  const { open, completed, abortedBeforeFirstEvent, abortedMidStream, cut, lost } = requests
  return open + completed + abortedBeforeFirstEvent + abortedMidStream + cut + lost
}

describe.skipIf(!hasSignals)('streams of workers that die (signals need Unix)', () => {
  test('while it serves: they are lost, and nothing is open any more', async () => {
    const report = join(folder, 'died.json')
    const { program, port, pid } = await serve({ chunkDelayMs: '60000', ttftMs: '0', report })
    const readers = await openReaders(port, 20)
    await untilAll(readers, ({ events }) => events > 0)
    await until(async () => (await statsOf(port)).requests.open === 20)
    process.kill(childrenOf(pid)[0]!, 'SIGKILL')
    await untilAll(readers, ({ closedAtMs }) => closedAtMs !== undefined)
    const told = (await until(async () => {
      const stats = await statsOf(port).catch(() => undefined)
      return stats?.workers.lost === 1 && stats
    })) as Report
    expect(told.requests).toMatchObject({ open: 0, lost: 20, peakOpen: 20 })
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect(program.output.stdout).toContain(', 20 lost with a worker, at most 20 open')
    const { requests } = (await Bun.file(report).json()) as Report
    expect(requests).toMatchObject({ open: 0, lost: 20, peakOpen: 20, total: 20 })
    expect(endsOf({ requests })).toBe(20)
  })

  test('while it ends: they are lost, and that is no orderly end', async () => {
    const report = join(folder, 'drained.json')
    const { program, port, pid } = await serve({
      chunkDelayMs: '60000',
      ttftMs: '0',
      report,
      graceMs: '60000',
    })
    const client = await rawClient(port)
    client.socket.on('error', () => {})
    client.send(chatRequest())
    await until(async () => (await statsOf(port)).requests.open === 1)
    const [worker] = childrenOf(pid)
    program.process.kill('SIGTERM')
    await until(() => program.output.stdout.includes('Stopping: 1 open'))
    process.kill(worker!, 'SIGKILL')
    expect(await program.process.exited).toBe(1)
    expect(program.output.stderr).toBe('mock-llm-api: 1 worker died before the last numbers were told\n')
    expect(program.output.stdout).toMatch(/^lost {7}what 1 worker that died had done since last asked$/m)
    const { requests, workers } = (await Bun.file(report).json()) as Report
    expect(requests).toMatchObject({ open: 0, lost: 1, cut: 0 })
    expect(workers).toMatchObject({ expected: 1, reported: 0, lost: 1 })
  })

  test('five times in ten seconds: the program gives up, and still tells what is known', async () => {
    const report = join(folder, 'gave-up.json')
    const { program, port, pid } = await serve({ chunkCount: '1', chunkDelayMs: '0', report })
    for (let death = 1; death <= 5; death++) {
      await until(() => answers(port))
      await statsOf(port)
      for (const worker of childrenOf(pid)) process.kill(worker, 'SIGKILL')
      await until(() => (program.output.stderr.match(/died/g)?.length ?? 0) >= death)
    }
    expect(await program.process.exited).toBe(1)
    expect(program.output.stderr).toMatch(/the 5th death in 10 s: giving up\n$/)
    expect(program.output.stdout).toMatch(
      /^requests {3}\d+ \(.*in which there were some\), GET \/readyz 200: \d+$/m,
    )
    const { requests, workers } = (await Bun.file(report).json()) as Report
    expect(requests.total).toBeGreaterThanOrEqual(5)
    expect(workers.lost).toBe(5)
  }, 30_000)
})

test.skipIf(!canSharePort)(
  'giving up, the workers that live tell their last numbers (several need Linux)',
  async () => {
    const report = join(folder, 'gave-up-with-others.json')
    const { program, port, pid } = await serve({ workers: '2', chunkDelayMs: '60000', ttftMs: '0', report })
    const readers = await openReaders(port, 40)
    await untilAll(readers, ({ events }) => events > 0)
    await until(async () => (await statsOf(port)).requests.open === 40)
    const [stays] = childrenOf(pid)
    for (let death = 1; death <= 5; death++) {
      const victim = await until(() => childrenOf(pid).find((worker) => worker !== stays))
      process.kill(victim, 'SIGKILL')
      await until(() => (program.output.stderr.match(/died|could not start/g)?.length ?? 0) >= death)
    }
    expect(await program.process.exited).toBe(1)
    const { requests, workers } = (await Bun.file(report).json()) as Report
    expect(workers).toMatchObject({ reported: 1, lost: 5 })
    expect(requests.cut).toBeGreaterThan(0)
    expect(requests.cut + requests.lost).toBe(40)
    closeAll(readers)
  },
  30_000,
)

test.skipIf(!canSharePort)(
  'a worker that sleeps through a reset: the windows add up to what was sent (several need Linux)',
  async () => {
    const { port, pid } = await serve({ workers: '2', chunkCount: '1', chunkDelayMs: '0' })
    const clients = await Promise.all(Array.from({ length: 24 }, () => rawClient(port)))
    let sent = 0
    const round = async (): Promise<void> => {
      for (const client of clients) client.send(chatRequest())
      await Promise.all(clients.map((client) => client.response()))
      sent += clients.length
    }
    await round()
    await statsOf(port) // told by all
    await round()
    const [sleeper] = childrenOf(pid)
    process.kill(sleeper!, 'SIGSTOP')
    // Only a connection of the other worker can be answered.
    for (const client of clients) client.send('POST /stats/reset HTTP/1.1\r\nHost: x\r\n\r\n')
    const awake = await until(() => clients.find((client) => client.received().includes('\r\n\r\n')))
    const closed = [JSON.parse((await awake.response()).body) as Report]
    expect(closed[0]!.workers.missing).toBe(1)
    process.kill(sleeper!, 'SIGCONT')
    for (const client of clients)
      if (client !== awake) closed.push(JSON.parse((await client.response()).body) as Report)
    await round()
    const open = await statsOf(port)
    const sum = (value: (report: Report) => number): number =>
      [...closed, open].reduce((total, report) => total + value(report), 0)
    expect(sum(({ requests }) => requests.total)).toBe(sent)
    expect(sum(({ requests }) => requests.completed)).toBe(sent)
    expect(sum(({ sent }) => sent.events)).toBe(3 * sent)
    for (const { socket } of clients) socket.destroy()
  },
  30_000,
)

test.skipIf(!canSharePort)(
  'a worker keeps its place in the numbers, whichever answers first, and so does its successor (several need Linux)',
  async () => {
    const { port, pid } = await serve({ workers: '3' })
    const places = async (): Promise<readonly number[]> =>
      (await statsOf(port)).busy.perWorker.map(({ worker }) => worker)
    expect(await places()).toEqual([0, 1, 2])
    await statsOf(port, '/reset', 'POST')
    expect(await places()).toEqual([0, 1, 2])
    process.kill(childrenOf(pid)[1]!, 'SIGKILL')
    await until(async () => {
      const stats = await statsOf(port).catch(() => undefined)
      return stats?.workers.lost === 1 && stats.workers.reported === 3
    })
    expect(await places()).toEqual([0, 1, 2])
  },
)
