import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { PREAMBLE } from '../../src/apis/api.ts'
import { dueAt, type Steps, stepsOf, Timetable } from '../../src/replies/timetable.ts'
import { together } from './_replies.ts'
import { finish } from '../../src/replies/work.ts'

const steps = (...at: number[]): Steps => finish(stepsOf(at.map((step) => ({ step }))))

describe('due times', () => {
  test.each([
    [[0, 1, 2, 2], '1,2,2,1'],
    [[0, 0, 0, 1, 2, 2], '3,1,1,1,2,1'],
    [[0, 0, 1, 1, 2, 2], '2,3'],
    [[2], '0,2,1,1'],
    [[0, 2], '1,1,0,1,1,1'],
  ])('of steps %j', (at, key) => {
    expect(steps(...at).key).toBe(key)
    const dueMs = finish(new Timetable([Float64Array.of(5, 10, 20)], 0).dueMs(steps(...at), 0))
    expect([...dueMs]).toEqual(at.map((step) => [5, 10, 20][step]!))
  })

  test.each([
    [null, [5, 5, 5, 10]],
    [0, [0, 0, 5, 10]],
    [4.5, [4.5, 4.5, 5, 10]],
    [6, [5, 5, 5, 10]],
  ])('of what opens a reply, early by %j ms', (preambleMs, dueMs) => {
    const opened = steps(PREAMBLE, PREAMBLE, 0, 1)
    const timetable = new Timetable([Float64Array.of(5, 10, 20)], 0, preambleMs)
    expect([...finish(timetable.dueMs(opened, 0))]).toEqual(dueMs)
    expect(opened.key).not.toBe(steps(PREAMBLE, 0, 1).key)
    expect(opened.key).not.toBe(steps(0, 1).key)
  })

  test('any steps in order, and keys that tell them apart', () => {
    const some = fc.array(fc.nat(2), { minLength: 1 }).map((gaps) => {
      let step = 0
      return gaps.map((gap) => (step += gap))
    })
    fc.assert(
      fc.property(some, some, (one, other) => {
        const schedule = Float64Array.from({ length: one.at(-1)! + 1 }, (_, step) => step / 8)
        const dueMs = finish(new Timetable([schedule], 0).dueMs(steps(...one), 0))
        expect([...dueMs]).toEqual(one.map((step) => step / 8))
        const same = steps(...one).key === steps(...other).key
        expect(same).toBe(one.join() === other.join())
      }),
      { seed: 3 },
    )
  })
})

describe('what is kept', () => {
  const schedules = [Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]
  const [chat, long, other] = [steps(0, 1, 2), steps(0, 1, 2, 2), steps(0, 0, 1, 2)]

  test('the same steps under the same schedule are the same object', () => {
    const timetable = new Timetable(schedules, 0)
    expect(finish(timetable.dueMs(chat!, 1))).toBe(finish(timetable.dueMs(steps(0, 1, 2), 1)))
    expect(finish(timetable.dueMs(chat!, 0))).not.toBe(finish(timetable.dueMs(chat!, 1)))
    expect(finish(timetable.dueMs(long!, 0))).not.toBe(finish(timetable.dueMs(other!, 0)))
  })

  test('also when two compute them at the same time', () => {
    const timetable = new Timetable([Float64Array.from({ length: 1000 }, (_, step) => step)], 0)
    const all = steps(...Array.from({ length: 1000 }, (_, step) => step))
    const [first, second] = together([timetable.dueMs(all, 0), timetable.dueMs(all, 0)])
    expect(first).toBe(second!)
    expect([...first!]).toEqual([...timetable.schedules[0]!])
  })

  test('what was used least recently makes room', () => {
    const timetable = new Timetable(schedules, 0, null, 80)
    const first = finish(timetable.dueMs(chat!, 0))
    const second = finish(timetable.dueMs(long!, 0))
    expect(finish(timetable.dueMs(chat!, 0))).toBe(first)
    finish(timetable.dueMs(other!, 0)) // 24 + 32 + 32 bytes are too many
    expect(finish(timetable.dueMs(chat!, 0))).toBe(first)
    expect(finish(timetable.dueMs(long!, 0))).not.toBe(second)
  })

  test('what is in use stays, however large', () => {
    const timetable = new Timetable(schedules, 0, null, 1)
    const first = finish(timetable.dueMs(chat!, 0))
    finish(timetable.dueMs(chat!, 1))
    expect(finish(timetable.dueMs(chat!, 0))).toBe(first)
  })
})

test.each([
  [[5, 10, 20], 1, 10],
  [[5, 10, 20], 2, 20],
  [[5, 10, 20], 3, 25],
  [[5, 10, 20], 4, 35],
  [[5, 10, 20], 7, 55],
  [[5], 0, 5],
  [[5], 3, 11], // no gaps to repeat: those that are meant
])('beyond the schedule %j its gaps come again: step %d', (schedule, step, expected) =>
  expect(dueAt(Float64Array.from(schedule), step, 2)).toBe(expected),
)
