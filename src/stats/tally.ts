// The hot side of the statistics: integers and buckets, counted where things happen. A worker has one tally for itself, and one for each
// phase of each upstream, of which it tells what clients saw.
import { Histogram } from './histogram.ts'
import { type Leaving, LeavingLog } from './leavings.ts'
import { Ledger } from './ledger.ts'
import type { Memory, MemoryUse, Purpose } from './memory.ts'
import { type NamesOf, namesOf, type ProcessName } from './numbers.ts'
import { type RequestCounter, Requests } from './requests.ts'
import { leaveRoutes } from './routes.ts'
import { emptySnapshot, type Snapshot } from './snapshot.ts'
import { SpellLog } from './spells.ts'
import { leaveTimeline } from './timeline.ts'
import { UnroutedLog } from './unrouted.ts'

/** Clocks a tally is read with. */
export interface Reading {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: number
  /** CPU time this process has used, µs. */
  readonly cpuMicros: number
  /** Unix milliseconds. */
  readonly unixMs: number
}

/** As many patterns have an account of their own; all further ones share one. */
export const MOST_LEDGERS = 64

/** The numbers that are kept in fields of their name, which cost an addition where things happen. */
type Fields = { [Name in NamesOf<'count'>]: number } & {
  readonly [Name in NamesOf<'histogram'>]: Histogram
}

const counts = namesOf('count')
const histograms = namesOf('histogram')
const seenHistograms = histograms.filter((name) => name !== 'loopDelay')

/** State: the replies of one upstream that are under way, in whichever of its phases they began. */
export class UnderWay {
  now = 0
  /** In the present measuring window. */
  most = 0
  /** Requests whose replies are being prepared. */
  preparing = 0
}

/** State: what has happened in the present measuring window. What each number means is said in numbers.ts. */
export class Tally implements Fields {
  readonly lateness = new Histogram()
  readonly ttft = new Histogram()
  readonly wholeTime = new Histogram()
  readonly loopDelay = new Histogram()
  readonly blocked = new Histogram()
  events = 0
  bytes = 0
  heldBack = 0
  completed = 0
  abortedBeforeFirstEvent = 0
  abortedMidStream = 0
  cut = 0
  #open = 0
  /** By so many it has raised the most that were under way: the sum over all phases is that. */
  #peakOpen = 0
  readonly #underWay: UnderWay
  #ended = false
  readonly requests: Requests
  readonly #spells: SpellLog
  readonly unrouted = new UnroutedLog()
  readonly leavings = new LeavingLog()
  #peakDescriptors = 0
  readonly #ledgers = new Map<string, Ledger>()
  readonly #memory = new Map<Purpose, MemoryUse>()
  #since: Reading
  #sliceSince: Reading
  #peakBusy = 0
  #lastBusy = 0

  readonly #worker: number
  /** What was told last of what clients saw, and how much had been counted by then. */
  #told: Snapshot | undefined
  #toldAt = 0

  /** `worker`: which one this is. `underWay`: what it has in common with the other phases of its upstream. */
  constructor(since: Reading, worker = 0, underWay = new UnderWay()) {
    this.#worker = worker
    this.#underWay = underWay
    this.#since = this.#sliceSince = since
    this.requests = new Requests(since.unixMs - since.nowMs)
    this.#spells = new SpellLog(since.nowMs, since.unixMs - since.nowMs)
  }

  /** The counter of a route and status; the same one whenever it is asked for. */
  counter(route: string, status: number): RequestCounter {
    return this.requests.counter(route, status)
  }

  /** The account of a pattern; the same one whenever it is asked for. */
  ledger(pattern: string): Ledger {
    const name = this.#ledgers.has(pattern) || this.#ledgers.size < MOST_LEDGERS ? pattern : 'others'
    let ledger = this.#ledgers.get(name)
    if (ledger === undefined) this.#ledgers.set(name, (ledger = new Ledger(name)))
    return ledger
  }

  /** Replies under way, of all phases. */
  get underWay(): number {
    return this.#underWay.now
  }

  /** Requests whose replies are being prepared, of all phases. */
  get preparing(): number {
    return this.#underWay.preparing
  }

  /** One more request waits for its reply to be prepared. */
  waitFor(reply: Promise<unknown>): void {
    const all = this.#underWay
    all.preparing++
    const arrived = (): void => void all.preparing--
    reply.then(arrived, arrived)
  }

  /** A request is answered that is not open for any time: refused, or answered by what is no model. */
  touch(nowMs: number): void {
    this.#spells.touch(nowMs)
  }

