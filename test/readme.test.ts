// The README goes by jobs: short, with commands that work, and a way to every page of the manual.
import { describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root, temporaryFolder } from './_helpers.ts'
import { pages, readme, rowsOf, sectionsOf } from './_manual.ts'
import { options } from '../src/config/options.ts'
import { readRules } from '../src/config/rulesfile.ts'
import { defaultText, flagOf, type OptionTable } from '../src/config/table.ts'

test('it has at most 200 lines', () => expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(200))

test('it leads to every page of the manual', () => {
  const linked = new Set([...readme.matchAll(/\]\(src\/manual\/([\w-]+\.md)/g)].map(([, name]) => name!))
  expect([...pages.keys()].filter((name) => !linked.has(name))).toEqual([])
})

describe('recipes', () => {
  const names = [
    'Measure a gateway',
    'Test retries and broken streams',
    'A slow reasoning model',
    'Several upstreams',
    'In my test suite',
    'In CI and containers',
    'Answers of my own',
    'Prometheus',
  ]
  const sections = sectionsOf(readme, 2)

  /** What is typed: of a console the commands and their next lines, of another block all. */
  const typedIn = (section: string): string[] =>
    [...section.matchAll(/```(\w+)\n([^]*?)```/g)].flatMap(([, language, block]) => {
      const lines = block!.trimEnd().split('\n')
      if (language !== 'console') return lines
      return lines.filter((line, i) => line.startsWith('$ ') || lines[i - 1]?.endsWith('\\'))
    })

  test.each(names)('%s: one to eight lines to type, and where more is said', (name) => {
    const section = sections.get(name)!
    const { length } = typedIn(section)
    expect([length >= 1, length <= 8]).toEqual([true, true])
    expect(section).toMatch(/\]\(src\/manual\/[\w-]+\.md/)
  })
})

test('the rules of the recipe for answers are understood', async () => {
  const [, rules] = /```yaml\n([^]*?)```/.exec(sectionsOf(readme, 2).get('Answers of my own')!)!
  expect((await readRules(rules!, 'answers.yaml')).length).toBe(3)
})

test('the recipe for test suites runs as it stands', async () => {
  const [, code] = /```ts\n([^]*?)```/.exec(readme)!
  const imports = [
    "import { expect, test } from 'bun:test'",
    "import OpenAI from 'openai'",
    `import { startMock } from ${JSON.stringify(join(root, 'src/index.ts'))}`,
  ]
  const folder = temporaryFolder()
  try {
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
    await Bun.write(join(folder.path, 'suite.test.ts'), [...imports, code].join('\n'))
    const run = Bun.spawn([process.execPath, 'test', 'suite.test.ts'], { cwd: folder.path, stderr: 'pipe' })
    expect(await run.stderr.text()).toContain('1 pass')
  } finally {
    folder.remove()
  }
})

test('its ten options are rows of the table of options, in its order', () => {
  const expected = Object.entries(options satisfies OptionTable as OptionTable).map(([name, option]) => {
    const { short, value, help } = option
    const flag = `${short === undefined ? '' : `-${short}, `}${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
    return [flag, value === undefined ? 'off' : defaultText(option), help]
  })
  const rows = rowsOf(readme).filter(([first]) => /^(-\w, )?--\w/.test(first!))
  expect(rows.length).toBe(10)
  expect(expected.filter(([flag]) => rows.some(([first]) => first === flag))).toEqual(rows)
})
