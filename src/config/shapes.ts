// Other shapes that a provider's chunks have in the wild, and the kinds that ask for them. They are read by the formats, when a reply is
// compiled; where a format has nothing of the kind, its replies stay as they are.
import { oneOf, Unacceptable } from './parsers.ts'

/** When a reply tells its usage: never, in the chunk that ends it, in every chunk, or in a chunk of its own that nobody asked for. */
export type UsageShape = 'never' | 'finish' | 'every' | 'always'

/** How fragments of calls are numbered: not at all, all alike, or from the last call down to the first. */
export type CallIndex = 'missing' | 'repeated' | 'reversed'

/** How chunks differ from the usual ones. Absent: not at all. */
export interface Shape {
  /** Why the reply ends, in these words; null: it does not say. */
  readonly reason?: string | null
  /** The last content and the reason come in one chunk. */
  readonly joined?: true
  /** The chunk with the reason has null where the others have an object. */
  readonly nullDelta?: true
  readonly usage?: UsageShape
  readonly callIndex?: CallIndex
  /** The name of a tool comes in two pieces. */
  readonly namePieces?: true
  /** Calls have an empty text where their arguments should be. */
  readonly noArguments?: true
}

/** The words that mean no reason and an empty one. */
const reasons: Readonly<Record<string, string | null>> = { absent: null, empty: '' }
const REASON = /^[\w.-]{1,64}$/

function parseReason(text: string): string | null {
  if (!REASON.test(text))
    throw new Unacceptable('absent, empty, or up to 64 letters, digits, _, - and . to be said')
  return Object.hasOwn(reasons, text) ? reasons[text]! : text
}

const parseUsage = oneOf('never', 'finish', 'every', 'always')
const parseIndex = oneOf('missing', 'repeated', 'reversed')

/** What they have in common is known to the table of faults, of which they are rows. */
export const shapeKinds = {
  'finish:length': {
    form: 'finish:length',
    help: 'the limit of tokens ends the reply',
    args: [],
    group: 'reason',
    excludes: ['reason'],
    ask: { finish: 'length' },
  },
  'content-filter': {
    form: 'content-filter',
    help: 'a content filter ends the reply',
    args: [],
    group: 'reason',
    excludes: ['reason'],
    ask: { finish: 'filter' },
  },
  finish: {
    form: 'finish:VALUE',
    help: 'the reason of the end is VALUE, empty or absent',
    args: [],
    group: 'reason',
    excludes: ['reason'],
    ask: (text: string) => ({ shape: { reason: parseReason(text) } }),
  },
  'finish-with-content': {
    form: 'finish-with-content',
    help: 'the last content and the reason in one chunk',
    args: [],
    group: 'lastChunk',
    excludes: ['lastChunk'],
    streamed: true,
    ask: { shape: { joined: true } },
  },
  'delta:null': {
    form: 'delta:null',
    help: 'the last chunk has null for its delta',
    args: [],
    group: 'lastChunk',
    excludes: ['lastChunk'],
    streamed: true,
    ask: { shape: { nullDelta: true } },
  },
  usage: {
    form: 'usage:WHEN',
    help: 'usage never, with finish, in every chunk, or always',
    args: [],
    ask: (text: string) => ({ shape: { usage: parseUsage(text) } }),
  },
  'call-index': {
    form: 'call-index:HOW',
    help: 'index of tool calls missing, repeated or reversed',
    args: [],
    streamed: true,
    called: true,
    ask: (text: string) => ({ shape: { callIndex: parseIndex(text) } }),
  },
  'split-name': {
    form: 'split-name',
    help: 'the name of a tool in two pieces',
    args: [],
    streamed: true,
    called: true,
    ask: { shape: { namePieces: true } },
  },
  'no-arguments': {
    form: 'no-arguments',
    help: 'tools are called with an empty text',
    args: [],
    called: true,
    ask: { shape: { noArguments: true } },
  },
} as const
