// The hot side of the statistics: integers and buckets of one worker, counted where things happen.
import { Histogram } from './histogram.ts'
import type { RouteCount, Snapshot } from './snapshot.ts'

/** Counts the requests of one route that get one status. */
export interface RequestCounter extends RouteCount {
  requests: number
}

/** Clocks a tally is read with. */
export interface Reading {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: number
  /** CPU time this process has used, µs. */
  readonly cpuMicros: number
}

/** State: what has happened in the present measuring window. */
export class Tally {
  readonly lateness = new Histogram()
  readonly ttft = new Histogram()
  readonly loopDelay = new Histogram()
  events = 0
  bytes = 0
  #open = 0
  #peakOpen = 0
  #completed = 0
  #abortedBeforeFirstEvent = 0
  #abortedMidStream = 0
  #cut = 0
  #ended = false
  readonly #routes: RequestCounter[] = []
  #since: Reading

  constructor(since: Reading) {
    this.#since = since
  }

  /** The counter of a route and status; the same one whenever it is asked for. */
  counter(route: string, status: number): RequestCounter {
    let counter = this.#routes.find((known) => known.route === route && known.status === status)
    if (counter === undefined) {
      counter = { route, status, requests: 0 }
      this.#routes.push(counter)
    }
    return counter
  }

  open(): void {
    this.#open++
    if (this.#open > this.#peakOpen) this.#peakOpen = this.#open
  }

  complete(): void {
    if (this.#ended) return
    this.#open--
    this.#completed++
  }

  /** The client has left. */
  abort(beforeFirstEvent: boolean): void {
    if (this.#ended) return
    this.#open--
    if (beforeFirstEvent) this.#abortedBeforeFirstEvent++
    else this.#abortedMidStream++
  }

  /** The program ends: what is open is cut by us, and is not counted as left by its client. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cut = this.#open
    this.#open = 0
  }

  snapshot({ nowMs, cpuMicros }: Reading): Snapshot {
    const windowMs = Math.max(nowMs - this.#since.nowMs, 1)
    return {
      seconds: windowMs / 1000,
      open: this.#open,
      peakOpen: this.#peakOpen,
      completed: this.#completed,
      abortedBeforeFirstEvent: this.#abortedBeforeFirstEvent,
      abortedMidStream: this.#abortedMidStream,
      cut: this.#cut,
      events: this.events,
      bytes: this.bytes,
      routes: this.#routes.filter(({ requests }) => requests > 0).map((counter) => ({ ...counter })),
      lateness: this.lateness.snapshot(),
      ttft: this.ttft.snapshot(),
      loopDelay: this.loopDelay.snapshot(),
      busy: [(cpuMicros - this.#since.cpuMicros) / (windowMs * 1000)],
    }
  }

  /** Starts a new measuring window. Streams that are open stay open in it. */
  reset(since: Reading): void {
    this.#since = since
    this.lateness.reset()
    this.ttft.reset()
    this.loopDelay.reset()
    this.events = this.bytes = 0
    this.#peakOpen = this.#open
    this.#completed = this.#abortedBeforeFirstEvent = this.#abortedMidStream = this.#cut = 0
    for (const counter of this.#routes) counter.requests = 0
  }
}
