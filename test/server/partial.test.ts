// Stamps and ids on engine `socket` when the socket takes replies in parts: every byte once, in order, and numbered without holes.
import { expect, test } from 'bun:test'
import { makeDeck } from '../replies/_replies.ts'
import type { Reply } from '../../src/replies/reply.ts'
import { Budget } from '../../src/server/budget.ts'
import type { Manner } from '../../src/server/engines/heads.ts'
import { type Outlet, SocketPlayback } from '../../src/server/engines/sending.ts'
import { USUAL } from '../../src/server/engines/wire.ts'
import { IdSource } from '../../src/server/patch.ts'
import { Scheduler } from '../../src/server/scheduler.ts'
import { Tally } from '../../src/stats/tally.ts'

const closing: Manner = { isChunked: true, closes: true, headOnly: false }
const another = makeDeck({ flags: { chunkCount: '30', chunkDelayMs: '0', text: 'unicode' } }).at(0)

/** All that arrives when each write takes no more than `most` bytes, and what is kept is sent before the reply goes on. */
function arrives(reply: Reply, most: number, manner: Manner = USUAL): string {
  let arrived = ''
  let rest: Uint8Array | null = null
  let isOver = false
  const outlet: Outlet = {
    write: (bytes) => {
      const taken = Math.min(most, bytes.byteLength)
      arrived += Buffer.from(bytes.subarray(0, taken)).toString('latin1')
      return taken
    },
    keep: (bytes) => void (rest = bytes),
    finish: (bytes) => {
      if (bytes !== null) arrived += Buffer.from(bytes).toString('latin1')
      isOver = true
    },
    cut: () => void (isOver = true),
  }
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 }, 0)
  const stage = {
    scheduler: new Scheduler(),
    tally,
    process: tally,
    ids: new IdSource(0),
    bodies: new Budget(0),
  }
  const card = { kind: 'card', reply, counter: null, ledger: null, extra: null } as const
  const playback = new SocketPlayback(card, stage, performance.now(), true, outlet, manner)
  // Whoever else is answered meanwhile may use the same memory.
  const other = (): void => {
    const elsewhere: Outlet = {
      write: (bytes) => bytes.byteLength,
      keep: () => {},
      finish: () => {},
      cut: () => {},
    }
    new SocketPlayback(
      { ...card, reply: another },
      stage,
      performance.now(),
      true,
      elsewhere,
      closing,
    ).begin()
  }
  playback.begin()
  while (!isOver && rest !== null) {
    const kept: Uint8Array = rest
    rest = null
    other()
    arrived += Buffer.from(kept).toString('latin1')
    playback.resume()
  }
  expect(isOver).toBe(true)
  return arrived
}

/** Without what differs from one moment to the next. */
const timeless = (text: string): string =>
  text
    .replace(/@\d{16}/g, '@time')
    .replace(/\r\nDate: [^\r]+/, '')
    .replace(/mock\d{16}/g, 'id')

const stamped = makeDeck({
  flags: { chunkCount: '6', chunkDelayMs: '0', stamp: 'true', uniqueIds: 'true' },
}).at(0)
const plain = makeDeck({ flags: { chunkCount: '6', chunkDelayMs: '0' } }).at(0)

test.each([1, 7, 100, 150, 300, 333, 500, 700, 1000])('of a stamped reply in parts of %d bytes', (most) => {
  const whole = arrives(stamped, Number.POSITIVE_INFINITY)
  const numbers = (text: string): string[] =>
    [...text.matchAll(/(\d{8})@\d{16}/g)].map(([, number]) => number!)
  expect(numbers(whole)).toEqual(Array.from({ length: 6 }, (_, i) => String(i).padStart(8, '0')))
  const parts = arrives(stamped, most)
  expect(numbers(parts)).toEqual(numbers(whole))
  expect(timeless(parts)).toBe(timeless(whole))
  expect(new Set(parts.match(/mock\d{16}/g)).size).toBe(1)
})

test.each([1, 50, 200, 1000])('of a plain reply in parts of %d bytes, kept or made for it', (most) => {
  for (const manner of [USUAL, closing])
    expect(timeless(arrives(plain, most, manner))).toBe(
      timeless(arrives(plain, Number.POSITIVE_INFINITY, manner)),
    )
})
