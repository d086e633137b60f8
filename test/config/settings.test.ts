import { describe, expect, test } from 'bun:test'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { options } from '../../src/config/options.ts'
import { changedSettings } from '../../src/config/settings.ts'
import { flagOf } from '../../src/config/table.ts'

function typed(flags: GivenFlags): string[] {
  return changedSettings(readSettings(flags, {})).map(({ flag, text }) => `${flag} ${text}`.trim())
}

describe('the settings that are not the default ones', () => {
  test('there are none', () => expect(typed({})).toEqual([]))

  test.each<[GivenFlags, string[]]>([
    [{ listen: ':9000' }, ['--listen 0.0.0.0:9000']],
    [{ listen: '[::1]:0' }, ['--listen [::1]:0']],
    [{ port: '9000' }, ['--listen 127.0.0.1:9000']],
    [{ listen: 'none', socket: '/tmp/s' }, ['--listen none', '--socket /tmp/s']],
    [{ chunkDelayMs: '20' }, ['--chunk-delay-ms 20']],
    [{ ttftMs: '1s' }, ['--ttft-ms 1000']],
    [{ ttftMs: '50', chunkDelayMs: '0.5' }, ['--chunk-delay-ms 0.5', '--ttft-ms 50']],
    [{ ttftMs: '20', chunkDelayMs: '20' }, ['--chunk-delay-ms 20']],
    [{ uniqueIds: 'true', cors: '1' }, ['--cors', '--unique-ids']],
    [{ content: 'tools:2' }, ['--content tools:2']],
    [{ model: 'b, a' }, ['--model b,a']],
    [{ chunkDelayJitter: 'quantiles:1/2/3/4' }, ['--chunk-delay-jitter quantiles:1/2/3/4']],
    [{ ttftJitter: 'lognormal:.5' }, ['--ttft-jitter lognormal:0.5']],
    [{ fault: 'split:3@1%, hang@0.5%' }, ['--fault split:3@1%,hang@0.5%']],
    [{ fault: 'status:429x2,ok' }, ['--fault status:429x2,ok']],
    [{ fault: 'stall:5:3000+crlf' }, ['--fault stall:5:3000+crlf@100%']],
    [{ rateLimit: '100/s' }, ['--rate-limit 100/s']],
    [{ chunkCount: '0', seed: '2' }, ['--chunk-count 0', '--seed 2']],
  ])('%j', (flags, expected) => {
    const text = typed(flags)
    expect(text).toEqual(expected)
    // What is told can be typed, and comes to the same.
    const given = changedSettings(readSettings(flags, {})).map(({ flag, text: value }) => {
      const name = Object.keys(options).find((one) => flagOf(one) === flag)!
      return [name, value || 'true']
    })
    expect(readSettings(Object.fromEntries(given), {})).toEqual(readSettings(flags, {}))
  })

  test('a key is never told, only that there is one', () => {
    expect(typed({ apiKey: 'my-key' })).toEqual(['--api-key (set)'])
    expect(JSON.stringify(changedSettings(readSettings({ apiKey: 'my-key' }, {})))).not.toContain('my-key')
  })

  test('each with the words of the help', () => {
    const [setting] = changedSettings(readSettings({ seed: '2' }, {}))
    expect(setting).toEqual({ flag: '--seed', text: '2', help: options.seed.help })
  })
})
