// Requests by route and status.
import { formatCount } from '../config/format.ts'

export interface RouteCount {
  /** `POST /v1/chat/completions`, or `unrouted`. */
  readonly route: string
  /** 0: never answered. */
  readonly status: number
  readonly requests: number
}

/** So many routes are named in the summary. */
const MOST_NAMED = 3

export function mergeRoutes(a: readonly RouteCount[], b: readonly RouteCount[]): RouteCount[] {
  const merged = new Map<string, RouteCount>()
  for (const count of [...a, ...b]) {
    const key = `${count.status} ${count.route}`
    merged.set(key, { ...count, requests: count.requests + (merged.get(key)?.requests ?? 0) })
  }
  return [...merged.values()]
}

export function sortRoutes(routes: readonly RouteCount[]): readonly RouteCount[] {
  return routes.toSorted((a, b) => a.route.localeCompare(b.route) || a.status - b.status)
}

/** All requests, streamed or whole. */
export function countRequests(routes: readonly RouteCount[]): number {
  return routes.reduce((sum, { requests }) => sum + requests, 0)
}

/** The busiest routes, and how many more there are. */
export function describeRoutes(routes: readonly RouteCount[]): string {
  if (routes.length === 0) return 'none'
  const most = routes.toSorted((a, b) => b.requests - a.requests).slice(0, MOST_NAMED)
  const others = routes.length > MOST_NAMED ? `, and ${routes.length - MOST_NAMED} more` : ''
  return (
    most
      .map(
        ({ route, status, requests }) =>
          `${route} ${status === 0 ? 'no answer' : status}: ${formatCount(requests)}`,
      )
      .join(', ') + others
  )
}
