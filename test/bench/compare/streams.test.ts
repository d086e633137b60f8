// How many streams are tried, one number after the other.
import { describe, expect, test } from 'bun:test'
import { doubleStreams } from '../../../src/bench/compare/streams.ts'

describe('doubling', () => {
  test.each([
    [
      'until there is a stall, which is tried twice',
      16,
      1000,
      50,
      [16, 32, 64, 64],
      { streams: 32, isBounded: false },
    ],
    ['up to the bound, which is tried', 16, 100, 1000, [16, 32, 64, 100], { streams: 100, isBounded: true }],
    ['from no more than the bound', 16, 10, 1000, [10], { streams: 10, isBounded: true }],
    ['always a stall', 16, 1000, 0, [16, 16], { streams: 0, isBounded: false }],
    ['the bound itself stalls', 16, 32, 20, [16, 32, 32], { streams: 16, isBounded: false }],
  ])('%s', async (_, first, bound, limit, tried, most) => {
    const seen: number[] = []
    const found = await doubleStreams(first, bound, async (streams) => {
      seen.push(streams)
      return streams <= limit
    })
    expect(seen).toEqual(tried)
    expect(found).toEqual(most)
  })

  test('a stall that does not come again is none', async () => {
    const seen: number[] = []
    const found = await doubleStreams(16, 32, async (streams) => seen.push(streams) !== 2)
    expect(seen).toEqual([16, 32, 32])
    expect(found).toEqual({ streams: 32, isBounded: true })
  })
})
