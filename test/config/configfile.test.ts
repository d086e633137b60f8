// The file of --config: what it comes to.
import { describe, expect, test } from 'bun:test'
import { readConfig } from '../../src/config/configfile.ts'
import { readSettings } from '../../src/config/config.ts'
import { printedConfig } from '../../src/config/settings.ts'
import type { Config } from '../../src/config/upstreams.ts'

import { courseOf, read } from './_configfile.ts'

describe('a file without upstreams', () => {
  test('is what the same options are on the command line', async () => {
    const flags = {
      chunkDelayMs: '20',
      fault: 'status:429@2%,hang@1%',
      model: 'a,b',
      workers: '2',
      quiet: 'true',
    }
    const file = await read(
      'chunk-delay-ms: 20\nfault: [status:429@2%, hang@1%]\nmodel: [a, b]\nworkers: 2\nquiet: true\n',
    )
    expect(file).toEqual(readConfig({ flags, environment: {} }))
  })

  test('flag over environment over file over profile over default', async () => {
    const text = 'ttft-ms: 1\nchunk-delay-ms: 2\nchunk-count: 3\nprofile: local-8b\nseed: 5\n'
    const { upstreams } = await read(text, {
      flags: { ttftMs: '10' },
      environment: { MOCK_LLM_TTFT_MS: '20', MOCK_LLM_CHUNK_DELAY_MS: '21' },
    })
    const { settings } = upstreams[0].phases[0]
    expect(settings).toMatchObject({
      ttftMs: 10,
      chunkDelayMs: 21,
      chunkCount: 3,
      seed: 5,
      profile: 'local-8b',
    })
  })

  test('JSON is YAML', async () => {
    const [json, yaml] = [
      await read('{"ttft-ms": "1s", "stamp": true}'),
      await read('ttft-ms: 1s\nstamp: true\n'),
    ]
    expect(json).toEqual(yaml)
  })
})

describe('upstreams', () => {
  const file = `chunk-delay-ms: 20
upstreams:
  - name: fast
    prefix: /fast
  - name: slow
    listen: :9002
    prefix: /slow
    ttft-ms: 200
  - name: other
`

  test('have settings of their own, and those of the top', async () => {
    const { run, upstreams, anyPrefix } = await read(file, { flags: { workers: '3' } })
    expect([run.workers, anyPrefix]).toEqual([3, false])
    expect(
      upstreams.map(({ name, listen, prefix, phases }) => [name, listen?.port, prefix, ...courseOf(phases)]),
    ).toEqual([
      ['fast', undefined, '/fast', [0, 20, 20, '']],
      ['slow', 9002, '/slow', [0, 200, 20, '']],
      ['other', undefined, '', [0, 20, 20, '']],
    ])
  })

  test('a prefix may begin as another does, where it is not within that', async () => {
    const { upstreams } = await read('upstreams: [{name: a, prefix: /slow}, {name: b, prefix: /slower}]')
    expect(upstreams.map(({ prefix }) => prefix)).toEqual(['/slow', '/slower'])
  })

  test.each([
    `${file}any-prefix: true\nphases: [{after: 1s, fault: refuse}, {after: 2s}]\nloop: true\n`,
    'phases: [{after: 0, ttft-ms: 300}, {after: 1s, ttft-jitter: "quantiles:1/2/3/4"}]',
    'upstreams: [{name: a, phases: [{after: 0, ttft-ms: 9000, preamble-ms: 8000}, {after: 1s, ttft-jitter: "quantiles:1/2/3/4"}]}]',
    'ttft-jitter: "quantiles:1/2/3/4"\nphases: [{after: 0}, {after: 1s, chunk-delay-ms: 7}]',
    'chunk-delay-jitter: "quantiles:1/2/3/4"\nphases: [{after: 0}, {after: 1s, model: [4.10, 1e3]}]',
    'ttft-jitter: "quantiles:1/2/3/4"\nphases: [{after: 0}, {after: 1s, ttft-jitter: none, ttft-ms: 7}]',
    'phases: [{after: 0}, {after: 1s}]\nloop: true',
    'ramp: {over: 1s, steps: 3, ttft-ms: [0, 100]}',
    'model: [4.10, 1e3]\nupstreams: [{name: 1.0}]',
  ])('what is printed of %j is a file that comes to the same', async (text) => {
    const first = await read(text)
    const again = await read(JSON.stringify(printedConfig(first)))
    const bare = ({ upstreams, anyPrefix }: Config): unknown => ({
      anyPrefix,
      upstreams: upstreams.map((one) => ({
        ...one,
        phases: one.phases.map(({ afterMs, settings }) => ({ afterMs, settings })),
      })),
    })
    expect(bare(again)).toEqual(bare(first))
  })
})

