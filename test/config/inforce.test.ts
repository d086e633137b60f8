// What is in force when, and what is told of keys.
import { expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { momentOf } from '../../src/config/course.ts'
import { readConfigFile } from '../../src/config/configfile.ts'
import { areNamed, shownConfig, singleUpstream, type Upstream } from '../../src/config/upstreams.ts'

const settings = readSettings({}, {})
const course = (loopMs: number | null): Pick<Upstream, 'phases' | 'loopMs'> => ({
  phases: [0, 30_000, 45_000].map((afterMs) => ({
    afterMs,
    given: {},
    settings,
  })) as unknown as Upstream['phases'],
  loopMs,
})

test.each([
  [null, 0, 0],
  [null, 29_999, 0],
  [null, 30_000, 1],
  [null, 45_000, 2],
  [null, 1e9, 2],
  [null, -1, 0],
  [60_000, 59_999, 2],
  [60_000, 60_000, 0],
  [60_000, 90_000, 1],
  [60_000, 120_000, 0],
])('beginning again after %j ms, at %d ms phase %d is in force', (loopMs, sinceMs, phase) =>
  expect(momentOf(course(loopMs), sinceMs).index).toBe(phase),
)

test('upstreams have names when they were given some', async () => {
  const read = (text: string) => readConfigFile(text, 'a.yaml', { flags: {}, environment: {} })
  expect(areNamed(singleUpstream(settings))).toBe(false)
  expect(areNamed(await read('upstreams: [{ name: a }]'))).toBe(true)
})

test('of keys it is told that they are set, wherever they stand', async () => {
  const text = 'api-key: secret\nupstreams: [{ name: a, prefix: /a }, { name: b, api-key: secret2 }]'
  const config = await readConfigFile(text, 'a.yaml', { flags: {}, environment: {} })
  expect(JSON.stringify(config)).toContain('secret')
  expect(JSON.stringify(shownConfig(config))).not.toContain('secret')
  expect(shownConfig(singleUpstream(settings)).upstreams[0].phases[0].settings.apiKey).toBe('')
})
