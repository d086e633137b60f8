// The one table of faults: how each is typed and what it goes with. What it does to a reply is in replies/faults.ts.
import { lineKinds } from './linekinds.ts'
import { DAY_MS, milliseconds, wholeNumber } from './parsers.ts'
import { type Shape, shapeKinds } from './shapes.ts'
import type { TextKind } from './texts.ts'
import { bytesPerSecond, type Coding, codingKinds, connectionKinds } from './connectionkinds.ts'

/** What a pattern asks for besides faults. */
export interface PatternAsk {
  readonly text?: TextKind
  readonly finish?: 'length' | 'filter'
  readonly shape?: Shape
}

type Group =
  | 'ending'
  | 'finish'
  | 'done'
  | 'lines'
  | 'coding'
  | 'writes'
  | 'chunking'
  | 'connection'
  | 'keepalive'
  | 'text'
  | 'reason'
  | 'lastChunk'

export interface KindRow {
  /** As it is typed. */
  readonly form: string
  readonly help: string
  readonly args: readonly ((text: string) => number)[]
  /** So many of the last arguments may be left out. */
  readonly optional?: number
  /** What the first argument is: the number of a content chunk, of one and the next, or how many of them there are. */
  readonly chunk?: 'number' | 'pair' | 'count'
  /** Of each chunk once: more would be a power of it. */
  readonly oncePerChunk?: true
  /** It goes with no other kind. */
  readonly alone?: true
  readonly group?: Group
  /** It goes with no other kind of these groups, nor with this kind. */
  readonly excludes?: readonly (Group | 'abort')[]
  /** It says nothing without this kind. */
  readonly needs?: string
  /** It needs events, and leaves an answer that is one body as it is. */
  readonly streamed?: true
  /** It needs a call of a tool, and leaves an answer without one as it is. */
  readonly called?: true
  /**
   * It spreads finished bytes over writes, so it comes after what the framing puts around the events; the others change what
   * is said and come before.
   */
  readonly onWrites?: true
  /** It puts the reply on the connection otherwise than HTTP has it, so it comes last. */
  readonly onWire?: true
  /** The one engine that can do it. */
  readonly engine?: 'socket'
  /** A reply whose status is as usual, and of which all has come, cannot be taken for whole. */
  readonly breaks?: true
  /** The body is compressed in this way, so nothing can be filled in when it is sent. */
  readonly coding?: Coding
  /** Only where the request accepts that. */
  readonly negotiated?: true
  /** About how many pieces it makes of a reply of so many bytes that takes so long. Absent where it makes none. */
  readonly pieces?: (arg: number, bytes: number, durationMs: number) => number
  /** How much longer a reply takes because of it, ms. Absent where it takes no longer. */
  readonly addsMs?: (args: readonly number[]) => number
  /** It is no fault, but another reply; which one may depend on what stands behind its name. @throws Unacceptable */
  readonly ask?: PatternAsk | ((text: string) => PatternAsk)
}

/** The row of a kind that is no fault. */
type AskRow = KindRow & { readonly ask: NonNullable<KindRow['ask']> }

/** A trickling reply is written so many times a second, or byte by byte if that is less often. */
export const TRICKLES_PER_SECOND = 20

const chunk = wholeNumber(0, 1_000_000)
const errorStatus = wholeNumber(400, 599)

/** Every kind, in the order in which several of them are applied. */
export const faultKinds = {
  status: {
    form: 'status:CODE',
    help: "the provider's own error",
    args: [errorStatus],
    alone: true,
  },
  refuse: { form: 'refuse', help: 'connection reset before any byte', args: [], alone: true },
  hang: { form: 'hang', help: 'accepted, never answered', args: [], alone: true },
  'headers-then-hang': {
    form: 'headers-then-hang',
    help: 'headers, then silence',
    args: [],
    alone: true,
    breaks: true,
  },
  garbage: { form: 'garbage:N', help: 'chunk N is not JSON', args: [chunk], chunk: 'number', breaks: true },
  'truncate-event': {
    form: 'truncate-event:N',
    help: 'chunk N is cut inside its JSON, and the stream goes on',
    args: [chunk],
    chunk: 'number',
    breaks: true,
  },
  duplicate: {
    form: 'duplicate:N',
    help: 'chunk N comes twice',
    args: [chunk],
    chunk: 'number',
    oncePerChunk: true,
    streamed: true,
  },
  swap: {
    form: 'swap:N',
    help: 'chunk N comes after the next',
    args: [chunk],
    chunk: 'pair',
    streamed: true,
  },
  'no-finish': {
    form: 'no-finish',
    help: 'no event tells why the reply ends',
    args: [],
    group: 'finish',
    excludes: ['ending', 'reason', 'lastChunk'],
    streamed: true,
  },
  'no-done': {
    form: 'no-done',
    help: 'no event marks the end',
    args: [],
    group: 'done',
    excludes: ['ending', 'done'],
    streamed: true,
  },
  'after-done': {
    form: 'after-done:N',
    help: 'N more chunks after the end',
    args: [wholeNumber(1, 1000)],
    group: 'done',
    excludes: ['ending', 'done'],
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
    breaks: true,
    chunk: 'count',
    group: 'ending',
    excludes: ['ending'],
  },
  error: {
    form: 'error:N[:CODE]',
    help: "the provider's mid-stream error after N chunks",
    args: [chunk, errorStatus],
    optional: 1,
    chunk: 'count',
    group: 'ending',
    excludes: ['ending'],
    streamed: true,
  },
  done: {
    form: 'done',
    help: 'what ends a reply in order comes after error:N',
    args: [],
    needs: 'error',
    streamed: true,
  },
  ...lineKinds,
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
  ...shapeKinds,
} as const satisfies Record<string, KindRow>

export type PatternKind = keyof typeof faultKinds
/** The kinds that change a reply; the others ask for another one. */
export type FaultKind = {
  [Kind in PatternKind]: (typeof faultKinds)[Kind] extends AskRow ? never : Kind
}[PatternKind]

/** Whether a pattern has a kind that `breaks`. */
export function breaks(pattern: string): boolean {
  return pattern.split('+').some((part) => {
    const [kind] = part.split(':')
    return Object.hasOwn(faultKinds, kind!) && rowOf(kind as PatternKind).breaks === true
  })
}

/** The row of one kind, with the optional keys that `as const` hides. */
export function rowOf(kind: PatternKind): KindRow {
  return faultKinds[kind]
}

function textRow(text: TextKind, help: string): AskRow {
  return { form: text, help, args: [], group: 'text', excludes: ['text'], ask: { text } }
}
