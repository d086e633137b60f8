// Changes of upstreams while they serve: what they are read as, and what a configuration comes to with them.
import { describe, expect, test } from 'bun:test'
import { type Given, readConfigFile } from '../../src/config/configfile.ts'
import { UsageError } from '../../src/config/errors.ts'
import { applyPatch, patchedConfig, readPatch, Unchangeable } from '../../src/config/patch.ts'
import type { Config } from '../../src/config/upstreams.ts'

const read = (yaml: string, flags: Given['flags'] = {}): Promise<Config> =>
  readConfigFile(yaml, 'c.yaml', { flags, environment: {} })

const thrownBy = (text: string): Promise<Error> =>
  readPatch(text).then(
    (accepted) => new Error(`accepted: ${JSON.stringify(accepted)}`),
    (thrown: Error) => thrown,
  )

describe('readPatch', () => {
  test.each<[string, object, string[]]>([
    ['{"chunk-delay-ms": 5, "fault": "status:429"}', { chunkDelayMs: '5', fault: 'status:429' }, []],
    ['{"chunk-delay-ms": "1s", "model": ["a", "b"]}', { chunkDelayMs: '1s', model: 'a,b' }, []],
    ['{"fault": null, "ttft-ms": 3}', { ttftMs: '3' }, ['fault']],
    ['{"fault": null, "ttft-ms": null}', {}, ['fault', 'ttftMs']],
    ['{}', {}, []],
    ['{"model": [4.10, 1e3, "x"], "api-key": 0123}', { model: '4.10,1e3,x', apiKey: '0123' }, []],
    ['{"model": "😀", "ttft-ms": 5.0, "cors": true}', { model: '😀', ttftMs: '5.0', cors: 'true' }, []],
    ['chunk-count: 3\nstrict-models: true\n', { chunkCount: '3', strictModels: 'true' }, []],
  ])('%s', async (text, set, unset) => expect(await readPatch(text)).toEqual({ set, unset } as never))

  test.each([
    ['', 'body:1:1: is empty: it takes options, as in {"chunk-delay-ms": 20}'],
    ['[1]', 'a change takes a mapping, not a list'],
    ['"x"', 'a change takes a mapping, not the text'],
    ['{"chunk-delay": 1}', 'did you mean chunk-delay-ms'],
    ['{"chunkDelayMs": 1}', 'did you mean chunk-delay-ms'],
    ['{"chunk-delay-ms": -1}', 'chunk-delay-ms does not accept'],
    ['{"chunk-count": 1e12}', 'chunk-count does not accept'],
    ['{"fault": "status:200"}', 'fault does not accept'],
    ['{"a": 1, "a": 2}', 'body'],
    ['{"model": "\\ud800"}', 'body:1:11: model has half a surrogate pair, which UTF-8 cannot hold'],
    ['{"model": ["a", "\\udc00b"]}', 'body:1:17: model has half a surrogate pair'],
    ['{"chunk-count": 2.5}', "chunk-count does not accept '2.5'"],
    ['{"chunk-count": 0x10}', "chunk-count does not accept '0x10'"],
    ['{"api-key": "(set)"}', '(set) is what is told in place of one: put the key itself there'],
    ['{', 'body'],
    ['{"phases": []}', 'does not accept'],
    ['{"name": "x"}', 'does not accept'],
  ])('%s: %s', async (text, message) => {
    const thrown = await thrownBy(text)
    expect(thrown).toBeInstanceOf(UsageError)
    expect(thrown).not.toBeInstanceOf(Unchangeable)
    expect(thrown.message).toContain(message)
  })

  test.each(['"geheim key"', '["geheim", "geheim key"]', '"geheim\\ud800"', '{"geheim": 1}'])(
    'a key is not told: %s',
    async (key) => {
      const { message } = await thrownBy(`{"api-key": ${key}}`)
      expect(message).toMatch(/^body:1:1\d: api-key /)
      expect(message).not.toContain('geheim')
    },
  )

  test.each(['workers', 'listen', 'tls', 'engine', 'socket', 'report', 'grace-ms', 'journal'])(
    '%s belongs to the run: it cannot change',
    async (key) => {
      const thrown = await thrownBy(`{"chunk-count": 1, "${key}": "1"}`)
      expect(thrown).toBeInstanceOf(Unchangeable)
      expect(thrown.message).toBe(
        `${key} cannot change while the program serves: start it again with another`,
      )
    },
  )
})

