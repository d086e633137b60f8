// The numbers of one worker, or of several put together, share by share: those of the process, and of each upstream in each of its phases
// what its clients saw. A share that is missing is an empty one. Plain data, as snapshots are.
import {
  carrySnapshot,
  closeSnapshot,
  emptySnapshot,
  leaveSnapshot,
  mergeSnapshots,
  type Snapshot,
  snapshotSince,
  sumSnapshots,
} from './snapshot.ts'

/** Whose numbers. */
export interface Whose {
  /** Its name; null: the process itself (event loop, CPU, descriptors, memory). */
  readonly upstream: string | null
  /** From 0; null where there is none to tell. */
  readonly phase: number | null
  /** The test they belong to; null: requests without one. */
  readonly session: string | null
}

export interface Share extends Whose {
  readonly numbers: Snapshot
}

/** No two of the same. */
export type Shares = readonly Share[]

export const processItself: Whose = { upstream: null, phase: null, session: null }

/** Both together. Associative; without any shares one changes nothing. */
export function mergeShares(a: Shares, b: Shares): Shares {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const added = indexOf(b)
  const known = indexOf(a)
  return [
    ...a.map((share) => {
      const more = added.get(share)
      return more === undefined ? share : of(share, mergeSnapshots(share.numbers, more))
    }),
    ...b.filter((share) => known.get(share) === undefined),
  ]
}

/** What a worker has counted since `before`, which it told in the same window. */
export function sharesSince(now: Shares, before: Shares): Shares {
  const known = indexOf(before)
  return each(now, (numbers, share) => snapshotSince(numbers, known.get(share) ?? emptySnapshot))
}

/** What of them belongs to a window that ends. */
export function closeShares(last: Shares): Shares {
  return each(last, closeSnapshot)
}

/** What the next window begins with. */
export function carryShares(last: Shares): Shares {
  return each(last, carrySnapshot)
}

/** What is left when the worker has gone. */
export function leaveShares(last: Shares): Shares {
  return each(last, leaveSnapshot)
}

/** Those that are wanted in one, always with what is of the process. */
export function total(shares: Shares, which: (whose: Whose) => boolean = () => true): Snapshot {
  const wanted = shares.filter((share) => share.upstream === null || which(share))
  return sumSnapshots(wanted.map(({ numbers }) => numbers))
}

/** At least as many streams were open at once as either says, share by share: nothing else of them is kept. */
export function highestPeaks(a: Shares, b: Shares): Shares {
  const others = indexOf(b)
  const peakOf = ({ numbers }: Share, other: Snapshot | undefined): Snapshot => ({
    ...emptySnapshot,
    peakOpen: Math.max(numbers.peakOpen, other?.peakOpen ?? 0),
  })
  const known = indexOf(a)
  return [
    ...a.map((share) => of(share, peakOf(share, others.get(share)))),
    ...b.flatMap((share) => (known.get(share) === undefined ? [of(share, peakOf(share, undefined))] : [])),
  ]
}

/** With peaks that are no lower than those. */
export function raisePeaks(shares: Shares, peaks: Shares): Shares {
  if (peaks.length === 0) return shares
  const known = indexOf(peaks)
  return each(shares, (numbers, share) => ({
    ...numbers,
    peakOpen: Math.max(numbers.peakOpen, known.get(share)?.peakOpen ?? 0),
  }))
}

function each(shares: Shares, change: (numbers: Snapshot, share: Share) => Snapshot): Shares {
  return shares.map((share) => of(share, change(share.numbers, share)))
}

function of({ upstream, phase, session }: Whose, numbers: Snapshot): Share {
  return { upstream, phase, session, numbers }
}

/** The numbers of each, found by the three that tell whose they are. */
export function indexOf(shares: Shares): { get(whose: Whose): Snapshot | undefined } {
  const index = new Map<string | null, Map<number | null, Map<string | null, Snapshot>>>()
  for (const { upstream, phase, session, numbers } of shares) {
    let phases = index.get(upstream)
    if (phases === undefined) index.set(upstream, (phases = new Map()))
    let sessions = phases.get(phase)
    if (sessions === undefined) phases.set(phase, (sessions = new Map()))
    sessions.set(session, numbers)
  }
  return { get: ({ upstream, phase, session }) => index.get(upstream)?.get(phase)?.get(session) }
}
