// The npm packages, as a stranger has them: packed, installed into an empty folder, used from Node, Bun and TypeScript, and gone again.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { makePackages } from '../../.github/scripts/npm.ts'
import { platforms } from '../../src/library/executable.ts'
import { version } from '../../src/config/version.ts'
import { codeIn } from '../_manual.ts'
import { compile, root, runToEnd, start, temporaryFolder, until } from '../_helpers.ts'

const folder = temporaryFolder()
const [dist, project] = [join(folder.path, 'dist'), join(folder.path, 'project')]
const modules = join(project, 'node_modules')
afterAll(folder.remove)

let packages: readonly string[] = []

/** Runs words in the project. */
function run(...words: readonly string[]): ReturnType<typeof runToEnd> {
  return runToEnd(['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', project, ...words], [], {}, 120_000)
}

beforeAll(async () => {
  for (const path of [dist, project]) mkdirSync(path)
  await compile(dist)
  packages = await makePackages(dist)
  await Bun.write(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const packed = await run('npm', 'pack', '--silent', '--pack-destination', dist, ...packages)
  expect(packed.stderr).toBe('')
  const tarballs = packed.stdout
    .trim()
    .split('\n')
    .map((file) => join(dist, file))
  const installed = await run('npm', 'install', '--offline', '--no-audit', '--no-fund', ...tarballs)
  expect([installed.code, installed.stderr]).toEqual([0, ''])
  // What the examples use beside it.
  for (const name of ['openai', 'vitest', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
}, 180_000)

test('nothing but the two packages is installed, and no script runs for it', async () => {
  const own = readdirSync(modules).filter((name) => name.startsWith('mock-llm-api'))
  expect(own.toSorted()).toEqual(packages.map((path) => path.split('/').at(-1)!).toSorted())
  for (const name of own) {
    const manifest = await Bun.file(join(modules, name, 'package.json')).json()
    expect([manifest.version, manifest.scripts, manifest.dependencies]).toEqual([
      version,
      undefined,
      undefined,
    ])
  }
})

test('every platform of a release has its package', async () => {
  const { optionalDependencies } = await Bun.file(join(modules, 'mock-llm-api', 'package.json')).json()
  expect(optionalDependencies).toEqual(Object.fromEntries(platforms.map(({ name }) => [name, version])))
})

test('no path of the machine that built them is in them', async () => {
  for (const file of new Bun.Glob('**/*.{js,cjs,ts,json}').scanSync(join(modules, 'mock-llm-api')))
    expect(await Bun.file(join(modules, 'mock-llm-api', file)).text()).not.toContain(root)
})

describe('the command', () => {
  test('by npx', async () => {
    const { code, stdout } = await run('npx', '--offline', 'mock-llm-api', '--version')
    expect([code, stdout.split(/[ \n]/)[0]]).toEqual([0, version])
  })

  test('has the exit code and the words of the executable', async () => {
    const { code, stderr } = await run('npx', '--offline', 'mock-llm-api', '--engin', 'bun')
    expect([code, stderr]).toEqual([2, 'mock-llm-api: unknown option --engin: did you mean --engine?\n'])
  })

  test('hands signals on', async () => {
    const program = start(['node', join(modules, 'mock-llm-api', 'launch.js')], {
      listen: '127.0.0.1:0',
      workers: '1',
    })
    await program.port()
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    await until(() => program.output.stdout.includes('verdict'))
  })

  test('says what is missing where the package of the platform is', async () => {
    const lonely = join(folder.path, 'lonely', 'node_modules')
    mkdirSync(lonely, { recursive: true })
    await run('cp', '-r', join(modules, 'mock-llm-api'), lonely)
    const { code, stderr } = await run('node', join(lonely, 'mock-llm-api', 'launch.js'), '--version')
    expect(code).toBe(127)
    expect(stderr).toMatch(
      /^mock-llm-api: the package mock-llm-api-\S+, which holds the executable .* is not installed: install .*\n$/,
    )
  })
})

describe('the examples of the manual', () => {
  async function write(file: string): Promise<string> {
    await Bun.write(join(project, file), codeIn('library', file))
    return file
  }

  test('bun test', async () => {
    const { stderr } = await run(process.execPath, 'test', await write('bun.test.ts'))
    expect(stderr).toContain('1 pass')
  })

  test('vitest', async () => {
    const { code, stdout } = await run(
      'node',
      join(modules, 'vitest', 'vitest.mjs'),
      'run',
      await write('vitest.test.ts'),
    )
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 passed')])
  })

  test('node:test', async () => {
    const { code, stdout } = await run('node', '--test', await write('node.test.mjs'))
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^. pass 1$/m)])
  })

  test('by require', async () => {
    await Bun.write(
      join(project, 'required.cjs'),
      "require('mock-llm-api').startMock().then(async (mock) => { console.log(mock.url); await mock.stop() })",
    )
    expect(await run('node', 'required.cjs')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\n$/),
      stderr: '',
    })
  })
})

test.each(['node18', 'nodenext', 'preserve'])('the types, with modules of the kind %s', async (module) => {
  const use = (load: string): string => `${load}
const given: MockOptions = { chunkDelayMs: '20ms', engine: 'socket', model: ['a', 'b'], text: '@x', tls: true, workers: 2 }
// @ts-expect-error there is no such engine
export const engine: MockOptions = { engine: 'node' }
// @ts-expect-error the library has one of its own
export const own: MockOptions = { readyFile: 'x' }
// @ts-expect-error there is no such option
export const unknown: MockOptions = { chunkDelay: 1 }
export async function count(): Promise<number> {
  const mock: Mock = await startMock(given)
  const { requests, latenessMs }: MockStats = await mock.stats()
  await mock[Symbol.asyncDispose]()
  return requests.total + (latenessMs.p99 ?? 0)
}
`
  const types = "import type { Mock, MockOptions, MockStats } from 'mock-llm-api'"
  await Bun.write(join(project, 'types.mts'), use(`import { startMock } from 'mock-llm-api'\n${types}`))
  await Bun.write(
    join(project, 'types.cts'),
    use("import { startMock, type Mock, type MockOptions, type MockStats } from 'mock-llm-api'"),
  )
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2022,esnext.disposable',
    '--types',
    'node',
  ]
  expect(await run(process.execPath, tsc, ...flags, '--module', module, 'types.mts', 'types.cts')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
})

test('a mock ends with the program that has started it, even when that is killed', async () => {
  await Bun.write(
    join(project, 'killed.mjs'),
    "import { startMock } from 'mock-llm-api'\nconsole.log((await startMock()).pid)\nsetInterval(() => {}, 1000)",
  )
  const program = start(['node', join(project, 'killed.mjs')], {})
  const pid = Number(await until(() => /^\d+$/m.exec(program.output.stdout)?.[0]))
  program.process.kill('SIGKILL')
  await program.process.exited
  await until(() => !existsSync(`/proc/${pid}`))
})

test('uninstalling leaves nothing', async () => {
  rmSync(join(project, 'node_modules', '@types'))
  const names = packages.map((path) => path.split('/').at(-1)!)
  const { code } = await run('npm', 'uninstall', '--offline', '--no-audit', '--no-fund', ...names)
  expect(code).toBe(0)
  expect(
    readdirSync(project, { recursive: true }).filter((path) => String(path).includes('mock-llm-api')),
  ).toEqual([])
})
