// The README says what the program does: its tables are checked against the ones in the code.
import { expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root, serveInProcess, temporaryFolder } from './_helpers.ts'
import { catalogue } from '../src/apis/catalogue.ts'
import { readConfig } from '../src/config/config.ts'
import { faultKinds } from '../src/config/faults.ts'
import { options } from '../src/config/options.ts'
import { defaultText, flagOf, type OptionTable, variableOf } from '../src/config/table.ts'

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
  const expected = Object.entries(options satisfies OptionTable as OptionTable).map(([name, option]) => {
    const { short, value, help, typedOnly } = option
    const flag = `${short === undefined ? '' : `-${short}, `}${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
    return [flag, typedOnly ? '' : variableOf(name), value === undefined ? 'off' : defaultText(option), help]
  })
  expect(rows.filter((cells) => /^(-\w, )?--\w/.test(cells[0]!) && cells.length === 4)).toEqual(expected)
})

test("every endpoint is in the README, OpenAI's with /v1", () => {
  const routes = catalogue({ config: readConfig({}, {}), createdAt: 0 })
  for (const { method, paths } of routes) expect(readme).toContain(`\`${method} ${paths[0]}\``)
})

test('every kind of fault is in the README', () => {
  const named = rows.flatMap(([cell]) => cell!.split(', '))
  for (const { form } of Object.values(faultKinds)) expect(named).toContain(form)
})

test('the rules in the manual are those that are tested', async () => {
  const manual = await Bun.file(join(root, 'src/manual/requests.md')).text()
  expect(manual).toContain(await Bun.file(join(root, 'test/config/replies.yaml')).text())
})

test('the test of retries runs as it stands', async () => {
  const [code] = /import \{ expect, test \}[^]*?(?=```)/.exec(readme)!
  const server = serveInProcess({ fault: 'status:429x2,ok', retryAfterMs: '20', chunkDelayMs: '0' })
  const folder = temporaryFolder()
  try {
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
    await Bun.write(
      join(folder.path, 'retry.test.ts'),
      code.replaceAll('127.0.0.1:8080', `127.0.0.1:${server.port}`),
    )
    const run = Bun.spawn([process.execPath, 'test', 'retry.test.ts'], { cwd: folder.path, stderr: 'pipe' })
    expect(await run.stderr.text()).toContain('1 pass')
  } finally {
    await server.stop(0)
    folder.remove()
  }
})
