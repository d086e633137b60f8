import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Ledger, mergeLedgers } from '../../src/stats/ledger.ts'
import { Requests } from '../../src/stats/requests.ts'
import { countRequests, countWaiting, showRoutes } from '../../src/stats/routes.ts'
import { mergeTimelines, showTimeline } from '../../src/stats/timeline.ts'

test('timelines are put together second by second, and the last minute is kept', () => {
  const one = [
    { second: 5, byStatus: { '200': 1 }, waiting: 1 },
    { second: 7, byStatus: { '200': 2 }, waiting: 0 },
  ]
  const two = [{ second: 5, byStatus: { '200': 3, '429': 1 }, waiting: 2 }]
  expect(mergeTimelines(one, two)).toEqual([
    { second: 5, byStatus: { '200': 4, '429': 1 }, waiting: 3 },
    { second: 7, byStatus: { '200': 2 }, waiting: 0 },
  ])
  const long = Array.from({ length: 100 }, (_, second) => ({ second, byStatus: { '200': 1 }, waiting: 0 }))
  expect(mergeTimelines([], long)).toEqual(long.slice(40))
})

test('in a timeline what waits has status 0', () => {
  const kept = [
    { second: 5, byStatus: { '200': 1 }, waiting: 2 },
    { second: 6, byStatus: { '0': 1 }, waiting: 2 },
    { second: 7, byStatus: { '429': 1 }, waiting: 0 },
  ]
  expect(showTimeline(kept)).toEqual([
    { second: 5, byStatus: { '200': 1, '0': 2 } },
    { second: 6, byStatus: { '0': 3 } },
    { second: 7, byStatus: { '429': 1 } },
  ])
})

/** The clock that never goes back began a second and a half after a full Unix second. */
const OFFSET_MS = 41_500

test('each request is counted in the second in which it came, whenever it is answered', () => {
  const requests = new Requests(OFFSET_MS)
  const told = (nowMs: number) => showTimeline(requests.snapshot(nowMs).timeline)
  const [ok, limited] = [requests.counter('POST /', 200), requests.counter('POST /', 429)]
  requests.count(ok, 0)
  requests.count(limited, 499)
  requests.arrive(ok, 500)
  requests.arrive(ok, 501)
  expect(told(502)).toEqual([
    { second: 41, byStatus: { '200': 1, '429': 1 } },
    { second: 42, byStatus: { '0': 2 } },
  ])
  requests.answer(ok, 500) // seconds later
  requests.desert(ok, 501)
  expect(told(30_000)).toEqual([
    { second: 41, byStatus: { '200': 1, '429': 1 } },
    { second: 42, byStatus: { '200': 1, '0': 1 } },
  ])
  expect(told(59_499)).toHaveLength(2)
  expect(told(59_500)).toHaveLength(1) // a minute after second 41 began
  requests.arrive(ok, 59_500)
  requests.withdraw(ok, 59_500)
  expect(told(200_000)).toEqual([])
})

test('what is answered more than a minute late is in no second, and what is in its slot stays', () => {
  const requests = new Requests(0)
  const ok = requests.counter('POST /', 200)
  requests.arrive(ok, 0)
  requests.count(ok, 64_000)
  requests.answer(ok, 0)
  const { routes, timeline } = requests.snapshot(64_001)
  expect(showTimeline(timeline)).toEqual([{ second: 64, byStatus: { '200': 1 } }])
  expect(showRoutes(routes)).toEqual([{ route: 'POST /', status: 200, requests: 2 }])
})

test('when the clock is set the minute begins anew, and every request is still counted once', () => {
  const requests = new Requests(0)
  const ok = requests.counter('POST /', 200)
  requests.arrive(ok, 1000)
  requests.arrive(ok, 1000)
  requests.count(ok, 2000)
  requests.adjust(400) // as clocks drift
  expect(requests.snapshot(2500).timeline).toHaveLength(2)
  requests.adjust(60_000)
  requests.answer(ok, 1000)
  requests.count(ok, 3000)
  const { routes, timeline } = requests.snapshot(3000)
  expect(showTimeline(timeline)).toEqual([
    { second: 61, byStatus: { '200': 1 } },
    { second: 63, byStatus: { '200': 1 } },
  ])
  expect([countRequests(routes), countWaiting(routes)]).toEqual([4, 1])
})

