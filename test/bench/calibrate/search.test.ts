// The search for the most streams on time, on hosts whose limit is known.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { searchMost } from '../../../src/bench/calibrate/search.ts'
import { mostKept } from '../../../src/bench/calibrate/trials.ts'
import { streamsOf } from '../_results.ts'

/** Searches on a host that keeps up to `limit` streams on time. Says what was tried, `!` behind what was tried again. */
async function searchOn(limit: number, bound: number, disturbed: readonly number[] = []) {
  const tried: string[] = []
  const upset = new Set(disturbed)
  const rows = await searchMost(bound, async (streams, remark) => {
    tried.push(`${streams}${remark === undefined ? '' : remark === ', once more' ? '!' : remark}`)
    const kept = streams <= limit && !upset.delete(streams)
    return streamsOf({ streams, kept })
  })
  return { tried: tried.join(' '), rows, most: mostKept(rows) }
}

describe('the most streams on time', () => {
  test.each([
    ['never passing', 0, 20_000, 0, '250 250! 125 125! 62 62! 31 31! 15 15!'],
    ['one', 1, 20_000, 0, '250 250! 125 125! 62 62! 31 31! 15 15!'],
    ['just below the fewest that are tried', 14, 20_000, 0, '250 250! 125 125! 62 62! 31 31! 15 15!'],
    [
      'the fewest that are found',
      15,
      20_000,
      15,
      '250 250! 125 125! 62 62! 31 31! 15 23 23! 19 19! 17 17! 16 16!',
    ],
    ['just below the start value', 249, 20_000, 234, '250 250! 125 187 218 234'],
    ['the start value', 250, 20_000, 250, '250 500 500! 375 375! 312 312! 281 281! 265 265!'],
    ['between two steps', 700, 20_000, 687, '250 500 1000 1000! 750 750! 625 687'],
    ['a step', 1000, 20_000, 1000, '250 500 1000 2000 2000! 1500 1500! 1250 1250! 1125 1125! 1062 1062!'],
    ['just below the maximum', 999, 1000, 937, '250 500 1000 1000! 750 875 937'],
    ['the maximum', 1000, 1000, 1000, '250 500 1000'],
    ['above the maximum, which is no power', 99_999, 1100, 1100, '250 500 1000 1100'],
    ['a maximum of the start value', 99_999, 250, 250, '250'],
    ['a maximum below the start value', 99_999, 100, 100, '100'],
    ['ten to twelve', 12, 80, 12, '80 80! 40 40! 20 20! 10 15 15! 12 13 13!'],
    ['a maximum of ten', 99_999, 10, 10, '10'],
    ['a maximum below ten', 99_999, 3, 3, '3'],
    ['a maximum of one, not kept', 0, 1, 0, '1 1!'],
    ['a maximum of nothing', 99_999, 0, 0, ''],
    ['less than nothing, where descriptors do not do', 99_999, -5, 0, ''],
  ])('%s', async (_, limit, bound, most, tried) => {
    const found = await searchOn(limit, bound)
    expect([found.tried, found.most]).toEqual([tried, most])
  })

  test('what was late because it was disturbed is tried once more, and counts as the second time', async () => {
    const { tried, rows } = await searchOn(400, 400, [250])
    expect(tried).toBe('250 250! 400')
    expect(rows.map(({ streams, kept }) => [streams, kept])).toEqual([
      [250, true],
      [400, true],
    ])
  })

  test('wherever the limit is: what is found is on time and close to it, with a row for each number', async () => {
    const host = fc.tuple(fc.integer({ min: 15, max: 40_000 }), fc.integer({ min: 15, max: 28_000 }))
    await fc.assert(
      fc.asyncProperty(host, async ([limit, bound]) => {
        const { rows, most } = await searchOn(limit, bound)
        const counts = rows.map(({ streams }) => streams)
        expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b))
        expect(Math.max(...counts)).toBeLessThanOrEqual(bound)
        expect(rows.length).toBeLessThan(20)
        const late = rows.find(({ kept }) => !kept)
        expect(most).toBeLessThanOrEqual(Math.min(limit, bound))
        if (late === undefined) expect(most).toBe(bound)
        else if (most > 0) expect(late.streams).toBeLessThanOrEqual(most * 1.1)
        else expect(limit).toBeLessThan(20)
      }),
    )
  })
})
