// The heads of HTTP/1.x requests (RFC 9112), read strictly: what two readers could take for different things is refused, so that
// nothing can be smuggled past a proxy in front. Pure: bytes in, offsets out. What follows a head is in body.ts.
import {
  bad,
  CHUNKED,
  COLON,
  CR,
  equalsIgnoringCase,
  hasClose,
  INCOMPLETE,
  isDigit,
  isValue,
  LF,
  readLength,
  readMethod,
  readTarget,
  readValue,
  REFUSED,
  type Refusal,
  skip,
  SPACE,
  TAB,
  TARGET_BYTE,
  TOKEN_BYTE,
  VALUE_BYTE,
} from './bytes.ts'

const BAD_LINE_END = bad('a line must end in CRLF; this one has a bare CR or LF')
const BAD_METHOD = bad('a request must begin with a method and one space')
const BAD_TARGET = bad('the target must be a path, or an http:// URL, without spaces and control characters')
const BAD_VERSION = bad('the request line must end in one space and HTTP/1.0 or HTTP/1.1')
const BAD_NAME = bad('a header line must be a name, a colon directly behind it, and a value')
const FOLDED = bad('a header line must not begin with whitespace')
const BAD_VALUE = bad('a header value must not contain control characters')
const NO_HOST = bad('an HTTP/1.1 request needs a Host header')
const BAD_LENGTH = bad('Content-Length must be one whole number below 2^53')
const FRAMED_TWICE = bad('only one Content-Length or Transfer-Encoding may say how long the body is')
const BAD_CODING = bad('the only transfer coding known here is chunked, and that in HTTP/1.1')
const BAD_EXPECTATION: Refusal = { status: 417, reason: 'the only expectation known here is 100-continue' }
const TOO_LARGE: Refusal = { status: 431, reason: 'the head of the request is too large' }
const UNKNOWN_VERSION: Refusal = { status: 505, reason: 'only HTTP/1.0 and HTTP/1.1 are served here' }
const HTTP2: Refusal = { status: 505, reason: 'HTTP/2 is served by the other engine: --engine bun' }

const VERSION_LINE = 'HTTP/d.d\r\n'
const NOTHING = Buffer.alloc(0)

// Where a scan is: in which part of the head, or which byte it waits for.
const BEGIN = 0
const STRAY_LF = 1
const METHOD = 2
const TARGET = 3
const VERSION = 4
const NAME = 5
const FIELD_VALUE = 6
const FIELD_LF = 7
const LAST_LF = 8
const DONE = 9

/**
 * Scans the head of one request. State: how far it has come and what it has seen; `reset()` for the next. One scanner serves all
 * heads that arrive whole: one of 465 bytes, as an SDK sends it, costs 0.4 µs; when method and target are known nothing is allocated.
 * A head that arrives in pieces needs a scanner of its own. The fields are read after a complete scan, and written here alone.
 */
export class HeadScanner {
  method = '' // as sent; case matters
  /** Path and query as sent, also where a whole URL was; `*` only with OPTIONS. Bytes from 0x80 on are read as Latin-1. */
  target = ''
  minor: 0 | 1 = 1 // of HTTP/1.0 or HTTP/1.1
  /** Bytes of the body, as declared; 0 without a body, -1 when it is chunked. As `BodyScanner.reset` takes it. */
  length = 0
  /** Whether the connection may serve another request: HTTP/1.1 without `Connection: close`. */
  keepAlive = true
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue = false
  /** Why the request was refused; null unless `scan` returned `REFUSED`. */
  refusal: Refusal | null = null

  readonly #maxBytes: number
  #state = BEGIN
  #at = 0 // all offsets count from the head's first byte on, so that a partial head may be moved between two scans
  #methodFrom = 0
  #methodEnd = 0
  #targetEnd = 0
  #lineFrom = 0
  readonly #lines: number[] = [] // of each header where it begins and where its colon is; kept, so that the next allocates nothing
  #lineCount = 0
  #hasHost = false
  #isFramed = false
  #bytes: Buffer = NOTHING
  #start = 0

  /** `maxHeadBytes` counts from the method's first byte to the end of the empty line. */
  constructor(maxHeadBytes: number) {
    this.#maxBytes = maxHeadBytes
  }

  /** Whether `target` is that of this head, refused though it may be, and not of one before it. */
  get hasTarget(): boolean {
    return this.#state >= NAME
  }

