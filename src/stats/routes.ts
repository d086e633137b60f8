// Requests by route and status.
import { formatCount } from '../config/format.ts'

/** As it is told. */
export interface RouteReport {
  /** `POST /v1/chat/completions`, or `unrouted`. */
  readonly route: string
  /** 0: they have none, or ended without one. */
  readonly status: number
  readonly requests: number
}

/** As it is kept: those that wait for their status are apart. */
export interface RouteCount extends RouteReport {
  /** With status 0 only. */
  readonly waiting: number
}

/** So many routes are named in the summary. */
const MOST_NAMED = 3

export function mergeRoutes(a: readonly RouteCount[], b: readonly RouteCount[]): RouteCount[] {
  const merged = new Map<string, RouteCount>()
  for (const count of [...a, ...b]) {
    const key = keyOf(count)
    const known = merged.get(key)
    merged.set(key, {
      ...count,
      requests: count.requests + (known?.requests ?? 0),
      waiting: count.waiting + (known?.waiting ?? 0),
    })
  }
  return [...merged.values()]
}

/** What has been counted since `before`; of what waits nothing. */
export function routesSince(now: readonly RouteCount[], before: readonly RouteCount[]): RouteCount[] {
  const known = new Map(before.map((count) => [keyOf(count), count.requests]))
  return now.map((count) => ({
    ...count,
    requests: count.requests - (known.get(keyOf(count)) ?? 0),
    waiting: 0,
  }))
}

/** What has an answer, or will not get one. */
export function closeRoutes(routes: readonly RouteCount[]): RouteCount[] {
  return routes.map((count) => ({ ...count, waiting: 0 }))
}

/** What waits; the rest at 0. */
export function carryRoutes(routes: readonly RouteCount[]): RouteCount[] {
  return routes.map((count) => ({ ...count, requests: 0 }))
}

/** What waits gets no answer any more. */
export function leaveRoutes(routes: readonly RouteCount[]): RouteCount[] {
  return routes.map((count) => ({ ...count, requests: count.requests + count.waiting, waiting: 0 }))
}

function keyOf({ route, status }: RouteCount): string {
  return `${status} ${route}`
}

/** Those of which there are any, in order; what waits has status 0. */
export function showRoutes(routes: readonly RouteCount[]): readonly RouteReport[] {
  return routes
    .map(({ waiting, requests, ...rest }) => ({ ...rest, requests: requests + waiting }))
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => a.route.localeCompare(b.route) || a.status - b.status)
}

/** All requests, streamed or whole, answered or not. */
export function countRequests(routes: readonly RouteCount[]): number {
  return routes.reduce((sum, { requests, waiting }) => sum + requests + waiting, 0)
}

/** Requests that have no answer yet. */
export function countWaiting(routes: readonly RouteCount[]): number {
  return routes.reduce((sum, { waiting }) => sum + waiting, 0)
}

/** The busiest routes, and how many more there are. */
export function describeRoutes(routes: readonly RouteReport[]): string {
  if (routes.length === 0) return 'none'
  const most = routes.toSorted((a, b) => b.requests - a.requests).slice(0, MOST_NAMED)
  const others =
    routes.length > MOST_NAMED ? `, and ${routes.length - MOST_NAMED} more, which --report FILE tells` : ''
  return (
    most
      .map(
        ({ route, status, requests }) =>
          `${route} ${status === 0 ? 'no answer' : status}: ${formatCount(requests)}`,
      )
      .join(', ') + others
  )
}
