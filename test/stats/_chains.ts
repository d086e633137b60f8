// Requests of a client, and what is objected to in them.
import { judgeClient } from '../../src/stats/clientverdict.ts'
import type { JudgedTrace } from '../../src/stats/traces.ts'
import { trace } from './_traces.ts'

export const NOW = 1_000_000
export const rulesOf = (traces: readonly JudgedTrace[], nowMs = NOW): string[] =>
  judgeClient(traces, nowMs).findings.map(({ rule, evidence }) => `${rule} ${evidence.join()}`)

export const told = (retryAfterMs: number) => ({ status: 429, retryAfterMs })
/** Failures with retries that come when the waits have passed. */
export function chain(
  waits: readonly number[],
  given: Parameters<typeof trace>[2] = { status: 503 },
): JudgedTrace[] {
  let time = 0
  return [0, ...waits].map((wait, i) =>
    trace(i, (time += i === 0 ? 0 : wait + 10), i === waits.length ? {} : given),
  )
}
