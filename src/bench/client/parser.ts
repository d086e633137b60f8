// Reads HTTP/1.1 responses from raw bytes. Segments may be cut anywhere: inside a header, a chunk size or an event. Nothing is
// decoded but the head.

const NONE = Buffer.alloc(0)
const HEAD_END = Buffer.from('\r\n\r\n')
const MAX_HEAD_BYTES = 1 << 16
const [CR, LF] = [13, 10]
/** A size has no more digits. */
const MOST_DIGITS = 8
/** Longer than any chunk size line that makes sense. */
const MAX_LINE_BYTES = 1 << 10

type State = 'head' | 'size' | 'chunk' | 'chunk end' | 'trailer' | 'body' | 'until close' | 'done'

interface KnownHead {
  readonly bytes: Buffer
  readonly head: string
  readonly status: number
  readonly closes: boolean
  readonly state: State
  readonly left: number
}

/** Is told of every piece of body: `bytes` from `from` to before `to`. */
export interface BodySink {
  body(bytes: Buffer, from: number, to: number): void
}

/** State: where in a response the bytes so far have ended. One per connection, used over and over. */
export class ResponseParser {
  status = 0
  /** Status line and headers. */
  head = ''
  /** The connection is not for a further request. */
  closes = false
  #state: State = 'head'
  /** The last head, and what it said: within a second most are the same, and 0.1 µs tells that where it takes 0.7 to read one. */
  #known: KnownHead | null = null
  /** Bytes of a head or line that is not complete yet. */
  #kept = NONE
  #left = 0

  /** The response is complete. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Begins the next response. */
  reset(): void {
    this.#state = 'head'
    this.#kept = NONE
    this.status = this.#left = 0
    this.head = ''
    this.closes = false
  }

  /**
   * Takes the next bytes. Returns how many belonged to this response: fewer than given when more came than was asked for.
   * @throws Error saying what is wrong with the response
   */
  feed(bytes: Buffer, sink: BodySink): number {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(bytes, at)
          break
        case 'size': {
          const next = this.#kept.length === 0 ? this.#takeChunks(bytes, at, sink) : at
          at = next === at ? this.#readLine(bytes, at) : next
          break
        }
        case 'chunk end':
        case 'trailer':
          at = this.#readLine(bytes, at)
          break
        default: {
          const end = Math.min(bytes.length, at + this.#left)
          sink.body(bytes, at, end)
          this.#left -= end - at
          at = end
          if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk end' : 'done'
        }
      }
    }
    return at
  }

  /** The connection has closed: the end of a body without a length, an error anywhere else. */
  close(): boolean {
    if (this.#state === 'until close') this.#state = 'done'
    return this.done
  }

  #readHead(bytes: Buffer, from: number): number {
    const kept = this.#kept.length
    const known = this.#known
    if (known !== null && kept === 0) {
      const { length } = known.bytes
      if (from + length <= bytes.length && bytes.compare(known.bytes, 0, length, from, from + length) === 0) {
        this.head = known.head
        this.status = known.status
        this.closes = known.closes
        this.#state = known.state
        this.#left = known.left
        return from + length
      }
    }
    const text = kept === 0 ? bytes.subarray(from) : Buffer.concat([this.#kept, bytes.subarray(from)])
    const end = text.indexOf(HEAD_END)
    if (end < 0) {
      if (text.length > MAX_HEAD_BYTES) throw new Error('the head of the response does not end')
      this.#kept = Buffer.from(text)
      return bytes.length
    }
    this.#kept = NONE
    this.head = text.toString('latin1', 0, end)
    this.status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(this.head)?.[1])
    if (Number.isNaN(this.status)) throw new Error(`no HTTP/1.1 response: ${this.head.slice(0, 40)}`)
    if (this.status < 200)
      this.head = '' // an interim response: the real one follows
    else if (this.status === 204 || this.status === 304) this.#state = 'done'
    else if (/\r\ntransfer-encoding:[ \t]*chunked/i.test(this.head)) this.#state = 'size'
    else {
      const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(this.head)?.[1]
      this.#left = length === undefined ? Number.POSITIVE_INFINITY : Number(length)
      this.#state = length === undefined ? 'until close' : this.#left === 0 ? 'done' : 'body'
    }
    this.closes = /^HTTP\/1\.0|\r\nconnection:[ \t]*close/i.test(this.head)
    if (this.status >= 200)
      this.#known = {
        bytes: Buffer.from(text.subarray(0, end + HEAD_END.length)),
        head: this.head,
        status: this.status,
        closes: this.closes,
        state: this.#state,
        left: this.#left,
      }
    return from + end + HEAD_END.length - kept
  }

  /**
   * Chunks that are there as a whole, and have nothing but their size in front: nearly all. A reply of 20 takes 0.4 µs, and line by line 1.7.
   * @returns where the first one begins that is not
   */
  #takeChunks(bytes: Buffer, from: number, sink: BodySink): number {
    let at = from
    for (;;) {
      let size = 0
      let digit = at
      for (let value = hexOf(bytes[digit]); value >= 0; value = hexOf(bytes[++digit]))
        size = size * 16 + value
      const end = digit + 2 + size
      const isWhole =
        digit > at &&
        digit <= at + MOST_DIGITS &&
        size > 0 &&
        bytes[digit] === CR &&
        bytes[digit + 1] === LF &&
        bytes[end] === CR &&
        bytes[end + 1] === LF
      if (!isWhole) return at
      sink.body(bytes, digit + 2, end)
      at = end + 2
    }
  }

  /** A chunk size, the empty line behind a chunk, or a line of the trailer. */
  #readLine(bytes: Buffer, from: number): number {
    const newline = bytes.indexOf(10, from)
    if (newline < 0) {
      this.#kept = Buffer.concat([this.#kept, bytes.subarray(from)])
      if (this.#kept.length > MAX_LINE_BYTES) throw new Error('a chunk size that does not end')
      return bytes.length
    }
    if (this.#state === 'size' && this.#kept.length === 0) this.#begin(readHex(bytes, from, newline))
    else {
      const line = Buffer.concat([this.#kept, bytes.subarray(from, newline)])
      this.#kept = NONE
      if (this.#state === 'size') this.#begin(readHex(line, 0, line.length))
      else if (this.#state === 'chunk end') this.#state = 'size'
      else if (line.length <= 1) this.#state = 'done' // the empty line behind the last chunk
    }
    return newline + 1
  }

  #begin(size: number): void {
    this.#left = size
    this.#state = size === 0 ? 'trailer' : 'chunk'
  }
}

/** The size at the beginning of a line; what follows a semicolon is an extension. */
function readHex(bytes: Buffer, from: number, to: number): number {
  let value = 0
  let at = from
  for (; at < to; at++) {
    const digit = hexOf(bytes[at])
    if (digit < 0) break
    value = value * 16 + digit
  }
  const next = bytes[at]
  if (at === from || at > from + MOST_DIGITS || (at < to && next !== CR && next !== 59 && next !== 32))
    throw new Error('a chunk size that is no number')
  return value
}

/** The value of a hexadecimal digit; -1 for anything else. */
function hexOf(byte: number | undefined): number {
  if (byte === undefined) return -1
  const code = byte | 32 // lower case; digits have the bit already
  return code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
}
