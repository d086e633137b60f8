// One client process: connections that ask, read whole answers, and time every event.
import { type AnswerReader, createReader, judgeHead } from './answer.ts'
import type { Head, Link, LinkEvents, OpenLink } from './link.ts'
import { linkOpener } from './open.ts'
import { arrivalMs, connectionsDue, type LoadPlan } from './plan.ts'
import { type LoadResult, LoadTally, type MeasuredTime, type ReplyTimes } from './tally.ts'
import { ReplyWatch, Watch } from './watch.ts'

const REOPEN_MS = 10
const RETRY_MS = 100
const MOST_HEADS = 256

/**
 * Loads a server as planned. `onMeasuring` is called when the measured time begins.
 * What is in flight at its end is not waited for; its events until then count.
 */
export async function runLoad(plan: LoadPlan, onMeasuring: () => void = () => {}): Promise<LoadResult> {
  const crowd = new Crowd(plan, await linkOpener(plan.target))
  crowd.start()
  await Bun.sleep(plan.warmMs)
  crowd.reset()
  const [fromMs, fromCpu] = [performance.now(), process.cpuUsage()]
  onMeasuring()
  await Bun.sleep(plan.measureMs)
  const endMs = performance.now()
  const cpu = process.cpuUsage(fromCpu)
  return crowd.end({ endMs, measuredMs: endMs - fromMs, cpuMs: (cpu.user + cpu.system) / 1000 })
}

/** State: the connections of one client process, and the requests that wait for one. */
class Crowd {
  readonly plan: LoadPlan
  readonly tally: LoadTally
  readonly watch: Watch | null
  readonly #openLink: OpenLink
  /** What is wrong with heads, by what they say: within a second most are the same. */
  readonly #judged = new Map<string, string | undefined>()
  readonly #lines = new Set<Line>()
  readonly #idle: Line[] = []
  /** When the requests that wait should have been sent. */
  readonly #queue: number[] = []
  #startMs = 0
  #opened = 0
  #arrivals = 0
  #isOver = false

  constructor(plan: LoadPlan, openLink: OpenLink) {
    this.plan = plan
    this.tally = new LoadTally(plan)
    this.watch = plan.watch && new Watch(plan.watch, plan.target.format)
    this.#openLink = openLink
  }

  start(): void {
    this.#startMs = performance.now()
    this.#openDue()
    if (this.plan.rate !== null) this.#arrive(this.plan.rate)
  }

