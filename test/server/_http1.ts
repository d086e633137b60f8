// Reads HTTP/1.x requests as an engine does, however the bytes are cut, and says what came of it.
import { expect } from 'bun:test'
import { BodyScanner } from '../../src/server/engines/body.ts'
import { INCOMPLETE, REFUSED } from '../../src/server/engines/bytes.ts'
import { HeadScanner } from '../../src/server/engines/http1.ts'

export const MAX_HEAD_BYTES = 65_536

export interface Seen {
  readonly method: string
  readonly target: string
  readonly minor: number
  readonly length: number
  readonly keepAlive: boolean
  readonly expectsContinue: boolean
  readonly headers: Readonly<Record<string, string | null>>
  payload: string
  /** How many bytes of the connection had been taken when the request ended; -1 while it has not. */
  end: number
}

export interface Reading {
  readonly requests: readonly Seen[]
  /** How it ended: between two requests, within one, or refused and why. */
  readonly outcome: string
}

/** Reads what comes on a connection, as an engine does: it keeps nothing but what has come of a partial head. */
export function read(segments: readonly Buffer[], names: readonly string[] = []): Reading {
  const head = new HeadScanner(MAX_HEAD_BYTES)
  const body = new BodyScanner()
  const requests: Seen[] = []
  let held = Buffer.alloc(0)
  let inBody = false
  let received = 0
  for (const segment of segments) {
    received += segment.length
    // What is kept lies elsewhere each time.
    const bytes = held.length === 0 ? segment : Buffer.concat([Buffer.alloc(received % 5), held, segment])
    const end = bytes.length
    let at = held.length === 0 ? 0 : received % 5
    held = Buffer.alloc(0)
    while (at < end) {
      if (!inBody) {
        const next = head.scan(bytes, at, end)
        if (next === REFUSED) return { requests, outcome: JSON.stringify(head.refusal) }
        if (next === INCOMPLETE) {
          held = Buffer.from(bytes.subarray(at))
          break
        }
        const { method, target, minor, length, keepAlive, expectsContinue } = head
        const headers = Object.fromEntries(names.map((name) => [name, head.header(name)]))
        requests.push({
          ...{ method, target, minor, length, keepAlive, expectsContinue, headers },
          payload: '',
          end: -1,
        })
        body.reset(length)
        inBody = true
        at = next
      }
      const seen = requests.at(-1)!
      at = body.scan(bytes, at, end, (from, to) => {
        seen.payload += bytes.toString('latin1', from, to)
      })
      if (at === REFUSED) return { requests, outcome: JSON.stringify(body.refusal) }
      if (!body.isComplete) continue
      seen.end = received - (end - at)
      inBody = false
      head.reset()
    }
  }
  return { requests, outcome: inBody || held.length > 0 ? 'within a request' : 'between requests' }
}

export const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')]
export const byteByByte = (text: string): Buffer[] => [...text].map((byte) => Buffer.from(byte, 'latin1'))

export function cutAt(text: string, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % text.length).sort((a, b) => a - b), text.length]
  return cuts.slice(1).map((cut, index) => Buffer.from(text.slice(cuts[index], cut), 'latin1'))
}

/** The one request in a text, which must be complete, however it is cut. */
export function readOne(text: string, names: readonly string[] = []): Seen {
  const reading = read(whole(text), names)
  expect(read(byteByByte(text), names)).toEqual(reading)
  expect(reading.outcome).toBe('between requests')
  expect(reading.requests).toHaveLength(1)
  return reading.requests[0]!
}

export const NEXT = 'GET /next HTTP/1.1\r\nHost: y\r\n\r\n'

/** Expects that the last byte of a text, and no sooner one, is refused, however it is cut and what was before; returns how. */
export function refusedAtLast(text: string): { status: number; reason: string } {
  expect(read(whole(text.slice(0, -1))).outcome).toMatch(/request/)
  const { outcome } = read(whole(text))
  expect(read(byteByByte(text)).outcome).toBe(outcome)
  expect(read(whole(NEXT + text)).outcome).toBe(outcome)
  return JSON.parse(outcome)
}

export const get = (headers: string): string => `GET / HTTP/1.1\r\nHost: x\r\n${headers}`
