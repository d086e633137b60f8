// A worker that is some tallies and a queue of messages, so that any order of events can be tried, and the sums that its windows must keep.
import { countRequests, countWaiting } from '../../src/stats/routes.ts'
import type { Leaving } from '../../src/stats/leavings.ts'
import { processItself, type Shares, total, type Whose } from '../../src/stats/shares.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'
import { type Reading, Tally, UnderWay } from '../../src/stats/tally.ts'

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

/** Two upstreams, the second with two phases. */
export const upstreams: readonly Whose[] = [
  { upstream: 'one', phase: 0, session: null },
  { upstream: 'two', phase: 0, session: null },
  { upstream: 'two', phase: 1, session: null },
]

/** A worker: what it counts, what it has been asked, and what it had counted over all windows when it last told. */
export class Worker {
  readonly #itself: Tally
  readonly #tallies: readonly Tally[]
  readonly inbox: { readonly id: number; readonly reset: boolean }[] = []
  /** Where those are counted that wait, and those that have been answered and are open. */
  readonly #waiting: Tally[] = []
  readonly #answered: Tally[] = []
  #begun = 0
  /** Closed by itself: what has ended in windows that it has left. */
  #closed = nothing
  told = nothing
  openWhenTold = 0
  waitingWhenTold = 0

  constructor(index: number) {
    this.#itself = new Tally(NOW, index)
    const phases = new UnderWay()
    this.#tallies = [new Tally(NOW), new Tally(NOW, 0, phases), new Tally(NOW, 0, phases)]
  }

  /** The first upstream's. */
  get tally(): Tally {
    return this.#tallies[0]!
  }

  get tallies(): readonly Tally[] {
    return this.#tallies
  }

  /** The upstreams and phases take turns. */
  begin(): void {
    const tally = this.#tallies[this.#begun++ % this.#tallies.length]!
    this.#waiting.push(tally)
    tally.open(0)
    tally.requests.arrive(tally.counter('POST /x', 200), 0)
    tally.ledger('hang').dealt++
  }

  /** The first that waits is answered. */
  answer(): void {
    const tally = this.#waiting.shift()
    if (tally === undefined) return
    this.#answered.push(tally)
    tally.requests.answer(tally.counter('POST /x', 200), 0)
    tally.events += 2
    tally.ttft.record(5000, 1)
  }

  complete(): void {
    this.#answered.shift()?.complete(0)
  }

  abandon(): void {
    const tally = this.#waiting.shift()
    if (tally === undefined) return
    tally.requests.desert(tally.counter('POST /x', 200), 0)
    tally.abort(0, true, LEAVING)
    tally.ledger('hang').leave(null, 3)
  }

  end(): void {
    for (const tally of this.#tallies) tally.end()
  }

  snapshot(reset: boolean): Shares {
    const shares = [
      { ...processItself, numbers: { ...emptySnapshot, ...this.#itself.ofProcess(NOW) } },
      ...upstreams
        .map((whose, i) => ({ ...whose, numbers: this.#tallies[i]!.seen(NOW) }))
        .filter(({ numbers }) => numbers !== emptySnapshot),
    ]
    const taken = total(shares)
    const sums = sumsOf(taken)
    this.told = combine(this.#closed, sums, 1)
    this.openWhenTold = taken.open
    this.waitingWhenTold = countWaiting(taken.routes)
    if (reset) {
      this.#closed = combine(this.told, { ...nothing, begun: taken.open }, -1)
      for (const tally of [this.#itself, ...this.#tallies]) tally.reset(NOW)
    }
    return JSON.parse(JSON.stringify(shares)) as Shares
  }
}

export const at = (worker: Worker, requests: number): void => {
  for (let i = 0; i < requests; i++) {
    worker.begin()
    worker.answer()
    worker.complete()
  }
}
