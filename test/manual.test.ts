// The pages of the manual are well made: each begins as `help` lists it, its commands are accepted, its links lead somewhere, and it
// prints well on a terminal.
import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readCalibrateConfig, calibrateOptions } from '../src/config/calibrate.ts'
import { compareOptions, readCompareConfig, refuseServerOptions } from '../src/config/compare.ts'
import { singleUpstream } from '../src/config/upstreams.ts'
import { readSettings } from '../src/config/config.ts'
import { renderCompletions } from '../src/config/completions.ts'
import { guardArguments } from '../src/config/flags.ts'
import { options } from '../src/config/options.ts'
import type { OptionTable } from '../src/config/table.ts'
import { healthTarget } from '../src/fleet/health.ts'
import { renderManual } from '../src/manual/manual.ts'
import { root } from './_helpers.ts'
import { pages, rowsOf, texts } from './_manual.ts'

/** Every command in a block of a shell, without its comment and what the shell does with it. */
function commandsIn(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, '')
  return [...joined.matchAll(/^(?:\$ )?(?:\.\/)?mock-llm-api(?![\w-])([^\n#]*)/gm)].map(([, rest]) =>
    rest!.replace(/\s[|>&].*$/, '').trim(),
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
  else if (command === 'help') renderManual(rest[0], { columns: 100, colors: false })
  else if (command === 'health') healthTarget(rest[0], singleUpstream(readSettings({}, {})))
  else if (command === 'completions') renderCompletions(rest[0], {})
  else readSettings(given(words, options), {})
}

describe('every command is accepted', () => {
  const all = [...texts].flatMap(([name, text]) =>
    commandsIn(text)
      .filter((command) => !/^\d|^[(:]|[<…]|--help/.test(command))
      .map((command) => [name, command] as const),
  )
  test('and there are some', () =>
    expect(all.filter(([, command]) => /^compare/.test(command)).length).toBeGreaterThan(10))

  test.each(all)('%s: mock-llm-api %s', (_, command) => expect(() => accept(wordsOf(command))).not.toThrow())
})

describe('links', () => {
  /** The anchors of a page, as the hosts of repositories make them from headings. */
  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    )

  test.each([...texts])('%s links only to what is there', (name, text) => {
    for (const [, target, anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)) {
      const path = target === '' ? name : join(name, '..', target!)
      expect([path, existsSync(join(root, path))]).toEqual([path, true])
      if (anchor !== undefined) expect(anchorsOf(texts.get(path)!)).toContain(anchor)
    }
  })
})

/** Words for what is inside the program: nobody knows them who has not read its source. */
const inner = ['deck', 'card', 'circle']

describe.each([...pages])('%s', (name, text) => {
  test('begins with a title and a line that says what it is for', () => {
    const [title, gap, purpose, end] = text.split('\n')
    expect(title).toMatch(/^# \S/)
    expect(purpose).toMatch(/^[A-Z].*\.$/)
    expect(purpose!.length).toBeLessThanOrEqual(75)
    expect([gap, end]).toEqual(['', ''])
  })

  test('has no HTML', () => {
    const prose = text.replaceAll(/```[^]*?```|`[^`]*`/g, '').replaceAll(/<!-- \/?bench -->/g, '')
    expect(prose).not.toMatch(/<[!/a-z]/i)
  })

  test('its tables fit a terminal of 100 columns: no word is cut', () => {
    const printed = Bun.markdown.ansi(text, { columns: 100, colors: false })
    const words = new Set(printed.split(/[\s|]+/))
    const cells = rowsOf(text).filter(([first]) => !/^-+$/.test(first!))
    for (const word of cells.flat().flatMap((cell) => cell.split(/\s+/)))
      if (!/[[\]*\\|]/.test(word)) expect(words).toContain(word)
  })

  test.each(inner)('%s is defined where it is first used', (word) => {
    const [first] = new RegExp(`(\\*\\*)?\\b${word}s?\\b(\\*\\*)?`, 'i').exec(text) ?? []
    expect([name, first ?? `**${word}**`]).toEqual([name, `**${word}**`])
  })
})
