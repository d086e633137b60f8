// Which phase of an upstream is in force.
import type { Upstream } from './upstreams.ts'

export interface Moment {
  /** Of the phase that is in force. */
  readonly index: number
  /** When the next one is, on the same clock; null: never. */
  readonly nextMs: number | null
}

/** The phase that is in force so long after the beginning. */
export function momentOf({ phases, loopMs }: Pick<Upstream, 'phases' | 'loopMs'>, sinceMs: number): Moment {
  const rounds = loopMs === null ? 0 : Math.max(0, Math.floor(sinceMs / loopMs))
  const beganMs = rounds * (loopMs ?? 0)
  const index = Math.max(
    0,
    phases.findLastIndex(({ afterMs }) => afterMs <= sinceMs - beganMs),
  )
  const next = phases[index + 1]?.afterMs ?? loopMs
  return { index, nextMs: next === null || phases.length === 1 ? null : beganMs + next }
}
