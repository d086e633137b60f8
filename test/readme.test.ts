// The README says what the program does: its tables are checked against the ones in the code.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { catalogue } from '../src/apis/catalogue.ts'
import { readConfig } from '../src/config/config.ts'
import { defaultText, flagOf, optionNames, optionOf, variableOf } from '../src/config/options.ts'
import { root } from './_helpers.ts'

const readme = await Bun.file(join(root, 'README.md')).text()

/** The cells of every table row in the README, Markdown's code ticks removed. */
const rows = readme
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  )

test('the option table is the table of options', () => {
  const expected = optionNames.map((name) => {
    const { short, value, help } = optionOf(name)
    const flag = `${short === undefined ? '' : `-${short}, `}${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
    return [flag, variableOf(name), value === undefined ? 'off' : defaultText(name), help]
  })
  expect(rows.filter((cells) => /^(-\w, )?--\w/.test(cells[0]!) && cells.length === 4)).toEqual(expected)
})

test('every endpoint is in the README', () => {
  const routes = catalogue({ config: readConfig({}, {}), createdAt: 0 })
  for (const { method, path } of routes.filter((route) => /^\/(v1|openai|api|health)/.test(route.path)))
    expect(readme).toContain(`${method} ${path.replace('mock-model', '{id}')}`)
})