describe('addresses', () => {
  const placesOf = async (text: string): Promise<unknown[]> => {
    const { run, upstreams } = await read(text)
    return [run.listen?.port ?? null, ...upstreams.map(({ listen }) => listen?.port ?? null)]
  }

  test.each([
    ['listen: none\nupstreams: [{name: a, listen: :1}, {name: b, listen: :2}]', [null, 1, 2]],
    ['listen: none\ntls: true\nworkers: 2\nupstreams: [{name: a, listen: :1}]', [null, 1]],
    ['listen: none\nsocket: /s\ntls: true\nupstreams: [{name: a, listen: :1}, {name: b}]', [null, 1, null]],
    ['listen: none\nsocket: /s\nupstreams: [{name: a}, {name: b, prefix: /b}]', [null, null, null]],
    ['listen: :0\nupstreams: [{name: a, listen: :0}, {name: b}]', [0, 0, null]],
    ['listen: :0\nupstreams: [{name: a}, {name: b, listen: 127.0.0.1:0}]', [0, null, 0]],
    ['listen: 127.0.0.1:1\nupstreams: [{name: a, listen: :2}, {name: b}]', [1, 2, null]],
    ['listen: 127.0.0.1:1\nupstreams: [{name: a, listen: "[::1]:1"}, {name: b}]', [1, 1, null]],
    ['listen: :1\nupstreams: [{name: a, listen: "[::1]:1"}, {name: b}]', [1, 1, null]],
    ['listen: :1\nupstreams: [{name: a, listen: 127.0.0.1:2}]', [1, 2]],
    ['listen: :1\nupstreams: [{name: a, listen: 127.0.0.1:1}]', [1, 1]],
    [
      'upstreams: [{name: a, prefix: /a, listen: :1}, {name: b, prefix: /b, listen: 0.0.0.0:1}]',
      [8080, 1, 1],
    ],
  ])('%s', async (text, places) => expect(await placesOf(text)).toEqual(places))

  test('without one for the run it is the same when it is printed and read again', async () => {
    const first = await read('listen: none\nupstreams: [{name: a, listen: :1}, {name: b, listen: :2}]')
    expect(await read(JSON.stringify(printedConfig(first)))).toMatchObject({
      run: { listen: null },
      upstreams: [{ listen: { port: 1 } }, { listen: { port: 2 } }],
    })
  })

  test('what the run is without an address can be changed, and rules can be read', async () => {
    const { upstreams } = await read('listen: none\nupstreams: [{name: a, listen: :1}]')
    expect(readSettings(upstreams[0].phases[0].given, {}).listen).toBeNull()
  })
})

describe('what is written once', () => {
  const told = async (text: string): Promise<unknown[][]> =>
    (await read(text)).upstreams.map(({ name, prefix, phases }) => [name, prefix, phases[0].settings.ttftMs])

  test.each([
    [
      'an upstream',
      'upstreams:\n  - &a {name: a, prefix: /a, ttft-ms: 7}\n  - {<<: *a, name: b, prefix: /b}\n',
      [
        ['a', '/a', 7],
        ['b', '/b', 7],
      ],
    ],
    [
      'what an upstream has of its own is kept at the top',
      'x-slow: &slow {ttft-ms: 9}\nx-other: [*slow, 3]\nupstreams: [{<<: *slow, name: a}]\n',
      [['a', '', 9]],
    ],
    [
      'the top itself',
      'x-base: &base\n  ttft-ms: 9\n  x-more: 3\n<<: *base\nupstreams: [{name: a}]\n',
      [['a', '', 9]],
    ],
    ['nothing but notes', 'x-: 3\nx-ttft-ms: 4\n', [['', '', 50]]],
  ] as const)('%s', async (_, text, upstreams) =>
    expect(await told(text)).toEqual(upstreams as unknown as unknown[][]),
  )
})
