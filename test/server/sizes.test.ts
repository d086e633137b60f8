// How much the replies of a configuration take.
import { describe, expect, test } from 'bun:test'
import { readConfigFile } from '../../src/config/configfile.ts'
import { refuseLarge } from '../../src/server/sizes.ts'

const read = (yaml: string): ReturnType<typeof readConfigFile> =>
  readConfigFile(yaml, 'c.yaml', { flags: {}, environment: {} })
const many = (count: number): string =>
  `upstreams: [${Array.from({ length: count }, (_, i) => `{name: u${i}, prefix: /u${i}}`).join(', ')}]`

const usual = await read('ttft-ms: 1')

describe('there is room for', () => {
  test.each([
    ['the usual', 'ttft-ms: 1'],
    ['the longest reply', 'chunk-count: 1000000'],
    ['the longest that varies', 'chunk-count: 1000000\nchunk-delay-jitter: normal:0.3'],
    ['256 upstreams', many(256)],
    ['1,000 phases', 'ramp: { over: 60s, steps: 998, ttft-ms: [1, 1000] }'],
  ])('%s', async (_, yaml) => {
    const config = await read(yaml)
    expect(() => refuseLarge(config, usual)).not.toThrow()
  })
})

test.each([
  ['many long ones', `chunk-count: 1000000\n${many(10)}`, '2.28 GB'],
  ['many that vary', `chunk-count: 1000000\nchunk-delay-jitter: normal:0.3\n${many(8)}`, '2.272 GB'],
  [
    'long ones in many phases',
    'chunk-count: 100000\nramp: { over: 60s, steps: 200, ttft-ms: [1, 1000] }',
    '4.583 GB',
  ],
])('%s are refused with the figure', async (_, yaml, figure) => {
  const config = await read(yaml)
  expect(() => refuseLarge(config, usual)).toThrow(/take about [\d.]+ GB in each worker: at most 2.147 GB/)
  expect(() => refuseLarge(config, usual)).toThrow(figure)
})

test('what was there at the start may be had again', async () => {
  const start = await read(`chunk-count: 1000000\n${many(10)}`)
  expect(() => refuseLarge(start, start)).not.toThrow()
  const more = await read(`chunk-count: 1000000\n${many(11)}`)
  expect(() => refuseLarge(more, start)).toThrow('would take about 2.508 GB')
})
