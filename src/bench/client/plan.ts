// What client processes are told to do: how much, when, and what should come back. Pure.
import type { Delimiter } from './parser.ts'

export interface LoadPlan {
  readonly host: string
  readonly port: number
  /** The whole request, ready to be sent. */
  readonly request: string
  readonly delimiter: Delimiter
  readonly connections: number
  /** Closed loop: every connection asks again when it has read. Open loop: so many requests per second, whatever happens. */
  readonly rate: number | null
  /** Time over which the first requests are spread, ms. */
  readonly rampMs: number
  /** Not measured, ms; then measured, ms. */
  readonly warmMs: number
  readonly measureMs: number
  /** Events of a whole reply; a reply with fewer or more is an error. */
  readonly events: number
  /**
   * When events are due after the request: event i is due with content chunk `steps[i]`. Null where nothing is expected; without a
   * delay only the first event is judged.
   */
  readonly due: {
    readonly ttftMs: number
    readonly delayMs: number | null
    readonly steps: readonly number[]
  } | null
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
export function eventDueMs({ due, events }: Pick<LoadPlan, 'due' | 'events'>, index: number): number | null {
  if (due === null || index >= (due.delayMs === null ? 1 : events)) return null
  return due.ttftMs + (due.steps[index] ?? 0) * (due.delayMs ?? 0)
}
