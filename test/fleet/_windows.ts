// A worker that is a tally and a queue of messages, so that any order of events can be tried, and the sums that its windows must keep.
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { countRequests, countWaiting } from '../../src/stats/routes.ts'
import type { Leaving } from '../../src/stats/leavings.ts'
import { type Reading, Tally } from '../../src/stats/tally.ts'

/** What adds up over windows, and over workers. */
export interface Sums {
  requests: number
  answered: number
  begun: number
  ended: number
  completed: number
  events: number
  ttfts: number
  dealt: number
  left: number
  timeline: number
  leavings: number
}

export const nothing: Sums = {
  requests: 0,
  answered: 0,
  begun: 0,
  ended: 0,
  completed: 0,
  events: 0,
  ttfts: 0,
  dealt: 0,
  left: 0,
  timeline: 0,
  leavings: 0,
}

/** `begun`: what has ended in this window, or is open. */
export function sumsOf(snapshot: Snapshot): Sums {
  const { routes, ledgers, timeline, open, completed, abortedBeforeFirstEvent, abortedMidStream, cut, lost } =
    snapshot
  const ended = completed + abortedBeforeFirstEvent + abortedMidStream + cut + lost
  return {
    requests: countRequests(routes) - countWaiting(routes),
    answered: countRequests(routes.filter(({ status }) => status === 200)),
    begun: ended + open,
    ended,
    completed,
    events: snapshot.events,
    ttfts: snapshot.ttft.count,
    dealt: ledgers.reduce((sum, { dealt }) => sum + dealt, 0),
    left: ledgers.reduce((sum, { leftAfterFault }) => sum + leftAfterFault.count, 0),
    timeline: timeline
      .flatMap(({ byStatus }) => Object.values(byStatus))
      .reduce((sum, count) => sum + count, 0),
    leavings: snapshot.leavings.length,
  }
}

export const combine = (a: Sums, b: Sums, sign: number): Sums =>
  Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, value + sign * b[name as keyof Sums]]),
  ) as unknown as Sums

/** Nothing moves but what the steps say: all is within a second, so that no second is forgotten. */
export const NOW: Reading = { nowMs: 0, cpuMicros: 0, unixMs: 1_795_380_000_000 }

/** All leave in the same moment: nothing but their number tells them apart. */
const LEAVING: Leaving = [null, NOW.unixMs, 0]

/** A worker: what it counts, what it has been asked, and what it had counted over all windows when it last told. */
export class Worker {
  readonly tally: Tally
  readonly inbox: { readonly id: number; readonly reset: boolean }[] = []
  waiting = 0
  /** Closed by itself: what has ended in windows that it has left. */
  #closed = nothing
  told = nothing
  openWhenTold = 0
  waitingWhenTold = 0

  constructor(index: number) {
    this.tally = new Tally(NOW, index)
  }

  begin(): void {
    this.tally.open(0)
    this.tally.requests.arrive(this.tally.counter('POST /x', 200), 0)
    this.waiting++
    this.tally.ledger('hang').dealt++
  }

  /** The first that waits is answered. */
  answer(): void {
    if (this.waiting === 0) return
    this.waiting--
    this.tally.requests.answer(this.tally.counter('POST /x', 200), 0)
    this.tally.events += 2
    this.tally.ttft.record(5000, 1)
  }

  complete(): void {
    if (this.tally.underWay <= this.waiting) return
    this.tally.complete(0)
  }

  abandon(): void {
    if (this.waiting === 0) return
    this.waiting--
    this.tally.requests.desert(this.tally.counter('POST /x', 200), 0)
    this.tally.abort(0, true, LEAVING)
    this.tally.ledger('hang').leave(null, 3)
  }

  snapshot(reset: boolean): Snapshot {
    const taken = this.tally.snapshot(NOW)
    const sums = sumsOf(taken)
    this.told = combine(this.#closed, sums, 1)
    this.openWhenTold = taken.open
    this.waitingWhenTold = countWaiting(taken.routes)
    if (reset) {
      this.#closed = combine(this.told, { ...nothing, begun: taken.open }, -1)
      this.tally.reset(NOW)
    }
    return JSON.parse(JSON.stringify(taken)) as Snapshot
  }
}

export const at = (worker: Worker, requests: number): void => {
  for (let i = 0; i < requests; i++) {
    worker.begin()
    worker.answer()
    worker.complete()
  }
}
