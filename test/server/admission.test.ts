import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { shareOf, SlidingWindow } from '../../src/server/admission.ts'

describe('SlidingWindow', () => {
  test('admits, refuses with the exact time to wait, and admits again', () => {
    const window = new SlidingWindow(2)
    expect([window.admit(1000), window.admit(1300), window.admit(1400)]).toEqual([0, 0, 600])
    expect(window.state(1400)).toEqual({ remaining: 0, resetMs: 900 })
    expect(window.admit(1999)).toBe(1)
    expect(window.admit(2000)).toBe(0)
    expect(window.state(2300)).toEqual({ remaining: 1, resetMs: 700 })
    expect(window.state(9000)).toEqual({ remaining: 2, resetMs: 0 })
  })

  test('never more than the limit in any second, and no fewer than would do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat({ max: 400 })), (limit, gaps) => {
        const window = new SlidingWindow(limit)
        const admitted: number[] = []
        let nowMs = 0
        for (const gap of gaps) {
          nowMs += gap
          const inside = admitted.filter((at) => at > nowMs - 1000).length
          expect(window.state(nowMs).remaining).toBe(limit - inside)
          const waitMs = window.admit(nowMs)
          expect(waitMs === 0).toBe(inside < limit)
          if (waitMs === 0) admitted.push(nowMs)
          else expect(admitted.filter((at) => at > nowMs + waitMs - 1000).length).toBeLessThan(limit)
        }
      }),
    )
  })
})

test.each([
  [10, 4, [3, 3, 2, 2]],
  [3, 3, [1, 1, 1]],
  [0, 2, [0, 0]],
])('%d over %d workers', (total, workers, shares) =>
  expect(shares.map((_, index) => shareOf(total, { index, workers }))).toEqual(shares),
)
