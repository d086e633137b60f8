// What rounds say of a difference: its median, its bounds, and whether more rounds would bring these closer.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { describeDifferences, medianOf } from '../../../src/bench/compare/differences.ts'

describe('the bounds', () => {
  // How many values of each end are outside: the largest number so that the interval of the sign test is right in 90 % of cases.
  test.each([
    [1, 0],
    [2, 0],
    [5, 0],
    [7, 0],
    [8, 1],
    [10, 1],
    [11, 2],
    [13, 3],
    [20, 5],
    [30, 10],
    [100, 41],
  ])('of %j rounds leave %j out at each end', (count, left) => {
    const values = Array.from({ length: count }, (_, i) => i + 1)
    expect(describeDifferences(values)).toMatchObject({ low: left + 1, high: count - left, rounds: count })
  })

  test('hold the median, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 }),
        (values) => {
          const { low, high, median } = describeDifferences(values)!
          expect(low).toBeLessThanOrEqual(median)
          expect(high).toBeGreaterThanOrEqual(median)
          expect(values).toContain(low)
          expect(values).toContain(high)
        },
      ),
    )
  })

  test('of no rounds: nothing is said', () => expect(describeDifferences([])).toBeUndefined())
})

test.each([
  [[3], 3],
  [[1, 2], 1.5],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %j', (values, median) => expect(medianOf(values)).toBe(median))

test.each([
  ['more', [1, 2, 3], true],
  ['less', [-3, -1, -2], true],
  ['none that is known', [-1, 2, 3], false],
  ['exactly none in one round', [0, 2, 3], false],
  ['exactly none in one round, else less', [0, -2, -3], false],
  ['more, but by less than its spread', [1, 2, 20], false],
  ['more, but for one of eight', [-1, 2, 3, 4, 5, 6, 7, 8], true],
  ['more, but for two of eight', [-1, -2, 3, 4, 5, 6, 7, 8], false],
])('%s: %j', (_, values, isMeasurable) => {
  expect(describeDifferences(values)?.isMeasurable).toBe(isMeasurable)
})

test.each([
  ['less', [0.9, 0.91, 0.92], true],
  ['as much', [0.99, 1.01, 1], false],
])('a share of 1: %s', (_, values, isMeasurable) => {
  expect(describeDifferences(values, 1)?.isMeasurable).toBe(isMeasurable)
})

describe('after so many rounds the bounds no longer came closer', () => {
  test.each([
    ['two say nothing', [1, 2], null],
    ['the last of three may', [1, 2, 3], null],
    ['nine are too few to tell', [1, 7, 4, 2, 6, 3, 5, 4, 5], null],
    // With the eighth the outermost are left out.
    ['with eight they do', [1, 7, 4, 2, 6, 3, 5, 4], null],
    ['further ones do not matter', [1, 7, 4, 2, 6, 3, 5, 4, 5, 4], 8],
    ['the last of eleven does', [1, 7, 2, 6, 2, 6, 1, 7, 4, 4, 4], null],
  ])('%s: %j', (_, values, rounds) => expect(describeDifferences(values)?.settledAfter).toBe(rounds))
})
