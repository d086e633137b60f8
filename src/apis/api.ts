// What an API format gives to the rest of the program: plain data, without framing, timing or a socket.
import type { Config } from '../config/config.ts'

/** What the answers of one run are made from. The same in every worker. */
export interface Setup {
  readonly config: Config
  /** Start of the run, Unix seconds: every `created` of the run. */
  readonly createdAt: number
}

/** One piece of a streamed answer. */
export interface StreamEvent {
  readonly data: string
  /** The step of the schedule it leaves at: content chunk i at step i, the ending at the last one, step N. */
  readonly step: number
}

/** A streamed answer is framed as Server-Sent Events and paced; a whole one is a single body, sent at once. */
export type Answer =
  | { readonly kind: 'stream'; readonly status: number; readonly events: readonly StreamEvent[] }
  | {
      readonly kind: 'whole'
      readonly status: number
      readonly body: string
      readonly headers?: Record<string, string>
    }

/** A JSON body. */
export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): Answer {
  return { kind: 'whole', status, body: JSON.stringify(value), ...(headers && { headers }) }
}

/** One row of the catalogue. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** An exact path. */
  readonly path: string
  /** What a reply of that many content chunks consists of. Answers that have no chunks are the same for every count. */
  readonly answer: (chunkCount: number) => Answer
}
