// The manual says what the program takes: its commands are accepted, and its options are those of the tables.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { readCalibrateConfig, calibrateOptions } from '../src/config/calibrate.ts'
import { compareOptions, readCompareConfig, refuseServerOptions } from '../src/config/compare.ts'
import { readConfig } from '../src/config/config.ts'
import { guardArguments } from '../src/config/flags.ts'
import { options } from '../src/config/options.ts'
import { requestOptions } from '../src/config/requests.ts'
import { flagOf, type OptionTable } from '../src/config/table.ts'
import { root } from './_helpers.ts'

const folder = join(root, 'src/manual')
const pages = await Promise.all(
  [...new Bun.Glob('*.md').scanSync(folder)].map(
    async (name) => [name, await Bun.file(join(folder, name)).text()] as const,
  ),
)
const readme = await Bun.file(join(root, 'README.md')).text()

/** Every command in a block of a shell, without its comment. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/^(?:\$ )?(?:\.\/)?mock-llm-api\b([^\n#]*)/gm)].map(([, rest]) =>
    rest!.replace(/&?\s*$/, '').trim(),
  )
}

/** Words as a shell takes them, but for what it would replace. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) =>
    (quoted ?? word!).replace('$GW', 'http://127.0.0.1:4000/v1'),
  )
}

function given(words: readonly string[], table: OptionTable): Record<string, string> {
  const guarded = guardArguments(words, table)
  if (typeof guarded === 'string') return {}
  return Object.fromEntries(
    guarded.map((word) => [word.slice(2, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
}

/** @throws UsageError where the program would refuse it */
function accept(words: readonly string[]): void {
  const [command, ...rest] = words
  const end = rest.includes('--') ? rest.indexOf('--') : rest.length
  if (command === 'compare') {
    const config = readCompareConfig(given(rest.slice(0, end), compareOptions), {})
    refuseServerOptions(config, rest.slice(end + 1))
  } else if (command === 'calibrate') readCalibrateConfig(given(rest, calibrateOptions), {})
  else readConfig(given(words, options), {})
}

describe('every command is accepted', () => {
  const all = [['README.md', readme] as const, ...pages].flatMap(([name, text]) =>
    commandsIn(text)
      .filter((command) => !/^\d|^[(:]|[<|…]|--help/.test(command))
      .map((command) => [name, command] as const),
  )
  test('and there are some', () =>
    expect(all.filter(([, command]) => /^compare/.test(command)).length).toBeGreaterThan(10))

  test.each(all)('%s: mock-llm-api %s', (_, command) => expect(() => accept(wordsOf(command))).not.toThrow())
})

test('the options of requests are all in the page about compare', () => {
  const [, compare] = pages.find(([name]) => name === 'compare.md')!
  for (const name of Object.keys(requestOptions)) expect(compare).toContain(`\`${flagOf(name)}`)
})

test('pages link only to what is there', async () => {
  for (const [name, text] of [...pages, ['../../README.md', readme] as const])
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      expect([name, target, await Bun.file(join(folder, name, '..', target!)).exists()]).toEqual([
        name,
        target,
        true,
      ])
})
