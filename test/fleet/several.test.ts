// What holds for several workers, and what is promised by serving with one.
import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import { ROLE_VARIABLE } from '../../src/config/role.ts'
import { canSharePort } from '../../src/fleet/host.ts'
import {
  chatRequest,
  childrenOf,
  type RawClient,
  rawClient,
  sourceCommand,
  start,
  until,
} from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import { statsOf, useFleet } from './_programs.ts'

const { folder, running, serve } = useFleet()
const instant = { chunkCount: '1', chunkDelayMs: '0' }

/** What `count` requests are answered, each on a connection of its own. */
async function askEach(port: number, count: number): Promise<{ status: number; text: string }[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const headers = { connection: 'close' }
      const url = `http://127.0.0.1:${port}/v1/chat/completions`
      const response = await fetch(url, { method: 'POST', headers })
      return { status: response.status, text: await response.text() }
    }),
  )
}

describe.skipIf(!canSharePort)('two workers (several need Linux)', () => {
  test('--unique-ids: no id is given twice, and each worker has ids of its own', async () => {
    const { port } = await serve({ ...instant, workers: '2', uniqueIds: 'true' })
    const ids = new Set<string>()
    let asked = 0
    // The first eight digits are the worker's; the kernel spreads connections over both.
    await until(async () => {
      for (const { text } of await askEach(port, 50)) {
        const found = new Set(text.match(/chatcmpl-mock\d{16}/g))
        expect(found.size).toBe(1)
        for (const id of found) ids.add(id)
        asked++
      }
      return new Set([...ids].map((id) => id.slice(0, -8))).size === 2
    })
    expect(ids.size).toBe(asked)
  })

  test('who left is told of both together, by time, the latest first', async () => {
    const { port } = await serve({
      ...instant,
      chunkCount: '2',
      workers: '2',
      uniqueIds: 'true',
      fault: 'stall:1:60000',
    })
    const left: string[] = []
    // Until both have been left twice: each in its turn, so that their times lie apart.
    await until(async () => {
      const client = await rawClient(port)
      client.send(chatRequest())
      const id = await until(() => /mock\d{16}/.exec(client.received())?.[0])
      client.socket.destroy()
      left.unshift(id)
      const leavings = await until(async () => {
        const { leavings } = (await statsOf(port)).requests
        return leavings.length === left.length ? leavings : undefined
      })
      expect(leavings.map(({ id }) => id)).toEqual(left)
      const byWorker = Map.groupBy(left, (id) => id.slice(0, -8))
      return byWorker.size === 2 && [...byWorker.values()].every(({ length }) => length > 1)
    })
    const { requests } = await statsOf(port, '/reset', 'POST')
    expect(requests.leavings.map(({ chunks }) => chunks)).toEqual(left.map(() => 1))
    expect((await statsOf(port)).requests.leavings).toEqual([])
  })

  test('rates of faults are met exactly by each of them', async () => {
    const { port } = await serve({ ...instant, workers: '2', uniqueIds: 'true', fault: 'status:500@3%' })
    const byWorker = new Map<string, RawClient>()
    await until(async () => {
      const client = await rawClient(port)
      client.send(chatRequest())
      const [, worker] = /mock(\d{8})/.exec((await client.response()).body) ?? []
      if (worker !== undefined && !byWorker.has(worker)) byWorker.set(worker, client)
      else client.socket.destroy()
      return byWorker.size === 2
    })
    for (const client of byWorker.values()) {
      let failed = 0
      for (let i = 0; i < 100; i++) {
        client.send(chatRequest())
        if ((await client.response()).status === 500) failed++
      }
      expect(failed).toBe(3)
      client.socket.destroy()
    }
  })
})

