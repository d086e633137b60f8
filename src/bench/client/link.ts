// One connection to a server, whatever it speaks: a request, its answer, the next.
import type { BodySink } from './parser.ts'
import type { Target } from './target.ts'

export interface Link {
  /** Sends the request. Not before the last answer has ended. */
  ask(): void
  /** Leaves at once, whatever is under way: over HTTP/2 the stream alone. */
  leave(): void
  /** Closes the connection at once. */
  close(): void
}

/** What a link tells, in this order: what was received, with what is in it, and that it has been taken. */
export interface LinkEvents extends BodySink {
  opened(): void
  received(nowMs: number): void
  /** The status line and all headers are there. */
  headed(head: Head): void
  taken(): void
  /** The whole answer has been read. */
  ended(isReusable: boolean): void
  /** It is of no more use, and closes. */
  failed(reason: string): void
  /** Said once, whatever came before; nothing comes after it. */
  closed(): void
  /** There is no connection. Nothing comes after it. */
  refused(reason: string): void
}

export interface Head {
  readonly status: number
  /** All of it: the same for the same heads. */
  readonly text: string
  readonly header: (name: string) => string | undefined
}

export type OpenLink = (target: Target, events: LinkEvents) => Link

export const CLOSED_EARLY = 'the connection was closed in the middle of a reply'
