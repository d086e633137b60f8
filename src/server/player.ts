// The hot path: a prepared reply in, a Response out, each frame written when it is due.
// Knows nothing of API formats, faults or timing models. Per request it creates one Playback, one stream and one
// Response; per frame it creates nothing.
import type { Reply } from '../replies/reply.ts'
import { EARLY_MS, type Scheduler, Waiter } from './scheduler.ts'

export type Player = () => Response | Promise<Response>

/** The function that answers one request with `reply`. What kind of reply it is is settled here, at boot. */
export function createPlayer(reply: Reply, scheduler: Scheduler): Player {
  if (reply.whole) return () => new Response(reply.frames[0], reply)
  if (reply.dueMs[0]! <= 0) return () => new Playback(reply, scheduler).respond()
  return () => new Playback(reply, scheduler).respondWhenDue()
}

/** One request being answered: the underlying source of its stream, and what waits in the scheduler. */
class Playback extends Waiter implements Bun.DirectUnderlyingSource {
  readonly type = 'direct'
  readonly #reply: Reply
  readonly #scheduler: Scheduler
  readonly #arrivedMs = performance.now()
  #next = 0
  #sink: ReadableStreamDirectController | null = null
  #handOver: ((response: Response) => void) | null = null

  constructor(reply: Reply, scheduler: Scheduler) {
    super()
    this.#reply = reply
    this.#scheduler = scheduler
  }

  respond(): Response {
    return new Response(new ReadableStream(this), this.#reply)
  }

  /**
   * The Response is handed over when its first frame is due, so that headers and first event leave in one segment:
   * given at once, Bun sends half a header block early (one more system call, 5 to 14 % more CPU per event).
   */
  respondWhenDue(): Promise<Response> {
    return new Promise((resolve) => {
      this.#handOver = resolve
      this.#scheduler.add(this, this.#arrivedMs + this.#reply.dueMs[0]!)
    })
  }

  override fire(nowMs: number): void {
    if (this.#handOver === null) return this.#advance(nowMs)
    this.#handOver(this.respond())
    this.#handOver = null
  }

  /** Called by Bun when it has taken the Response. Returning nothing keeps the stream open until `close`. */
  pull(sink: ReadableStreamDirectController): void {
    this.#sink = sink
    this.#advance(performance.now())
  }

  /** Called by Bun when the client has left. */
  cancel(): void {
    this.#sink = null
    this.#scheduler.remove(this)
  }

  #advance(nowMs: number): void {
    const sink = this.#sink
    if (sink === null) return
    const { frames, dueMs } = this.#reply
    const untilMs = nowMs + EARLY_MS - this.#arrivedMs
    while (this.#next < frames.length) {
      if (dueMs[this.#next]! > untilMs) return this.#scheduler.add(this, this.#arrivedMs + dueMs[this.#next]!)
      const written = sink.write(frames[this.#next++]!)
      sink.flush() // makes the frame an HTTP chunk of its own; frames of one turn still leave in one system call
      if (typeof written !== 'number') return this.#waitForReader(written)
    }
    this.#sink = null
    sink.close()
  }

  /** The socket is full: nothing more is written, and so nothing buffered, until the client has read. */
  #waitForReader(written: Promise<number>): void {
    const resume = (): void => this.#advance(performance.now())
    written.then(resume, resume) // rejected when the client leaves instead; `cancel` has been called then
  }
}
