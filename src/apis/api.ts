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

/** Framed as Server-Sent Events, and paced. */
export interface StreamAnswer {
  readonly kind: 'stream'
  readonly status: number
  readonly events: readonly StreamEvent[]
}

/** A single body, sent at once. */
export interface WholeAnswer {
  readonly kind: 'whole'
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Answer = StreamAnswer | WholeAnswer

/** A JSON body. */
export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): WholeAnswer {
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
