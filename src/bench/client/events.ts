// Finds the events in the body of a response, whatever the pieces in which it comes. Nothing is decoded: an event ends with a blank
// line, and most begin with their data.

/** What ends an event: a blank line, in the line ends of the server; a line end where every line is an event (NDJSON). */
export type Delimiter = '\n\n' | '\r\n\r\n' | '\r\r' | '\n'

const NONE: Buffer = Buffer.alloc(0)
/** A whole reply as one event, and more. */
const MOST_EVENT_BYTES = 64 << 20
/** Of what was kept a delimiter may have begun in so many bytes. */
const OVERLAP = 3
const BYTE_ORDER_MARK = Buffer.from('\u{feff}')
const [DATA, EVENT, COLON, CR, LF] = ['d', 'e', ':', '\r', '\n'].map((letter) => letter.charCodeAt(0))

/** Told of every event: its bytes are `bytes` from `from` to before `to`. */
export type OnEvent = (bytes: Buffer, from: number, to: number) => void

/** State: where in a body the bytes so far have ended. One per connection, used over and over. */
export class EventReader {
  /** Whole events so far. Comments are none, and neither is what has no data. */
  events = 0
  comments = 0
  readonly #delimiter: Buffer
  /** What is looked for, the first byte of a delimiter or LF: to look for a byte is quicker than for several, 25 ns against 60. */
  readonly #first: number
  /** Lines end with LF or CR LF, and both may be there: a gateway puts its own comments between the events of a provider. */
  readonly #isMixed: boolean
  /** Where the event ends that was found last. */
  #eventEnd = 0
  readonly #dataLine: Buffer
  readonly #onEvent: OnEvent | null
  /** The end of the body so far that is no whole event. */
  #kept: Buffer = NONE
  /** Where the latest event is. */
  #last: Buffer = NONE
  #lastFrom = 0
  #lastTo = 0

  constructor(delimiter: Delimiter, onEvent: OnEvent | null = null) {
    this.#delimiter = Buffer.from(delimiter)
    this.#isMixed = delimiter === '\n\n' || delimiter === '\r\n\r\n'
    this.#first = this.#isMixed ? LF! : this.#delimiter[0]!
    this.#dataLine = Buffer.from(delimiter === '\r\r' ? '\rdata' : '\ndata')
    this.#onEvent = onEvent
  }

  /** Begins the next body. */
  reset(): void {
    this.events = this.comments = 0
    this.#kept = this.#last = NONE
  }

  /** The latest event. To be asked before the bytes that it came in are used again. */
  get last(): string {
    return this.#last.toString('latin1', this.#lastFrom, this.#lastTo)
  }

  /** The body ends here with an event that does not; line ends alone are none. */
  get isCut(): boolean {
    return this.#kept.some((byte) => byte !== CR && byte !== LF)
  }

  /** @throws Error where an event is larger than any can be */
  feed(bytes: Buffer, from: number, to: number): void {
    const kept = this.#kept.length
    let all: Buffer = bytes
    let [at, end] = [from, to]
    /** What was kept has no delimiter in it, but may have the beginning of one at its end. */
    let search = from
    if (kept > 0) {
      if (kept > MOST_EVENT_BYTES) throw new Error('an event that does not end')
      all = Buffer.concat([this.#kept, bytes.subarray(from, to)])
      ;[at, end, search] = [0, all.length, Math.max(0, kept - OVERLAP)]
    }
    while (at < end) {
      const next = this.#find(all, search, end)
      if (next < 0) break
      this.#take(all, at, this.#eventEnd)
      at = search = next
    }
    this.#kept = at === end ? NONE : Buffer.from(all.subarray(at, end))
  }

  /** Where the next event begins, behind a delimiter that ends before `end`; -1 where there is none. Says where the one before ends. */
  #find(bytes: Buffer, from: number, end: number): number {
    for (
      let at = bytes.indexOf(this.#first, from);
      at >= 0 && at < end;
      at = bytes.indexOf(this.#first, at + 1)
    ) {
      const next = this.#isMixed ? behindBlankLine(bytes, at) : at + this.#delimiter.length
      if (next > end) return -1
      if (next < 0 || (!this.#isMixed && !this.#matches(bytes, at))) continue
      this.#eventEnd = this.#isMixed && at > 0 && bytes[at - 1] === CR ? at - 1 : at
      return next
    }
    return -1
  }

  #matches(bytes: Buffer, at: number): boolean {
    const delimiter = this.#delimiter
    for (let i = 1; i < delimiter.length; i++) if (bytes[at + i] !== delimiter[i]) return false
    return true
  }

  #take(bytes: Buffer, from: number, to: number): void {
    const first = bytes[from]!
    const isEvent =
      from < to &&
      (first === DATA ||
        this.#delimiter.length === 1 ||
        (first === EVENT && this.#hasData(bytes, from, to)) ||
        (first !== EVENT && this.#readSlowly(bytes, from, to)))
    if (!isEvent) return
    this.events++
    this.#last = bytes
    this.#lastFrom = from
    this.#lastTo = to
    this.#onEvent?.(bytes, from, to)
  }

  #hasData(bytes: Buffer, from: number, to: number): boolean {
    const found = bytes.indexOf(this.#dataLine, from)
    return found >= 0 && found < to
  }

  /** A block that begins with a comment, or in a way that is rare. */
  #readSlowly(bytes: Buffer, from: number, to: number): boolean {
    const hasMark =
      this.events === 0 && bytes.compare(BYTE_ORDER_MARK, 0, 3, from, Math.min(to, from + 3)) === 0
    const lines = bytes.toString('latin1', hasMark ? from + 3 : from, to).split(/\r\n|\r|\n/)
    this.comments += lines.filter((line) => line.charCodeAt(0) === COLON).length
    return lines.some((line) => line === 'data' || line.startsWith('data:'))
  }
}

/** Where a line begins behind the blank one that follows the line end at `at`; -1 where none follows. LF and CR LF may be mixed. */
function behindBlankLine(bytes: Buffer, at: number): number {
  const next = bytes[at + 1]
  if (next === undefined || next === LF) return at + 2
  if (next !== CR) return -1
  const last = bytes[at + 2]
  return last === undefined || last === LF ? at + 3 : -1
}
