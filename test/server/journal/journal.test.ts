// What a journal keeps, how much of it, and for how long.
import { describe, expect, test } from 'bun:test'
import {
  MOST_BODY_KEPT,
  MOST_SESSION_CHARACTERS,
  MOST_TEXT_KEPT,
  sessionOf,
} from '../../../src/server/journal/entry.ts'
import { traceOf } from '../../../src/server/journal/tell.ts'
import { bodies, cut, entryOf, faulty, journalOf, keep } from './_entries.ts'

describe('the ring', () => {
  test('holds the last ones, the newest first', () => {
    const journal = journalOf(3)
    for (const body of ['a', 'b', 'c', 'd', 'e']) keep(journal, { body })
    expect(bodies(journal)).toEqual(['e', 'd', 'c'])
  })

  test('of one', () => {
    const journal = journalOf(1)
    for (const body of ['a', 'b']) keep(journal, { body })
    expect(bodies(journal)).toEqual(['b'])
  })

  test('takes no more memory than it may, and tells how much it takes', () => {
    const journal = journalOf(1000, 1 << 20)
    for (let i = 0; i < 100; i++) {
      keep(journal, { body: `${i}`.padEnd(MOST_BODY_KEPT) })
      expect(journal.taken).toBeLessThanOrEqual(1 << 20)
    }
    const kept = [...journal.entries()]
    expect(kept.length).toBe(15)
    expect(journal.taken).toBe(kept.reduce((sum, { weight }) => sum + weight, 0))
    expect(journal.forget(kept)).toBe(15)
    expect([journal.taken, bodies(journal)]).toEqual([0, []])
  })

  test('a large one takes the room of many small ones', () => {
    const journal = journalOf(10_000, 1 << 20)
    for (let i = 0; i < 2000; i++) keep(journal)
    keep(journal, { body: 'x'.repeat(MOST_BODY_KEPT) })
    expect(journal.taken).toBeLessThanOrEqual(1 << 20)
    expect(bodies(journal)[0]!.length).toBe(MOST_BODY_KEPT)
  })

  test.each<[forgotten: string, then: string, kept: string]>([
    ['b', 'd', 'ac d'],
    ['b', 'de', 'c de'],
    ['a', 'd', 'bc d'],
    ['c', 'd', 'ab d'],
    ['ac', 'de', 'b de'],
    ['ac', 'def', 'def'],
    ['abc', 'd', 'd'],
    ['', 'd', 'bc d'],
  ])('of a, b and c forgets %j, and then keeps as many as ever: %j', (forgotten, then, kept) => {
    const journal = journalOf(3)
    for (const body of 'abc') keep(journal, { body })
    const entries = [...journal.entries()].filter(({ body }) =>
      forgotten.includes(new TextDecoder().decode(body!)),
    )
    expect(journal.forget(entries)).toBe(forgotten.length)
    expect(journal.forget(entries)).toBe(0)
    for (const body of then) keep(journal, { body })
    expect(bodies(journal).toReversed().join('')).toBe(kept.replace(' ', ''))
    expect(journal.taken).toBe([...journal.entries()].reduce((sum, { weight }) => sum + weight, 0))
    expect(journal.forget(entries)).toBe(0)
  })

  test('goes round many times, and is what a list would be', () => {
    const journal = journalOf(7)
    let list: number[] = []
    for (let i = 0; i < 1000; i++) {
      keep(journal, { body: `${i}` })
      list = [i, ...list].slice(0, 7)
      if (i % 13 === 0) {
        journal.forget([...journal.entries()].slice(2, 4))
        list.splice(2, 2)
      }
      expect([...journal.entries()].map(({ sequence }) => sequence)).toEqual(list)
    }
    expect(bodies(journal)[0]).toBe('999')
  })
})