  /** Forgets the head scanned, and lets go of its bytes. Must be called between two heads. */
  reset(): void {
    this.#state = BEGIN
    this.#at = 0
    this.#methodFrom = 0
    this.#lineCount = 0
    this.#hasHost = false
    this.#isFramed = false
    this.#bytes = NOTHING
    this.length = 0
    this.expectsContinue = false
    this.refusal = null
  }

  /**
   * Goes on where it stopped. `bytes[start..end)` holds what has come of the head, from its first byte on: whoever keeps a partial
   * head passes the whole of it again, at any `start`. No byte is read twice for that, so a trickled head costs linear time. One
   * empty line before the request line is skipped (RFC 9112, 2.2), a second one is refused.
   * Returns the offset behind the head's empty line, `INCOMPLETE`, or `REFUSED` as soon as the offending byte is there.
   */
  scan(bytes: Buffer, start: number, end: number): number {
    if (this.refusal !== null) return REFUSED
    let at = start + this.#at
    if (this.#state <= STRAY_LF) {
      if (this.#state === BEGIN && at < end) {
        this.#state = bytes[at] === CR ? STRAY_LF : METHOD
        if (this.#state === STRAY_LF) this.#at = ++at - start
      }
      if (at === end) return INCOMPLETE
      if (this.#state === STRAY_LF) {
        if (bytes[at++] !== LF) return this.#refuse(BAD_LINE_END)
        this.#state = METHOD
        this.#methodFrom = 2
      }
    }
    const mostBytes = this.#methodFrom + this.#maxBytes
    const stop = Math.min(end, start + mostBytes)
    if (this.#state < NAME) at = this.#scanRequestLine(bytes, start, at, stop)
    if (this.#state >= NAME) at = this.#scanFields(bytes, start, at, stop)
    if (at === REFUSED || this.#state === DONE) return at
    this.#at = at - start
    return this.#at === mostBytes ? this.#refuse(TOO_LARGE) : INCOMPLETE
  }

  /**
   * The value of a header, without the whitespace around it; several of the same name are joined with a comma. Null when there
   * is none. `name` in lower case. Decoded (as Latin-1) when asked, so the bytes given to `scan` must still be there.
   */
  header(name: string): string | null {
    const bytes = this.#bytes
    let found: string | null = null
    for (let line = 0; line < this.#lineCount; line++) {
      const colon = this.#start + this.#lines[2 * line + 1]!
      if (!equalsIgnoringCase(bytes, this.#start + this.#lines[2 * line]!, colon, name)) continue
      const next = line + 1 < this.#lineCount ? this.#lines[2 * line + 2]! : this.#lineFrom
      const value = readValue(bytes, colon + 1, this.#start + next - 2)
      found = found === null ? value : `${found}, ${value}`
    }
    return found
  }

  /** All header lines as they were sent, or the first `most` bytes of them. */
  lines(most: number): string {
    const from = this.#start + (this.#lineCount > 0 ? this.#lines[0]! : this.#lineFrom)
    return this.#bytes.toString('latin1', from, Math.min(this.#start + this.#lineFrom, from + most))
  }

  #refuse(refusal: Refusal): typeof REFUSED {
    this.refusal = refusal
    return REFUSED
  }

  #scanRequestLine(bytes: Buffer, start: number, from: number, stop: number): number {
    let at = from
    if (this.#state === METHOD) {
      at = skip(bytes, at, stop, TOKEN_BYTE)
      if (at === stop) return at
      if (bytes[at] !== SPACE || at === start + this.#methodFrom) return this.#refuse(BAD_METHOD)
      this.#methodEnd = at++ - start
      this.#state = TARGET
    }
    if (this.#state === TARGET) {
      at = skip(bytes, at, stop, TARGET_BYTE)
      if (at === stop) return at
      if (bytes[at] !== SPACE || at === start + this.#methodEnd + 1) return this.#refuse(BAD_TARGET)
      this.#targetEnd = at++ - start
      this.#state = VERSION
    }
    const versionFrom = start + this.#targetEnd + 1
    for (; at < stop; at++) {
      const index = at - versionFrom
      const byte = bytes[at]!
      const fits = index === 5 || index === 7 ? isDigit(byte) : byte === VERSION_LINE.charCodeAt(index)
      if (!fits) return this.#refuse(lineEndOr(byte, BAD_VERSION))
      if (index === 9) return this.#endRequestLine(bytes, start, at + 1)
    }
    return at
  }

  #endRequestLine(bytes: Buffer, start: number, end: number): number {
    const methodEnd = start + this.#methodEnd
    this.method = readMethod(bytes, start + this.#methodFrom, methodEnd)
    const major = bytes[end - 5]! - 0x30
    const minor = bytes[end - 3]! - 0x30
    if (major === 2) return this.#refuse(HTTP2)
    if (major !== 1 || minor > 1) return this.#refuse(UNKNOWN_VERSION)
    this.minor = minor === 0 ? 0 : 1
    this.keepAlive = minor === 1
    const target = readTarget(bytes, methodEnd + 1, start + this.#targetEnd, this.method, this.target)
    if (target === null) return this.#refuse(BAD_TARGET)
    this.target = target
    this.#state = NAME
    this.#lineFrom = end - start
    return end
  }

  #scanFields(bytes: Buffer, start: number, from: number, stop: number): number {
    let at = from
    while (at < stop) {
      if (this.#state === NAME) {
        const nameFrom = start + this.#lineFrom
        at = skip(bytes, at, stop, TOKEN_BYTE)
        if (at === stop) return at
        const byte = bytes[at]!
        if (byte === COLON && at > nameFrom) {
          this.#lines[2 * this.#lineCount] = this.#lineFrom
          this.#lines[2 * this.#lineCount + 1] = at - start
          this.#lineCount++
          this.#state = FIELD_VALUE
        } else if (byte === CR && at === nameFrom) {
          this.#state = LAST_LF
        } else {
          const isFolded = at === nameFrom && (byte === SPACE || byte === TAB)
          return this.#refuse(isFolded ? FOLDED : lineEndOr(byte, BAD_NAME))
        }
        at++
      }
      if (this.#state === FIELD_VALUE) {
        at = skip(bytes, at, stop, VALUE_BYTE)
        if (at === stop) return at
        if (bytes[at] !== CR) return this.#refuse(lineEndOr(bytes[at]!, BAD_VALUE))
        at++
        this.#state = FIELD_LF
      }
      if (at === stop) return at
      if (bytes[at] !== LF) return this.#refuse(BAD_LINE_END)
      at++
      if (this.#state === LAST_LF) {
        if (!this.#hasHost && this.minor === 1) return this.#refuse(NO_HOST)
        this.#state = DONE
        this.#bytes = bytes
        this.#start = start
        return at
      }
      const colon = start + this.#lines[2 * this.#lineCount - 1]!
      const refusal = this.#endField(bytes, start + this.#lineFrom, colon, at - 2)
      if (refusal !== null) return this.#refuse(refusal)
      this.#lineFrom = at - start
      this.#state = NAME
    }
    return at
  }

  /** Takes note of a header that says something about the message or the connection; returns why it is refused, or null. */
  #endField(bytes: Buffer, nameFrom: number, colon: number, lineEnd: number): Refusal | null {
    switch (colon - nameFrom) {
      case 4:
        if (equalsIgnoringCase(bytes, nameFrom, colon, 'host')) this.#hasHost = true
        return null
      case 6:
        if (!equalsIgnoringCase(bytes, nameFrom, colon, 'expect')) return null
        this.expectsContinue = this.minor === 1
        return isValue(bytes, colon + 1, lineEnd, '100-continue') ? null : BAD_EXPECTATION
      case 10:
        if (!equalsIgnoringCase(bytes, nameFrom, colon, 'connection')) return null
        this.keepAlive &&= !hasClose(bytes, colon + 1, lineEnd)
        return null
      case 14:
        if (!equalsIgnoringCase(bytes, nameFrom, colon, 'content-length')) return null
        if (this.#isFramed) return FRAMED_TWICE
        this.#isFramed = true
        this.length = readLength(bytes, colon + 1, lineEnd)
        return this.length < 0 ? BAD_LENGTH : null
      case 17:
        if (!equalsIgnoringCase(bytes, nameFrom, colon, 'transfer-encoding')) return null
        if (this.#isFramed) return FRAMED_TWICE
        this.#isFramed = true
        this.length = CHUNKED
        return this.minor === 1 && isValue(bytes, colon + 1, lineEnd, 'chunked') ? null : BAD_CODING
      default:
        return null
    }
  }
}

const lineEndOr = (byte: number, otherwise: Refusal): Refusal =>
  byte === CR || byte === LF ? BAD_LINE_END : otherwise
