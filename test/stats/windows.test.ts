// What becomes of each number with time: made dirty all of them, then reset, closed, carried on, told late, and left behind by a worker.
import { describe, expect, test } from 'bun:test'
import { Collector } from '../../src/fleet/collector.ts'
import { type NumberName, namesOf, numbers } from '../../src/stats/numbers.ts'
import {
  carrySnapshot,
  closeSnapshot,
  emptySnapshot,
  leaveSnapshot,
  mergeSnapshots,
  type Snapshot,
  snapshotSince,
} from '../../src/stats/snapshot.ts'
import { type Reading, Tally } from '../../src/stats/tally.ts'

const at = (nowMs: number): Reading => ({ nowMs, cpuMicros: nowMs * 500, unixMs: 1_795_380_000_000 + nowMs })

/** Makes every number of a tally something; `times` over. */
function use(tally: Tally, times: number): void {
  for (const name of namesOf('count')) tally[name] += times
  for (const name of namesOf('histogram')) tally[name].record(1500 * times, times)
  for (let i = 0; i < times; i++) {
    tally.open(0)
    tally.open(0)
    tally.requests.count(tally.counter('POST /x', 200), 900)
    tally.requests.count(tally.counter('POST /x', 0), 900)
    tally.requests.arrive(tally.counter('POST /x', 200), 900)
    const ledger = tally.ledger('hang')
    ledger.dealt++
    ledger.complete()
    ledger.leave(null, 40)
    ledger.leave(2, 40)
  }
  tally.unrouted.note('GET', `/${times}`, 1_795_380_000_000 + times)
  tally.leavings.note([`mock${times}`, 1_795_380_000_000.125 + times, times])
  tally.noteDescriptors(7 * times)
  tally.watchMemory('bodies', { taken: times, limit: 100 })
  tally.endSlice(at(1000))
}

function dirtyTally(): Tally {
  const tally = new Tally(at(0), 1)
  use(tally, 3)
  return tally
}

/** In a snapshot of a living worker these are nothing. */
const OF_THE_DEAD: readonly NumberName[] = ['lost']

/** A snapshot in which nothing is 0 or empty. */
const dirty: Snapshot = { ...dirtyTally().snapshot(at(2000)), lost: 2 }

/** Every number in it, wherever it stands; `status` and the like are names. */
function leaves(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    ['status', 'worker', 'second'].includes(name) ? [] : leaves(inner),
  )
}

test('nothing in it is 0 or empty: a new number must be used here too', () => {
  for (const name of Object.keys(numbers) as NumberName[]) {
    expect(dirty[name]).not.toEqual(emptySnapshot[name])
    expect([name, leaves(dirty[name]).length > 0]).toEqual([name, true])
  }
  const { routes, ...others } = dirty
  expect(leaves(others).filter((value) => value === 0)).toEqual([])
  expect(routes.map(({ requests, waiting }) => [requests, waiting])).toEqual([
    [3, 3],
    [3, 0],
  ])
})

test('a tally that is reset is like a new one, but for what is open, what waits and the names', () => {
  const tally = dirtyTally()
  const before = tally.snapshot(at(2000))
  tally.reset(at(2000))
  const fresh = new Tally(at(2000), 1)
  fresh.ledger('hang')
  for (let i = 0; i < 6; i++) fresh.open(2000)
  for (let i = 0; i < 3; i++) fresh.requests.arrive(fresh.counter('POST /x', 200), 900)
  const after = tally.snapshot(at(3000))
  expect(after).toEqual({
    ...fresh.snapshot(at(3000)),
    memory: before.memory,
    routes: [
      { route: 'POST /x', status: 0, requests: 0, waiting: 3 },
      { route: 'POST /x', status: 200, requests: 0, waiting: 0 },
    ],
  })
  // What the collector takes a worker to have after a reset is what it has.
  const { seconds: _, busy: __, memory: ___, spells: ____, ...carried } = carrySnapshot(before)
  expect(after).toMatchObject(carried)
})

