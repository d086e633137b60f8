// How a program ends when workers do not do what they should: deaths, starts that hang, and workers that do not answer.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { ROLE_VARIABLE } from '../../src/config/role.ts'
import { backOffMs, recentDeaths } from '../../src/fleet/deaths.ts'
import { childrenOf, isAlive, sourceCommand, start, until } from '../_helpers.ts'
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
      const { program, pid } = await serve({ graceMs: '100' })
      const [worker] = childrenOf(pid)
      process.kill(worker!, 'SIGSTOP')
      program.process.kill('SIGTERM')
      expect(await program.process.exited).toBe(1)
      expect(program.output.stderr).toBe('mock-llm-api: 1 worker died before the last numbers were told\n')
      await until(() => program.output.stdout.includes('\nverdict '))
      await until(() => !isAlive(worker!))
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
})
