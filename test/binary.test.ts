// What only the compiled binary promises: it knows its commit, and the folder it is started in changes nothing.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { compile, root, runToEnd, temporaryFolder } from './_helpers.ts'

const folder = temporaryFolder()
let command: readonly string[] = []
beforeAll(async () => {
  command = await compile(folder.path)
})
afterAll(folder.remove)

test('the version names the commit, where there is one', async () => {
  const git = Bun.spawnSync(['git', 'rev-parse', '--short=7', 'HEAD'], { cwd: root })
  const { stdout } = await runToEnd(command, ['--version'])
  expect(stdout).toMatch(
    git.success ? new RegExp(`^\\S+ \\(${git.stdout.toString().trim()}\\+?\\)\n$`) : /^\S+\n$/,
  )
})

test('.env, bunfig.toml, tsconfig.json and package.json of the current folder are not read', async () => {
  await Bun.write(join(folder.path, '.env'), 'MOCK_LLM_CHUNK_COUNT=bad\n')
  await Bun.write(join(folder.path, 'bunfig.toml'), 'preload = ["./preload.ts"]\n')
  await Bun.write(join(folder.path, 'preload.ts'), 'process.exit(99)\n')
  await Bun.write(join(folder.path, 'tsconfig.json'), '{ not json')
  await Bun.write(join(folder.path, 'package.json'), '{ not json')
  const result = await runToEnd(
    ['sh', '-c', 'cd "$1" && exec "$2" --listen nowhere', 'sh', folder.path, ...command],
    [],
  )
  expect(result.stderr).toStartWith("mock-llm-api: --listen does not accept 'nowhere'") // it got past the .env
  expect(result.code).toBe(2)
})
