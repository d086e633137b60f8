// The rate limit: which requests are let in.
import type { RateLimit } from '../apis/api.ts'
import type { UpstreamSettings } from '../config/config.ts'
import { plural } from '../config/format.ts'
import type { WorkerPlace } from './place.ts'

const WINDOW_MS = 1000

export interface Decision {
  /** What the provider's headers tell of the limit, where there is one. */
  readonly limit?: RateLimit
  /** Why the request is refused; absent when it is not. */
  readonly reason?: string
  /** When it is worth trying again. */
  readonly waitMs: number
}

/** Decides about a request that arrives now. */
export type Admission = () => Decision

/**
 * State: when the last so many requests were let in. In no second, wherever it begins, are there more than `limit` of them, and
 * the time to wait is exact.
 */
export class SlidingWindow {
  #limit: number
  /** A ring. */
  #admittedMs: Float64Array
  #next = 0
  /** The first of the ring that is within the window. */
  #oldest = 0
  #inside = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#admittedMs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  }

  /** From now on so many; those that were let in within the last second count. */
  limitTo(limit: number): void {
    if (limit === this.#limit) return
    const kept = Math.min(limit, this.#inside)
    const first = this.#oldest + this.#inside - kept
    const admittedMs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
    for (let i = 0; i < kept; i++) admittedMs[i] = this.#admittedMs[(first + i) % this.#limit]!
    this.#limit = limit
    this.#admittedMs = admittedMs
    this.#oldest = 0
    this.#inside = kept
    this.#next = kept % limit
  }

  /** Lets a request in, and returns 0; or returns how many ms it has to wait. */
  admit(nowMs: number): number {
    this.#expire(nowMs)
    if (this.#inside === this.#limit) return this.#admittedMs[this.#oldest]! + WINDOW_MS - nowMs
    this.#admittedMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#limit
    this.#inside++
    return 0
  }

  /** How many more would be let in now, and in how many ms all of them again. */
  state(nowMs: number): { readonly remaining: number; readonly resetMs: number } {
    this.#expire(nowMs)
    const newest = this.#admittedMs[(this.#next + this.#limit - 1) % this.#limit]!
    return { remaining: this.#limit - this.#inside, resetMs: Math.max(0, newest + WINDOW_MS - nowMs) }
  }

  #expire(nowMs: number): void {
    while (this.#inside > 0 && this.#admittedMs[this.#oldest]! + WINDOW_MS <= nowMs) {
      this.#oldest = (this.#oldest + 1) % this.#limit
      this.#inside--
    }
  }
}

/**
 * Decides by `--rate-limit` and `--max-open`; undefined when neither is set. Workers share nothing, so each has an equal share of
 * both, and all together never let in more than was asked for. `window` is shared by settings that follow each other: what was let in
 * by those before counts for these.
 */
export function createAdmission(
  { rateLimit, maxOpen, retryAfterMs }: Pick<UpstreamSettings, 'rateLimit' | 'maxOpen' | 'retryAfterMs'>,
  place: WorkerPlace,
  underWay: () => number,
  now: () => number,
  window: SlidingWindow = new SlidingWindow(1),
): Admission | undefined {
  if (rateLimit === 0 && maxOpen === 0) return undefined
  const most = shareOf(maxOpen, place)
  const limit = Math.max(1, shareOf(rateLimit, place))
  const describe = (nowMs: number): { limit?: RateLimit } =>
    rateLimit === 0 ? {} : { limit: { limit: rateLimit, ...window.state(nowMs) } }
  return () => {
    const nowMs = now()
    if (rateLimit > 0) window.limitTo(limit)
    if (maxOpen > 0 && underWay() >= most) {
      const reason = `Limit of ${plural(maxOpen, 'reply', 'replies')} under way at once reached.`
      return { ...describe(nowMs), waitMs: retryAfterMs, reason }
    }
    const waitMs = rateLimit === 0 ? 0 : window.admit(nowMs)
    const reason = `Rate limit of ${plural(rateLimit, 'request')} per second reached.`
    return { ...describe(nowMs), waitMs, ...(waitMs > 0 && { reason }) }
  }
}

/** One worker's part of a number: the parts differ by one at most and sum up to it. */
export function shareOf(total: number, { index, workers }: WorkerPlace): number {
  return Math.floor(total / workers) + (index < total % workers ? 1 : 0)
}
