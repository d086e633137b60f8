// What is prepared in slices: in which order, for how long at a time, and what becomes of what goes wrong.
import { beforeEach, describe, expect, test } from 'bun:test'
import type { Work } from '../../src/replies/work.ts'
import { Tally } from '../../src/stats/tally.ts'
import type { Card } from '../../src/server/card.ts'
import { Preparing } from '../../src/server/preparing.ts'

const cardOf = (name: string): Card => ({ name }) as unknown as Card
let nowMs = 0
let turns: (() => void)[] = []
let preparing: Preparing
/** The steps that have been done. */
let done: string[] = []

beforeEach(() => {
  nowMs = 0
  turns = []
  done = []
  preparing = new Preparing({ now: () => nowMs, later: (run) => void turns.push(run) })
})

/** Work of so many steps, a millisecond each. */
function* steps(name: string, count: number, fails = false): Work<Card> {
  for (let i = 1; i <= count; i++) {
    nowMs++
    done.push(`${name}${i}`)
    if (i < count) yield
  }
  if (fails) throw new Error(`${name} fails`)
  return cardOf(name)
}

/** The steps of the next turn. */
function turn(): string {
  const from = done.length
  turns.shift()!()
  return done.slice(from).join(' ')
}

test.each([1, 2, 4])('what takes %d steps is there at once', (count) => {
  expect(preparing.begin(steps('a', count))).toEqual(cardOf('a'))
  expect([done.length, turns.length]).toEqual([count, 0])
})

test('what takes longer comes in slices, and there is a card at the end', async () => {
  const made = preparing.begin(steps('a', 9))
  expect(done.splice(0).join(' ')).toBe('a1 a2 a3 a4')
  expect([turn(), turn(), turns.length]).toEqual(['a5 a6 a7 a8', 'a9', 0])
  expect(await made).toEqual(cardOf('a'))
})

test('one after the other; what is small need not wait', async () => {
  const [a, b] = [preparing.begin(steps('a', 6)), preparing.begin(steps('b', 4))]
  expect(done.splice(0).join(' ')).toBe('a1 a2 a3 a4 b1 b2')
  expect(preparing.begin(steps('c', 1))).toEqual(cardOf('c'))
  expect([turn(), turn(), turns.length]).toEqual(['a5 a6', 'b3 b4', 0])
  expect(await Promise.all([a, b])).toEqual([cardOf('a'), cardOf('b')])
})

test('when very many are being prepared, the next holds the worker: it cannot be asked for more', () => {
  for (let i = 0; i < 32; i++) expect(preparing.begin(steps('a', 9))).toBeInstanceOf(Promise)
  expect(preparing.begin(steps('b', 9))).toEqual(cardOf('b'))
})

describe('what goes wrong', () => {
  test('at once is thrown', () => expect(() => preparing.begin(steps('a', 2, true))).toThrow('a fails'))

  test('later is told to whoever waits, and others are none the worse', async () => {
    const [a, b] = [preparing.begin(steps('a', 5, true)), preparing.begin(steps('b', 5))]
    while (turns.length > 0) turn()
    expect(a).rejects.toThrow('a fails')
    expect(await b).toEqual(cardOf('b'))
  })
})

test('requests wait until the card is there, or will not be', async () => {
  for (const fails of [false, true]) {
    const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
    const card = preparing.begin(steps('a', 9, fails)) as Promise<Card>
    tally.waitFor(card)
    tally.waitFor(card)
    expect(tally.preparing).toBe(2)
    while (turns.length > 0) turn()
    await card.catch(() => {})
    expect(tally.preparing).toBe(0)
  }
})
