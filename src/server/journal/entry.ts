// One request that the journal keeps, and what becomes of it.
import type { RequestHead } from '../../apis/api.ts'
import { keepText, type KeptHeaders } from '../../apis/kept.ts'
import { countChunks, type Reply } from '../../replies/reply.ts'
import type { Account } from '../../stats/ledger.ts'
import type { ClientDeed } from '../../stats/traces.ts'
import type { Card, Unfit } from '../card.ts'
import { textOfReply } from './said.ts'
import { readTold, type Told } from './told.ts'

/** So much of a body is kept. */
export const MOST_BODY_KEPT = 65_536
/** A path or a query that is longer is cut. */
export const MOST_TEXT_KEPT = 1_024
/** What names a session may be so long. */
export const MOST_SESSION_CHARACTERS = 256
export const SESSION_HEADER = 'x-test-session'

/** What an entry takes besides its texts. Measured with 100,000 of them: with bodies of 130 bytes each takes 1.0 KB on engine socket, 1.2 on bun. */
const ENTRY_BYTES = 750

/** A request as it came. */
export interface Seen {
  readonly head: RequestHead
  /** The name of the upstream that was asked; empty where there is one only. */
  readonly upstream: string
  /** When its head had come, on the clock of `performance.now()`. */
  readonly atMs: number
  readonly body: Uint8Array | Unfit
}

/** What a client has got that has got all of a reply. */
type Whole = Pick<Entry, 'chunks' | 'cutText'>

/** State: what the client has done so far. The account of its reply, which tells the card's own ledger as well. */
export class Entry implements Account {
  readonly sequence: number
  readonly atMs: number
  readonly upstream: string
  readonly method: string
  readonly path: string
  readonly query: string
  /** Its beginning; null when it was not read. */
  readonly body: Uint8Array | null
  /** Null when nobody knows. */
  readonly bodyBytes: number | null
  /** In bytes, about. */
  readonly weight: number
  readonly status: number
  readonly ending: 'close' | 'reset'
  readonly isCut: boolean
  readonly told: Told
  firstByteMs: number | null = null
  endedMs: number | null = null
  did: ClientDeed['did'] = 'still open'
  chunks: number | null = null
  silentMs: number | null = null
  /** The hash of the text that a stream had that was cut. */
  cutText: string | null = null
  /** Made when it is first asked for; see tell.ts. */
  fingerprint: string | null = null
  readonly #headers: KeptHeaders
  /** Made at once where not all of the body is kept. */
  #bodySha256: string | null = null
  readonly #ledger: Account | null
  /** Until it is over. */
  #reply: Reply | null
  /** Of a client that has left: it may turn out that it has not. */
  #unread: Whole | null = null

  constructor(sequence: number, { head, upstream, atMs, body }: Seen, { reply, ledger, extra }: Card) {
    this.sequence = sequence
    this.atMs = atMs
    this.upstream = upstream
    this.#headers = head.headers()
    this.method = head.method
    this.path = keepText(head.path, MOST_TEXT_KEPT)
    this.query = keepText(head.query, MOST_TEXT_KEPT)
    if (typeof body === 'string') {
      this.body = null
      this.bodyBytes = readLength(head.header('content-length'))
    } else {
      this.body = new Uint8Array(body.subarray(0, MOST_BODY_KEPT))
      this.bodyBytes = body.byteLength
      if (this.bodyBytes > MOST_BODY_KEPT) this.#bodySha256 = Bun.SHA256.hash(body, 'hex')
    }
    this.status = reply.status
    this.ending = reply.ending
    this.isCut = reply.framing !== null && reply.isPartial
    this.told = readTold(reply, extra, performance.timeOrigin + atMs)
    this.#ledger = ledger
    this.#reply = reply
    this.weight =
      ENTRY_BYTES + this.path.length + this.query.length + this.#headers.bytes + (this.body?.byteLength ?? 0)
  }

  /** Of the whole body; null when that was not read. */
  get bodySha256(): string | null {
    if (this.body !== null) this.#bodySha256 ??= Bun.SHA256.hash(this.body, 'hex')
    return this.#bodySha256
  }

  /** By name in lower case. Read each time: few are ever asked for. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers.read()
  }

  get pattern(): string {
    return this.#ledger?.pattern ?? ''
  }

  deal(): void {
    this.#ledger?.deal()
  }

  answer(): void {
    this.firstByteMs = performance.now()
    this.#ledger?.answer()
  }

  complete(): void {
    this.#ledger?.complete()
    if (this.#reply === null) return
    this.#read(this.#wholeOf(this.#reply))
    this.#reply = null
  }

  leave(chunks: number | null, sinceFaultMs: number): void {
    this.#ledger?.leave(chunks, sinceFaultMs)
    if (this.#reply === null) return
    this.did = 'left'
    this.endedMs = performance.now()
    this.chunks = chunks
    this.silentMs = silenceAt(this.#reply, this.endedMs - this.atMs)
    this.#unread = this.#wholeOf(this.#reply)
    this.#reply = null
  }

  stay(): void {
    if (this.#unread !== null) this.#read(this.#unread)
    this.#unread = null
  }

  #read({ chunks, cutText }: Whole): void {
    this.did = 'read to the end'
    this.endedMs = performance.now()
    this.silentMs = null
    this.chunks = chunks
    this.cutText = cutText
  }

  #wholeOf(reply: Reply): Whole {
    const { played, frames } = reply
    return {
      chunks: played && frames.length > 0 ? countChunks(reply, frames.length) : null,
      cutText: this.isCut ? textOfReply(reply) : null,
    }
  }
}

/** Whose request it is, where it says so. */
export function sessionOf(headers: Readonly<Record<string, string>>): string | null {
  return headers[SESSION_HEADER]?.slice(0, MOST_SESSION_CHARACTERS) ?? null
}

/** How long nothing had been due, so many ms after the request. */
function silenceAt({ dueMs }: Reply, sinceMs: number): number {
  const last = dueMs.findLast((ms) => ms <= sinceMs) ?? 0
  return sinceMs - last
}

function readLength(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
