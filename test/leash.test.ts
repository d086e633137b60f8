// However tests end, no program that they have started stays behind.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort } from '../src/fleet/host.ts'
import { childrenOf, isAlive, root, temporaryFolder, until } from './_helpers.ts'
import { leash } from './_leash.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

const from = (file: string): string => JSON.stringify(join(root, 'test', file))

/** How a test starts a program: code that leaves its process in `program`. */
const ways: Readonly<Record<string, string>> = {
  'useFleet().serve': `
    import { useFleet } from ${from('fleet/_programs.ts')}
    const { serve } = useFleet()
    const begin = async () => (await serve({ workers: '${canSharePort ? 2 : 1}' })).pid`,
  'launcher()': `
    import { childrenOf, launcher, sourceCommand } from ${from('_helpers.ts')}
    const begin = async () => {
      const before = childrenOf(process.pid)
      await launcher(sourceCommand)({})
      return childrenOf(process.pid).find((pid) => !before.includes(pid))
    }`,
  'start()': `
    import { sourceCommand, start } from ${from('_helpers.ts')}
    const begin = async () => {
      const program = start(sourceCommand, { listen: '127.0.0.1:0', workers: '1' })
      await program.port()
      return program.process.pid
    }`,
  'runToEnd()': `
    import { childrenOf, runToEnd, sourceCommand, until } from ${from('_helpers.ts')}
    const begin = async () => {
      const before = childrenOf(process.pid)
      void runToEnd(sourceCommand, ['--listen', '127.0.0.1:0', '--workers', '1'])
      const pid = await until(() => childrenOf(process.pid).find((one) => !before.includes(one)))
      await until(() => childrenOf(pid).length === 1)
      return pid
    }`,
}

/** How the tests end, once the program serves. */
const ends: Readonly<Record<string, { args: string[]; code: string; isKilled?: true }>> = {
  'a failure with --bail': { args: ['--bail'], code: 'expect(1).toBe(2)' },
  'a failure with --bail and --parallel': { args: ['--bail', '--parallel=2'], code: 'expect(1).toBe(2)' },
  'being killed': { args: [], code: 'await Bun.sleep(60_000)', isKilled: true },
}

const cases = Object.keys(ways).flatMap((way) => Object.keys(ends).map((end) => [way, end] as const))

describe.skipIf(process.platform === 'win32')('a shell watches over what was started (Unix)', () => {
  test.concurrent.each(cases)('%s and %s', async (way, end) => {
    const { args, code, isKilled } = ends[end]!
    const file = join(folder.path, `${cases.findIndex((one) => one[0] === way && one[1] === end)}.test.ts`)
    await Bun.write(
      file,
      `import { expect, test } from 'bun:test'${ways[way]}
      test('fails', async () => {
        await Bun.write(${JSON.stringify(`${file}.pid`)}, String(await begin()))
        ${code}
      }, 60_000)
      test('is not come to', () => {})`,
    )
    const tests = Bun.spawn([process.execPath, 'test', ...args, file], {
      cwd: folder.path,
      env: { ...process.env, MOCK_LLM_NO_WARM_UP: 'true' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    leash(tests)
    const pid = await until(async () => {
      const told = Bun.file(`${file}.pid`)
      return (await told.exists()) ? Number(await told.text()) || undefined : undefined
    })
    const workers = childrenOf(pid)
    if (isKilled) {
      expect(workers).not.toEqual([])
      tests.kill('SIGKILL')
    }
    expect(await tests.exited).not.toBe(0)
    try {
      await until(() => !isAlive(pid))
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
    await until(() => !workers.some(isAlive))
    if (!isKilled) expect(await tests.stderr.text()).toContain('Bailed out after 1 failure')
  })
})
