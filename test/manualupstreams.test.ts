// What the manual shows of several upstreams and of changes runs as it stands.
import { afterAll, describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readConfigFile } from '../src/config/configfile.ts'
import type { Config } from '../src/config/upstreams.ts'
import { useFleet } from './fleet/_programs.ts'
import { serveYaml } from './fleet/_upstreams.ts'
import {
  root,
  runToEnd,
  serveFile,
  serveInProcess,
  sourceCommand,
  temporaryFolder,
  until,
} from './_helpers.ts'
import { codeIn, page, readme, writeExample } from './_manual.ts'

const read = (yaml: string): Promise<Config> => readConfigFile(yaml, 'c.yaml', { flags: {}, environment: {} })
const yamlIn = (text: string): string[] => [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml!)
const fleet = useFleet()
const folder = temporaryFolder()
afterAll(folder.remove)
symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))

describe('upstreams', () => {
  test('every file of the page is understood', async () => {
    const [whole, phases, ramp, ...others] = yamlIn(page('upstreams'))
    expect(others).toEqual([])
    expect((await read(whole!)).upstreams.map(({ name, phases }) => [name, phases.length])).toEqual([
      ['fast', 1],
      ['flaky', 3],
      ['slow', 1],
    ])
    expect((await read(phases!)).upstreams[0]).toMatchObject({ loopMs: 60_000, phases: { length: 3 } })
    const { upstreams } = await read(ramp!)
    expect(upstreams[0].phases.map(({ settings }) => settings.ttftMs)).toEqual([
      50,
      ...Array.from({ length: 13 }, (_, i) => 200 + 150 * i),
      50,
    ])
  })

  test('the banner is the one that it shows', async () => {
    const [, shown] = /```\n(mock-llm-api 0[^]*?)```/.exec(page('upstreams'))!
    const [yaml] = yamlIn(page('upstreams'))
    const { program } = await serveYaml(fleet, yaml!.replace(':9002', '127.0.0.1:0'), {})
    const said = program.output.stdout.split('\n').slice(1, 4)
    const plain = (line: string): string => line.replace(/:\d{4,5}\b/g, '')
    for (const [i, line] of shown!.trimEnd().split('\n').slice(1).entries())
      for (const part of line.split(' … ').flatMap((one) => one.split(' …')))
        expect(plain(said[i]!)).toContain(plain(part))
  })

  test('the mistake is told in the words that it shows', async () => {
    const yaml = 'upstreams:\n  - name: a\n    chunk-dely-ms: 3\n'
    const thrown = await readConfigFile(yaml, 'mock.yaml', { flags: {}, environment: {} }).catch(String)
    expect(page('upstreams')).toContain(`mock-llm-api: ${String(thrown).replace('UsageError: ', '')}\n`)
  })
})

describe('control', () => {
  const cases: [file: string, words: string[], language: string][] = [
    ['control.sh', ['sh', 'control.sh'], 'curl'],
    ['control.ts', [process.execPath, 'control.ts'], 'TypeScript'],
    ['control.py', ['python3', 'control.py'], 'Python'],
  ]
  test.each(cases)('%s', async (file, [command, script]) => {
    if (Bun.which(command!) === null) return console.log(`skipped: ${command} is not on the PATH`)
    const server = serveInProcess({ control: 'true', chunkDelayMs: '0' })
    try {
      const code = codeIn('control', file).replaceAll('127.0.0.1:8080', `127.0.0.1:${server.port}`)
      expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(11)
      await Bun.write(join(folder.path, script!), code)
      const { stdout, stderr, code: ended } = await runToEnd([command!, join(folder.path, script!)], [])
      expect([ended, stderr]).toEqual([0, ''])
      const told = [...code.matchAll(/# (\d+)$|\/\/ (\d+)$/gm)].map(([, hash, slashes]) => hash ?? slashes!)
      expect(stdout.trim().split('\n')).toEqual(told)
    } finally {
      await server.stop(0)
    }
  })

  test('its mistake is told in the words that it shows', async () => {
    const server = serveInProcess({ control: 'true' })
    try {
      const url = `http://127.0.0.1:${server.port}/control`
      const answer = await fetch(url, { method: 'PATCH', body: '{"chunk-delay": 2}' })
      const { error } = (await answer.json()) as { error: { message: string } }
      expect(page('control')).toContain(`\n${error.message}\n`)
    } finally {
      await server.stop(0)
    }
  })
})

test('the example of the library runs as it stands', async () => {
  await writeExample(folder.path, 'library', 'failover.test.ts')
  const run = Bun.spawn([process.execPath, 'test', 'failover.test.ts'], { cwd: folder.path, stderr: 'pipe' })
  expect(await run.stderr.text()).toContain('1 pass')
})

test('the recipe of the README is served, and what fails comes back', async () => {
  const [yaml] = yamlIn(readme.slice(readme.indexOf('## Several upstreams')))
  const server = await serveFile(yaml!)
  try {
    const statusOf = async (name: string): Promise<number> => {
      const url = `http://127.0.0.1:${server.port}/${name}/v1/chat/completions`
      return (await fetch(url, { method: 'POST', keepalive: false })).status
    }
    expect(await statusOf('backup')).toBe(200)
    await until(async () => (await statusOf('primary')) === 503)
    expect(await statusOf('backup')).toBe(200)
    await until(async () => (await statusOf('primary')) === 200)
  } finally {
    await server.stop(0)
  }
})

test('help has a page for each', async () => {
  for (const topic of ['upstreams', 'control']) {
    const { code, stdout } = await runToEnd(sourceCommand, ['help', topic])
    expect([code, stdout.includes('phase')]).toEqual([0, true])
  }
})
