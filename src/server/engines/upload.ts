// Bodies that are read beside the reply, or before it: whatever else happens, a body that is silent for too long is given up.
import type { Budget } from '../budget.ts'
import type { BodyNeeded, Unfit } from '../card.ts'
import type { Deadlines, Expiring } from '../deadlines.ts'
import { BODY_SILENCE_MS, BODY_STALL_MS } from './engine.ts'

/** What a body is read from. */
export interface ByteReader {
  /** The next piece; without a value at the end. Rejects when the client has left. */
  read(): Promise<{ readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

/** A reply whose end waits for a body. */
interface Waiting {
  readonly waitsForBody: boolean
  readonly hasSent: boolean
  bodyArrived(): void
  /** The body will not come. */
  expire(): void
}

/**
 * How long a body may be silent: while nothing has been sent, a minute; while a reply is played, as long as that takes, since nginx stops
 * sending once it has begun; and when only its end is missing, `stallMs`.
 */
export function patienceWith(
  playback: Pick<Waiting, 'waitsForBody' | 'hasSent'> | null,
  stallMs: number,
): number {
  if (playback?.waitsForBody) return stallMs
  return playback?.hasSent ? Number.POSITIVE_INFINITY : BODY_SILENCE_MS
}

/** Why a body was not read: it was silent for too long, or the client has left. */
export type Unread = 'expired' | 'left'

/** A body that is read whole by Bun: it must have come within the time that a longer one may be silent. */
export function readSmall(reading: Promise<ArrayBuffer>, deadlines: Deadlines): Promise<Uint8Array | Unread> {
  const { promise, resolve } = Promise.withResolvers<Unread>()
  const watch: Expiring = {
    quietSinceMs: 0,
    patienceMs: BODY_SILENCE_MS,
    expire: () => resolve('expired'),
  }
  deadlines.watch(watch)
  const whole = reading.then(
    (bytes) => {
      deadlines.forget(watch)
      return new Uint8Array(bytes)
    },
    (): Unread => {
      deadlines.forget(watch)
      return 'left'
    },
  )
  return Promise.race([whole, promise])
}

/** State: a body that is being read, and how long it has been silent. */
export class Upload implements Expiring {
  quietSinceMs = 0
  readonly #reader: ByteReader
  readonly #deadlines: Deadlines
  readonly #stallMs: number
  #playback: Waiting | null = null
  #isExpired = false

  constructor(reader: ByteReader, deadlines: Deadlines, stallMs = BODY_STALL_MS) {
    this.#reader = reader
    this.#stallMs = stallMs
    this.#deadlines = deadlines
  }

  get patienceMs(): number {
    return patienceWith(this.#playback, this.#stallMs)
  }

  expire(): void {
    if (this.#playback?.waitsForBody) {
      this.#deadlines.watch(this)
      return this.#playback.bodyArrived()
    }
    this.#isExpired = true
    this.#playback?.expire()
    this.#reader.cancel().catch(() => {}) // it may have failed already
  }

  /** Reads on to the end, keeping nothing, and tells `playback`. */
  async drainFor(playback: Waiting): Promise<void> {
    this.#playback = playback
    try {
      while ((await this.#read()) !== undefined);
      playback.bodyArrived()
    } catch {
      // The client has left, of which the playback is told otherwise.
    }
  }

  /** All bytes where the choice `keeps` them, or, as soon as it is known, why not. */
  async collect(
    { mostBytes, keeps }: Pick<BodyNeeded, 'mostBytes' | 'keeps'>,
    budget: Budget,
  ): Promise<Uint8Array | Unfit | Unread> {
    const pieces: Uint8Array[] = []
    let bytes = 0
    try {
      for (;;) {
        const piece = await this.#read().catch(() => 'left' as const)
        if (this.#isExpired) return 'expired'
        if (piece === 'left') return piece
        if (piece === undefined) return Buffer.concat(pieces)
        if (bytes + piece.byteLength > mostBytes) return 'tooLarge'
        if (keeps && !budget.take(piece.byteLength)) return 'noRoom'
        bytes += piece.byteLength
        if (keeps) pieces.push(piece)
      }
    } finally {
      if (keeps) budget.give(bytes)
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.#deadlines.watch(this)
    try {
      return (await this.#reader.read()).value
    } finally {
      this.#deadlines.forget(this)
    }
  }
}
