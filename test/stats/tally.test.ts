// What one worker keeps: windows, and what is open between them and at the end.
import { describe, expect, test } from 'bun:test'
import type { Leaving } from '../../src/stats/leavings.ts'
import { Tally } from '../../src/stats/tally.ts'

const LEAVING: Leaving = [null, 1_795_380_000_000.125, 2]

describe('Tally', () => {
  test('a reset starts a new window in which open streams stay open', () => {
    const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
    const counter = tally.counter('POST /x', 200)
    for (let i = 0; i < 3; i++) {
      tally.requests.count(counter, 0)
      tally.open(0)
    }
    tally.complete(0)
    tally.lateness.record(5, 2)
    tally.endSlice({ nowMs: 1000, cpuMicros: 400_000, unixMs: 0 })
    expect(tally.snapshot({ nowMs: 2000, cpuMicros: 500_000, unixMs: 0 })).toMatchObject({
      seconds: 2,
      open: 2,
      peakOpen: 3,
      completed: 1,
      busy: [{ mean: 0.25, peak: 0.4, last: 0.4 }],
      routes: [
        { status: 0, requests: 0 },
        { route: 'POST /x', status: 200, requests: 3, waiting: 0 },
      ],
    })
    tally.reset({ nowMs: 2000, cpuMicros: 500_000, unixMs: 0 })
    tally.abort(0, true, LEAVING)
    tally.abort(0, false, LEAVING)
    expect(tally.counter('POST /x', 200)).toBe(counter)
    expect(tally.snapshot({ nowMs: 3000, cpuMicros: 600_000, unixMs: 0 })).toMatchObject({
      seconds: 1,
      open: 0,
      peakOpen: 2,
      completed: 0,
      abortedBeforeFirstEvent: 1,
      abortedMidStream: 1,
      leavings: [LEAVING, LEAVING],
      busy: [{ mean: 0.1, peak: 0.1, last: 0 }],
      routes: [
        { status: 0, requests: 0 },
        { route: 'POST /x', status: 200, requests: 0, waiting: 0 },
      ],
      lateness: { count: 0 },
    })
  })

  test('the time in which requests are open ends with the last of them', () => {
    const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 1000 })
    const spells = (nowMs: number): unknown => tally.snapshot({ nowMs, cpuMicros: 0, unixMs: 0 }).spells
    tally.open(5)
    tally.open(7)
    tally.complete(10)
    expect(spells(20)).toEqual([[1005, 1020]])
    tally.abort(30, false, LEAVING)
    expect(spells(40)).toEqual([[1005, 1030]])
  })

  test('what is open at the end was cut by us, not left by clients', () => {
    const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
    tally.open(0)
    tally.open(0)
    tally.complete(0)
    tally.end()
    tally.abort(0, false, LEAVING)
    expect(tally.snapshot({ nowMs: 1, cpuMicros: 0, unixMs: 0 })).toMatchObject({
      open: 0,
      cut: 1,
      completed: 1,
      abortedMidStream: 0,
      leavings: [],
    })
  })
})
