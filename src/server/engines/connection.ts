// One connection of engine `socket`: requests come in one after the other, in any segmentation; each is answered before the next is
// looked at, and no reply ends before its request's body has arrived.
import type { Card, Choice, Later } from '../card.ts'
import type { Expiring } from '../deadlines.ts'
import { Pending } from '../pending.ts'
import { BodyScanner } from './body.ts'
import { INCOMPLETE, REFUSED } from './bytes.ts'
import { BODY_SILENCE_MS, BODY_STALL_MS } from './engine.ts'
import { Exchange } from './exchange.ts'
import type { Manner } from './heads.ts'
import { HeadScanner } from './http1.ts'
import { Line, type LineSocket } from './line.ts'
import { type Outlet, SocketPlayback } from './sending.ts'
import { SocketHead, splitTarget } from './target.ts'
import { Undecided } from './undecided.ts'
import { patienceWith } from './upload.ts'
import { CLOSING, CONTINUE, mannerOf } from './wire.ts'

/** From the first byte of a head to its last; of the first one, from the beginning of the connection. */
export const HEAD_MS = 10_000
/** A connection that we have ended waits so long for the client's end: closed at once, unread bytes would reset it. */
const LINGER_MS = 2_000
/** So often a client is asked whether it is still there that has no more to say: Linux denies it a minute after it has closed. */
const PROBE_MS = 1_000
/** Of what a client sends ahead, while its last request is being answered, so much is taken. */
export const MOST_AHEAD_BYTES = 1 << 16

/** State: what has come and is not looked at yet, the request that is being read, and the reply that is being sent. */
export class Connection extends Line implements Expiring, Outlet {
  quietSinceMs = 0
  readonly #exchange: Exchange
  #received: Buffer | null = null
  /** Of a head that has not come whole, or whose body must be read before a card is picked. */
  #scanner: HeadScanner | null = null
  #body: BodyScanner | null = null
  #undecided: Undecided | null = null
  /** The reply under way, or who waits for its card. */
  #playback: SocketPlayback | Pending | null = null
  #isLooking = false
  /** So many have been begun. */
  #replies = 0
  /** It has had as many as it may. */
  #isSpent = false
  #closes = false
  /** The client has said all it has to say, or has gone. */
  #hasEnded = false
  /** The reply that was under way by then. */
  #doubtful: SocketPlayback | null = null
  /** We have ended the connection; what still comes is dropped. */
  #isLingering = false

  constructor(socket: LineSocket, exchange: Exchange) {
    super(socket)
    this.#exchange = exchange
    exchange.add(this)
    exchange.deadlines.watch(this)
  }

  receive(segment: Buffer): void {
    if (this.#isLingering) {
      this.quietSinceMs = performance.now()
      return
    }
    this.#received = this.#received === null ? segment : Buffer.concat([this.#received, segment])
    this.#look()
  }