test('whatever becomes of requests and whenever windows begin: each is in one window, with the status it got', () => {
  type Fate = 'answer' | 'desert' | 'withdraw' | 'count'
  const steps = fc.array(
    fc.oneof(
      fc.constant('arrive' as const),
      fc.constant('reset' as const),
      fc.constantFrom<Fate>('answer', 'desert', 'withdraw', 'count'),
    ),
    { maxLength: 200, size: 'max' },
  )
  fc.assert(
    fc.property(steps, (all) => {
      const requests = new Requests(OFFSET_MS)
      const ok = requests.counter('POST /', 200)
      const waiting: number[] = []
      const expected = { answered: 0, deserted: 0 }
      const closed = { answered: 0, deserted: 0 }
      const sum = (status: number, nowMs: number): number =>
        requests
          .snapshot(nowMs)
          .routes.filter((one) => one.status === status)
          .reduce((total, one) => total + one.requests, 0)
      all.forEach((step, i) => {
        const nowMs = i * 300
        if (step === 'arrive') {
          waiting.push(nowMs)
          requests.arrive(ok, nowMs)
        } else if (step === 'reset') {
          closed.answered += sum(200, nowMs)
          closed.deserted += sum(0, nowMs)
          requests.reset()
        } else if (step === 'count') {
          requests.count(ok, nowMs)
          expected.answered++
        } else {
          const cameMs = waiting.shift()
          if (cameMs === undefined) return
          requests[step](ok, cameMs)
          if (step === 'answer') expected.answered++
          if (step === 'desert') expected.deserted++
        }
      })
      const nowMs = all.length * 300
      expect(closed.answered + sum(200, nowMs)).toBe(expected.answered)
      expect(closed.deserted + sum(0, nowMs)).toBe(expected.deserted)
      const { routes, timeline } = requests.snapshot(nowMs)
      expect(countWaiting(routes)).toBe(waiting.length)
      const seconds = showTimeline(timeline).flatMap(({ byStatus }) => Object.values(byStatus))
      expect(seconds.every((count) => count > 0)).toBe(true)
      if (nowMs < 58_000)
        expect(seconds.reduce((total, count) => total + count, 0)).toBe(countRequests(routes))
    }),
  )
})

test('ledgers are put together by pattern', () => {
  const one = new Ledger('hang')
  one.dealt = 2
  one.leave(null, 40)
  const two = new Ledger('hang')
  two.dealt = 3
  two.leave(7, Number.NEGATIVE_INFINITY)
  two.leave(3, 5)
  two.complete()
  const other = new Ledger('refuse')
  const [merged, ...rest] = mergeLedgers([one.snapshot()], [two.snapshot(), other.snapshot()])
  expect(merged).toMatchObject({
    pattern: 'hang',
    dealt: 5,
    completed: 1,
    leftBeforeFirstEvent: 1,
    leftMidStream: 2,
    leftAfterChunks: [
      [3, 1],
      [7, 1],
    ],
    leftAfterFault: { count: 2 },
  })
  expect(rest).toHaveLength(1)
  two.reset()
  expect(two.snapshot()).toEqual(new Ledger('hang').snapshot())
})

test('who leaves after the headers and before the first chunk has left in the stream', () => {
  const ledger = new Ledger('abort:0')
  ledger.leave(0, -1)
  expect(ledger.snapshot()).toMatchObject({
    leftBeforeFirstEvent: 0,
    leftMidStream: 1,
    leftAfterChunks: [[0, 1]],
  })
})

test('when the program has ended a ledger is closed', () => {
  const ledger = new Ledger('hang')
  ledger.dealt = 3
  ledger.complete()
  ledger.end()
  ledger.complete()
  ledger.leave(null, 5)
  ledger.leave(2, 5)
  expect(ledger.snapshot()).toEqual({ ...new Ledger('hang').snapshot(), dealt: 3, completed: 1 })
})

test('seconds are in order, whoever tells of them first', () => {
  const [early, late] = [5, 9].map((second) => ({ second, byStatus: { '200': 1 }, waiting: 0 }))
  expect(mergeTimelines([late!], [early!])).toEqual([early!, late!])
  expect(mergeTimelines([early!], [late!])).toEqual([early!, late!])
})
