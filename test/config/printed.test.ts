// `--print-config`: what it prints says the same when it is typed again.
import { describe, expect, test } from 'bun:test'
import { readConfig, type GivenFlags } from '../../src/config/config.ts'
import { type OptionName, options } from '../../src/config/options.ts'
import { allSettings } from '../../src/config/settings.ts'
import { flagOf, type OptionTable } from '../../src/config/table.ts'
import { runToEnd, sourceCommand } from '../_helpers.ts'

/** The printed settings as flags. */
function typed(printed: ReturnType<typeof allSettings>): GivenFlags {
  const names = Object.keys(options) as OptionName[]
  const given = names.flatMap((name) => {
    const value = printed[flagOf(name).slice(2)]
    return value === undefined ? [] : [[name, String(value)]]
  })
  return Object.fromEntries(given) as GivenFlags
}

describe('typed again it settles to the same', () => {
  test.each<GivenFlags>([
    {},
    { profile: 'reasoning' },
    { profile: 'local-8b', chunkDelayMs: '2s', listen: '[::1]:9000' },
    { listen: 'none', socket: '/tmp/s' },
    { port: '0', tls: 'yes', fault: 'status:429x2,ok', rateLimit: '5/s', cachedTokens: '12.5%' },
    { reply: 'auto', content: 'text+tools:3', text: 'echo', model: 'a, b/c', repliesStrict: 'no' },
    { ttftJitter: 'quantiles:1/2/3/4', chunkCountJitter: 'normal:0.1', fault: 'abort:3@2.5%' },
    { engine: 'socket', maxHeadBytes: '2048', chunkDelayMs: '0.25', graceMs: '1m' },
  ])('%j', (flags) => {
    const again = readConfig(typed(allSettings(readConfig(flags, {}))), {})
    expect(again).toEqual(readConfig(flags, {}))
  })
})

test('it says every setting by its long name, and numbers as numbers', () => {
  const printed = allSettings(readConfig({ chunkDelayMs: '2s', port: '7' }, { MOCK_LLM_QUIET: 'yes' }))
  const settings = Object.entries(options satisfies OptionTable as OptionTable).filter(
    ([, { typedOnly }]) => !typedOnly,
  )
  expect(Object.keys(printed)).toEqual(settings.map(([name]) => flagOf(name).slice(2)))
  expect(printed).toMatchObject({
    listen: '127.0.0.1:7',
    'chunk-delay-ms': 2000,
    'ttft-ms': 2000,
    quiet: true,
    'rate-limit': 'none',
    'api-key': '',
  })
})

test('a key is not told', () => {
  const printed = allSettings(readConfig({ apiKey: 'sk-secret' }, {}))
  expect(JSON.stringify(printed)).not.toContain('sk-secret')
  expect(printed['api-key']).toBe('(set)')
})

test('the program prints it and serves nothing; what is refused when serving is refused', async () => {
  const { code, stdout } = await runToEnd(sourceCommand, ['-c3', '-w2', '--no-warm-up', '--print-config'])
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    allSettings(readConfig({ chunkCount: '3', workers: '2', noWarmUp: 'true' }, {})),
  ])
  expect((await runToEnd(sourceCommand, ['--listen', 'none', '--print-config'])).code).toBe(2)
})
