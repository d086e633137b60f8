// The numbers of whole programs: of all workers, at any time and at the end.
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { canSharePort } from '../../src/fleet/host.ts'
import type { Report } from '../../src/stats/report.ts'
import { childrenOf, isAlive, rawClient, until } from '../_helpers.ts'
import { chat, statsOf, useFleet } from './_programs.ts'

const { folder, serve } = useFleet()

describe('numbers', () => {
  test('/stats is about all workers, whichever is asked; the summary counts what a client counts', async () => {
    const workers = canSharePort ? 3 : 1
    const { program, port } = await serve({ workers: String(workers), chunkDelayMs: '0' })
    for (let i = 0; i < 40; i++) await chat(port)
    for (let i = 0; i < 5; i++) {
      const report = await statsOf(port)
      expect(report.requests.total).toBe(40)
      expect(report.sent.events).toBe(800)
      expect(report.workers).toEqual({ expected: workers, reported: workers, missing: 0, lost: 0 })
      expect(report.busy.perWorker).toHaveLength(workers)
    }
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect(program.output.stdout).toMatch(
      /^requests {3}40 \(.*in which there were some\), POST \/v1\/chat\/completions 200: 40$/m,
    )
    expect(program.output.stdout).toMatch(/^verdict {4}(Not s|S)aturated: .*\.$/m) // 800 events are enough to judge
  })

  test.skipIf(!canSharePort)('what a worker had told outlives it (needs several: Linux)', async () => {
    const { port, pid } = await serve({ workers: '2', chunkDelayMs: '0' })
    for (let i = 0; i < 20; i++) await chat(port)
    expect((await statsOf(port)).requests.total).toBe(20)
    process.kill(childrenOf(pid)[0]!, 'SIGKILL')
    await until(async () => (await statsOf(port).catch(() => undefined))?.workers.lost === 1)
    expect((await statsOf(port)).requests.total).toBe(20)
  })

  test('a reset reaches every worker', async () => {
    const { port } = await serve({ workers: canSharePort ? '2' : '1', chunkDelayMs: '0' })
    for (let i = 0; i < 20; i++) await chat(port)
    expect((await statsOf(port, '/reset', 'POST')).requests.total).toBe(20)
    expect((await statsOf(port)).requests.total).toBe(0)
  })

  test.skipIf(!canSharePort)(
    'a worker that does not answer is missing, one that died is lost (needs several: Linux)',
    async () => {
      const { program, port, pid } = await serve({ workers: '2', chunkDelayMs: '0' })
      const [first, second] = childrenOf(pid)
      // A stopped worker still has its share of new connections: a kept connection to the other one is needed.
      const clients = await Promise.all(Array.from({ length: 16 }, () => rawClient(port)))
      const ask = 'GET /stats HTTP/1.1\r\nHost: x\r\n\r\n'
      process.kill(first!, 'SIGSTOP')
      for (const client of clients) client.send(ask)
      const answered = await until(() => clients.find((client) => client.received().includes('\r\n\r\n')))
      const halved = JSON.parse((await answered.response()).body) as Report
      expect(halved.workers).toEqual({ expected: 2, reported: 1, missing: 1, lost: 0 })
      answered.send(ask)
      process.kill(first!, 'SIGKILL') // while it is being asked
      const [after] = [JSON.parse((await answered.response()).body) as Report]
      expect(after.workers).toMatchObject({ expected: 2, reported: 1, missing: 1 })
      for (const client of clients) client.socket.destroy()
      await until(() => childrenOf(pid).length === 2 && !childrenOf(pid).includes(first!))
      await until(async () => (await statsOf(port)).workers.reported === 2)
      expect((await statsOf(port)).workers.lost).toBe(1)
      expect(isAlive(second!)).toBe(true)
      program.process.kill('SIGTERM')
      await program.process.exited
      expect(program.output.stdout).toContain('what 1 worker that died had done since last asked')
    },
  )

  test.each([['SIGTERM'], ['SIGINT']] as const)(
    '--report writes the run as JSON after %s',
    async (signal) => {
      const path = join(folder, `report-${signal}.json`)
      const { program, port } = await serve({ report: path, chunkDelayMs: '0' })
      await chat(port)
      program.process.kill(signal)
      expect(await program.process.exited).toBe(0)
      const report = await Bun.file(path).json()
      expect(report).toMatchObject({
        requests: { total: 1, completed: 1 },
        config: { workers: 1, listen: { port } },
        host: { cpu: expect.any(String), kernel: expect.any(String) },
        startedAt: expect.any(String),
        endedAt: expect.any(String),
      })
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    },
  )
})
