// What an engine is: it owns the connections, asks the desk for cards and moves the bytes of their replies. The one thing that both of
// them promise: a reply ends no sooner than the body of its request has arrived.
import type { Desk } from '../desk.ts'
import type { Stage } from '../playback.ts'

/** Certificate (with its chain) and key, as PEM: read once, so that every worker has the same, also a later one. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/** Where to listen: a port, or a Unix socket. */
export type Endpoint =
  | {
      readonly hostname: string
      readonly port: number
      /** Lets further processes listen on the same port. */
      readonly reusePort: boolean
      readonly tls?: TlsPair | undefined
    }
  | { readonly unix: string }

export interface Listening {
  /** 0 on a Unix socket. */
  readonly port: number
  /** Refuses new connections at once; resolves when the open replies have ended. */
  stop(): Promise<void>
  /** Ends what is open. */
  cut(): void
}

export interface EngineLimits {
  /** The longest request head that is read; for engines that can choose. */
  readonly maxHeadBytes: number
  /** A connection is closed after so many replies, and its client is not told; 0: never. */
  readonly closeAfter: number
}

/** @throws what the runtime throws when the endpoint cannot be had */
export type Engine = (endpoint: Endpoint, desk: Desk, stage: Stage, limits: EngineLimits) => Listening

/** A body that is silent for so long ends its connection. */
export const BODY_SILENCE_MS = 60_000

/**
 * A body that is silent for so long when all but the end of the reply has been sent will not come: nginx stops sending once a reply has
 * begun, and waits for the end of it.
 */
export const BODY_STALL_MS = 1000
/** The same where the end of the reply might cut the rest of the body, and nginx is not: of many HTTP/2 uploads at once some wait so long. */
export const BODY_STALL_LASTING_MS = 10_000
