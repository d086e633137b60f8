// The default engine: HTTP/1.1 and HTTP/2 by `Bun.serve`, on ports and Unix sockets, in clear text or with TLS. The only file that
// knows Request, Response and ReadableStream.
import type { RequestHead } from '../../apis/api.ts'
import { decode } from '../../apis/body.ts'
import type { Reply } from '../../replies/reply.ts'
import type { BodyNeeded, Card, Choice, Later, Unfit } from '../card.ts'
import { Deadlines } from '../deadlines.ts'
import { isExact } from '../match.ts'
import { awaitCard, Pending } from '../pending.ts'
import { Playback } from '../playback.ts'
import { BODY_STALL_LASTING_MS, BODY_STALL_MS, type Engine } from './engine.ts'
import { stopServer } from './stop.ts'
import { type ByteReader, readSmall, type Unread, Upload } from './upload.ts'

type Responding = Response | Promise<Response>
type Go = (card: Card) => Responding
type TcpOptions = Parameters<typeof Bun.serve<undefined>>[0]

/** Paths that Bun's router takes as they are meant; what else is exact is compared by us. */
const ROUTABLE = /^(\/[\w.-]+)+$/

/**
 * Bun asks for more of an HTTP/2 body than this only when it is read. And on a connection that ends with its reply, what has not
 * been read by then is lost.
 */
export const UNREAD_BYTES = 65_535

export const serveBun: Engine = (endpoint, desk, stage) => {
  const deadlines = new Deadlines()
  const routes: Record<string, Record<string, (request: Request) => Responding>> = {}
  for (const { method, path, value } of desk.rows)
    if (isExact(path) && ROUTABLE.test(path))
      (routes[path] ??= {})[method] = (request) => {
        const arrivedMs = performance.now() // reading the body is our time, not the client's
        return answer(value.pick(new BunHead(request)), request, arrivedMs)
      }

  const uploadOf = (body: ReadableStream<Uint8Array>, { headers }: Request): Upload => {
    const stallMs = isLasting(headers) ? BODY_STALL_LASTING_MS : BODY_STALL_MS
    return new Upload(body.getReader() as unknown as ByteReader, deadlines, stallMs)
  }

  const answer = (choice: Choice, request: Request, arrivedMs: number): Responding => {
    if (choice.kind === 'card') return play(choice, request, arrivedMs)
    if (choice.kind === 'later')
      return wait(choice, request, arrivedMs, (card) => play(card, request, arrivedMs))
    return readBody(choice, request, arrivedMs)
  }

  const wait = async (later: Later, { signal }: Request, arrivedMs: number, go: Go): Promise<Response> => {
    const card = await awaitCard(later, stage.tally.requests, arrivedMs, signal)
    return card === null ? new Response() : go(card) // nobody reads it
  }

  const play = (card: Card, request: Request, arrivedMs: number): Responding => {
    const body = isToBeRead(request) ? request.body : null
    const playback = new BunPlayback(card, stage, arrivedMs, body === null)
    if (body !== null) void uploadOf(body, request).drainFor(playback)
    return playback.respond(request.signal)
  }

  const readBody = (choice: BodyNeeded, request: Request, arrivedMs: number): Responding => {
    const { signal } = request
    const length = request.headers.get('content-length')
    if (length !== null && Number(length) > choice.mostBytes)
      return answer(choice.pick('tooLarge'), request, arrivedMs)
    const pending = new Pending(choice.counter, stage.tally.requests, arrivedMs)
    const playRead = (chosen: Card | Later, upload: Upload | null): Responding => {
      if (chosen.kind === 'later') return wait(chosen, request, arrivedMs, (card) => playRead(card, upload))
      const playback = new BunPlayback(chosen, stage, arrivedMs, upload === null)
      if (upload !== null) void upload.drainFor(playback)
      return playback.respond(signal)
    }
    const decide = (bytes: Uint8Array | Unfit | Unread, upload: Upload | null): Responding => {
      if (bytes !== 'expired' && bytes !== 'left') {
        pending.withdraw()
        return playRead(choice.pick(bytes), typeof bytes === 'string' ? upload : null)
      }
      pending.desert()
      return bytes === 'expired' ? refuse() : new Response() // nobody reads it
    }
    if (length !== null && Number(length) <= UNREAD_BYTES)
      return readSmall(request.arrayBuffer(), deadlines).then((bytes) => decide(bytes, null))
    if (request.body === null) return decide(new Uint8Array(), null)
    const upload = uploadOf(request.body, request)
    return upload.collect(choice, stage.bodies).then((bytes) => decide(bytes, upload))
  }

  const options = {
    http2: true, // prior knowledge on the same port, or ALPN; costs HTTP/1.1 nothing measurable
    // A silent stream is never closed by us. Connections that have not sent a whole head Bun drops after 10 to 12 s in any case.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER, // drained, whatever its size
    development: false,
    routes,
    // What is left: Bun's router compares paths as sent; here they are resolved and decoded.
    fetch: (request: Request) => {
      const arrivedMs = performance.now()
      const head = new BunHead(request)
      return answer(desk.match(head.method, head.path)(head), request, arrivedMs)
    },
    // A fault of ours: never hidden, and never Bun's page of HTML.
    error: (thrown: unknown) => {
      const card = desk.fail(thrown)
      return new BunPlayback(card, stage, performance.now(), true).respond(new AbortController().signal)
    },
  }
  const server =
    'unix' in endpoint
      ? // The type of a server on a socket knows no idleTimeout; Bun heeds it, and without it cuts what is silent.
        Bun.serve({ ...options, unix: endpoint.unix } as unknown as TcpOptions)
      : Bun.serve({
          ...options,
          hostname: endpoint.hostname,
          port: endpoint.port,
          reusePort: endpoint.reusePort,
          ...(endpoint.tls && { tls: { cert: endpoint.tls.cert, key: endpoint.tls.key } }),
        })
  return {
    port: server.port ?? 0,
    stop: () => stopServer(server),
    cut: () => void server.stop(true),
  }
}

