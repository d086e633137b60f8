// Where the mock tells of itself no upstream can be: the paths that a prefix may not begin with are those that there are.
import { expect, test } from 'bun:test'
import { catalogue } from '../../src/apis/catalogue.ts'
import { readSettings } from '../../src/config/config.ts'
import { parsePrefix } from '../../src/config/parsers.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { controlRoutes } from '../../src/server/control.ts'
import { journalRoutes } from '../../src/server/journal/routes.ts'
import { observations } from '../../src/server/observe.ts'
import { lay } from './_desk.ts'

const settings = readSettings({}, {})
const config = singleUpstream(settings)
const { tally } = lay({})
const never = (): never => {
  throw new Error('nobody asks')
}
const facts = { version: '', commit: null, config, startedAtMs: 0, cpus: 1, descriptorLimit: undefined }
const own = [
  ...observations(never, facts, {}, () => 0, tally),
  ...journalRoutes({ askAll: null, workers: 1, config, headers: {}, unixMs: () => 0, tally }),
  ...controlRoutes(null, config, {}, tally),
].map(({ path }) => path)
const health = catalogue({ config: settings, createdAt: 0 })
  .filter(({ role }) => role === 'health')
  .flatMap(({ paths }) => paths)
const all = [...new Set([...own, ...health])].filter((path) => path !== '/')

test('there are some of each', () => {
  for (const path of ['/stats', '/metrics', '/requests', '/control', '/readyz']) expect(all).toContain(path)
})

test.each(all)('%s is no prefix', (path) => {
  for (const prefix of [path, `/${path.split('/')[1]}`, `${path}/x`])
    expect(() => parsePrefix(prefix)).toThrow("program's own")
})

test.each(['/stat', '/statistics', '/x/stats', '/healthy'])('%s is one', (prefix) =>
  expect(parsePrefix(prefix)).toBe(prefix),
)
