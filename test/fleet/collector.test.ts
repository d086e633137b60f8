// The bookkeeping of numbers, without a process.
import { describe, expect, test } from 'bun:test'
import { Collector } from '../../src/fleet/collector.ts'
import type { Shares } from '../../src/stats/shares.ts'
import { emptySnapshot } from '../../src/stats/snapshot.ts'

const told = (completed: number, open = 0): Shares => [
  {
    upstream: null,
    phase: null,
    session: null,
    numbers: { ...emptySnapshot, busy: [{ worker: 0, mean: 0.5, peak: 0.5, last: 0.5 }] },
  },
  { upstream: '', phase: 0, session: null, numbers: { ...emptySnapshot, completed, open } },
]

/** A collector, and what it has asked. */
function create(expected: number, patienceMs = 20_000) {
  const asked: { member: string; id: number; reset: boolean }[] = []
  const collector = new Collector<string>(
    expected,
    (member, id, reset) => void asked.push({ member, id, reset }),
    patienceMs,
  )
  return { collector, asked }
}

describe('a collection', () => {
  test('is of all who are asked, and settles with the last answer', async () => {
    const { collector, asked } = create(2)
    const collected = collector.collect(['a', 'b'], true)
    expect(asked).toEqual([
      { member: 'a', id: 1, reset: true },
      { member: 'b', id: 1, reset: true },
    ])
    collector.answer(1, 'a', told(3))
    collector.answer(1, 'b', told(4))
    expect(await collected).toMatchObject({ merged: { completed: 7 }, workers: 2, reported: 2, lost: 0 })
  })

  test('with nobody to ask is empty at once; one that answers at once is heard', async () => {
    const { collector } = create(2)
    expect(await collector.collect([], false)).toMatchObject({ merged: emptySnapshot, reported: 0 })
    const prompt: Collector<string> = new Collector(1, (member, id) => prompt.answer(id, member, told(5)))
    expect(await prompt.collect(['a'], false)).toMatchObject({ merged: { completed: 5 }, reported: 1 })
  })

  test('questions do not mix, and who was not asked is not heard', async () => {
    const { collector } = create(1)
    const [first, second] = [collector.collect(['a'], false), collector.collect(['a'], false)]
    collector.answer(1, 'b', told(9))
    collector.answer(1, 'a', told(1))
    collector.answer(2, 'a', told(2))
    expect((await first).merged.completed).toBe(1)
    expect((await second).merged.completed).toBe(2)
  })

  test('takes what a silent member had told before: numbers never go back', async () => {
    const { collector } = create(2, 20)
    const first = collector.collect(['a', 'b'], false)
    collector.answer(1, 'a', told(3))
    collector.answer(1, 'b', told(4))
    await first
    const second = collector.collect(['a', 'b'], false)
    collector.answer(2, 'a', told(5))
    expect(await second).toMatchObject({ merged: { completed: 9 }, workers: 2, reported: 1 })
    collector.answer(2, 'b', told(8)) // too late for the second
    const third = collector.collect(['a', 'b'], false)
    expect(await third).toMatchObject({ merged: { completed: 13 }, reported: 0 })
  })

  test('with reset begins anew, for the silent and the departed too', async () => {
    const { collector } = create(2, 20)
    const first = collector.collect(['a', 'b'], false)
    collector.answer(1, 'a', told(3))
    collector.answer(1, 'b', told(4))
    await first
    collector.leave('b', true)
    const closing = collector.collect(['a'], true)
    expect((await closing).merged.completed).toBe(7)
    const next = collector.collect(['a'], false)
    collector.answer(2, 'a', told(5)) // too late for its window: the two that were not told count in the present one
    collector.answer(3, 'a', told(1))
    expect(await next).toMatchObject({ merged: { completed: 3 }, lost: 1 })
  })
})

describe('a member that dies', () => {
  test('leaves what it had told, but no open streams and no busy share', async () => {
    const { collector } = create(2)
    const first = collector.collect(['a', 'b'], false)
    collector.answer(1, 'a', told(3, 1))
    collector.answer(1, 'b', told(4, 2))
    await first
    collector.leave('b', true)
    const second = collector.collect(['a', 'c'], false)
    collector.answer(2, 'a', told(3, 1))
    collector.answer(2, 'c', told(0))
    expect(await second).toMatchObject({
      merged: { completed: 7, open: 1, busy: [{}, {}] },
      workers: 2,
      reported: 2,
      lost: 1,
    })
  })

  test('is not waited for, and what it had answered counts once', async () => {
    const { collector } = create(2)
    const collected = collector.collect(['a', 'b'], false)
    collector.answer(1, 'b', told(4))
    collector.leave('b', true)
    collector.leave('a', true)
    expect(await collected).toMatchObject({ merged: { completed: 4 }, reported: 0, lost: 2 })
  })

  test('of which nothing was known is lost all the same, unless nothing is lost with it', () => {
    const { collector } = create(1)
    collector.leave('a', true)
    collector.leave('b', false)
    expect(collector.last()).toMatchObject({ merged: emptySnapshot, lost: 1, reported: 0 })
  })
})

test('at the end the last numbers take the place of those told before, beside what the dead had told', async () => {
  const { collector } = create(3)
  const collected = collector.collect(['a', 'b', 'c'], false)
  for (const member of ['a', 'b', 'c']) collector.answer(1, member, told(2))
  await collected
  collector.leave('c', true)
  collector.finish('a', told(5))
  collector.leave('a', false)
  collector.finish('b', told(6))
  collector.leave('b', false)
  const last = collector.last()
  expect(last).toMatchObject({ merged: { completed: 13 }, workers: 3, reported: 2, lost: 1 })
  expect(last.merged.busy).toHaveLength(2)
})

test('who is asked only so that it has told is heard, and nobody waits', async () => {
  const { collector, asked } = create(2)
  collector.refresh(['a', 'b'])
  expect(asked).toEqual([
    { member: 'a', id: 1, reset: false },
    { member: 'b', id: 1, reset: false },
  ])
  collector.answer(1, 'a', told(3))
  collector.leave('a', true)
  collector.answer(1, 'b', told(4))
  const { merged, shares } = collector.last()
  expect(merged.completed).toBe(7)
  expect(shares.map(({ upstream, phase }) => [upstream, phase])).toEqual([
    [null, null],
    ['', 0],
  ])
})