  /** Connections begin spread over the ramp, so that paced streams do not all have their events at the same moment. */
  #openDue(): void {
    const { plan } = this
    const due = connectionsDue(plan, performance.now() - this.#startMs)
    for (; this.#opened < due; this.#opened++) this.#open()
    if (this.#opened < plan.connections && !this.#isOver) setTimeout(() => this.#openDue(), 1)
  }

  #open(): void {
    if (this.#isOver) return
    const line = new Line(this, (events) => this.#openLink(this.plan.target, events))
    this.#lines.add(line)
  }

  #arrive(rate: number): void {
    if (this.#isOver) return
    const elapsedMs = performance.now() - this.#startMs
    for (; arrivalMs(rate, this.#arrivals) <= elapsedMs; this.#arrivals++) {
      const intendedMs = this.#startMs + arrivalMs(rate, this.#arrivals)
      const line = this.#idle.pop()
      if (line === undefined) this.#queue.push(intendedMs)
      else line.ask(intendedMs)
    }
    this.tally.waiting(this.#queue.length)
    setTimeout(() => this.#arrive(rate), 1)
  }

  /** A line is free. */
  next(line: Line): void {
    if (this.#isOver) return
    if (this.plan.rate === null) return line.ask(performance.now())
    const intendedMs = this.#queue.shift()
    if (intendedMs === undefined) this.#idle.push(line)
    else line.ask(intendedMs)
  }

  /** A line has closed: another one takes its place. */
  replace(line: Line, afterMs: number): void {
    this.#lines.delete(line)
    const at = this.#idle.indexOf(line)
    if (at >= 0) this.#idle.splice(at, 1)
    setTimeout(() => this.#open(), afterMs)
  }

  failed(reason: string): void {
    if (!this.#isOver) this.tally.failed(reason)
  }

  judgeHead(head: Head): string | undefined {
    if (this.#judged.has(head.text)) return this.#judged.get(head.text)
    const reason = judgeHead(head, this.plan.target)
    if (this.#judged.size === MOST_HEADS) this.#judged.clear()
    this.#judged.set(head.text, reason)
    return reason
  }

  reset(): void {
    this.tally.reset()
    this.watch?.reset()
  }

  end(time: Omit<MeasuredTime, 'hung'>): LoadResult {
    this.#isOver = true
    const busy = [...this.#lines].filter(({ isBusy }) => isBusy)
    const since = [...this.#queue, ...busy.map(({ startedMs }) => startedMs)]
    const hung = busy.filter(({ heardMs }) => time.endMs - heardMs > this.plan.hungAfterMs).length
    const result = this.tally.result(since, { ...time, hung }, this.watch && this.watch.result())
    for (const line of this.#lines) line.close()
    return result
  }
}

/** State of one connection. */
class Line implements LinkEvents, ReplyTimes {
  startedMs = 0
  lastMs = 0
  isBusy = false
  readonly #crowd: Crowd
  readonly #reader: AnswerReader
  readonly #reply: ReplyWatch | null
  readonly #link: Link
  /** What is wrong with the head of the present answer; that there is none is, too. */
  #headReason: string | undefined
  #nowMs = 0
  /** Events before the present read. */
  #before = 0

  constructor(crowd: Crowd, open: (events: LinkEvents) => Link) {
    this.#crowd = crowd
    const { plan, watch } = crowd
    const reply = watch && new ReplyWatch(watch)
    this.#reply = reply
    const look = reply && ((bytes: Buffer, from: number, to: number) => reply.event(bytes, from, to))
    this.#reader = createReader(plan.target, plan.delimiter, look)
    this.#link = open(this)
  }

  /** When something was heard of the present request last; before that, when it was asked. */
  get heardMs(): number {
    return this.#reader.events > 0 ? this.lastMs : this.startedMs
  }

  ask(intendedMs: number): void {
    this.#reader.reset()
    this.#reply?.begin()
    this.#headReason = 'no answer'
    this.startedMs = intendedMs
    this.isBusy = true
    this.#link.ask()
  }

  close(): void {
    this.#link.close()
  }

  opened(): void {
    this.#crowd.next(this)
  }

  received(nowMs: number): void {
    this.#nowMs = nowMs
    this.#before = this.#reader.events
    if (this.#reply !== null) this.#reply.nowMicros = (performance.timeOrigin + nowMs) * 1000
  }

  body(bytes: Buffer, from: number, to: number): void {
    this.#reader.feed(bytes, from, to)
  }

  headed(head: Head): void {
    this.#headReason = this.#crowd.judgeHead(head)
    this.#reply?.headed(this.#nowMs)
  }

  taken(): void {
    const { events } = this.#reader
    if (events === this.#before) return
    this.#crowd.tally.arrived(this, this.#before, events, this.#nowMs)
    this.#reply?.read(this.#before === 0, this.#nowMs)
  }

  ended(isReusable: boolean): void {
    this.isBusy = false
    const reason = this.#headReason ?? this.#reader.judge()
    if (reason !== undefined) {
      this.#crowd.failed(reason)
      if (isReusable) this.#link.close()
      return
    }
    this.#crowd.tally.ended(this, this.#nowMs)
    this.#reply?.end(this.#reader.events, this.#reader.comments)
    if (isReusable) this.#crowd.next(this)
  }

  failed(reason: string): void {
    this.isBusy = false
    this.#crowd.failed(reason)
  }

  closed(): void {
    this.#crowd.replace(this, REOPEN_MS)
  }

  refused(reason: string): void {
    this.#crowd.failed(reason)
    this.#crowd.replace(this, RETRY_MS)
  }
}