test('with nothing open it begins with every number as it is when nothing has happened', () => {
  const tally = dirtyTally()
  for (let i = 0; i < 6; i++) tally.complete(0)
  for (let i = 0; i < 3; i++) tally.requests.desert(tally.counter('POST /x', 200), 900)
  tally.reset(at(2000))
  const after = tally.snapshot(at(2000))
  expect(leaves({ ...after, seconds: 0, memory: {} }).filter((value) => value !== 0)).toEqual([])
  const named = {
    routes: expect.anything(),
    ledgers: expect.anything(),
    busy: expect.anything(),
    memory: expect.anything(),
  }
  expect({ ...after, seconds: 0 }).toEqual({ ...emptySnapshot, ...named })
})

describe('of every number', () => {
  const earlier = dirtyTally()
  const before = earlier.snapshot(at(2000))
  use(earlier, 5)
  const now = earlier.snapshot(at(3000))

  test('what was told late and what had been told are what was counted', () => {
    const both = mergeSnapshots(snapshotSince(now, before), before)
    // What tells how things are, or a maximum, is as it was told in time.
    const { open, peakOpen, busy, memory, seconds: _, ...counted } = now
    expect(both).toMatchObject({ ...counted, ...closedParts(now, before) })
    expect({ open, peakOpen, busy, memory }).not.toMatchObject({ open: both.open })
    expect(snapshotSince(before, before)).toEqual({
      ...carrySnapshot(before),
      open: 0,
      peakOpen: 0,
      busy: [],
      memory: {},
      routes: carrySnapshot(before).routes.map((route) => ({ ...route, waiting: 0 })),
      timeline: [],
    })
  })

  test('what a window ends with and what the next begins with is all there was', () => {
    const { open, peakOpen, busy, seconds, memory, ...counted } = mergeSnapshots(
      closeSnapshot(before),
      carrySnapshot(before),
    )
    expect(before).toMatchObject(counted)
    expect([open, peakOpen]).toEqual([12, 12])
    expect([busy.length, seconds, memory]).toEqual([2, before.seconds, before.memory])
  })

  /** What waits is told as it was. */
  function closedParts(after: Snapshot, told: Snapshot): Partial<Snapshot> {
    return {
      routes: after.routes.map((route, i) => ({ ...route, waiting: told.routes[i]!.waiting })),
      timeline: after.timeline.map((second, i) => ({ ...second, waiting: told.timeline[i]!.waiting })),
    }
  }
})

describe('a worker that has died', () => {
  test('leaves what it counted; what was open is lost, what waited has no answer', () => {
    const left = leaveSnapshot(dirty)
    const { open, lost, peakOpen, busy, memory, routes, timeline, ...counted } = left
    expect(dirty).toMatchObject(counted)
    expect({ open, lost, peakOpen, busy, memory }).toEqual({
      open: 0,
      lost: 8,
      peakOpen: 0,
      busy: [],
      memory: {},
    })
    expect(routes).toEqual([
      { route: 'POST /x', status: 0, requests: 6, waiting: 0 },
      { route: 'POST /x', status: 200, requests: 3, waiting: 0 },
    ])
    expect(timeline).toMatchObject([{ byStatus: { '0': 6, '200': 3 }, waiting: 0 }])
  })

  test('leaves nothing in the next window but names', async () => {
    const collector = new Collector<string>(1, (member, id) =>
      collector.answer(id, member, [{ upstream: '', phase: 0, session: null, numbers: dirty }]),
    )
    await collector.collect(['a'], false)
    collector.leave('a', true)
    expect((await collector.collect([], true)).merged).toEqual({
      ...leaveSnapshot(dirty),
      peakOpen: dirty.peakOpen,
    })
    const { merged } = await collector.collect([], false)
    expect(leaves(merged).filter((value) => value !== 0)).toEqual([])
    expect(merged).toEqual({ ...emptySnapshot, routes: merged.routes, ledgers: merged.ledgers })
    expect(merged.routes).toHaveLength(2)
    expect(merged.ledgers.map(({ pattern }) => pattern)).toEqual(['hang'])
  })
})

test('in a snapshot of a living worker nothing is lost', () => {
  for (const name of OF_THE_DEAD) expect(dirtyTally().snapshot(at(2000))[name]).toEqual(emptySnapshot[name])
})
