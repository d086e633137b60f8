// Whatever happens to windows and workers: the sum of all windows that were given out and the open one is what was counted. Workers are
// tallies here, their messages a queue, so that any order of events can be tried.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Collector } from '../../src/fleet/collector.ts'
import type { Collection } from '../../src/stats/report.ts'
import { countRequests, countWaiting } from '../../src/stats/routes.ts'
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../../src/stats/snapshot.ts'
import { type Reading, Tally } from '../../src/stats/tally.ts'

/** What adds up over windows, and over workers. */
interface Sums {
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
}

const nothing: Sums = {
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
}

/** `begun`: what has ended in this window, or is open. */
function sumsOf(snapshot: Snapshot): Sums {
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
  }
}

const combine = (a: Sums, b: Sums, sign: number): Sums =>
  Object.fromEntries(
    Object.entries(a).map(([name, value]) => [name, value + sign * b[name as keyof Sums]]),
  ) as unknown as Sums

/** Nothing moves but what the steps say: all is within a second, so that no second is forgotten. */
const NOW: Reading = { nowMs: 0, cpuMicros: 0, unixMs: 1_795_380_000_000 }

/** A worker: what it counts, what it has been asked, and what it had counted over all windows when it last told. */
class Worker {
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
    this.tally.open()
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
    this.tally.complete()
  }

  abandon(): void {
    if (this.waiting === 0) return
    this.waiting--
    this.tally.requests.desert(this.tally.counter('POST /x', 200), 0)
    this.tally.abort(true)
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

interface Step {
  readonly do:
    | keyof Pick<Worker, 'begin' | 'answer' | 'complete' | 'abandon'>
    | 'tell'
    | 'kill'
    | 'finish'
    | 'ask'
    | 'reset'
    | 'timeout'
  /** Of which worker. */
  readonly who: number
}

const PLACES = 3
const who = fc.nat(PLACES - 1)
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Step['do']>('begin', 'begin', 'answer', 'complete', 'abandon') },
    { weight: 8, arbitrary: fc.constant<Step['do']>('tell') },
    { weight: 5, arbitrary: fc.constantFrom<Step['do']>('ask', 'reset') },
    { weight: 1, arbitrary: fc.constantFrom<Step['do']>('kill', 'finish') },
    { weight: 2, arbitrary: fc.constant<Step['do']>('timeout') },
  ),
  who,
})

/** Runs the steps, then ends everything, and returns what was given out beside what was counted. */
async function run(steps: readonly Step[]) {
  const collector = new Collector<Worker>(
    PLACES,
    (worker, id, reset) => void worker.inbox.push({ id, reset }),
    1,
  )
  const workers = Array.from({ length: PLACES }, (_, index) => new Worker(index))
  const gone = new Set<Worker>()
  let counted = nothing
  let deaths = 0
  const closed: Snapshot[] = []
  const presented: Snapshot[] = []
  let pending: Promise<unknown>[] = []

  const collect = (reset: boolean): void => {
    const serving = workers.filter((worker) => !gone.has(worker))
    const collected = collector.collect(serving, reset).then(({ merged }: Collection) => {
      if (reset) closed.push(merged)
      presented.push(merged)
    })
    pending.push(collected)
  }
  const tell = (worker: Worker): void => {
    const question = worker.inbox.shift()
    if (question !== undefined) collector.answer(question.id, worker, worker.snapshot(question.reset))
  }
  const finish = (worker: Worker): void => {
    if (gone.has(worker)) return
    while (worker.inbox.length > 0) tell(worker)
    worker.tally.end()
    collector.finish(worker, worker.snapshot(false))
    counted = combine(counted, worker.told, 1)
    gone.add(worker)
    collector.leave(worker, false)
  }

  for (const one of steps) {
    if (one.do === 'ask' || one.do === 'reset') {
      collect(one.do === 'reset')
      continue
    }
    if (one.do === 'timeout') {
      await Promise.all(pending) // each is settled by its answers, or by the patience of the collector
      pending = []
      continue
    }
    const worker = workers[one.who]!
    if (one.do === 'tell') tell(worker)
    else if (one.do === 'finish') finish(worker)
    else if (one.do === 'kill') {
      if (gone.has(worker)) continue
      // What it had not told is lost; of what it had told, what was open and what waited has ended by its death.
      const ended = {
        ...nothing,
        ended: worker.openWhenTold,
        requests: worker.waitingWhenTold,
        timeline: worker.waitingWhenTold,
      }
      counted = combine(combine(counted, worker.told, 1), ended, 1)
      gone.add(worker)
      deaths++
      collector.leave(worker, true)
      workers[one.who] = new Worker(one.who)
    } else worker[one.do]()
  }
  for (const worker of workers) finish(worker)
  await Promise.all(pending)
  const last = collector.last()
  return { counted, closed, presented, last, deaths }
}

test('the sum of all windows and the open one is what was counted, with resets, deaths and slow workers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), async (steps) => {
      const { counted, closed, presented, last, deaths } = await run(steps)
      const windows = closed.map(sumsOf)
      // What is open at the end of a window has begun in it, and is open in the next one too.
      const total = windows.reduce(
        (sum, one, i) => combine(combine(sum, one, 1), { ...nothing, begun: closed[i]!.open }, -1),
        sumsOf(last.merged),
      )
      expect(total).toEqual(counted)
      expect(last.merged.open).toBe(0)
      for (const { routes } of closed) expect(countWaiting(routes)).toBe(0)
      expect(countWaiting(last.merged.routes)).toBe(0)
      expect(total.begun).toBe(total.ended)
      expect(last.lost).toBe(deaths)
      for (const snapshot of [...presented, last.merged])
        for (const [name, value] of Object.entries(sumsOf(snapshot)))
          expect(`${name} ${value < 0 ? value : 'is not negative'}`).toBe(`${name} is not negative`)
    }),
    { numRuns: 300 },
  )
}, 60_000)

