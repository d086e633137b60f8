// What clients are told: their parts of a plan, and when what is due.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { arrivalMs, connectionsDue, eventDueMs, sharePlan } from '../../../src/bench/client/plan.ts'
import { loadPlan } from '../_results.ts'

describe('a plan is shared', () => {
  test.each([
    [1, 1, [1]],
    [10, 1, [10]],
    [10, 2, [5, 5]],
    [10, 3, [4, 3, 3]],
    [11, 3, [4, 4, 3]],
    [3, 3, [1, 1, 1]],
    [2, 5, [1, 1]], // a client without a connection would measure nothing
    [1, 16, [1]],
    [1000, 7, [143, 143, 143, 143, 143, 143, 142]],
  ])('%j connections by %j clients', (connections, clients, parts) => {
    const shared = sharePlan(loadPlan({ connections }), clients)
    expect(shared.map((part) => part.connections)).toEqual(parts)
    expect(shared.every(({ rate }) => rate === null)).toBe(true)
  })

  test('together they are the whole, none is idle, no connection has more to do than another', () => {
    const whole = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 64 }), fc.nat(9999))
    fc.assert(
      fc.property(whole, ([connections, clients, rate]) => {
        const plan = loadPlan({ connections, rate })
        const shared = sharePlan(plan, clients)
        const counts = shared.map((part) => part.connections)
        expect(shared.length).toBe(Math.min(clients, connections))
        expect(counts.reduce((sum, count) => sum + count)).toBe(connections)
        expect(Math.min(...counts)).toBeGreaterThan(0)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        expect(shared.reduce((sum, part) => sum + part.rate!, 0)).toBeCloseTo(rate, 6)
        for (const part of shared) {
          expect(part.rate! / part.connections).toBeCloseTo(rate / connections, 6)
          expect(part).toEqual({ ...plan, connections: part.connections, rate: part.rate })
        }
      }),
    )
  })
})

test.each([
  // Without a ramp all at once.
  [64, 0, 0, 64],
  [64, 0, 5, 64],
  // With one: the first at once, all at its end.
  [10, 100, 0, 0],
  [10, 100, 0.001, 1],
  [10, 100, 10, 1],
  [10, 100, 10.1, 2],
  [10, 100, 50, 5],
  [10, 100, 90.1, 10],
  [10, 100, 100, 10],
  [10, 100, 5000, 10],
  [1, 100, 0.001, 1],
])(
  'of %j connections, spread over %j ms, after %j ms %j are there',
  (connections, rampMs, elapsedMs, due) => {
    expect(connectionsDue(loadPlan({ connections, rampMs }), elapsedMs)).toBe(due)
  },
)

test.each([
  [1, 0, 0],
  [1, 1, 1000],
  [1, 60, 60_000],
  [200, 0, 0],
  [200, 1, 5],
  [200, 333, 1665],
  [0.5, 3, 6000],
])('at %j requests a second, request %j is due after %j ms', (rate, index, ms) => {
  expect(arrivalMs(rate, index)).toBe(ms)
})

test.each([
  ['nothing is expected', null, [null, null, null, null]],
  ['first event and delay', { ttftMs: 60, delayMs: 20, steps: [0, 1, 2] }, [60, 80, 100, null]],
  ['events that leave together', { ttftMs: 60, delayMs: 20, steps: [0, 0, 1] }, [60, 60, 80, null]],
  ['no delay at all', { ttftMs: 0, delayMs: 0, steps: [0, 1, 2] }, [0, 0, 0, null]],
  ['only the first event', { ttftMs: 30, delayMs: null, steps: [0, 1, 2] }, [30, null, null, null]],
  [
    'only the first event, whatever its steps',
    { ttftMs: 30, delayMs: null, steps: [2, 3] },
    [30, null, null, null],
  ],
  ['no steps are known', { ttftMs: 30, delayMs: 20, steps: [] }, [null, null, null, null]],
])('when events are due: %s', (_, due, expected) => {
  const found = [0, 1, 2, 3].map((index) => eventDueMs({ due }, index))
  expect(found).toEqual(expected)
})