describe('one worker, unless it is said otherwise', () => {
  test.each<[GivenFlags, (statuses: readonly number[]) => void]>([
    [{ rateLimit: '7/s' }, (statuses) => expect(statuses.filter((one) => one === 200)).toHaveLength(7)],
    [
      { fault: 'status:429x3,status:503x2,ok' },
      (statuses) =>
        expect(statuses.filter((one) => one !== 200).toSorted()).toEqual([429, 429, 429, 503, 503]),
    ],
  ])('%j is exact', async (flags, check) => {
    const { program, port, pid } = await serve({ ...instant, workers: '0', ...flags })
    expect(program.output.stdout).toContain(', 1 worker, engine bun\n')
    expect(childrenOf(pid)).toHaveLength(1)
    const answered = await until(async () => {
      const startedMs = performance.now()
      const all = await askEach(port, 30)
      // With a rate it must all be within a second.
      return performance.now() - startedMs < 900 ? all : (await Bun.sleep(1100), undefined)
    })
    check(answered.map(({ status }) => status))
  })

  test('--max-open is exact', async () => {
    const { program, port } = await serve({ workers: '0', maxOpen: '3', chunkDelayMs: '60000', ttftMs: '0' })
    expect(program.output.stdout).toContain(', 1 worker, engine bun\n')
    const clients = await openReaders(port, 3)
    await untilAll(clients, ({ events }) => events > 0)
    expect((await askEach(port, 10)).map(({ status }) => status)).toEqual(Array(10).fill(429))
    closeAll(clients)
    await until(async () => (await statsOf(port)).requests.open === 0)
    const again = await openReaders(port, 1)
    await untilAll(again, ({ events }) => events > 0)
    closeAll(again)
  })

  test('--listen none', async () => {
    const socket = join(folder, 'alone') // told as a whole, for terminals in other folders
    const program = start(sourceCommand, { listen: 'none', socket: relative('.', socket), workers: '0' })
    running.add(program)
    await until(() => program.output.stdout.includes('curl'))
    expect(program.output.stdout).toContain(`: socket ${socket}, 1 worker, engine bun\n`)
    expect(childrenOf(program.process.pid)).toHaveLength(1)
  })
})

test('created is the second in which the program was started', async () => {
  const { port } = await serve(instant)
  const [answer] = await askEach(port, 1)
  const { startedAt } = await statsOf(port)
  expect(Number(/"created":(\d+)/.exec(answer!.text)![1])).toBe(Math.floor(Date.parse(startedAt) / 1000))
})

test.skipIf(process.platform !== 'linux')(
  'a socket beside a port is served by one of several workers, and by its successor (several need Linux)',
  async () => {
    const socket = join(folder, 'beside')
    const { port, pid } = await serve({ ...instant, workers: '3', socket })
    const ask = async (): Promise<boolean> =>
      fetch('http://localhost/health', { unix: socket }).then(
        ({ ok }) => ok,
        () => false,
      )
    const holders = (): number[] =>
      childrenOf(pid).filter((worker) => {
        const { stdout } = Bun.spawnSync(['sh', '-c', `ls -l /proc/${worker}/fd`])
        const inodes = [...stdout.toString().matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode!)
        const listed = readFileSync('/proc/net/unix', 'utf8').split('\n')
        // Flag 10000: it listens. The name is the one under which it was made, in the same folder.
        return listed.some((line) => {
          const [, , , flags, , , inode, path] = line.trim().split(/\s+/)
          return flags === '00010000' && path?.startsWith(`${folder}/.`) && inodes.includes(inode!)
        })
      })
    expect(await ask()).toBe(true)
    const [first, ...others] = holders()
    expect([typeof first, others]).toEqual(['number', []])
    process.kill(first!, 'SIGKILL')
    await until(async () => (await statsOf(port).catch(() => undefined))?.workers.reported === 3)
    await until(ask)
    const after = holders()
    expect(after).toHaveLength(1)
    expect(after).not.toContain(first)
  },
)

test.skipIf(process.platform === 'win32')(
  'a worker that dies takes the numbers of at most a second along, though nobody asks (signals need Unix)',
  async () => {
    // In the worker: when it is asked for its numbers.
    const [preload, log] = [join(folder, 'asked.ts'), join(folder, 'asked.log')]
    await Bun.write(
      preload,
      `if (process.env['${ROLE_VARIABLE}'])
        process.on('message', ({ type }) => {
          if (type === 'snapshot') require('node:fs').appendFileSync(${JSON.stringify(log)}, Date.now() + '\\n')
        })`,
    )
    const program = start(
      sourceCommand,
      { ...instant, workers: '1', listen: '127.0.0.1:0' },
      { BUN_OPTIONS: `--preload=${preload}` },
    )
    running.add(program)
    const port = await program.port()
    await askEach(port, 20)
    const askedAt = async (): Promise<number[]> => {
      const file = Bun.file(log)
      return (await file.exists()) ? (await file.text()).trim().split('\n').map(Number) : []
    }
    const before = (await askedAt()).length
    // When it is asked a third time, the second answer has been read.
    const times = await until(async () => {
      const all = await askedAt()
      return all.length >= before + 3 ? all.slice(before) : undefined
    })
    expect(times[2]! - times[0]!).toBeLessThan(10_000) // about two seconds, on a machine that has time
    process.kill(childrenOf(program.process.pid)[0]!, 'SIGKILL')
    await until(async () => (await statsOf(port).catch(() => undefined))?.workers.lost === 1)
    expect((await statsOf(port)).requests).toMatchObject({ total: 20, completed: 20, lost: 0 })
  },
)
