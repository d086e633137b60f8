import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createAdmission, shareOf, SlidingWindow } from '../../src/server/admission.ts'

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

describe('one limit after the other', () => {
  test('what was let in before counts, as far as it lies in the last second', () => {
    const window = new SlidingWindow(4)
    expect([0, 100, 200, 300].map((ms) => window.admit(ms))).toEqual([0, 0, 0, 0])
    window.limitTo(2)
    // The newest two: room is made when the older of them leaves.
    expect(window.admit(400)).toBe(800)
    expect(window.state(400)).toEqual({ remaining: 0, resetMs: 900 })
    window.limitTo(5)
    expect([window.admit(500), window.admit(500), window.admit(500), window.admit(500)]).toEqual([
      0, 0, 0, 700,
    ])
    window.limitTo(1)
    expect([window.admit(1499), window.admit(1500), window.admit(1501)]).toEqual([1, 0, 999])
  })

  test('never more than the limit that is in force, whatever follows what', () => {
    const steps = fc.array(fc.record({ limit: fc.integer({ min: 1, max: 6 }), gap: fc.nat({ max: 400 }) }))
    fc.assert(
      fc.property(steps, (all) => {
        const window = new SlidingWindow(1)
        let admitted: number[] = []
        let nowMs = 0
        for (const { limit, gap } of all) {
          nowMs += gap
          window.limitTo(limit)
          const inside = admitted.filter((at) => at > nowMs - 1000)
          // What a smaller limit has forgotten can be let in again by a larger one.
          admitted = inside.slice(-limit)
          expect(window.admit(nowMs) === 0).toBe(inside.length < limit)
          if (inside.length < limit) admitted.push(nowMs)
        }
      }),
    )
  })

  test('settings that follow each other share a window, and in no second there are more', () => {
    let nowMs = 0
    const window = new SlidingWindow(1)
    const place = { index: 0, workers: 1 }
    const admit = (rateLimit: number): (() => boolean) => {
      const decide = createAdmission(
        { rateLimit, maxOpen: 0, retryAfterMs: 0 },
        place,
        () => 0,
        () => nowMs,
        window,
      )!
      return () => decide().reason === undefined
    }
    const phases = [admit(3), admit(3), admit(2)]
    const admitted: number[] = []
    for (; nowMs < 6000; nowMs += 37) if (phases[Math.floor(nowMs / 500) % 2]!()) admitted.push(nowMs)
    for (const at of admitted)
      expect(admitted.filter((one) => one > at - 1000 && one <= at).length).toBeLessThanOrEqual(3)
    expect(admitted.length).toBeGreaterThan(15)
    nowMs += 10_000
    expect([0, 1, 0, 1, 2].map((phase) => phases[phase]!())).toEqual([true, true, true, false, false])
  })
})

test.each([
  [10, 4, [3, 3, 2, 2]],
  [3, 3, [1, 1, 1]],
  [0, 2, [0, 0]],
])('%d over %d workers', (total, workers, shares) =>
  expect(shares.map((_, index) => shareOf(total, { index, workers }))).toEqual(shares),
)
