// How much memory bodies and what they ask for may take.
import { expect, test } from 'bun:test'
import { Budget } from '../../src/server/budget.ts'
import type { BodyNeeded, Card, Unfit } from '../../src/server/card.ts'
import { Deadlines } from '../../src/server/deadlines.ts'
import { Undecided } from '../../src/server/engines/undecided.ts'
import { Upload } from '../../src/server/engines/upload.ts'
import { USUAL } from '../../src/server/engines/wire.ts'
import { Kept } from '../../src/server/kept.ts'

const picked: (number | Unfit)[] = []
const choice = (mostBytes: number): BodyNeeded => ({
  kind: 'body',
  mostBytes,
  keeps: true,
  counter: null,
  pick: (body) => {
    picked.push(typeof body === 'string' ? body : body.byteLength)
    return {} as Card
  },
})

test('a budget is taken and given back, and never overdrawn', () => {
  const budget = new Budget(10)
  expect([budget.take(6), budget.take(5), budget.take(4), budget.take(1)]).toEqual([true, false, true, false])
  budget.give(4)
  expect([budget.taken, budget.take(4)]).toEqual([6, true])
})

test('engine socket: bodies share a budget, and one that finds none left is told so', () => {
  const budget = new Budget(100)
  const [one, other] = [0, 1].map(() => new Undecided(choice(80), budget, USUAL, 0))
  one!.keep(new Uint8Array(60))(0, 60)
  other!.keep(new Uint8Array(50))(0, 50)
  expect([one!.isUnfit, other!.isUnfit, budget.taken]).toEqual([false, true, 60])
  one!.keep(new Uint8Array(20))(0, 20)
  one!.settle()
  other!.settle()
  expect([picked.splice(0), budget.taken]).toEqual([[80, 'noRoom'], 0])
  const left = new Undecided(choice(80), budget, USUAL, 0)
  left.keep(new Uint8Array(81))(0, 40)
  left.desert()
  expect(budget.taken).toBe(0)
})

test('engine bun: the same', async () => {
  const pieces = (...sizes: number[]): Upload =>
    new Upload(
      {
        read: async () => {
          const size = sizes.shift()
          return size === undefined ? {} : { value: new Uint8Array(size) }
        },
        cancel: async () => {},
      },
      new Deadlines(),
    )
  const budget = new Budget(100)
  expect((await pieces(30, 30).collect({ mostBytes: 80, keeps: true }, budget)) as Uint8Array).toHaveLength(
    60,
  )
  expect(await pieces(30, 30, 30).collect({ mostBytes: 80, keeps: true }, budget)).toBe('tooLarge')
  expect(await pieces(60, 60).collect({ mostBytes: 800, keeps: true }, budget)).toBe('noRoom')
  expect(budget.taken).toBe(0)
})

test('what is only counted takes nothing from the budget', () => {
  const budget = new Budget(0)
  const counted = new Undecided({ ...choice(100), keeps: false }, budget, USUAL, 0)
  counted.keep(new Uint8Array(100))(0, 100)
  expect(counted.isUnfit).toBe(false)
  counted.keep(new Uint8Array(1))(0, 1)
  expect(counted.isUnfit).toBe(true)
  counted.desert()
  expect(budget.taken).toBe(0)
})

test('what was asked for longest ago makes room; the last one stays, however large', () => {
  const kept = new Kept(100)
  const get = (key: string, bytes: number): { keptBytes: number } => {
    const value = kept.get(key, () => ({ keptBytes: 0 }))
    value.keptBytes = Math.max(value.keptBytes, bytes)
    kept.use(key)
    return value
  }
  const [a, b] = [get('a', 40), get('b', 40)]
  expect(get('a', 45)).toBe(a)
  get('c', 30)
  expect([kept.size, kept.taken]).toEqual([2, 75])
  expect(get('a', 0)).toBe(a)
  expect(get('b', 10)).not.toBe(b)
  get('d', 1000)
  expect([kept.size, kept.taken]).toEqual([1, 1000])
  get('e', 10)
  expect([kept.size, kept.taken]).toEqual([1, 10])
})

test('engine socket: pieces that are small each may be too large together', () => {
  for (const keeps of [true, false]) {
    const undecided = new Undecided({ ...choice(10), keeps }, new Budget(100), USUAL, 0)
    const isUnfit = [4, 6, 1].map((bytes) => {
      undecided.keep(new Uint8Array(bytes))(0, bytes)
      return undecided.isUnfit
    })
    expect(isUnfit).toEqual([false, false, true])
    undecided.settle()
    expect(picked.splice(0)).toEqual(['tooLarge'])
  }
})