  open(nowMs: number): void {
    if (this.#open++ === 0) this.#spells.begin(nowMs)
    const all = this.#underWay
    if (++all.now > all.most) {
      all.most = all.now
      this.#peakOpen++
    }
  }

  complete(nowMs: number): void {
    if (this.#ended) return
    this.#leave(nowMs)
    this.completed++
  }

  /** The client has left. */
  abort(nowMs: number, beforeFirstEvent: boolean, leaving: Leaving): void {
    if (this.#ended) return
    this.#leave(nowMs)
    this.leavings.note(leaving)
    if (beforeFirstEvent) this.abortedBeforeFirstEvent++
    else this.abortedMidStream++
  }

  #leave(nowMs: number): void {
    this.#underWay.now--
    if (--this.#open === 0) this.#spells.end(nowMs)
  }

  /** The program ends: what is open is cut by us, and is not counted as left by its client. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const ledger of this.#ledgers.values()) ledger.end()
    this.cut = this.#open
    this.#underWay.now -= this.#open
    this.#open = 0
    this.#told = undefined
  }

  /** From now on it is told how much of this is taken. */
  watchMemory(purpose: Purpose, use: MemoryUse): void {
    this.#memory.set(purpose, use)
  }

  #readMemory(): Memory {
    return Object.fromEntries(
      Array.from(this.#memory, ([purpose, { taken, limit }]) => [purpose, { taken, limit }]),
    )
  }

  /** So many descriptors are open now. */
  noteDescriptors(open: number): void {
    this.#peakDescriptors = Math.max(this.#peakDescriptors, open)
  }

  /** Ends a slice of time, about a second, over which the busy share is taken. */
  endSlice(reading: Reading): void {
    this.#lastBusy = shareBetween(this.#sliceSince, reading)
    this.#peakBusy = Math.max(this.#peakBusy, this.#lastBusy)
    this.#sliceSince = reading
  }

  snapshot(reading: Reading): Snapshot {
    return { ...this.seen(reading), ...this.ofProcess(reading) }
  }

  /** What the process tells of itself. */
  ofProcess(reading: Reading): Pick<Snapshot, ProcessName> {
    const mean = shareBetween(this.#since, reading)
    return {
      seconds: Math.max(reading.nowMs - this.#since.nowMs, 1) / 1000,
      loopDelay: this.loopDelay.snapshot(),
      peakDescriptors: this.#peakDescriptors,
      memory: this.#readMemory(),
      busy: [{ worker: this.#worker, mean, peak: Math.max(this.#peakBusy, mean), last: this.#lastBusy }],
    }
  }

  /** What clients saw, and nothing of the process: the same object as long as nothing happens, and `emptySnapshot` before anything has. */
  seen(reading: Reading): Snapshot {
    this.requests.adjust(reading.unixMs - reading.nowMs)
    const counted = this.#counted()
    const told = this.#told
    // The last minute and what is open change by themselves.
    if (told !== undefined && counted === this.#toldAt && this.#open === 0 && told.timeline.length === 0)
      return told
    this.#toldAt = counted
    const isEmpty = counted === 0 && this.#open === 0 && !this.requests.isTold
    return (this.#told = isEmpty ? emptySnapshot : this.#see(reading))
  }

  /** Another number whenever something has happened to clients. */
  #counted(): number {
    const counted = counts.reduce((sum, name) => sum + this[name], this.requests.counted)
    return this.#ledgers.values().reduce((sum, ledger) => sum + 1 + ledger.counted, counted)
  }

  #see(reading: Reading): Snapshot {
    const { routes, timeline } = this.requests.snapshot(reading.nowMs)
    return {
      ...emptySnapshot,
      ...this.#fields(),
      spells: this.#spells.snapshot(reading.nowMs),
      open: this.#open,
      peakOpen: this.#peakOpen,
      routes: this.#ended ? leaveRoutes(routes) : routes,
      timeline: this.#ended ? leaveTimeline(timeline) : timeline,
      unrouted: this.unrouted.snapshot(),
      leavings: this.leavings.snapshot(),
      ledgers: [...this.#ledgers.values()].map((ledger) => ledger.snapshot()),
    }
  }

  #fields(): Pick<Snapshot, Exclude<keyof Fields, ProcessName>> {
    const entries = [
      ...counts.map((name) => [name, this[name]]),
      ...seenHistograms.map((name) => [name, this[name].snapshot()]),
    ]
    return Object.fromEntries(entries) as Pick<Snapshot, Exclude<keyof Fields, ProcessName>>
  }

  /** Starts a new measuring window. Streams that are open stay open in it. */
  reset(since: Reading): void {
    const fields: Fields = this
    for (const name of counts) fields[name] = 0
    for (const name of histograms) fields[name].reset()
    this.#since = this.#sliceSince = since
    this.#underWay.most = this.#underWay.now
    this.#told = undefined
    this.#peakOpen = this.#open
    this.#peakBusy = this.#lastBusy = 0
    this.#peakDescriptors = 0
    this.requests.reset()
    this.#spells.reset(since.nowMs)
    this.unrouted.reset()
    this.leavings.reset()
    for (const ledger of this.#ledgers.values()) ledger.reset()
  }
}

/** The share of one CPU used between two readings. */
function shareBetween(before: Reading, after: Reading): number {
  return (after.cpuMicros - before.cpuMicros) / (Math.max(after.nowMs - before.nowMs, 1) * 1000)
}
