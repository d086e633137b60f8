// What is told of one request that the journal has kept, as far as the verdict on the client needs it. Data; times are Unix ms.
import { breaks, type FaultKind } from '../config/faults.ts'

/** How a request was answered. */
export interface Answered {
  /** 0: the client saw none. What is cut within the head has the one that it was to have. */
  readonly status: number
  /** The faults that the reply had on purpose; null when it had none. */
  readonly pattern: string | null
  /** A stream that ends on purpose before the answer is over. */
  readonly isCut: boolean
  /** How it ends: in order, or with the connection reset. */
  readonly ending: 'close' | 'reset'
  /** What it says of when to come back; null when it says nothing that can be read. */
  readonly retryAfterMs: number | null
  /** What `x-should-retry` says. */
  readonly shouldRetry: boolean | null
  readonly firstByteAt: number | null
  /** When its last byte left, or the client. */
  readonly endedAt: number | null
}

/** What the client did with the answer. */
export interface ClientDeed {
  readonly did: 'read to the end' | 'left' | 'still open'
  /** Content chunks that had been sent by the end; null when it is not over, or nothing had been sent. */
  readonly chunks: number | null
  /** How long after its request it was over. */
  readonly afterMs: number | null
  /** For how long nothing had been due when it left. */
  readonly silentMs: number | null
}

export interface Trace {
  /** Worker and number: `0-17`. */
  readonly id: string
  /** When its head had come. */
  readonly time: number
  readonly upstream: string
  readonly session: string | null
  readonly method: string
  readonly path: string
  readonly bodyBytes: number | null
  /** Of the whole body as it was sent; null when that was too large to be read. */
  readonly bodySha256: string | null
  /** The same for requests that ask for the same, with the same key; empty where that cannot be told. */
  readonly fingerprint: string
  /** What it counts itself: `x-stainless-retry-count`, or the attempts of `amz-sdk-request` but for the first. */
  readonly retryCount: number | null
  readonly answer: Answered
  readonly client: ClientDeed
}

/** One request, as a worker tells it. */
export interface KeptRequest extends Trace {
  /** As it was sent, but for keys. */
  readonly query: string
  /** By name in lower case; keys and cookies are told by a prefix of their hash. */
  readonly headers: Readonly<Record<string, string>>
  /** Up to 64 KiB of it, decoded where it was compressed; null when it was not read, or cannot be decoded. */
  readonly body: string | null
}

/** The same, as `GET /requests` tells it. */
export interface ToldRequest extends KeptRequest {
  /** The id of the request that it repeats; null when it repeats none. */
  readonly retryOf: string | null
}

/** With what only the verdict needs. Texts are told by their hashes. */
export interface JudgedTrace extends Trace {
  /** What the client had got of the text of a stream that was cut. */
  readonly cutText: string | null
  /** What its body says that the assistant has said. */
  readonly said: readonly string[]
}

/** The place of a request among all. */
export type Position = Pick<Trace, 'time' | 'id'>

/** The newest first; of the same moment in an order that is always the same. */
export function compareNewest(a: Position, b: Position): number {
  return b.time - a.time || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}

const CUT_HEAD: FaultKind = 'cut-head'

/** The reply was not what the client had asked for: it may well ask again. */
export function hasFailed({ answer }: Trace): boolean {
  const { status, isCut, ending, pattern } = answer
  if (sawNone(answer) || status >= 400 || isCut || ending === 'reset') return true
  return pattern !== null && breaks(pattern)
}

/** The client saw no status: what ends within the head has none. */
export function sawNone({ status, pattern }: Answered): boolean {
  return status === 0 || pattern === CUT_HEAD
}