/** Looks up in a Request what is asked for. */
class BunHead implements RequestHead {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method
  }

  /** Not by `new URL`, which throws on what a hostile Host header can make of it. */
  get path(): string {
    return decode(/^(?:\w+:\/\/[^/?#]*)?([^?#]*)/.exec(this.#request.url)?.[1] || '/')
  }

  get query(): string {
    const { url } = this.#request
    const at = url.indexOf('?')
    return at < 0 ? '' : url.slice(at + 1)
  }

  header(name: string): string | null {
    return this.#request.headers.get(name)
  }
}

/**
 * Whether a body must be read so that all of it arrives: where Bun would stop asking for it, and where the connection ends with the
 * reply (HTTP/1.0 shows only in a missing Host). Looking at three headers costs 5 to 7 % at zero delay.
 */
function isToBeRead(request: Request): boolean {
  const { headers } = request
  const length = headers.get('content-length')
  if (length === null) return request.body !== null // only now: to ask costs as much as the headers
  if (length.length > 4 && Number(length) > UNREAD_BYTES) return true
  return length !== '0' && !isLasting(headers)
}

/** Whether the connection goes on after the reply, as far as it shows. */
function isLasting(headers: Headers): boolean {
  const connection = headers.get('connection')
  if (connection === null) return headers.has('host')
  return connection === 'keep-alive' || /^keep-alive$/i.test(connection)
}

/** What a connection is reset with; nobody sees it. */
const RESET = new Error('reset on purpose')

/** Resets the connection before any byte. To throw nothing at all is the one way of which Bun writes nothing to stderr. */
function refuse(): Response {
  const pull = (): never => {
    throw undefined
  }
  return new Response(new ReadableStream({ type: 'direct', pull }))
}

/** Status and headers of a reply as `Response` takes them, made once: per reply, and the headers once for all that share them. */
const inits = new WeakMap<Reply, ResponseInit>()
const headersOf = new WeakMap<Reply['headers'], Headers>()

function initOf({ reply, extra }: Card): ResponseInit {
  const status = reply.status || 200 // of what the client never sees
  if (extra !== null) return { status, headers: { ...reply.headers, ...extra } }
  let init = inits.get(reply)
  if (init === undefined) {
    let headers = headersOf.get(reply.headers)
    if (headers === undefined) headersOf.set(reply.headers, (headers = new Headers(reply.headers)))
    init = { status, headers }
    inits.set(reply, init)
  }
  return init
}

/** A reply played on a Response: also the underlying source that Bun pulls from, and what its request's signal tells. */
class BunPlayback extends Playback implements Bun.DirectUnderlyingSource, EventListenerObject {
  readonly type = 'direct'
  #sink: ReadableStreamDirectController | null = null
  #response: Response | null = null
  #handOver: ((response: Response) => void) | null = null
  #isRefused = false

  /**
   * The Response is handed over when its first frame is due, so that headers and first event leave in one segment: given at once, Bun
   * sends half a header block early (one more system call, 5 to 14 % more CPU per event). Until then only `signal` knows of a
   * client that leaves; listening to it costs nothing measurable.
   */
  respond(signal: AbortSignal): Responding {
    this.begin()
    const response = this.#response
    if (response !== null) {
      this.#response = null
      return response
    }
    signal.addEventListener('abort', this)
    return new Promise((resolve) => (this.#handOver = resolve))
  }

  /** Called by the signal when the client has left. Once the Response is handed over its stream is told by `cancel`. */
  handleEvent(): void {
    if (this.#handOver === null) return
    this.#give(new Response()) // nobody reads it, but the request counts as pending until it is answered
    this.leave()
  }

  /** Called by Bun when it has taken the Response. Returning nothing keeps the stream open until `close`. */
  pull(sink: ReadableStreamDirectController): void {
    this.#sink = sink
    this.advance()
    if (this.#isRefused) throw undefined // see `refuse`
  }

  /** Called by Bun when the client has left. */
  cancel(): void {
    this.#sink = null
    this.leave()
  }

  /** The request's body has not arrived in time. */
  expire(): void {
    if (this.isOver) return
    this.leave()
    if (this.#handOver !== null) this.#give(refuse())
    this.#sink?.close(RESET)
    this.#sink = null
  }

  protected override open(): void {
    if (this.reply.whole) this.advance()
    else this.#give(new Response(new ReadableStream(this), initOf(this.card)))
  }

  protected override send(from: number, to: number): number {
    const { frames, places, whole } = this.reply
    if (whole) {
      const body = frames[0]!
      const found = places?.[0]
      if (found) this.patch(body, found)
      this.#give(new Response(body.byteLength === 0 ? null : body, initOf(this.card))) // copies the bytes
      return to
    }
    const sink = this.#sink
    if (sink === null) return to
    for (let i = from; i < to; i++) {
      const found = places === null ? null : places[i]!
      if (found !== null) this.patch(frames[i]!, found)
      const written = sink.write(frames[i]!) // copies at once
      sink.flush() // makes the frame an HTTP chunk of its own; frames of one turn still leave in one system call
      if (typeof written === 'number') continue
      // The socket is full: nothing more is written, and so nothing buffered, until the client has read.
      this.hold()
      const resume = (): void => this.resume()
      written.then(resume, resume) // rejected when the client leaves instead; `cancel` has been called then
      return i + 1
    }
    return to
  }

  protected override end(reset: boolean): void {
    const sink = this.#sink
    this.#sink = null
    if (this.reply.frames.length === 0) this.#isRefused = true
    else if (reset) sink?.close(RESET)
    else sink?.close()
  }

  #give(response: Response): void {
    if (this.#handOver === null) this.#response = response
    else this.#handOver(response)
    this.#handOver = null
  }
}
