// The one table of faults: how each is typed and what it goes with. What it does to a reply is in replies/faults.ts.
import type { TextKind } from './texts.ts'
import { bytesPerSecond, type Coding, codingKinds, connectionKinds } from './connectionkinds.ts'
import { DAY_MS, milliseconds, Unacceptable, wholeNumber } from './parsers.ts'

/** What a pattern asks for besides faults. */
export interface PatternAsk {
  readonly text?: TextKind
  readonly finish?: 'length'
}

type Group =
  'ending' | 'closing' | 'lines' | 'coding' | 'writes' | 'chunking' | 'connection' | 'keepalive' | 'text'

export interface KindRow {
  /** As it is typed. */
  readonly form: string
  readonly help: string
  readonly args: readonly ((text: string) => number)[]
  /** What the first argument is: the number of a content chunk, or how many of them there are. */
  readonly chunk?: 'number' | 'count'
  /** It goes with no other kind. */
  readonly alone?: true
  readonly group?: Group
  /** It goes with no other kind of these groups, nor with this kind. */
  readonly excludes?: readonly (Group | 'abort')[]
  /** It needs events, and leaves an answer that is one body as it is. */
  readonly streamed?: true
  /**
   * It spreads finished bytes over writes, so it comes after what the framing puts around the events; the others change what
   * is said and come before.
   */
  readonly onWrites?: true
  /** It puts the reply on the connection otherwise than HTTP has it, so it comes last. */
  readonly onWire?: true
  /** The one engine that can do it. */
  readonly engine?: 'socket'
  /** The body is compressed in this way, so nothing can be filled in when it is sent. */
  readonly coding?: Coding
  /** Only where the request accepts that. */
  readonly negotiated?: true
  /** About how many pieces it makes of a reply of so many bytes that takes so long. Absent where it makes none. */
  readonly pieces?: (arg: number, bytes: number, durationMs: number) => number
  /** How much longer a reply takes because of it, ms. Absent where it takes no longer. */
  readonly addsMs?: (args: readonly number[]) => number
  /** It is no fault, but another reply. */
  readonly ask?: PatternAsk
}

/** The row of a kind that is no fault. */
type AskRow = KindRow & { readonly ask: PatternAsk }

/** A trickling reply is written so many times a second, or byte by byte if that is less often. */
export const TRICKLES_PER_SECOND = 20

const chunk = wholeNumber(0, 1_000_000)

/** Every kind, in the order in which several of them are applied. */
export const faultKinds = {
  status: {
    form: 'status:CODE',
    help: "the provider's own error",
    args: [wholeNumber(400, 599)],
    alone: true,
  },
  refuse: { form: 'refuse', help: 'connection reset before any byte', args: [], alone: true },
  hang: { form: 'hang', help: 'accepted, never answered', args: [], alone: true },
  'headers-then-hang': { form: 'headers-then-hang', help: 'headers, then silence', args: [], alone: true },
  garbage: { form: 'garbage:N', help: 'chunk N is not JSON', args: [chunk], chunk: 'number' },
  'truncate-event': {
    form: 'truncate-event:N',
    help: 'chunk N is cut inside its JSON, and the stream goes on',
    args: [chunk],
    chunk: 'number',
  },
  'no-finish': {
    form: 'no-finish',
    help: 'no event tells why the reply ends',
    args: [],
    group: 'closing',
    excludes: ['ending'],
    streamed: true,
  },
  'no-done': {
    form: 'no-done',
    help: 'no event marks the end',
    args: [],
    group: 'closing',
    excludes: ['ending'],
    streamed: true,
  },
  stall: {
    form: 'stall:N:MS',
    help: 'a silence of MS before chunk N',
    args: [chunk, milliseconds(DAY_MS)],
    chunk: 'number',
    addsMs: ([, ms]) => ms!,
  },
  abort: {
    form: 'abort:N',
    help: 'connection reset after N chunks',
    args: [chunk],
    chunk: 'count',
    group: 'ending',
    excludes: ['ending'],
  },
  end: {
    form: 'end:N',
    help: 'orderly end of the body after N chunks',
    args: [chunk],
    chunk: 'count',
    group: 'ending',
    excludes: ['ending'],
  },
  error: {
    form: 'error:N',
    help: "the provider's mid-stream error after N chunks",
    args: [chunk],
    chunk: 'count',
    group: 'ending',
    excludes: ['ending'],
    streamed: true,
  },
  multiline: { form: 'multiline', help: 'JSON over several data lines', args: [], streamed: true },
  keepalive: {
    form: 'keepalive:MS',
    help: 'a comment line every MS while waiting',
    args: [atLeastOne(milliseconds(DAY_MS), `milliseconds from 1 to ${DAY_MS}`)],
    group: 'keepalive',
    streamed: true,
    pieces: (everyMs, _, durationMs) => durationMs / everyMs,
  },
  crlf: {
    form: 'crlf',
    help: 'lines end with CR LF',
    args: [],
    group: 'lines',
    excludes: ['lines'],
    streamed: true,
  },
  cr: {
    form: 'cr',
    help: 'lines end with CR',
    args: [],
    group: 'lines',
    excludes: ['lines'],
    streamed: true,
  },
  merge: {
    form: 'merge:K',
    help: 'K events per write',
    args: [wholeNumber(2, 1_000_000)],
    group: 'writes',
    excludes: ['writes', 'keepalive'],
    streamed: true,
    onWrites: true,
  },
  ...codingKinds,
  split: {
    form: 'split:BYTES',
    help: 'events in pieces of BYTES, each its own write',
    args: [wholeNumber(1, 1_000_000)],
    group: 'writes',
    excludes: ['writes'],
    onWrites: true,
    pieces: (pieceBytes, bytes) => bytes / pieceBytes,
  },
  slow: {
    form: 'slow:BYTES/S',
    help: 'BYTES per second',
    args: [bytesPerSecond],
    group: 'writes',
    excludes: ['writes'],
    onWrites: true,
    pieces: (bytesPerSecond, bytes) => Math.min(bytes, (bytes / bytesPerSecond) * TRICKLES_PER_SECOND),
  },
  ...connectionKinds,
  words: textRow('words', 'plain words'),
  unicode: textRow('unicode', 'emoji, combining marks, other scripts'),
  code: textRow('code', 'source code'),
  short: textRow('short', 'chunks of one byte'),
  long: textRow('long', 'chunks of 4096 bytes'),
  'finish:length': {
    form: 'finish:length',
    help: 'the limit of tokens ends the reply',
    args: [],
    ask: { finish: 'length' },
  },
} as const satisfies Record<string, KindRow>

export type PatternKind = keyof typeof faultKinds
/** The kinds that change a reply; the others ask for another one. */
export type FaultKind = {
  [Kind in PatternKind]: (typeof faultKinds)[Kind] extends AskRow ? never : Kind
}[PatternKind]

/** The row of one kind, with the optional keys that `as const` hides. */
export function rowOf(kind: PatternKind): KindRow {
  return faultKinds[kind]
}

function textRow(text: TextKind, help: string): AskRow {
  return { form: text, help, args: [], group: 'text', excludes: ['text'], ask: { text } }
}

function atLeastOne(parse: (text: string) => number, accepted: string): (text: string) => number {
  return (text) => {
    const value = parse(text)
    if (value < 1) throw new Unacceptable(accepted)
    return value
  }
}
