// Filling in the places of a frame just before it is written: the moment, an id of the reply's own, and the checksums of both.
import { crc32 } from 'node:zlib'
import { type MarkKind, marks } from '../apis/marks.ts'
import { isWhole, type Place } from '../replies/frames.ts'

/** Digits written at once: integer arithmetic is exact and fast only up to 2³¹. */
const DIGITS = 8
const HALF = 10 ** DIGITS
/** Behind the sequence number and the `@` of a stamp, and behind the `mock` of an id. */
const STAMP_TIME_AT = DIGITS + 1
const ID_DIGITS_AT = 4
/** Of a time, the microseconds: `2026-11-25T20:44:37.` is before them, and `Z` behind. */
const MICROS_AT = 20
const MICRO_DIGITS = 6
const MICROS = 10 ** MICRO_DIGITS
/** Of a short id. */
const SHORT_DIGITS = 6

/** State: the last id given. Sixteen digits: eight by chance per worker, so that workers differ, and a count. */
export class IdSource {
  #high: number
  #low = 0

  /** `high` is a whole number below 10⁸. */
  constructor(high: number) {
    this.#high = high
  }

  /** The next id, a whole number below 10¹⁶ but for what a double cannot hold: kept as two halves. */
  next(): Id {
    this.#low++
    if (this.#low === HALF) {
      this.#low = 0
      this.#high = (this.#high + 1) % HALF
    }
    return { high: this.#high, low: this.#low }
  }
}

export interface Id {
  readonly high: number
  readonly low: number
}

/** As it stands in a reply. */
export function idText({ high, low }: Id): string {
  return `mock${String(high).padStart(DIGITS, '0')}${String(low).padStart(DIGITS, '0')}`
}

const encoder = new TextEncoder()

/** Where a place is filled in of which a frame has only a part. */
const wholes: Readonly<Record<MarkKind, Uint8Array>> = {
  id: encoder.encode(marks.id.text),
  stamp: encoder.encode(marks.stamp.text),
  time: encoder.encode(marks.time.text),
  short: encoder.encode(marks.short.text),
}

/** State: what is filled into the places of one reply. */
export class Filling {
  /** The digits: to copy them takes 5 ns a place, to make them anew 24. */
  readonly #id = new Uint8Array(2 * DIGITS)
  /** Of both halves, so that workers differ, and replies too. */
  readonly #short: number
  /** The number of the next stamp. */
  #sequence = 0
  #unixMicros = 0
  /** Of the message under way, as far as it is filled in. */
  #checksum = 0

  constructor({ high, low }: Id) {
    writeDigits(this.#id, 0, high, DIGITS)
    writeDigits(this.#id, DIGITS, low, DIGITS)
    this.#short = high + low
  }

  /** The id, as it stands in the reply. Made of the digits, for the few that ask: nobody else keeps it. */
  get idText(): string {
    return `mock${String.fromCharCode(...this.#id)}`
  }

  /** Fills the places of `bytes`, which is about to be written. */
  fill(bytes: Uint8Array, places: readonly Place[]): void {
    let isTimed = false
    let hasSums = false
    for (const place of places) {
      const { kind } = place
      if (kind === 'summed' || kind === 'checksum') {
        hasSums = true
        continue
      }
      if ((kind === 'stamp' || kind === 'time') && place.from === 0 && !isTimed) {
        this.#unixMicros = Math.floor((performance.timeOrigin + performance.now()) * 1000)
        isTimed = true
      }
      if (isWhole(place)) {
        this.#write(bytes, place.at, kind, place.from)
      } else {
        const whole = wholes[kind]
        this.#write(whole, 0, kind, place.from)
        bytes.set(whole.subarray(place.from, place.to), place.at)
      }
    }
    if (hasSums) this.#sum(bytes, places)
  }

  /** So many stamps were begun in bytes that were not written after all: they are filled in again. */
  takeBack(stamps: number): void {
    this.#sequence -= stamps
  }

  /**
   * All else is filled in. A message that comes in pieces is summed up piece by piece. By zlib, which rooms without a runtime have not: of a
   * stamped chunk it takes 0.16 µs, where that of replies/crc.ts takes 0.93.
   */
  #sum(bytes: Uint8Array, places: readonly Place[]): void {
    for (const { kind, at, from, to } of places) {
      if (kind === 'summed')
        this.#checksum = crc32(bytes.subarray(at, at + to - from), from === 0 ? 0 : this.#checksum)
      else if (kind === 'checksum')
        for (let i = from; i < to; i++) bytes[at + i - from] = this.#checksum >>> (24 - 8 * i)
    }
  }

  #write(bytes: Uint8Array, at: number, kind: MarkKind, from: number): void {
    switch (kind) {
      case 'id':
        for (let i = 0; i < 2 * DIGITS; i++) bytes[at + ID_DIGITS_AT + i] = this.#id[i]!
        return
      case 'short':
        return writeDigits(bytes, at, this.#short, SHORT_DIGITS)
      case 'time':
        return writeTime(bytes, at, this.#unixMicros)
      case 'stamp':
        // What follows of a stamp that was cut belongs to the one before.
        return writeStamp(bytes, at, from === 0 ? this.#sequence++ : this.#sequence - 1, this.#unixMicros)
    }
  }
}

/** How many stamps begin in these places. */
export function countStamps(places: readonly Place[]): number {
  return places.reduce((sum, { kind, from }) => sum + (kind === 'stamp' && from === 0 ? 1 : 0), 0)
}

/** Writes `sequence` (below 10⁸) and `unixMicros` as decimal digits into the stamp at byte `at`. */
export function writeStamp(bytes: Uint8Array, at: number, sequence: number, unixMicros: number): void {
  const high = Math.floor(unixMicros / HALF)
  writeDigits(bytes, at, sequence, DIGITS)
  writeDigits(bytes, at + STAMP_TIME_AT, high, DIGITS)
  writeDigits(bytes, at + STAMP_TIME_AT + DIGITS, Math.floor(unixMicros - high * HALF), DIGITS)
}

/** The present second, and how times in it begin. */
let second = -1
let secondBytes: Uint8Array = new Uint8Array()

/** Writes the time at byte `at`. */
export function writeTime(bytes: Uint8Array, at: number, unixMicros: number): void {
  const now = Math.floor(unixMicros / MICROS)
  if (now !== second) {
    second = now
    secondBytes = encoder.encode(new Date(now * 1000).toISOString().slice(0, MICROS_AT))
  }
  bytes.set(secondBytes, at)
  writeDigits(bytes, at + MICROS_AT, unixMicros - now * MICROS, MICRO_DIGITS)
}

function writeDigits(bytes: Uint8Array, at: number, value: number, digits: number): void {
  let rest = value | 0
  for (let i = at + digits - 1; i >= at; i--) {
    const shorter = (rest / 10) | 0
    bytes[i] = 48 + (rest - shorter * 10)
    rest = shorter
  }
}