describe('applyPatch', () => {
  test.each([
    [{}, { set: { ttftMs: '1' }, unset: [] }, { ttftMs: '1' }],
    [
      { ttftMs: '1', seed: '2' },
      { set: { ttftMs: '3' }, unset: [] },
      { ttftMs: '3', seed: '2' },
    ],
    [{ ttftMs: '1', seed: '2' }, { set: {}, unset: ['ttftMs'] }, { seed: '2' }],
    [{ seed: '2' }, { set: {}, unset: ['ttftMs'] }, { seed: '2' }],
  ] as const)('%j and %j', (before, patch, after) =>
    expect(applyPatch(before, patch as never)).toEqual(after),
  )
})

describe('patchedConfig', () => {
  const file = `chunk-delay-ms: 20
upstreams:
  - {name: a, prefix: /a, phases: [{after: 0}, {after: 1s, chunk-delay-ms: 200, fault: refuse}]}
  - {name: b, prefix: /b, model: own, api-key: k}
`
  const delays = ({ upstreams }: Config): number[][] =>
    upstreams.map(({ phases }) => phases.map(({ settings }) => settings.chunkDelayMs))

  test('what is not named stays, and what is named goes for all phases', async () => {
    const config = await read(file, { workers: '3', chunkCount: '7' })
    const changed = patchedConfig(config, new Map([['a', { chunkDelayMs: '5' }]]))
    expect(delays(changed)).toEqual([[5, 5], [20]])
    expect(changed.upstreams[1]).toBe(config.upstreams[1])
    expect(changed.run).toBe(config.run)
    const [, second] = changed.upstreams[0].phases
    expect(second!.settings.fault.entries.map(({ pattern }) => pattern.text)).toEqual(['refuse'])
    expect([second!.afterMs, second!.settings.chunkCount, second!.settings.workers]).toEqual([1000, 7, 3])
  })

  test('what the program has settled of the run stays', async () => {
    const config = await read('ttft-ms: 1', { workers: '3' })
    const [phase] = config.upstreams[0].phases
    const listen = { host: '127.0.0.1', port: 4711 }
    const settled = { ...phase, settings: { ...phase.settings, listen, workers: 2 } }
    const running: Config = { ...config, upstreams: [{ ...config.upstreams[0], phases: [settled] }] }
    const changed = patchedConfig(running, new Map([['', { ttftMs: '5' }]]))
    expect(changed.upstreams[0].phases[0].settings).toEqual({ ...settled.settings, ttftMs: 5 })
  })

  test('a time of the first chunk that is not given follows the others', async () => {
    const changed = patchedConfig(await read(file), new Map([['b', { chunkDelayMs: '5' }]]))
    expect(changed.upstreams[1]!.phases[0].settings.ttftMs).toBe(5)
  })

  test('without changes it is the same', async () => {
    const config = await read(file)
    expect(patchedConfig(config, new Map())).toEqual(config)
    expect(patchedConfig(config, new Map([['a', {}]]))).toEqual(config)
  })

  test('keys and what else was given stay', async () => {
    const changed = patchedConfig(await read(file), new Map([['b', { ttftMs: '5' }]]))
    expect(changed.upstreams[1]!.phases[0].settings).toMatchObject({ model: ['own'], apiKey: 'k', ttftMs: 5 })
  })

  test.each([
    [{ replies: 'rules.yaml' }, '--replies rules.yaml needs --reply auto'],
    [{ chunkCount: '1', fault: 'abort:50' }, '--fault'],
    [{ chunkCount: '1000000', chunkBytes: '60' }, 'at most 33554432 are possible'],
    [{ preambleMs: '100' }, '--preamble-ms 100 lies behind --ttft-ms 20'],
    [{ ttftJitter: 'quantiles:1/2/3/4', ttftMs: '3' }, 'contradicts'],
  ])('%j is refused: %s', async (change, message) => {
    const config = await read(file)
    const refused = expect(() => patchedConfig(config, new Map([['b', change]])))
    refused.toThrow(message)
    refused.toThrow(/^b: /)
  })
})
