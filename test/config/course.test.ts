// Which phase is in force so long after the beginning, and when the next one is.
import { expect, test } from 'bun:test'
import type { Phase, Upstream } from '../../src/config/upstreams.ts'
import { momentOf } from '../../src/config/course.ts'

const course = (
  afterMs: readonly number[],
  loopMs: number | null = null,
): Pick<Upstream, 'phases' | 'loopMs'> => ({
  phases: afterMs.map((afterMs) => ({ afterMs }) as Phase) as unknown as Upstream['phases'],
  loopMs,
})

test.each<[afterMs: number[], loopMs: number | null, sinceMs: number, index: number, nextMs: number | null]>([
  // One alone never changes, whether it loops or not.
  [[0], null, 0, 0, null],
  [[0], null, 1e9, 0, null],
  [[0], 100, 250, 0, null],
  // Edges: a phase is in force from its very moment on.
  [[0, 100, 300], null, 0, 0, 100],
  [[0, 100, 300], null, 99.999, 0, 100],
  [[0, 100, 300], null, 100, 1, 300],
  [[0, 100, 300], null, 299.999, 1, 300],
  [[0, 100, 300], null, 300, 2, null],
  [[0, 100, 300], null, 1e12, 2, null],
  // Before the beginning it is the first.
  [[0, 100, 300], null, -1, 0, 100],
  [[0, 100], 200, -250, 0, 100],
  // Round after round.
  [[0, 100], 200, 199, 1, 200],
  [[0, 100], 200, 200, 0, 300],
  [[0, 100], 200, 300, 1, 400],
  [[0, 100], 200, 2e9 + 150, 1, 2e9 + 200],
  [[0, 100], 200.5, 401, 0, 501],
])('%j, loop %j: after %d ms', (afterMs, loopMs, sinceMs, index, nextMs) => {
  expect(momentOf(course(afterMs, loopMs), sinceMs)).toEqual({ index, nextMs })
})

test('whoever follows it step by step enters every phase, each at its moment', () => {
  const looped = course([0, 10, 25, 40], 60)
  const entered: [number, number][] = []
  for (let sinceMs = 0; sinceMs < 180;) {
    const { index, nextMs } = momentOf(looped, sinceMs)
    entered.push([sinceMs, index])
    expect(nextMs).toBeGreaterThan(sinceMs)
    sinceMs = nextMs!
  }
  const round = [
    [0, 0],
    [10, 1],
    [25, 2],
    [40, 3],
  ] as const
  expect(entered).toEqual(
    [0, 60, 120].flatMap((at) => round.map(([ms, i]): [number, number] => [at + ms, i])),
  )
})
