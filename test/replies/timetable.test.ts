import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { PREAMBLE } from '../../src/apis/api.ts'
import { dueAt, stepsOf, Timetable } from '../../src/replies/timetable.ts'

const events = (...steps: number[]): { step: number }[] => steps.map((step) => ({ step }))

describe('due times', () => {
  test.each([
    [[0, 1, 2, 2], '1,2,2,1'],
    [[0, 0, 0, 1, 2, 2], '3,1,1,1,2,1'],
    [[0, 0, 1, 1, 2, 2], '2,3'],
    [[2], '0,2,1,1'],
    [[0, 2], '1,1,0,1,1,1'],
  ])('of steps %j', (steps, key) => {
    expect(stepsOf(events(...steps)).key).toBe(key)
    const dueMs = new Timetable([Float64Array.of(5, 10, 20)], 0).dueMs(stepsOf(events(...steps)), 0)
    expect([...dueMs]).toEqual(steps.map((step) => [5, 10, 20][step]!))
  })

  test.each([
    [null, [5, 5, 5, 10]],
    [0, [0, 0, 5, 10]],
    [4.5, [4.5, 4.5, 5, 10]],
    [6, [5, 5, 5, 10]],
  ])('of what opens a reply, early by %j ms', (preambleMs, dueMs) => {
    const steps = stepsOf(events(PREAMBLE, PREAMBLE, 0, 1))
    const timetable = new Timetable([Float64Array.of(5, 10, 20)], 0, preambleMs)
    expect([...timetable.dueMs(steps, 0)]).toEqual(dueMs)
    expect(steps.key).not.toBe(stepsOf(events(PREAMBLE, 0, 1)).key)
    expect(steps.key).not.toBe(stepsOf(events(0, 1)).key)
  })

  test('any steps in order, and keys that tell them apart', () => {
    const steps = fc.array(fc.nat(2), { minLength: 1 }).map((gaps) => {
      let step = 0
      return gaps.map((gap) => (step += gap))
    })
    fc.assert(
      fc.property(steps, steps, (one, other) => {
        const schedule = Float64Array.from({ length: one.at(-1)! + 1 }, (_, step) => step / 8)
        const dueMs = new Timetable([schedule], 0).dueMs(stepsOf(events(...one)), 0)
        expect([...dueMs]).toEqual(one.map((step) => step / 8))
        const same = stepsOf(events(...one)).key === stepsOf(events(...other)).key
        expect(same).toBe(one.join() === other.join())
      }),
      { seed: 3 },
    )
  })
})

describe('what is kept', () => {
  const schedules = [Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]
  const [chat, long, other] = [events(0, 1, 2), events(0, 1, 2, 2), events(0, 0, 1, 2)].map(stepsOf)

  test('the same steps under the same schedule are the same object', () => {
    const timetable = new Timetable(schedules, 0)
    expect(timetable.dueMs(chat!, 1)).toBe(timetable.dueMs(stepsOf(events(0, 1, 2)), 1))
    expect(timetable.dueMs(chat!, 0)).not.toBe(timetable.dueMs(chat!, 1))
    expect(timetable.dueMs(long!, 0)).not.toBe(timetable.dueMs(other!, 0))
  })

  test('what was used least recently makes room', () => {
    const timetable = new Timetable(schedules, 0, null, 80)
    const first = timetable.dueMs(chat!, 0)
    const second = timetable.dueMs(long!, 0)
    expect(timetable.dueMs(chat!, 0)).toBe(first)
    timetable.dueMs(other!, 0) // 24 + 32 + 32 bytes are too many
    expect(timetable.dueMs(chat!, 0)).toBe(first)
    expect(timetable.dueMs(long!, 0)).not.toBe(second)
  })

  test('what is in use stays, however large', () => {
    const timetable = new Timetable(schedules, 0, null, 1)
    const first = timetable.dueMs(chat!, 0)
    timetable.dueMs(chat!, 1)
    expect(timetable.dueMs(chat!, 0)).toBe(first)
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
