// Phases and ramps of a configuration file.
import { describe, expect, test } from 'bun:test'

import { courseOf, read } from './_configfile.ts'

describe('phases', () => {
  test.each([
    [
      'ttft-ms: 5\nphases: [{after: 0s}, {after: 30s, fault: refuse}, {after: 1m, chunk-delay-ms: 250}]',
      null,
      [
        [0, 5, 50, ''],
        [30_000, 5, 50, 'refuse'],
        [60_000, 5, 250, ''],
      ],
    ],
    [
      'phases: [{after: 2s, ttft-ms: 9}]',
      null,
      [
        [0, 50, 50, ''],
        [2000, 9, 50, ''],
      ],
    ],
    [
      'phases: [{after: 0, ttft-ms: 9}, {after: 2s}, {after: 3s}]\nloop: true',
      3000,
      [
        [0, 9, 50, ''],
        [2000, 50, 50, ''],
      ],
    ],
    [
      'ramp: {over: 4s, steps: 4, ttft-ms: [0, 100], chunk-delay-ms: [10, 8]}',
      null,
      [
        [0, 0, 10, ''],
        [1000, 25, 9.5, ''],
        [2000, 50, 9, ''],
        [3000, 75, 8.5, ''],
        [4000, 100, 8, ''],
      ],
    ],
    [
      'phases: [{after: 1s, fault: hang, ramp: {over: 1s, steps: 1, ttft-ms: [7, 8]}}, {after: 5s}]',
      null,
      [
        [0, 50, 50, ''],
        [1000, 7, 50, 'hang'],
        [2000, 8, 50, 'hang'],
        [5000, 50, 50, ''],
      ],
    ],
  ] as const)('%s', async (text, loopMs, course) => {
    const { upstreams } = await read(text)
    expect(upstreams[0].loopMs).toBe(loopMs)
    expect(courseOf(upstreams[0].phases)).toEqual(course as unknown as unknown[][])
  })

  test('a whole number stays one in a ramp', async () => {
    const { upstreams } = await read('ramp: {over: 3s, steps: 3, chunk-count: [1, 3]}')
    expect(upstreams[0].phases.map(({ settings }) => settings.chunkCount)).toEqual([1, 2, 2, 3])
  })

  test('a time of the first chunk that is not given is that of the others, in every phase', async () => {
    const { upstreams } = await read('phases: [{after: 1s, chunk-delay-ms: 9}]')
    expect(courseOf(upstreams[0].phases)).toEqual([
      [0, 50, 50, ''],
      [1000, 9, 9, ''],
    ])
  })

  test('those of an upstream take the place of those at the top', async () => {
    const { upstreams } = await read(
      'phases: [{after: 1s, fault: hang}]\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b, phases: [{after: 2s}]}]',
    )
    expect(upstreams.map(({ phases }) => phases.at(-1)!.afterMs)).toEqual([1000, 2000])
  })
})
