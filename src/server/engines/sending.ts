// Replies on engine `socket`: runs of frames, written as they are due.
import type { Card } from '../card.ts'
import { countStamps } from '../patch.ts'
import { Playback, type Stage } from '../playback.ts'
import type { Manner } from './heads.ts'
import { endOf, patchDate, runOf } from './wire.ts'

/** What a reply is written to. */
export interface Outlet {
  /** Returns how many bytes have been taken; -1 when the client has gone. */
  write(bytes: Uint8Array): number
  /** Takes what was left of a write, and has `resume` called when all of it is gone. */
  keep(rest: Uint8Array): void
  /** The reply has been sent, up to `rest`, which ends its body. */
  finish(rest: Uint8Array | null): void
  /** Resets the connection. */
  cut(): void
}

/** A reply played on a connection. */
export class SocketPlayback extends Playback {
  readonly #outlet: Outlet
  readonly #manner: Manner
  /** What ends the body has been sent with its last frame. */
  #hasEnd = false

  constructor(card: Card, stage: Stage, arrivedMs: number, hasBody: boolean, outlet: Outlet, manner: Manner) {
    super(card, stage, arrivedMs, hasBody)
    this.#outlet = outlet
    this.#manner = manner
  }

  protected override open(): void {
    this.advance()
  }

  protected override send(from: number, to: number): number {
    const run = runOf(this.card, this.#manner, from, to, this.mayEnd)
    const { bytes, ends, places } = run
    if (run.headBytes > 0) patchDate(run)
    if (places !== null) this.patch(bytes, places)
    const written = this.#outlet.write(bytes)
    if (written === bytes.byteLength) {
      this.#hasEnd = run.hasEnd
      return from + run.frames
    }
    this.hold()
    if (written < 0) {
      this.#outlet.cut() // it has gone, and of a connection that is paused nobody else tells
      return from
    }
    if (places === null) {
      this.#hasEnd = run.hasEnd
      const rest = bytes.subarray(written)
      // What is kept is shared, and the date in its head may change before the rest is written.
      this.#outlet.keep(run.isKept && written >= run.headBytes ? rest : Buffer.from(rest))
      return from + run.frames
    }
    // Shared bytes with something of this reply in them: the rest of the frame is copied, the next ones are filled when they are written.
    const cut = ends.findIndex((at) => at > written)
    const isLast = cut < 0 || cut === ends.length - 1
    this.#hasEnd = isLast && run.hasEnd
    const end = isLast ? bytes.byteLength : ends[cut]!
    this.#outlet.keep(Buffer.from(bytes.subarray(written, end)))
    this.unpatch(countStamps(places.filter(({ at }) => at >= end)))
    return isLast ? from + run.frames : from + cut + 1
  }

  protected override end(reset: boolean): void {
    if (reset) this.#outlet.cut()
    else this.#outlet.finish(this.#hasEnd ? null : endOf(this.reply, this.#manner))
  }
}