describe('one request', () => {
  test('a body of 64 KiB is kept, of a longer one the beginning, and the hash of all of it', () => {
    const long = 'x'.repeat(MOST_BODY_KEPT + 1)
    for (const body of [long.slice(1), long]) {
      const entry = entryOf({ body })
      expect([entry.body!.byteLength, entry.bodyBytes]).toEqual([MOST_BODY_KEPT, body.length])
      expect(entry.bodySha256).toBe(Bun.SHA256.hash(body, 'hex') as unknown as string)
      expect(entry.weight).toBeGreaterThan(MOST_BODY_KEPT)
    }
  })

  test('what is kept is a copy', () => {
    const body = new TextEncoder().encode('abc')
    const entry = entryOf({ body })
    body.fill(0)
    expect(new TextDecoder().decode(entry.body!)).toBe('abc')
  })

  test.each(['tooLarge', 'noRoom'] as const)(
    'of a body that is %s is kept how long it said it was',
    (unfit) => {
      const entry = entryOf({ unfit, headers: { 'content-length': '100000000' } })
      expect([entry.body, entry.bodyBytes, entry.bodySha256]).toEqual([null, 100_000_000, null])
      expect(entry.weight).toBeLessThan(2000)
    },
  )

  test.each([undefined, 'x', '-1', '9'.repeat(16)])('a length of %j is none', (length) =>
    expect(
      entryOf({ unfit: 'tooLarge', headers: length ? { 'content-length': length } : {} }).bodyBytes,
    ).toBeNull(),
  )

  test('a long path, query and session are cut', () => {
    const long = '/'.padEnd(1 << 20, 'ä')
    const entry = entryOf({ path: long, query: long, headers: { 'x-test-session': long } })
    for (const text of [entry.path, entry.query]) expect(text.length).toBe(MOST_TEXT_KEPT + 1)
    expect(sessionOf(entry.headers)!.length).toBe(MOST_SESSION_CHARACTERS)
  })
})

describe('what the client does', () => {
  test('reads it to the end', () => {
    const journal = journalOf()
    const { ledger } = keep(journal)
    const [entry] = [...journal.entries()]
    expect(traceOf(entry!, 0).client).toEqual({
      did: 'still open',
      chunks: null,
      afterMs: null,
      silentMs: null,
    })
    ledger!.deal()
    ledger!.answer()
    ledger!.complete()
    expect(traceOf(entry!, 0)).toMatchObject({
      id: '0-0',
      client: { did: 'read to the end', chunks: 2, silentMs: null },
      answer: {
        status: 200,
        pattern: null,
        isCut: false,
        firstByteAt: expect.any(Number),
        endedAt: expect.any(Number),
      },
    })
    ledger!.leave(1, 5)
    expect(entry!.did).toBe('read to the end')
  })

  test('leaves, and how long nothing had been due by then', () => {
    const journal = journalOf()
    const atMs = performance.now() - 5000
    const dueMs = Float64Array.of(0, 1000, 60_000)
    const { ledger } = keep(journal, { atMs, reply: { dueMs }, ledger: faulty('stall:2:59000') })
    ledger!.leave(2, 4000)
    const [entry] = [...journal.entries()]
    expect(entry!.silentMs!).toBeGreaterThanOrEqual(4000)
    expect(entry!.silentMs!).toBeLessThan(4500)
    expect(traceOf(entry!, 0)).toMatchObject({
      client: { did: 'left', chunks: 2 },
      answer: { pattern: 'stall:2:59000' },
    })
    ledger!.complete()
    expect(entry!.did).toBe('left')
  })

  test('the ledger of the card is told the same', () => {
    const own = faulty()
    const journal = journalOf()
    const [one, other] = [keep(journal, { ledger: own }), keep(journal, { ledger: own })]
    for (const { ledger } of [one, other]) {
      expect(ledger!.pattern).toBe('abort:3')
      ledger!.deal()
      ledger!.answer()
    }
    one.ledger!.complete()
    other.ledger!.leave(2, 7)
    expect(own.snapshot()).toMatchObject({
      dealt: 2,
      completed: 1,
      leftMidStream: 1,
      leftAfterChunks: [[2, 1]],
    })
  })

  test('the text of a stream that was cut is noted when that has ended', () => {
    const frames = ['Hello', ' wor', 'ld '].map((content) =>
      new TextEncoder().encode(`data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`),
    )
    const journal = journalOf()
    const { ledger } = keep(journal, {
      reply: { frames, marks: cut, isPartial: true },
      ledger: faulty('others'),
    })
    const [entry] = [...journal.entries()]
    expect([entry!.isCut, entry!.cutText]).toEqual([true, null])
    ledger!.complete()
    expect(entry!.cutText).toBe((Bun.SHA256.hash('Hello world', 'hex') as unknown as string).slice(0, 16))
  })
})