  receiveEnd(): void {
    this.#hasEnded = true
    const isIdle = this.#playback === null && !this.hasUnsent
    if (this.#isLingering || this.#body !== null || isIdle) return this.end()
    if (this.#playback instanceof SocketPlayback) this.#doubtful = this.#playback
    this.#doubtful?.clientEnded()
    this.socket.setKeepAlive(true, PROBE_MS)
  }

  protected override sent(): void {
    if (this.#playback instanceof SocketPlayback) this.#playback.resume()
    else if (this.#playback === null && this.#undecided === null) this.#goOn()
  }

  /** `error`: the client was not there any more. */
  closed(error?: Error): void {
    if (!this.close()) return
    if (error === undefined && this.#playback !== this.#doubtful) this.#doubtful?.clientStayed()
    this.#exchange.deadlines.forget(this)
    this.#exchange.remove(this)
    this.#received = null
    this.#undecided?.desert()
    if (this.#playback instanceof SocketPlayback) this.#playback.leave()
    else this.#playback?.desert()
  }

  get patienceMs(): number {
    if (this.#isLingering) return this.#body === null ? LINGER_MS : BODY_SILENCE_MS
    if (this.#body === null) return HEAD_MS
    return patienceWith(this.#playback instanceof SocketPlayback ? this.#playback : null, BODY_STALL_MS)
  }

  /** The head, the body or the client's end is too late. */
  expire(): void {
    const stalled = this.#stalled
    if (this.#isLingering) return this.end()
    if (stalled === null) return this.cut()
    this.#exchange.deadlines.watch(this)
    stalled.bodyArrived()
  }

  /** The reply that waits for the body, and for nothing else. */
  get #stalled(): SocketPlayback | null {
    return this.#playback instanceof SocketPlayback && this.#playback.waitsForBody ? this.#playback : null
  }

  /** The program ends: no further request is looked at. */
  stop(): void {
    this.#closes = true
    if (this.#playback === null && !this.hasUnsent && this.#body === null) this.end()
  }

  /** Looks at what has come, request by request. Replies that end at once come back here: then the loop just goes on. */
  #look(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      while (this.#received !== null && !this.#isLingering && this.#takeNext(this.#received));
    } catch (thrown) {
      const failed = this.#exchange.desk.fail(thrown)
      if (this.#playback !== null) return this.cut()
      this.#undecided?.withdraw()
      this.#body = this.#undecided = this.#received = null
      this.#closes = true
      this.#play(failed, CLOSING, performance.now())
    } finally {
      this.#isLooking = false
    }
  }

  /** Takes the next part of what has come; returns whether there may be more to take. */
  #takeNext(bytes: Buffer): boolean {
    if (this.#body !== null) return this.#takeBody(bytes, this.#body)
    if (this.#playback === null && !this.hasUnsent && !this.#closes) return this.#takeHead(bytes)
    if (bytes.byteLength > MOST_AHEAD_BYTES) {
      this.pause()
      this.socket.setKeepAlive(true, PROBE_MS) // of a paused socket nobody tells otherwise that the client has gone
    }
    return false
  }

  #takeHead(bytes: Buffer): boolean {
    const { desk, deadlines } = this.#exchange
    const scanner = this.#scanner ?? this.#exchange.freshScanner()
    const end = scanner.scan(bytes, 0, bytes.byteLength)
    if (end === INCOMPLETE && this.#hasEnded) {
      this.end() // the rest will not come
      return false
    }
    if (end === INCOMPLETE) {
      if (this.#scanner === null) {
        this.#scanner = this.#exchange.takeScanner()
        if (this.quietSinceMs === 0) deadlines.watch(this)
      }
      return false
    }
    this.#forgetDeadline()
    if (end === REFUSED) {
      const { status, reason } = scanner.refusal!
      this.#refuse(status, reason, scanner.hasTarget ? splitTarget(scanner.target).path : '/')
      return false
    }
    const arrivedMs = performance.now()
    const head = new SocketHead(scanner)
    const { length, keepAlive, method } = scanner
    const hasBody = length >= 0 && bytes.byteLength - end >= length
    this.#closes ||= !keepAlive
    const manner = mannerOf(scanner)
    let choice: Choice = desk.match(method, head.path)(head)
    if (choice.kind === 'body') {
      if (length > choice.mostBytes) choice = choice.pick('tooLarge')
      else if (hasBody) choice = choice.pick(bytes.subarray(end, end + length))
      else this.#undecided = new Undecided(choice, this.#exchange.stage.bodies, manner, arrivedMs)
    }
    const rest = hasBody ? end + length : end
    this.#received = rest === bytes.byteLength ? null : bytes.subarray(rest)
    // Where the body decides, the head is looked into again when it is there.
    if (this.#undecided === null) this.#scanner = null
    else this.#scanner ??= this.#exchange.takeScanner()
    // Whoever asks whether to send a body that will be refused is refused now, and need not send it.
    const isSpared = scanner.expectsContinue && choice.kind === 'card' && choice.reply.status >= 400
    if (!hasBody && isSpared) {
      this.#closes = true
    } else if (!hasBody) {
      this.#body = new BodyScanner()
      this.#body.reset(length)
      deadlines.watch(this)
      if (scanner.expectsContinue) this.put(CONTINUE)
    }
    if (choice.kind !== 'body') this.#settle(choice, manner, arrivedMs)
    if (this.#body !== null && this.#hasEnded) this.end()
    return true
  }

  #takeBody(bytes: Buffer, body: BodyScanner): boolean {
    const undecided = this.#undecided
    const end = body.scan(bytes, 0, bytes.byteLength, undecided?.keep(bytes))
    if (end === REFUSED) {
      this.#spoil(body)
      return false
    }
    this.#received = end === bytes.byteLength ? null : bytes.subarray(end)
    if (body.isComplete) {
      this.#body = null
      this.#forgetDeadline()
    } else {
      this.quietSinceMs = performance.now()
      if (!undecided?.isUnfit) return false
    }
    if (undecided !== null) {
      this.#undecided = this.#scanner = null
      this.#settle(undecided.settle(), undecided.manner, undecided.arrivedMs)
    } else if (this.#playback instanceof SocketPlayback) {
      this.#playback.bodyArrived()
    }
    return true
  }

  #settle(choice: Card | Later, manner: Manner, arrivedMs: number): void {
    if (choice.kind === 'card') return this.#play(choice, manner, arrivedMs)
    const pending = new Pending(choice.counter, arrivedMs)
    this.#playback = pending
    choice.card
      .catch((thrown: unknown) => this.#exchange.desk.fail(thrown))
      .then((card) => {
        // Nothing else has been answered meanwhile, such as a body that is not in valid chunks.
        if (this.#playback !== pending || this.isClosed) return
        pending.withdraw()
        this.#play(card, manner, arrivedMs)
      })
  }

  #play(card: Card, manner: Manner, arrivedMs: number): void {
    const hasBody = this.#body === null
    const put = this.#closes && !manner.closes ? { ...manner, closes: true } : manner
    // From here on without a word: it is not in the head.
    if (++this.#replies === this.#exchange.closeAfter) this.#isSpent = this.#closes = true
    else if (card.reply.wire?.closes) this.#closes = true
    const playback = new SocketPlayback(card, this.#exchange.stage, arrivedMs, hasBody, this, put)
    this.#playback = playback
    playback.begin()
  }

  /** A request that cannot be made out: refused, and nothing that follows it is looked at. */
  #refuse(status: number, reason: string, path: string): void {
    this.#closes = true
    this.#received = null
    this.#play(this.#exchange.desk.refuse(status, reason, path), CLOSING, performance.now())
  }

  /** The body of a request cannot be made out. What has been sent of its reply cannot be taken back. */
  #spoil({ refusal }: BodyScanner): void {
    this.#undecided?.withdraw()
    this.#body = this.#undecided = this.#received = null
    this.#forgetDeadline()
    if (this.#playback instanceof SocketPlayback && this.#playback.hasSent) return this.cut()
    this.#playback?.withdraw()
    this.#refuse(refusal!.status, refusal!.reason, '/')
  }

  finish(rest: Uint8Array | null): void {
    if (rest !== null) this.put(rest)
    this.#playback = null
    if (!this.hasUnsent) this.#goOn()
  }

  /** On to the next request, or to the end. */
  #goOn(): void {
    if (this.isClosed || this.#isLingering) return
    if (this.#closes || (this.#hasEnded && this.#received === null)) return this.#takeLeave()
    this.readOn()
    this.#look()
  }

  /** Ends the connection when all has been sent. At once, what the client still sends would reset it, and nobody told who has gone. */
  #takeLeave(): void {
    if ((this.#hasEnded && this.#doubtful === null) || this.#isSpent) return this.end()
    this.#isLingering = true
    this.#received = null
    this.socket.shutdown()
    this.readOn()
    this.#exchange.deadlines.watch(this)
  }

  #forgetDeadline(): void {
    if (this.quietSinceMs === 0) return
    this.quietSinceMs = 0
    this.#exchange.deadlines.forget(this)
  }
}
