// What desks have in common: those of a worker, and those of one upstream.
import { Tally } from '../stats/tally.ts'
import { SlidingWindow } from './admission.ts'
import { Complaints } from './complaints.ts'
import { MOST_KEPT_BYTES } from './decks.ts'
import type { Journal } from './journal/journal.ts'
import { Kept } from './kept.ts'
import type { Observation } from './observe.ts'
import type { WorkerPlace } from './place.ts'
import { Preparing, type Turns } from './preparing.ts'

/** What a desk takes from outside. */
export interface Clock extends Turns {
  unixMs(): number
  /** No two are the same, in any worker. */
  freshId(): string
}

/** What the desks of a worker share. */
export interface Room {
  readonly place: WorkerPlace
  readonly clock: Clock
  readonly complaints: Complaints
  /** What requests have made up. */
  readonly kept: Kept
  readonly preparing: Preparing
  /** Which requests are kept; null: none. */
  readonly journal: Journal | null
  /** For one desk: names under which no other one keeps anything. */
  names(): (name: string) => string
}

/** `process` is told how much is kept. */
export function createRoom(
  place: WorkerPlace,
  clock: Clock,
  complaints: Complaints,
  process: Pick<Tally, 'watchMemory'>,
  journal: Journal | null = null,
): Room {
  const kept = new Kept(MOST_KEPT_BYTES)
  process.watchMemory('prepared', kept)
  if (journal !== null) process.watchMemory('journal', journal)
  let desks = 0
  const names = (): ((name: string) => string) => {
    const desk = desks++
    return (name) => JSON.stringify([desk, name])
  }
  return { place, clock, complaints, kept, preparing: new Preparing(clock), journal, names }
}

/** What the desks of one upstream share, whatever its settings are. */
export interface Site {
  readonly tally: Tally
  /** Replies under way or being prepared, those of other settings included. */
  underWay(): number
  /** What the rate limit has let in, whichever settings it is of. */
  readonly window: SlidingWindow
  /** Milliseconds since the upstream began; less than 0: it has not. */
  sinceMs(): number
  /** What is observed at its address, where it is the one to tell. */
  readonly observed: readonly Observation[]
  /** Of the other upstreams at its address, which has no prefix itself: behind other prefixes nothing is served then. */
  readonly prefixes: readonly string[]
  /** How much is prepared before anybody asks, where that is not much: all of it, chat alone, or nothing. */
  readonly prepares: 'all' | 'eager' | 'nothing'
}

/** The site of an upstream that is alone and stays as it is. */
export function soleSite(tally: Tally, observed: readonly Observation[] = []): Site {
  return {
    tally,
    underWay: () => tally.underWay + tally.preparing,
    window: new SlidingWindow(1),
    sinceMs: () => Number.POSITIVE_INFINITY,
    observed,
    prefixes: [],
    prepares: 'all',
  }
}
