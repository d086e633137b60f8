// What is not known before a reply is sent: where an id, a stamp or the time is to stand, a text has a mark. Marks are noncharacters of
// Unicode, which are meant for a program's own use (https://www.unicode.org/faq/private_use.html#nonchar1): JSON leaves them as they are,
// and texts of others are freed of them, so that nobody else can set one.

export type MarkKind = 'id' | 'stamp' | 'time' | 'short'

interface MarkRow {
  readonly mark: string
  /** What stands there until it is filled in, ASCII and of the same width. */
  readonly text: string
}

export const marks: Readonly<Record<MarkKind, MarkRow>> = {
  /** Sixteen digits that are fresh in every reply. */
  id: { mark: '\uFDD0', text: 'mock0000000000000000' },
  /** An eight-digit sequence number, `@`, the Unix time in microseconds, and a space. */
  stamp: { mark: '\uFDD1', text: '00000000@0000000000000000 ' },
  /** The time as RFC 3339 has it, with microseconds. */
  time: { mark: '\uFDD2', text: '1970-01-01T00:00:00.000000Z' },
  /** Six digits that are others in the next reply, for ids that must be short. */
  short: { mark: '\uFDD3', text: '000000' },
}

const ANY = /[\uFDD0-\uFDD3]/
const ALL = /[\uFDD0-\uFDD3]/g
const INSTEAD = '\uFFFD'

export function hasMarks(text: string): boolean {
  return ANY.test(text)
}

/** A text of somebody else's, which must not be taken for one of ours. */
export function withoutMarks(text: string): string {
  return ANY.test(text) ? text.replace(ALL, INSTEAD) : text
}

const kindOf = new Map((Object.keys(marks) as MarkKind[]).map((kind) => [marks[kind].mark, kind]))

export interface Marked {
  readonly kind: MarkKind
  /** Index of the first character. */
  readonly at: number
}

/** A text with what stands at its marks until it is filled in, and where that is, in characters. */
export function fillMarks(text: string): { readonly text: string; readonly marked: readonly Marked[] } {
  const marked: Marked[] = []
  let longer = 0
  const filled = text.replace(ALL, (mark, at: number) => {
    const kind = kindOf.get(mark)!
    marked.push({ kind, at: at + longer })
    longer += marks[kind].text.length - mark.length
    return marks[kind].text
  })
  return { text: filled, marked }
}
