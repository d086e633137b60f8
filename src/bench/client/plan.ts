// What client processes are told to do: how much, when, and what should come back. Pure.
import type { Delimiter } from './events.ts'
import type { Target } from './target.ts'

export interface LoadPlan {
  readonly target: Target
  readonly delimiter: Delimiter
  readonly connections: number
  /** Closed loop: every connection asks again when it has read. Open loop: so many requests per second, whatever happens. */
  readonly rate: number | null
  /** Time over which the first requests are spread, ms. */
  readonly rampMs: number
  /** Not measured, ms; then measured, ms. */
  readonly warmMs: number
  readonly measureMs: number
  /**
   * When events are due after the request: event i is due with content chunk `steps[i]`. Null where nothing is expected; without a
   * delay only the first event is judged.
   */
  readonly due: {
    readonly ttftMs: number
    readonly delayMs: number | null
    readonly steps: readonly number[]
  } | null
  /** TTFT and latency are told as so much more than this, ms: a histogram tells small times best. */
  readonly origin: Origin
  /** A request that has been silent for so long when the measured time ends hangs, ms. */
  readonly hungAfterMs: number
  /** What is looked for in every event; null: nothing. */
  readonly watch: WatchPlan | null
}

export interface Origin {
  readonly ttftMs: number
  readonly latencyMs: number
}

/** Where nothing is known of how long a server may be silent. */
export const HUNG_AFTER_MS = 10_000

export const NO_ORIGIN: Origin = { ttftMs: 0, latencyMs: 0 }

/** Stamps are looked for. */
export interface WatchPlan {
  /** So many chunks are in a whole reply, numbered from 0. */
  readonly chunks: number
  /** What they say, without the stamps. */
  readonly text: string
  /** By how much the clock of the stamps is behind that of the client, less a little, so that no delay is below zero. */
  readonly offsetMicros: number
}

/**
 * The parts of a plan for so many clients: together they have its connections and its rate, and every connection has the same
 * share of the rate. Where there are fewer connections than clients, one client each.
 */
export function sharePlan(plan: LoadPlan, clients: number): LoadPlan[] {
  const parts = Math.min(clients, plan.connections)
  return Array.from({ length: parts }, (_, index) => {
    const connections = Math.floor(plan.connections / parts) + (index < plan.connections % parts ? 1 : 0)
    return {
      ...plan,
      connections,
      rate: plan.rate === null ? null : (plan.rate * connections) / plan.connections,
    }
  })
}

/** How many connections should have been opened so long after the start. */
export function connectionsDue({ connections, rampMs }: LoadPlan, elapsedMs: number): number {
  return elapsedMs >= rampMs ? connections : Math.ceil((elapsedMs / rampMs) * connections)
}

/** When request `index` of an open loop should be sent, after the start. */
export function arrivalMs(rate: number, index: number): number {
  return (index * 1000) / rate
}

/** When event `index` is due after its request; null where nothing is expected of it. */
export function eventDueMs({ due }: Pick<LoadPlan, 'due'>, index: number): number | null {
  if (due === null || index >= (due.delayMs === null ? 1 : due.steps.length)) return null
  return due.ttftMs + due.steps[index]! * (due.delayMs ?? 0)
}