const at = (worker: Worker, requests: number): void => {
  for (let i = 0; i < requests; i++) {
    worker.begin()
    worker.answer()
    worker.complete()
  }
}

test('a worker that answers a reset too late: what was not told by then is in the next window', async () => {
  const [quick, slow] = [new Worker(0), new Worker(1)]
  const collector = new Collector<Worker>(2, (worker, id, reset) => void worker.inbox.push({ id, reset }), 5)
  const tell = (worker: Worker): void => {
    for (const { id, reset } of worker.inbox.splice(0)) collector.answer(id, worker, worker.snapshot(reset))
  }
  at(quick, 10)
  at(slow, 10)
  const first = collector.collect([quick, slow], false)
  tell(quick)
  tell(slow)
  await first
  at(slow, 5)
  const closing = collector.collect([quick, slow], true)
  tell(quick)
  const closed = (await closing).merged
  expect(closed.completed).toBe(20)
  at(quick, 1)
  const next = collector.collect([quick, slow], false)
  tell(slow) // first the question that closed the window, then this one
  at(slow, 7)
  tell(quick)
  expect((await next).merged.completed).toBe(6)
  const last = collector.collect([quick, slow], false)
  tell(quick)
  tell(slow)
  const open = (await last).merged
  expect(closed.completed + open.completed).toBe(33)
  expect(countRequests(closed.routes) + countRequests(open.routes)).toBe(33)
  expect(open.timeline).toMatchObject([{ byStatus: { '200': 13 } }])
})

test('a worker that ended in order before a reset is in the window that it served in, and in no later one', async () => {
  const [one, other] = [new Worker(0), new Worker(1)]
  const collector = new Collector<Worker>(2, (worker, id, reset) => void worker.inbox.push({ id, reset }), 5)
  at(one, 4)
  at(other, 2)
  collector.finish(one, one.snapshot(false))
  collector.leave(one, false)
  expect((await collector.collect([other], true)).merged.completed).toBe(4)
  expect((await collector.collect([], false)).merged.completed).toBe(0)
})

test('peaks: those of workers that serve together are added up, those of the dead and their successors are not', async () => {
  const peak = (peakOpen: number): Snapshot => ({ ...emptySnapshot, peakOpen, open: peakOpen })
  const asked: { member: string; id: number }[] = []
  const collector = new Collector<string>(2, (member, id) => void asked.push({ member, id }), 1000)
  const round = async (peaks: Record<string, number>, reset = false): Promise<Snapshot> => {
    const collected = collector.collect(Object.keys(peaks), reset)
    for (const { member, id } of asked.splice(0)) collector.answer(id, member, peak(peaks[member]!))
    return (await collected).merged
  }
  expect((await round({ a: 10, b: 20 })).peakOpen).toBe(30)
  collector.leave('a', true)
  expect((await round({ b: 20, c: 3 })).peakOpen).toBe(30)
  expect((await round({ b: 20, c: 15 })).peakOpen).toBe(35)
  collector.leave('b', true)
  collector.leave('c', true)
  expect((await round({ d: 1, e: 1 })).peakOpen).toBe(35)
  await round({ d: 1, e: 1 }, true)
  expect((await round({ d: 2, e: 1 })).peakOpen).toBe(3)
})

test('a death: what was open is lost, what waited got no answer, and endings add up', async () => {
  const worker = new Worker(0)
  const collector = new Collector<Worker>(1, (member, id, reset) => void member.inbox.push({ id, reset }), 5)
  for (let i = 0; i < 6; i++) worker.begin()
  worker.answer()
  worker.answer()
  worker.complete()
  worker.abandon()
  const collected = collector.collect([worker], false)
  for (const { id } of worker.inbox) collector.answer(id, worker, worker.snapshot(false))
  await collected
  collector.leave(worker, true)
  const { merged } = await collector.collect([], false)
  expect(merged).toMatchObject({ open: 0, completed: 1, abortedBeforeFirstEvent: 1, lost: 4, busy: [] })
  expect(merged.routes).toEqual([
    { route: 'POST /x', status: 0, requests: 4, waiting: 0 },
    { route: 'POST /x', status: 200, requests: 2, waiting: 0 },
  ])
})

test('what has a name stays after a reset, at 0, also of the dead and of those that are slow', async () => {
  const [dead, slow] = [new Worker(0), new Worker(1)]
  const collector = new Collector<Worker>(2, (member, id, reset) => void member.inbox.push({ id, reset }), 5)
  const tell = (worker: Worker): void => {
    for (const { id, reset } of worker.inbox.splice(0)) collector.answer(id, worker, worker.snapshot(reset))
  }
  dead.tally.requests.count(dead.tally.counter('POST /dead', 429), 0)
  dead.tally.ledger('refuse').dealt++
  at(slow, 1)
  const first = collector.collect([dead, slow], false)
  tell(dead)
  tell(slow)
  await first
  collector.leave(dead, true)
  await collector.collect([slow], true) // it does not answer in time
  const { merged } = await collector.collect([slow], false)
  const named = merged.routes.map(({ route, status, requests }) => `${route} ${status} ${requests}`)
  expect(named.toSorted()).toEqual(['POST /dead 0 0', 'POST /dead 429 0', 'POST /x 0 0', 'POST /x 200 0'])
  expect(merged.ledgers.map(({ pattern, dealt }) => [pattern, dealt])).toEqual([
    ['refuse', 0],
    ['hang', 0],
  ])
  expect(mergeSnapshots(merged, emptySnapshot)).toEqual(merged)
})
