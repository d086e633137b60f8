// The manual on a terminal: every page fits, has no Markdown left in it, and says how to print the others.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { UsageError } from '../../src/config/errors.ts'
import { pages, purposeOf, renderManual, printPage } from '../../src/manual/manual.ts'
import { root, runToEnd, sourceCommand } from '../_helpers.ts'

const plain = { columns: 100, colors: false }

test('every page of the folder is in the program', () => {
  const files = [...new Bun.Glob('*.md').scanSync(join(root, 'src/manual'))]
  expect(Object.keys(pages).toSorted()).toEqual(files.map((file) => file.slice(0, -3)).toSorted())
})

test('the list of topics fits a terminal', () => {
  const lines = renderManual(undefined, plain).split('\n')
  for (const [topic, text] of Object.entries(pages))
    expect(lines).toContainEqual(`  ${topic.padEnd(14)} ${purposeOf(text)}`)
  expect(lines.filter((line) => line.length > 100)).toEqual([])
})

describe.each(Object.keys(pages))('%s', (topic) => {
  test.each([60, 100, 250])('fits %d columns, but for code', (columns) => {
    const most = Math.min(columns, 100)
    const lines = renderManual(topic, { columns, colors: false }).split('\n')
    expect(lines.filter((line) => !line.startsWith('    ') && Bun.stringWidth(line) > most)).toEqual([])
  })

  test('has no Markdown left in it', () => {
    const text = renderManual(topic, plain).replace(/^ {4}.*$/gm, '')
    for (const left of [/^#/m, /^```/m, /\|\s*-{3,}\s*\|/, /\]\(/, /\*\*/, /<br>/])
      expect(text).not.toMatch(left)
  })
})

test('a page: titles, code to copy, links', () => {
  const page =
    '# One\n\nIt is `a`.\n\n```sh\nrun --it\n\n  deeper\n```\n\n## Two\n\n- see [That](faults.md#rates), [here](#two), ![chart](x.svg)\n'
  expect(printPage(page, plain)).toBe(
    'One\n═══\n\nIt is a.\n\n    run --it\n\n      deeper\n\nTwo\n───\n  • see That (help faults), here, chart\n',
  )
})

test.each([
  ['comprae', "no page of the manual is called 'comprae': did you mean compare?"],
  ['xyzzy', `no page of the manual is called 'xyzzy': there are ${Object.keys(pages).join(', ')}`],
])('%s is none', (topic, message) =>
  expect(() => renderManual(topic, plain)).toThrow(new UsageError(message)),
)

test('the program prints it', async () => {
  expect(await runToEnd(sourceCommand, ['help', 'compare'])).toEqual({
    code: 0,
    stdout: renderManual('compare', plain),
    stderr: '',
  })
  expect((await runToEnd(sourceCommand, ['help', 'nothing'])).code).toBe(2)
})
