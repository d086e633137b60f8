// How a program ends when workers do not do what they should: deaths, starts that hang, and workers that do not answer.
import { describe, expect, test } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROLE_VARIABLE } from '../../src/config/role.ts'
import { backOffMs, recentDeaths } from '../../src/fleet/deaths.ts'
import { canSharePort, claimPort } from '../../src/fleet/host.ts'
import { childrenOf, isAlive, runToEnd, sourceCommand, start, until } from '../_helpers.ts'
import { answers, statsOf, useFleet } from './_programs.ts'

const { folder, running, serve } = useFleet()
const hasSignals = process.platform !== 'win32'
const WITHOUT_END = '3600000'

test.each([
  [[], 0, [0]],
  [[0], 9999, [0, 9999]],
  [[0], 10_000, [10_000]],
  [[0, 5000], 10_001, [5000, 10_001]],
  [[0, 1, 2, 3], 4, [0, 1, 2, 3, 4]],
])('deaths at %j ms, and one at %d ms: %j count', (earlier, nowMs, counted) =>
  expect(recentDeaths(earlier, nowMs)).toEqual(counted),
)

test.each([
  [1, 50],
  [2, 100],
  [3, 200],
  [4, 400],
  [5, undefined],
  [6, undefined],
])('after %d deaths the replacement waits %j ms', (deaths, ms) => expect(backOffMs(deaths)).toBe(ms))

/** A program whose workers run `code` first. */
async function startWith(code: string, flags: object = {}): Promise<ReturnType<typeof start>> {
  const preload = join(folder, `${crypto.randomUUID()}.ts`)
  await Bun.write(preload, `if (process.env['${ROLE_VARIABLE}']) { ${code} }\nexport {}`)
  const program = start(
    sourceCommand,
    { listen: '127.0.0.1:0', workers: '1', graceMs: WITHOUT_END, ...flags },
    { BUN_OPTIONS: `--preload=${preload}` },
  )
  running.add(program)
  return program
}

