// What the repository says of itself: one version of Bun, names of tests that fit a line, workflows that check what they promise.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { root } from './_helpers.ts'
import { texts } from './_manual.ts'

const read = (file: string): Promise<string> => Bun.file(join(root, file)).text()
const found = (pattern: string): string[] =>
  [...new Bun.Glob(pattern).scanSync({ cwd: root, dot: true })].filter(
    (file) => !file.includes('node_modules'),
  )
const workflows = found('.github/workflows/*.yml')

describe("Bun's version", () => {
  const [, version] = manifest.packageManager.split('@')

  test('is a whole one, and its types are of the same', () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(manifest.devDependencies['@types/bun']).toBe(version!)
  })

  test('is the one that README and manual tell to type', () => {
    const typed = [...texts].flatMap(([name, text]) =>
      [...text.matchAll(/\bbun@([\d.]+\d)/g)].map(([, one]) => [name, one!]),
    )
    expect(typed.some(([name]) => name === 'README.md')).toBe(true)
    for (const [name, one] of typed) expect([name, one]).toEqual([name, version!])
  })

  test('stands nowhere else', async () => {
    const files = [...found('.ci/*'), ...found('.github/**/*'), ...found('src/**/*'), 'bunfig.toml']
    expect(files).toContain('.ci/bun')
    for (const file of files.filter((one) => !texts.has(one)))
      expect([file, /\bbun@\d/.test(await read(file))]).toEqual([file, false])
  })
})

test('names of tests fit a line: what they are given is written as JSON', async () => {
  const multiline = `%${'p'}`
  for (const file of found('test/**/*.ts'))
    expect([file, (await read(file)).includes(multiline)]).toEqual([file, false])
})

describe('the workflows', () => {
  test.each(workflows)('%s runs once for what it is about, on actions that are pinned', async (file) => {
    const text = await read(file)
    expect(text).toMatch(/^concurrency:\n  group: /m)
    for (const [, action] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/@[0-9a-f]{40}$/)
  })

  test('a pull request is built, started and ended on every system', async () => {
    const text = await read('.github/workflows/ci.yml')
    expect(text).toMatch(/^  pull_request:$/m)
    for (const one of ['.ci/run', 'macos-', 'windows-', '.github/scripts/smoke.sh'])
      expect(text).toContain(one)
    expect(await read('.ci/run')).toContain('.github/scripts/smoke.sh dist/mock-llm-api')
  })
})
