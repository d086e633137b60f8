// What a client makes of the body of an answer: its events, and whether it is whole.
import { type Delimiter, EventReader, type OnEvent } from './events.ts'
import { formatOf } from './formats.ts'
import type { Head } from './link.ts'
import type { Target } from './target.ts'

/** State: how much of the present body has been read. */
export interface AnswerReader {
  /** Events so far; of an answer that is one body, 1 when it has begun. */
  readonly events: number
  readonly comments: number
  feed(bytes: Buffer, from: number, to: number): void
  reset(): void
  /** What is wrong with a body that ends here; undefined: nothing. */
  judge(): string | undefined
}

/** A reader of the answers of a target; `onEvent` is told of every event of a stream. */
export function createReader(
  { format, isWhole }: Pick<Target, 'format' | 'isWhole'>,
  delimiter: Delimiter,
  onEvent: OnEvent | null = null,
): AnswerReader {
  if (isWhole) return new WholeReader()
  const { last, lastSays } = formatOf(format)
  const reader = new EventReader(delimiter, onEvent)
  return Object.assign(reader, {
    judge: () => {
      if (reader.isCut) return 'its last event does not end'
      if (reader.events === 0) return 'there are no events in it'
      return last.test(reader.last) ? undefined : `its last event is not ${lastSays}`
    },
  })
}

/** What is wrong with the head of an answer; undefined: nothing. */
export function judgeHead(
  { status, header }: Head,
  { isWhole }: Pick<Target, 'isWhole'>,
): string | undefined {
  if (status !== 200) return `status ${status}`
  const encoding = header('content-encoding')
  if (encoding !== undefined && encoding !== 'identity')
    return `it is encoded (content-encoding: ${encoding}), which was not asked for`
  const type = mediaTypeOf(header('content-type'))
  if (isWhole || isStreamType(type)) return undefined
  return `it answers with ${type}, not with a stream of events`
}

/** `text/event-stream; charset=utf-8` → `text/event-stream`. */
export function mediaTypeOf(type: string | undefined): string {
  return /^[^;\s]+/.exec(type ?? '')?.[0] ?? 'no type'
}

export function isStreamType(type: string): boolean {
  return type === 'text/event-stream' || /ndjson/.test(type)
}

const [BRACE, BRACKET] = ['}', ']'].map((letter) => letter.charCodeAt(0))
const SPACE = 32

class WholeReader implements AnswerReader {
  events = 0
  readonly comments = 0
  /** The last byte that is no white space. */
  #last = 0

  feed(bytes: Buffer, from: number, to: number): void {
    this.events = 1
    for (let at = to - 1; at >= from; at--)
      if (bytes[at]! > SPACE) {
        this.#last = bytes[at]!
        return
      }
  }

  reset(): void {
    this.events = this.#last = 0
  }

  judge(): string | undefined {
    if (this.events === 0) return 'it is empty'
    return this.#last === BRACE || this.#last === BRACKET ? undefined : 'it is no whole JSON'
  }
}
