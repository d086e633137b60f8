// The hot path: a prepared reply in, a Response out, each frame written when it is due.
// Knows nothing of API formats, faults or timing models. Per request it creates one Playback, one stream and one
// Response; per frame it creates nothing.
import type { Reply } from '../replies/reply.ts'
import type { RequestCounter, Tally } from '../stats/tally.ts'
import { type IdSource, patchFrame } from './patch.ts'
import { EARLY_MS, type Scheduler, Waiter } from './scheduler.ts'

/** Answers one request, which arrived at `arrivedMs` on the clock of `performance.now()`. */
export type Player = (request: Request, arrivedMs: number) => Response | Promise<Response>

/** What every player of a worker works with. */
export interface Stage {
  readonly scheduler: Scheduler
  readonly tally: Tally
  readonly ids: IdSource
}

/** The function that answers one request with `reply`. What kind of reply it is is settled here, at boot. */
export function createPlayer(reply: Reply, stage: Stage, counter: RequestCounter): Player {
  const atOnce = reply.dueMs[0]! <= 0
  if (!reply.played) return () => playWhole(reply, stage, counter)
  const Kind = kindOf(reply)
  return (request, arrivedMs) => {
    counter.requests++
    const playback = new Kind(reply, stage, arrivedMs)
    return atOnce ? playback.respond() : playback.respondWhenDue(request.signal)
  }
}

function kindOf({ whole, places }: Reply): new (reply: Reply, stage: Stage, arrivedMs: number) => Playback {
  if (whole) return WholePlayback
  return places === null ? StreamPlayback : PatchedPlayback
}

/** Answers with a single body, at once. */
export function playWhole(reply: Reply, stage: Stage, counter: RequestCounter): Response {
  counter.requests++
  stage.tally.bytes += reply.frames[0]!.byteLength
  return wholeResponse(reply, stage)
}

/** `Response` copies the bytes, so a frame may be patched for the next one. */
function wholeResponse(reply: Reply, { ids }: Stage): Response {
  const [body] = reply.frames
  if (reply.places !== null) patchFrame(body!, reply.places[0]!, ids.next(), 0)
  return new Response(body, reply)
}

/** One request being answered: what waits in the scheduler until its Response can be handed over. */
abstract class Playback extends Waiter implements EventListenerObject {
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
    this.stage.tally.abort(true)
  }
}

/** A single body that leaves when its stream would have ended. */
class WholePlayback extends Playback {
  override respond(): Response {
    const { tally } = this.stage
    const sinceMs = performance.now() - this.arrivedMs
    tally.ttft.record(sinceMs * 1000, 1)
    tally.lateness.record((sinceMs - this.reply.dueMs[0]!) * 1000, 1)
    tally.events++
    tally.bytes += this.reply.frames[0]!.byteLength
    tally.complete()
    return wholeResponse(this.reply, this.stage)
  }

  protected override advance(): void {}
}

/** A stream: also the underlying source that Bun pulls from. */
class StreamPlayback extends Playback implements Bun.DirectUnderlyingSource {
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
    this.stage.tally.abort(this.#next === 0)
  }

  /** Writes a frame; `write` copies it at once. */
  protected write(sink: ReadableStreamDirectController, index: number): number | Promise<number> {
    return sink.write(this.reply.frames[index]!)
  }

  /** Writes what is due. `heldBack`: what is late now is so because the client did not read. */
  protected override advance(heldBack = false): void {
    const sink = this.#sink
    if (sink === null) return
    const { frames, dueMs } = this.reply
    const { tally, scheduler } = this.stage
    const sinceMs = performance.now() - this.arrivedMs
    const untilMs = sinceMs + EARLY_MS
    if (this.#next === 0) tally.ttft.record(sinceMs * 1000, 1)
    while (this.#next < frames.length) {
      const due = dueMs[this.#next]!
      if (due > untilMs) return scheduler.add(this, this.arrivedMs + due)
      // Frames with the same due time are counted together: at zero delay that is the whole reply.
      const first = this.#next
      let written: number | Promise<number> = 0
      do {
        tally.bytes += frames[this.#next]!.byteLength
        written = this.write(sink, this.#next++)
        sink.flush() // makes the frame an HTTP chunk of its own; frames of one turn still leave in one system call
      } while (typeof written === 'number' && this.#next < frames.length && dueMs[this.#next] === due)
      tally.events += this.#next - first
      if (heldBack) tally.heldBack += this.#next - first
      else tally.lateness.record((sinceMs - due) * 1000, this.#next - first)
      if (typeof written !== 'number') return this.#waitForReader(written)
    }
    this.#sink = null
    sink.close()
    tally.complete()
  }

  /** The socket is full: nothing more is written, and so nothing buffered, until the client has read. */
  #waitForReader(written: Promise<number>): void {
    const resume = (): void => this.advance(true)
    written.then(resume, resume) // rejected when the client leaves instead; `cancel` has been called then
  }
}

/** A stream whose frames have places. Frames are shared between streams, which does no harm: `write` copies. */
class PatchedPlayback extends StreamPlayback {
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
