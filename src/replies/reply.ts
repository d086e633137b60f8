// A reply is data: everything a request will be answered with, prepared before the first request.
import type { Answer, StreamEvent } from '../apis/api.ts'
import { frameEvent } from './sse.ts'

/**
 * One prepared HTTP reply. Immutable, shared by every request that plays it.
 * A reply is also a `ResponseInit`: status and headers are where `new Response(body, reply)` looks for them.
 */
export interface Reply {
  readonly status: number
  /** Built once. */
  readonly headers: Headers
  /** One entry per write, in order; exactly one when the reply is whole. */
  readonly frames: readonly Uint8Array[]
  /** When each frame is due, ms after the request arrived; never decreasing. */
  readonly dueMs: Float64Array
  /** One body with a Content-Length, instead of a stream. */
  readonly whole: boolean
}

const encoder = new TextEncoder()

/** Turns an answer into bytes. `stepMs` holds when each step of the schedule is due; a whole answer does not wait. */
export function prepareReply(answer: Answer, stepMs: Float64Array): Reply {
  if (answer.kind === 'whole')
    return {
      status: answer.status,
      headers: new Headers({ 'Content-Type': 'application/json', ...answer.headers }),
      frames: [encoder.encode(answer.body)],
      dueMs: Float64Array.of(0),
      whole: true,
    }
  return {
    status: answer.status,
    headers: new Headers({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    }),
    frames: encodeFrames(answer.events),
    dueMs: Float64Array.from(answer.events, (event) => stepMs[event.step]!),
    whole: false,
  }
}

/** Equal events share their bytes, so a long reply costs one pointer per event. */
function encodeFrames(events: readonly StreamEvent[]): Uint8Array[] {
  const known = new Map<string, Uint8Array>()
  return events.map(({ data }) => {
    let frame = known.get(data)
    if (frame === undefined) {
      frame = encoder.encode(frameEvent(data))
      known.set(data, frame)
    }
    return frame
  })
}
