// What a worker counts: which way streams end, how busy it is, how many accounts it keeps.
import { expect, test } from 'bun:test'
import { emptySnapshot } from '../../src/stats/snapshot.ts'
import { renderLive } from '../../src/stats/summary.ts'
import { type Reading, Tally } from '../../src/stats/tally.ts'

/** After so many seconds, of which the CPU was used for so many. */
const at = (seconds: number, busySeconds: number): Reading => ({
  nowMs: seconds * 1000,
  cpuMicros: busySeconds * 1e6,
  unixMs: 0,
})

test('each way to end is counted as what it is', () => {
  const tally = new Tally(at(0, 0))
  for (let i = 0; i < 10; i++) tally.open(0)
  tally.complete(0)
  for (let i = 0; i < 2; i++) tally.abort(0, true, [null, i, 0])
  for (let i = 0; i < 3; i++) tally.abort(0, false, [null, 2 + i, 1])
  tally.end()
  tally.end()
  tally.complete(0)
  tally.abort(0, true, [null, 5, 0])
  expect(tally.snapshot(at(1, 0))).toMatchObject({
    peakOpen: 10,
    open: 0,
    completed: 1,
    abortedBeforeFirstEvent: 2,
    abortedMidStream: 3,
    cut: 4,
    leavings: [0, 0, 1, 1, 1].map((chunks, i) => [null, i, chunks]),
  })
})

test('a slice begins where the one before it ended', () => {
  const tally = new Tally(at(0, 0))
  const busy = [0.1, 0.9, 0.9, 1.1].map((busySeconds, i) => {
    tally.endSlice(at(i + 1, busySeconds))
    return tally.snapshot(at(i + 1, busySeconds)).busy[0]!
  })
  expect(busy.map(({ last }) => Number(last.toFixed(3)))).toEqual([0.1, 0.8, 0, 0.2])
  expect(busy.map(({ peak }) => Number(peak.toFixed(3)))).toEqual([0.1, 0.8, 0.8, 0.8])
})

test('64 patterns have an account of their own, all others share one', () => {
  const tally = new Tally(at(0, 0))
  for (let i = 0; i < 100; i++) tally.ledger(`abort:${i}`).dealt++
  const { ledgers } = tally.snapshot(at(1, 0))
  expect(ledgers).toHaveLength(65)
  expect(ledgers.at(-1)).toMatchObject({ pattern: 'others', dealt: 36 })
  expect(tally.ledger('abort:3')).toBe(tally.ledger('abort:3'))
  expect(tally.ledger('abort:99')).toBe(tally.ledger('others'))
})

test('the live line tells rates per second, and nothing of no time', () => {
  const after = { ...emptySnapshot, seconds: 4, events: 1000 }
  expect(renderLive(emptySnapshot, after)).toStartWith('0 requests/s  250 events/s  ')
  expect(renderLive(after, after)).toBeUndefined()
})
