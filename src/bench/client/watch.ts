// What became of the stamped chunks of a reply on their way: which came, in which order, in which events, and how late. Stamps
// are `00000007@1795380000123456 `: the number of the chunk and when it was written, in Unix microseconds.
import { Histogram, type HistogramSnapshot, mergeHistograms } from '../../stats/histogram.ts'
import type { FormatName } from '../../config/requests.ts'
import type { WatchPlan } from './plan.ts'
import { createTextCheck, textOfEvent } from './text.ts'

const AT = '@'.charCodeAt(0)
const [ZERO, NINE] = ['0', '9'].map((digit) => digit.charCodeAt(0)) as [number, number]
const NUMBER_DIGITS = 8
const TIME_DIGITS = 16
/** Of so many chunks of a reply the mean delay is kept one by one. */
const MOST_CHUNKS = 1000

/** Headers that come so much before the first event come early: over HTTP/2 they are told apart, µs before. */
const AHEAD_MS = 0.5

/** What is counted up. */
const counts = [
  'replies',
  'chunks',
  'lost',
  'doubled',
  'reordered',
  'merged',
  'split',
  'comments',
  'reads',
  'readEvents',
  'earlyHeads',
  'sampled',
  'altered',
] as const

export interface WatchCounts extends Readonly<Record<(typeof counts)[number], number>> {
  /** Whole replies, of which all that follows is told. */
  readonly replies: number
  /** That came, each once. */
  readonly chunks: number
  /** That came in an event which had one already. */
  readonly merged: number
  /** Events that had text and no stamp: pieces of a chunk. */
  readonly split: number
  /** Reads that had an event in them, and the events in them. */
  readonly reads: number
  readonly readEvents: number
  /** Replies whose headers came in an earlier read than their first event. */
  readonly earlyHeads: number
  /** Replies whose text was compared, and those that said something else. */
  readonly sampled: number
  readonly altered: number
}

export interface Watched extends WatchCounts {
  /** From the stamp to the client, less the offset of the plan, of every chunk. */
  readonly delay: HistogramSnapshot
  /** The shortest way from a stamp to the client, µs: below zero where their clocks differ. Null where no chunk came. */
  readonly leastMicros: number | null
  /** By chunk: the sum of these delays in µs, and how many there were. */
  readonly byChunk: { readonly sumMicros: readonly number[]; readonly times: readonly number[] }
}

export function mergeWatched(a: Watched, b: Watched): Watched {
  return {
    ...countsOf((name) => a[name] + b[name]),
    delay: mergeHistograms(a.delay, b.delay),
    leastMicros:
      a.leastMicros === null || b.leastMicros === null
        ? (a.leastMicros ?? b.leastMicros)
        : Math.min(a.leastMicros, b.leastMicros),
    byChunk: {
      sumMicros: addArrays(a.byChunk.sumMicros, b.byChunk.sumMicros),
      times: addArrays(a.byChunk.times, b.byChunk.times),
    },
  }
}

function addArrays(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0))
}

function countsOf(valueOf: (name: (typeof counts)[number]) => number): WatchCounts {
  return Object.fromEntries(counts.map((name) => [name, valueOf(name)])) as unknown as WatchCounts
}

/** Of so many replies of a connection the text of the first is compared: that takes 2 µs an event. */
const SAMPLE = 64

/** A text without its stamps, which differ from reply to reply. */
export function unstamp(text: string): string {
  return text.replaceAll(/\d{8}@\d{16}/g, '')
}

/** State: the counts since the last reset. */
export class Watch {
  readonly plan: WatchPlan
  /** How often it has been reset. */
  resets = 0
  #counts: Record<(typeof counts)[number], number> = { ...countsOf(() => 0) }
  readonly #delay = new Histogram()
  #leastMicros = Number.POSITIVE_INFINITY
  readonly #sumMicros: Float64Array
  readonly #times: Float64Array
  /** Whether an event has text. */
  readonly hasText: (event: string) => boolean
  /** The text of an event; empty where there is none. */
  readonly textOf: (event: string) => string

  constructor(plan: WatchPlan, format: FormatName) {
    this.plan = plan
    const kept = Math.min(plan.chunks, MOST_CHUNKS)
    this.#sumMicros = new Float64Array(kept)
    this.#times = new Float64Array(kept)
    this.hasText = createTextCheck(format)
    this.textOf = (event) => (this.hasText(event) ? textOfEvent(event, format) : '')
  }

