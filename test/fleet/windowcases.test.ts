// Windows and workers, case by case: late answers, orderly ends, peaks, deaths, names.
import { expect, test } from 'bun:test'
import { Collector } from '../../src/fleet/collector.ts'
import { countRequests } from '../../src/stats/routes.ts'
import type { Shares } from '../../src/stats/shares.ts'
import { emptySnapshot, mergeSnapshots, type Snapshot } from '../../src/stats/snapshot.ts'
import { at, Worker } from './_windows.ts'

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
  const peak = (peakOpen: number): Shares => [
    { upstream: '', phase: 0, session: null, numbers: { ...emptySnapshot, peakOpen, open: peakOpen } },
  ]
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
