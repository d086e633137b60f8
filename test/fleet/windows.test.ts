// Whatever happens to windows and workers: the sum of all windows that were given out and the open one is what was counted. Any order of
// events is tried; single cases are in windowcases.test.ts.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Collector } from '../../src/fleet/collector.ts'
import type { Collection } from '../../src/stats/report.ts'
import { countWaiting } from '../../src/stats/routes.ts'
import { emptySnapshot, type Snapshot } from '../../src/stats/snapshot.ts'
import type { Shares, Whose } from '../../src/stats/shares.ts'
import { combine, nothing, sumsOf, upstreams, Worker } from './_windows.ts'

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

/** Of one of them. */
const numbersOf = (shares: Shares, { upstream, phase }: Whose): Snapshot =>
  shares.find((share) => share.upstream === upstream && share.phase === phase)?.numbers ?? emptySnapshot

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
  const closedShares: Shares[] = []
  const presented: Snapshot[] = []
  let pending: Promise<unknown>[] = []

  const collect = (reset: boolean): void => {
    const serving = workers.filter((worker) => !gone.has(worker))
    const collected = collector.collect(serving, reset).then(({ merged, shares }: Collection) => {
      if (reset) closed.push(merged)
      if (reset) closedShares.push(shares)
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
    worker.end()
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
  return { counted, closed, closedShares, presented, last, deaths }
}

test('the sum of all windows and the open one is what was counted, with resets, deaths and slow workers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), async (steps) => {
      const { counted, closed, closedShares, presented, last, deaths } = await run(steps)
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
      // The same holds of each share by itself.
      for (const whose of upstreams) {
        const own = (shares: Shares): Snapshot => numbersOf(shares, whose)
        const all = closedShares.reduce(
          (sum, shares) =>
            combine(combine(sum, sumsOf(own(shares)), 1), { ...nothing, begun: own(shares).open }, -1),
          sumsOf(own(last.shares)),
        )
        expect([all.begun, all.dealt]).toEqual([all.ended, all.begun])
        expect(all.requests).toBe(all.timeline)
      }
      for (const snapshot of [...presented, last.merged])
        for (const [name, value] of Object.entries(sumsOf(snapshot)))
          expect(`${name} ${value < 0 ? value : 'is not negative'}`).toBe(`${name} is not negative`)
    }),
    { numRuns: 300 },
  )
}, 60_000)
