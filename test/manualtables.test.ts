// The manual's tables are those of the code: options, endpoints, kinds of faults; and what it shows runs as it stands.
import { describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root, serveInProcess, temporaryFolder } from './_helpers.ts'
import { page, rowsOf, sectionsOf } from './_manual.ts'
import { catalogue } from '../src/apis/catalogue.ts'
import { baseUrls } from '../src/config/baseurls.ts'
import { readSettings } from '../src/config/config.ts'
import { faultKinds } from '../src/config/faults.ts'
import { options } from '../src/config/options.ts'
import { requestOptions } from '../src/config/requests.ts'
import { topics } from '../src/config/scopes.ts'
import { defaultText, flagOf, type OptionTable, variableOf } from '../src/config/table.ts'

describe('the options', () => {
  const sections = sectionsOf(page('options'), 3)

  test('stand under the headings of the help, in its order', () =>
    expect([...sections.keys()].map((heading) => heading.toLowerCase())).toEqual([...topics]))

  test.each([...sections])('%s: are those of the table of options', (heading, section) => {
    const expected = Object.entries(options).flatMap(([name, option]) => {
      const { short, value, help, topic } = option as OptionTable[string] & { readonly topic: string }
      if (topic !== heading.toLowerCase()) return []
      const flag = `${short === undefined ? '' : `-${short}, `}${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
      return [[flag, value === undefined ? 'off' : defaultText(option), help]]
    })
    const end = section.indexOf('\n## ')
    const [, , ...rows] = rowsOf(end < 0 ? section : section.slice(0, end))
    expect(rows).toEqual(expected)
  })

  test('those without a variable are named', () => {
    const without = Object.entries(options).flatMap(([name, option]) =>
      'typedOnly' in option ? [`\`${flagOf(name)}\``] : [],
    )
    expect(page('options')).toContain(`Only ${without.join(', ')} have none`)
    expect(page('options')).toContain(`\`--chunk-delay-ms\` is\n  \`${variableOf('chunkDelayMs')}\``)
  })
})

test('the endpoints are the routes, what tells the numbers, and what changes settings', () => {
  const routes = catalogue({ config: readSettings({}, {}), createdAt: 0 })
  const served = new Set(routes.map(({ method, paths }) => `${method} ${paths[0]}`))
  const numbers = ['GET /stats', 'POST /stats/reset', 'GET /metrics']
  const journal = ['GET /requests', 'DELETE /requests', 'GET /requests/count', 'GET /verdict']
  const control = ['GET', 'PATCH', 'DELETE'].map((method) => `${method} /control`)
  const named = rowsOf(page('endpoints')).flatMap(
    ([cell]) => cell!.match(/(GET|POST|PATCH|DELETE) [^\s,]+/g) ?? [],
  )
  expect(named.toSorted()).toEqual(
    [...served, ...numbers, ...journal, ...control, 'POST /control/phase'].toSorted(),
  )
})

test('the base URLs that clients are given are those of the table', () => {
  const named = rowsOf(page('formats')).filter(([, url]) => url?.startsWith('http'))
  expect(named.length).toBeGreaterThan(3)
  for (const [client, url] of named) {
    const { path } = baseUrls.find(({ name }) => name === client)!
    expect(url).toBe(`http://127.0.0.1:8080${path}`)
  }
})

test('the kinds of faults are those that there are', () => {
  const tables = rowsOf(page('faults')).filter(([cell]) => cell !== 'Kind' && !cell!.startsWith('-'))
  const named = tables.flatMap(([cell]) => cell!.split(', '))
  expect(named.toSorted()).toEqual(
    Object.values(faultKinds)
      .map(({ form }) => form)
      .toSorted(),
  )
})

test('the options of requests are all in the page about compare', () => {
  for (const name of Object.keys(requestOptions)) expect(page('compare')).toContain(`\`${flagOf(name)}`)
})

test('the rules are those that are tested', async () =>
  expect(page('requests')).toContain(await Bun.file(join(root, 'test/config/replies.yaml')).text()))

test('the test of retries runs as it stands', async () => {
  const [code] = /import \{ expect, test \}[^]*?(?=```)/.exec(page('faults'))!
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