describe.skipIf(!hasSignals)('ends (signals need Unix)', () => {
  test.concurrent('a signal before any worker is started: none is', async () => {
    const preload = join(folder, 'early.ts')
    await Bun.write(
      preload,
      `const { serve } = Bun
      Bun.serve = (options) => {
        if (process.env['${ROLE_VARIABLE}']) console.error('a worker serves')
        process.kill(process.pid, 'SIGTERM')
        const probe = serve(options)
        const stop = async (force) => (await Bun.sleep(100), probe.stop(force))
        return { port: probe.port, stop }
      }`,
    )
    const result = await runToEnd(sourceCommand, ['-l', '127.0.0.1:0', '-w', '1'], {
      BUN_OPTIONS: `--preload=${preload}`,
    })
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test.concurrent(
    'a signal while workers start: they are not waited for, and nothing is printed',
    async () => {
      const program = await startWith('await new Promise(() => setInterval(() => {}, 1000))')
      const { pid } = program.process
      const worker = await until(() => childrenOf(pid)[0])
      program.process.kill('SIGTERM')
      expect(await program.process.exited).toBe(0)
      expect(program.output).toEqual({ stdout: '', stderr: '' })
      await until(() => !isAlive(worker))
    },
  )

  test.concurrent(
    'a worker that does not stop is killed after the grace period, and that is no orderly end',
    async () => {
      const socket = join(folder, 'left')
      const { program, pid } = await serve({ graceMs: '100', socket })
      expect(existsSync(socket)).toBe(true)
      const [worker] = childrenOf(pid)
      process.kill(worker!, 'SIGSTOP')
      program.process.kill('SIGTERM')
      expect(await program.process.exited).toBe(1)
      expect(program.output.stderr).toBe('mock-llm-api: 1 worker died before the last numbers were told\n')
      await until(() => program.output.stdout.includes('\nverdict '))
      await until(() => !isAlive(worker!))
      expect(existsSync(socket)).toBe(false)
    },
  )

  test.concurrent(
    'a second signal kills a worker that does not stop, whatever the grace period',
    async () => {
      const { program, pid } = await serve({ graceMs: WITHOUT_END })
      const [worker] = childrenOf(pid)
      process.kill(worker!, 'SIGSTOP')
      await until(() => {
        program.process.kill('SIGTERM')
        return program.process.exitCode !== null
      })
      expect(program.process.exitCode).toBe(1)
      await until(() => !isAlive(worker!))
    },
  )

  test.concurrent('a signal while a replacement is waited for: none is started any more', async () => {
    const { program, pid } = await serve({ graceMs: WITHOUT_END })
    for (const worker of childrenOf(pid)) process.kill(worker, 'SIGKILL')
    await until(() => program.output.stderr.includes('another starts in 50 ms'))
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    await until(() => program.output.stdout.includes('\nlost '))
  })

  test.concurrent(
    'a replacement that ends before it serves could not start, which is a death as well',
    async () => {
      const mark = join(folder, 'has-served')
      const program = await startWith(
        `const { existsSync } = require('node:fs')
      if (existsSync(${JSON.stringify(mark)})) process.exit(3)`,
        { chunkDelayMs: '0' },
      )
      const port = await program.port()
      expect(await answers(port)).toBe(true)
      await Bun.write(mark, '')
      process.kill(childrenOf(program.process.pid)[0]!, 'SIGKILL')
      expect(await program.process.exited).toBe(1)
      const lines = program.output.stderr.trimEnd().split('\n')
      expect(lines.map((line) => line.replace(/worker \d+/, 'worker'))).toEqual([
        'mock-llm-api: worker died (SIGKILL); its streams are lost, another starts in 50 ms',
        'mock-llm-api: worker could not start (exit code 3); its streams are lost, another starts in 100 ms',
        'mock-llm-api: worker could not start (exit code 3); its streams are lost, another starts in 200 ms',
        'mock-llm-api: worker could not start (exit code 3); its streams are lost, another starts in 400 ms',
        'mock-llm-api: worker could not start (exit code 3), the 5th death in 10 s: giving up',
      ])
    },
  )

  test.concurrent('a replacement that cannot serve says why, and is replaced in its turn', async () => {
    const mark = join(folder, 'cannot')
    const program = await startWith(
      `const { existsSync, rmSync } = require('node:fs')
      if (existsSync(${JSON.stringify(mark)})) {
        rmSync(${JSON.stringify(mark)})
        Bun.serve = () => { throw new Error('the moon is full') }
      }`,
    )
    const port = await program.port()
    await Bun.write(mark, '')
    process.kill(childrenOf(program.process.pid)[0]!, 'SIGKILL')
    await until(async () => (await statsOf(port).catch(() => undefined))?.workers.lost === 2)
    expect(program.output.stderr.replace(/worker \d+/g, 'worker')).toBe(
      `mock-llm-api: worker died (SIGKILL); its streams are lost, another starts in 50 ms
mock-llm-api: worker cannot serve: the moon is full
mock-llm-api: worker could not start (SIGKILL); its streams are lost, another starts in 100 ms
`,
    )
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
  })

  test.concurrent.skipIf(!canSharePort)(
    'the banner waits for the last worker (several need Linux)',
    async () => {
      const [hold, held] = [join(folder, 'hold'), join(folder, 'held')]
      await Bun.write(hold, '')
      const port = await claimPort({ host: '127.0.0.1', port: 0 })
      const program = await startWith(
        `const { existsSync, writeFileSync } = require('node:fs')
        let isFirst = true
        try { writeFileSync(${JSON.stringify(held)}, '', { flag: 'wx' }) } catch { isFirst = false }
        while (isFirst && existsSync(${JSON.stringify(hold)})) await Bun.sleep(10)`,
        { workers: '2', listen: `127.0.0.1:${port}` },
      )
      await until(() => answers(port, '/health')) // the other one serves
      await until(async () => (await statsOf(port)).workers.missing === 1)
      expect(program.output.stdout).toBe('')
      expect(await answers(port)).toBe(false)
      rmSync(hold)
      expect(await program.port()).toBe(port)
      expect((await statsOf(port)).workers).toMatchObject({ expected: 2, missing: 0 })
    },
  )

  test.concurrent.each([
    ['true', 1],
    ['false', 2],
  ] as const)('--no-warm-up %s: a worker listens %d times', async (noWarmUp, times) => {
    const code = `const { serve } = Bun; Bun.serve = (options) => (console.error('listens'), serve(options))`
    const program = await startWith(code, { noWarmUp })
    await program.port()
    expect(program.output.stderr).toBe('listens\n'.repeat(times))
  })
})
