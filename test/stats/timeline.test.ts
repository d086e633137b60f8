import { expect, test } from 'bun:test'
import { mergeLedgers } from '../../src/stats/ledger.ts'
import { mergeTimelines, subtractCounts } from '../../src/stats/timeline.ts'
import { Ledger } from '../../src/stats/ledger.ts'
import { Tally } from '../../src/stats/tally.ts'

test('timelines are put together second by second, and the last minute is kept', () => {
  const one = [
    { second: 5, byStatus: { '200': 1 } },
    { second: 7, byStatus: { '200': 2 } },
  ]
  const two = [{ second: 5, byStatus: { '200': 3, '429': 1 } }]
  expect(mergeTimelines(one, two)).toEqual([
    { second: 5, byStatus: { '200': 4, '429': 1 } },
    { second: 7, byStatus: { '200': 2 } },
  ])
  const long = Array.from({ length: 100 }, (_, second) => ({ second, byStatus: { '200': 1 } }))
  expect(mergeTimelines([], long)).toEqual(long.slice(40))
})

test('subtractCounts', () => {
  expect(subtractCounts({ '200': 5, '429': 2 }, { '200': 5 })).toEqual({ '429': 2 })
  expect(subtractCounts({ '200': 5 }, { '200': 5 })).toBeUndefined()
})

test('a tally counts each request in the second it came, the present one included', () => {
  const at = (unixMs: number) => ({ nowMs: unixMs, cpuMicros: 0, unixMs })
  const tally = new Tally(at(0))
  const counter = tally.counter('POST /', 200)
  counter.requests = 3
  tally.endSecond(at(1900))
  counter.requests = 4
  expect(tally.snapshot(at(2500)).timeline).toEqual([
    { second: 1, byStatus: { '200': 3 } },
    { second: 2, byStatus: { '200': 1 } },
  ])
  tally.endSecond(at(2900))
  tally.reset(at(3000))
  counter.requests = 1
  expect(tally.snapshot(at(3500)).timeline).toEqual([{ second: 3, byStatus: { '200': 1 } }])
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
