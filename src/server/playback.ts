// The hot path: one request being answered with a prepared reply, each frame written when it is due.
// Knows nothing of API formats, kinds of faults or timing models. Per request there is one Playback, one stream and one Response; per
// frame nothing is created.
import { countChunks, type Reply } from '../replies/reply.ts'
import type { Ledger } from '../stats/ledger.ts'
import type { Tally } from '../stats/tally.ts'
import { type IdSource, patchFrame } from './patch.ts'
import { EARLY_MS, type Scheduler, Waiter } from './scheduler.ts'

/** What every player of a worker works with. */
export interface Stage {
  readonly scheduler: Scheduler
  readonly tally: Tally
  readonly ids: IdSource
  /** Where what clients do with the replies is accounted for; null when nothing is wrong with these. */
  readonly ledger: Ledger | null
}

/** `Response` copies the bytes, so a frame may be patched for the next one. */
export function wholeResponse(reply: Reply, { ids }: Stage): Response {
  const [body] = reply.frames
  if (reply.places !== null) patchFrame(body!, reply.places[0]!, ids.next(), 0)
  return new Response(body, reply)
}

/** One request being answered: what waits in the scheduler until its Response can be handed over. */
export abstract class Playback extends Waiter implements EventListenerObject {
  protected readonly reply: Reply
  protected readonly stage: Stage
  protected readonly arrivedMs: number
  #handOver: ((response: Response) => void) | null = null

  constructor(reply: Reply, stage: Stage, arrivedMs: number) {
    super()
    this.reply = reply
    this.stage = stage
    this.arrivedMs = arrivedMs
    stage.tally.open()
  }

  abstract respond(): Response

  /** Goes on after the Response has been handed over. */
  protected abstract advance(): void

  /**
   * The Response is handed over when its first frame is due, so that headers and first event leave in one segment:
   * given at once, Bun sends half a header block early (one more system call, 5 to 14 % more CPU per event).
   * Until then only `signal` knows of a client that leaves; listening to it costs nothing measurable.
   */
  respondWhenDue(signal: AbortSignal): Promise<Response> {
    signal.addEventListener('abort', this)
    return new Promise((resolve) => {
      this.#handOver = resolve
      this.stage.scheduler.add(this, this.arrivedMs + this.reply.dueMs[0]!)
    })
  }

