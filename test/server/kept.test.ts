// What has been prepared on demand is kept as long as there is room.
import { expect, test } from 'bun:test'
import { Kept } from '../../src/server/kept.ts'

interface Thing {
  keptBytes: number
}

/** Asks for a key, and weighs what is there. */
function use(kept: Kept, key: string, bytes: number): Thing {
  const thing = kept.get(key, () => ({ keptBytes: bytes }))
  kept.use(key)
  return thing
}

const isKept = (kept: Kept, key: string, thing: Thing): boolean => {
  const other = { keptBytes: 0 }
  return kept.get(key, () => other) === thing
}

test('up to the limit all is kept, and beyond it what was asked for longest ago is not', () => {
  const kept = new Kept(100)
  const [a, b] = [use(kept, 'a', 40), use(kept, 'b', 60)]
  expect([kept.taken, kept.size]).toEqual([100, 2])
  use(kept, 'a', 40)
  use(kept, 'c', 1)
  expect([kept.taken, kept.size]).toEqual([41, 2])
  expect([isKept(kept, 'a', a), isKept(kept, 'b', b)]).toEqual([true, false])
})

test('what grows makes room, but for itself', () => {
  const kept = new Kept(100)
  const [a, b] = [use(kept, 'a', 10), use(kept, 'b', 10)]
  b.keptBytes = 95
  kept.use('b')
  expect([kept.taken, kept.size, isKept(kept, 'b', b)]).toEqual([95, 1, true])
  b.keptBytes = 500
  kept.use('b')
  expect([kept.taken, kept.size]).toEqual([500, 1])
  a.keptBytes = 20
  use(kept, 'c', 5)
  expect([kept.taken, kept.size]).toEqual([5, 1])
})

test('what was dropped and comes back is counted anew', () => {
  const kept = new Kept(100)
  const shared = { keptBytes: 60 }
  for (let round = 0; round < 3; round++) {
    kept.get('shared', () => shared)
    kept.use('shared')
    expect([round, kept.taken]).toEqual([round, 60])
    use(kept, `other ${round}`, 90)
    expect([round, kept.taken, kept.size]).toEqual([round, 90, 1])
  }
})

test('what was dropped is not counted any more, whoever still has it', () => {
  const kept = new Kept(100)
  use(kept, 'a', 80)
  for (let i = 0; i < 10; i++) {
    use(kept, `b${i}`, 90)
    kept.use('a')
    expect([kept.taken, kept.size]).toEqual([90, 1])
  }
})

test('what is used stays, also where it is not asked for by its key', () => {
  const kept = new Kept(100)
  const shared = use(kept, 'shared', 40)
  for (let i = 0; i < 10; i++) {
    use(kept, `deck ${i}`, 30)
    kept.use('shared')
  }
  expect(isKept(kept, 'shared', shared)).toBe(true)
})