  /** The delay of a chunk that is told now, with the time of its stamp. */
  record(chunk: number, stampMicros: number, nowMicros: number): void {
    const wayMicros = nowMicros - stampMicros
    if (wayMicros < this.#leastMicros) this.#leastMicros = wayMicros
    const micros = wayMicros - this.plan.offsetMicros
    this.#delay.record(micros, 1)
    if (chunk >= this.#sumMicros.length) return
    this.#sumMicros[chunk]! += micros
    this.#times[chunk]!++
  }

  /** A whole reply has been read. */
  add(reply: WatchCounts): void {
    for (const name of counts) this.#counts[name] += reply[name]
  }

  reset(): void {
    this.resets++
    this.#counts = { ...countsOf(() => 0) }
    this.#delay.reset()
    this.#leastMicros = Number.POSITIVE_INFINITY
    this.#sumMicros.fill(0)
    this.#times.fill(0)
  }

  result(): Watched {
    return {
      ...countsOf((name) => this.#counts[name]),
      delay: this.#delay.snapshot(),
      leastMicros: this.#leastMicros === Number.POSITIVE_INFINITY ? null : Math.round(this.#leastMicros),
      byChunk: { sumMicros: [...this.#sumMicros], times: [...this.#times] },
    }
  }
}

/** State: what has been seen of the present reply of one connection. */
export class ReplyWatch {
  readonly #watch: Watch
  readonly #seen: Uint8Array
  #highest = -1
  #chunks = 0
  #doubled = 0
  #reordered = 0
  #merged = 0
  #split = 0
  #reads = 0
  #earlyHead = 0
  #headMs: number | null = null
  /** So many of this connection since the reset before. */
  #replies = 0
  #resets = 0
  /** What this reply has said so far; null where it is not compared. */
  #text: string | null = null
  /** Unix µs of what is being read. */
  nowMicros = 0

  constructor(watch: Watch) {
    this.#watch = watch
    this.#seen = new Uint8Array(watch.plan.chunks)
  }

  begin(): void {
    this.#seen.fill(0)
    this.#highest = -1
    this.#chunks = this.#doubled = this.#reordered = this.#merged = this.#split = 0
    this.#reads = this.#earlyHead = 0
    this.#headMs = null
    if (this.#resets !== this.#watch.resets) this.#replies = 0
    this.#resets = this.#watch.resets
    this.#text = this.#replies++ % SAMPLE === 0 ? '' : null
  }

  /** The headers have come with the read of this moment. */
  headed(nowMs: number): void {
    this.#headMs = nowMs
  }

  /** An event is in the read of `nowMicros`. */
  event(bytes: Buffer, from: number, to: number): void {
    let stamps = 0
    let isRepetition = false
    for (let at = bytes.indexOf(AT, from); at >= 0 && at < to; at = bytes.indexOf(AT, at + 1)) {
      const chunk = readDigits(bytes, at - NUMBER_DIGITS, NUMBER_DIGITS, from)
      const stampMicros = chunk < 0 ? -1 : readDigits(bytes, at + 1, TIME_DIGITS, from)
      if (stampMicros < 0 || at + TIME_DIGITS >= to) continue
      // The events that end a reply of some formats say all of its text again, with stamps that go on counting.
      if (chunk >= this.#seen.length) isRepetition = true
      else {
        stamps++
        this.#stamped(chunk, stampMicros)
      }
    }
    if (stamps > 1) this.#merged += stamps - 1
    if (stamps === 0 && !isRepetition && this.#watch.hasText(bytes.toString('latin1', from, to)))
      this.#split++
    if (this.#text !== null) this.#text += this.#watch.textOf(bytes.toString('utf8', from, to))
  }

  #stamped(chunk: number, stampMicros: number): void {
    if (this.#seen[chunk] === 1) {
      this.#doubled++
      return
    }
    this.#seen[chunk] = 1
    this.#chunks++
    if (chunk < this.#highest) this.#reordered++
    else this.#highest = chunk
    this.#watch.record(chunk, stampMicros, this.nowMicros)
  }

  /** A read had events in it, the first of the reply among them or not. */
  read(isFirst: boolean, nowMs: number): void {
    this.#reads++
    if (isFirst && this.#headMs !== null && nowMs - this.#headMs > AHEAD_MS) this.#earlyHead = 1
  }

  /** The whole reply has been read. */
  end(events: number, comments: number): void {
    this.#watch.add({
      replies: 1,
      chunks: this.#chunks,
      lost: Math.max(0, this.#watch.plan.chunks - this.#chunks),
      doubled: this.#doubled,
      reordered: this.#reordered,
      merged: this.#merged,
      split: this.#split,
      comments,
      reads: this.#reads,
      readEvents: events,
      earlyHeads: this.#earlyHead,
      sampled: this.#text === null ? 0 : 1,
      altered: this.#text === null || unstamp(this.#text) === this.#watch.plan.text ? 0 : 1,
    })
  }
}

/** So many decimal digits; -1 where something else is among them, or where they begin before `least`. */
function readDigits(bytes: Buffer, from: number, digits: number, least: number): number {
  if (from < least) return -1
  let value = 0
  for (let at = from; at < from + digits; at++) {
    const code = bytes[at]
    if (code === undefined || code < ZERO || code > NINE) return -1
    value = value * 10 + code - ZERO
  }
  return value
}