  override fire(): void {
    if (this.#handOver === null) return this.advance()
    this.#handOver(this.respond())
    this.#handOver = null
  }

  /** Called by the signal when the client has left. Once the Response is handed over its stream is told by `cancel`. */
  handleEvent(): void {
    if (this.#handOver === null) return
    this.#handOver(new Response()) // nobody reads it, but the request counts as pending until it is answered
    this.#handOver = null
    this.stage.scheduler.remove(this)
    this.left(0)
  }

  /** The client has left after `written` frames. */
  protected left(written: number): void {
    this.stage.tally.abort(written === 0)
  }

  /** Everything has been written. */
  protected ended(): void {
    this.stage.tally.complete()
  }
}

/** A single body that leaves when its stream would have ended. */
export class WholePlayback extends Playback {
  override respond(): Response {
    const { tally } = this.stage
    const sinceMs = performance.now() - this.arrivedMs
    tally.ttft.record(sinceMs * 1000, 1)
    tally.lateness.record((sinceMs - this.reply.dueMs[0]!) * 1000, 1)
    tally.events++
    tally.bytes += this.reply.frames[0]!.byteLength
    this.ended()
    return wholeResponse(this.reply, this.stage)
  }

  protected override advance(): void {}
}

/** A stream: also the underlying source that Bun pulls from. */
export class StreamPlayback extends Playback implements Bun.DirectUnderlyingSource {
  readonly type = 'direct'
  #next = 0
  #sink: ReadableStreamDirectController | null = null

  override respond(): Response {
    return new Response(new ReadableStream(this), this.reply)
  }

  /** Called by Bun when it has taken the Response. Returning nothing keeps the stream open until `close`. */
  pull(sink: ReadableStreamDirectController): void {
    this.#sink = sink
    this.advance()
  }

  /** Called by Bun when the client has left. */
  cancel(): void {
    this.#sink = null
    this.stage.scheduler.remove(this)
    this.left(this.#next)
  }

  /** Writes a frame; `write` copies it at once. */
  protected write(sink: ReadableStreamDirectController, index: number): number | Promise<number> {
    return sink.write(this.reply.frames[index]!)
  }

  /** Writes what is due. `heldBack`: what is late now is so because the client did not read. */
  protected override advance(heldBack = false): void {
    while (this.step(heldBack));
  }

  /**
   * Writes the next frame, if it is due, and those due at the same time: at zero delay that is the whole reply.
   * Returns whether more is due already.
   */
  protected step(heldBack: boolean): boolean {
    const sink = this.#sink
    if (sink === null) return false
    if (this.#next === this.reply.frames.length) return this.#end(sink) // the last write had to wait
    const { frames, dueMs } = this.reply
    const { tally, scheduler } = this.stage
    const due = dueMs[this.#next]!
    const sinceMs = performance.now() - this.arrivedMs
    const untilMs = sinceMs + EARLY_MS
    if (due > untilMs) {
      scheduler.add(this, this.arrivedMs + due)
      return false
    }
    const first = this.#next
    let written: number | Promise<number> = 0
    do {
      tally.bytes += frames[this.#next]!.byteLength
      written = this.write(sink, this.#next++)
      sink.flush() // makes the frame an HTTP chunk of its own; frames of one turn still leave in one system call
    } while (typeof written === 'number' && this.#next < frames.length && dueMs[this.#next] === due)
    const events = this.countEvents(first, this.#next)
    tally.events += events
    if (this.isFirst(first, events)) tally.ttft.record(sinceMs * 1000, 1)
    if (heldBack) tally.heldBack += events
    else if (events > 0) tally.lateness.record((sinceMs - due) * 1000, events)
    if (typeof written !== 'number') {
      this.#waitForReader(written)
      return false
    }
    if (this.#next < frames.length) {
      if (dueMs[this.#next]! <= untilMs) return true
      scheduler.add(this, this.arrivedMs + dueMs[this.#next]!)
      return false
    }
    return this.#end(sink)
  }

  #end(sink: ReadableStreamDirectController): false {
    this.#sink = null
    this.close(sink)
    this.ended()
    return false
  }

  /** Whether what was written from frame `first` on holds the first event. */
  protected isFirst(first: number, _events: number): boolean {
    return first === 0
  }

  /** How many events the frames from `first` up to `end` are. */
  protected countEvents(first: number, end: number): number {
    return end - first
  }

  /** Ends the body in order. */
  protected close(sink: ReadableStreamDirectController): void {
    sink.close()
  }

  /** The socket is full: nothing more is written, and so nothing buffered, until the client has read. */
  #waitForReader(written: Promise<number>): void {
    const sinceMs = performance.now()
    const resume = (): void => {
      this.stage.tally.blocked.record((performance.now() - sinceMs) * 1000, 1)
      this.advance(true)
    }
    written.then(resume, resume) // rejected when the client leaves instead; `cancel` has been called then
  }
}

/** A stream whose frames have places. Frames are shared between streams, which does no harm: `write` copies. */
export class PatchedPlayback extends StreamPlayback {
  readonly #id = this.stage.ids.next()
  #sequence = 0

  protected override write(sink: ReadableStreamDirectController, index: number): number | Promise<number> {
    this.#sequence = patchFrame(
      this.reply.frames[index]!,
      this.reply.places![index]!,
      this.#id,
      this.#sequence,
    )
    return super.write(sink, index)
  }
}

/** What a connection is reset with; nobody sees it. */
const RESET = new Error('reset on purpose')

/** Notes where a client has left. */
function leave({ ledger }: Stage, reply: Reply, arrivedMs: number, written: number): void {
  ledger!.leave(
    written === 0 ? null : countChunks(reply, written),
    performance.now() - arrivedMs - reply.faultMs,
  )
}

export class AccountedWholePlayback extends WholePlayback {
  protected override left(written: number): void {
    super.left(written)
    leave(this.stage, this.reply, this.arrivedMs, written)
  }

  protected override ended(): void {
    super.ended()
    this.stage.ledger!.complete()
  }
}

/**
 * A stream in which something may be wrong: not every frame is an event, the connection may be reset at the end, and frames that
 * are not due at the very same time leave in turns of their own.
 */
function accounted(Base: typeof StreamPlayback): typeof StreamPlayback {
  return class extends Base {
    /** What is late now is so because the client did not read. */
    #behind = false
    #begun = false

    protected override advance(heldBack = false): void {
      this.#behind ||= heldBack
      if (this.step(this.#behind)) this.stage.scheduler.add(this, performance.now())
      else this.#behind = false
    }

    protected override isFirst(_: number, events: number): boolean {
      if (this.#begun || events === 0) return false
      this.#begun = true
      return true
    }

    protected override countEvents(first: number, end: number): number {
      let events = 0
      for (let i = first; i < end; i++) events += this.reply.marks[i]!.events
      return events
    }

    protected override close(sink: ReadableStreamDirectController): void {
      if (this.reply.ending === 'reset') sink.close(RESET)
      else super.close(sink)
    }

    protected override left(written: number): void {
      const seen = this.#begun ? written : 0
      super.left(seen)
      leave(this.stage, this.reply, this.arrivedMs, seen)
    }

    protected override ended(): void {
      super.ended()
      this.stage.ledger!.complete()
    }
  }
}

export const AccountedStreamPlayback = accounted(StreamPlayback)
export const AccountedPatchedPlayback = accounted(PatchedPlayback)
