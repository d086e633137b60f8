// What a reply says, piece by piece, whatever the format: reasoning, text, and calls of tools.
import type { UpstreamSettings } from '../config/config.ts'
import type { Ask, CallAsk } from './ask.ts'
import { marks } from './marks.ts'
import {
  listed,
  ownPieces,
  type PartPlan,
  type Piece,
  type Pieces,
  silentPieces,
  wordPieces,
} from './pieces.ts'
import { stopPieces } from './stop.ts'

/** Why a reply ends. */
export type Reason =
  | { readonly kind: 'stop' }
  /** The limit of tokens is reached, or a filter has found something. */
  | { readonly kind: 'length' | 'filter' }
  /** What came next was a text before which it had to end. */
  | { readonly kind: 'sequence'; readonly sequence: string }

/** Chunks that belong together: all reasoning, all text, the arguments of one call. */
export interface Section {
  readonly kind: Piece['kind']
  readonly call: number
  /** Its first chunk, and the one behind its last. */
  readonly start: number
  readonly end: number
}

/** Everything that is said in one reply. */
export interface Said {
  /** What was drawn: the content is the same for the same number. */
  readonly drawn: number
  /** All pieces, one per content chunk; made when they are first asked for, which they are not where the content is there already. */
  readonly pieces: readonly Piece[]
  /** How many are sent. */
  readonly upTo: number
  readonly reason: Reason
  /** All of them, in order; there may be some without a chunk. Where calls come by turns they are not told apart. */
  readonly sections: readonly Section[]
  /** Those that are begun: all, or up to the one that is cut. */
  readonly begun: readonly Section[]
  /** Which of them the last chunk that is sent belongs to; what comes behind it has no chunks. */
  readonly current: number
  readonly isCut: boolean
  /** The tools that are called, in order. */
  readonly calls: readonly CallAsk[]
  /** What the first `count` pieces of a section say. */
  textOf(section: Section, count: number): string
  /** All that is sent of a kind, put together; of a call its arguments. */
  join(kind: Piece['kind'], call?: number): string
  /** So many of the chunks that are sent are reasoning. */
  readonly reasoningTokens: number
}

/** How many chunks are told in the usage. */
export type Tokens = Pick<Said, 'upTo' | 'reasoningTokens'>

/** Of the first `upTo` chunks. */
export function tokensOf({ sections }: Pick<Said, 'sections'>, upTo: number): Tokens {
  const reasoning = sections.find(({ kind }) => kind === 'reasoning')
  return { upTo, reasoningTokens: Math.min(upTo, reasoning?.end ?? 0) }
}

/** What a tool is called with, of all its arguments put together; of none nothing. */
export function parseInput(text: string): Record<string, unknown> {
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

type Saying = Pick<
  Ask,
  'content' | 'calls' | 'text' | 'own' | 'stop' | 'limit' | 'isExact' | 'finish' | 'shape'
>

/** What a reply says for which `drawn` chunks were drawn. Calls come one after the other, or fragments of all of them by turns. */
export function say(
  config: UpstreamSettings,
  ask: Saying,
  drawn: number,
  calls: 'in order' | 'by turns' = 'in order',
): Said {
  const { content, limit, isExact } = ask
  const plans = planParts(ask)
  const words = plans.filter(({ own }) => own === null)
  const given = plans.reduce((sum, { own }) => sum + (own?.pieces.length ?? 0), 0)
  const meant = isExact && limit > 0 && words.length > 0 ? Math.max(0, limit - given) : drawn
  let said = 0
  let spoken = 0
  let sequence: string | undefined
  const shaped = (plan: PartPlan, pieces: Pieces): Pieces =>
    plan.kind === 'arguments' && ask.shape.noArguments ? silentPieces(plan, pieces.length) : pieces
  const parts = plans.map((plan): Pieces => {
    const share = plan.own === null ? shareOf(meant, said++, words.length) : 0
    const all = shaped(
      plan,
      plan.own === null ? wordPieces(config, ask.text, plan, spoken, share) : ownPieces(plan, plan.own),
    )
    spoken += share
    if (plan.kind !== 'text' || ask.stop.length === 0) return all
    const stopped = stopPieces(all.make(), ask.stop)
    sequence = stopped.sequence
    return listed(stopped.pieces)
  })
  // Nothing is called behind a text that had to end.
  const planned = sequence === undefined ? plans : plans.filter(({ kind }) => kind !== 'arguments')
  const takesTurns = calls === 'by turns' && content.calls > 1
  const makePieces = (): readonly Piece[] => {
    const made = parts.slice(0, planned.length).map((part) => part.make())
    const inOrder = made.length === 1 ? made[0]! : made.flat()
    return takesTurns ? byTurns(inOrder, content.calls) : inOrder
  }
  let all: readonly Piece[] | undefined
  const pieces = (): readonly Piece[] => (all ??= makePieces())
  let at = 0
  const sections = planned.map(({ kind, call }, i): Section => {
    return { kind, call, start: at, end: (at += parts[i]!.length) }
  })
  const upTo = limit > 0 ? Math.min(limit, at) : at
  const isCut = upTo < at
  /** There are exactly as many as were asked for: more might have come. */
  const isLast = isExact && limit > 0 && upTo === limit
  const begun = isCut ? sections.filter(({ start }) => start < upTo) : sections
  const textOf = (section: Section, count: number): string => parts[sections.indexOf(section)]!.text(count)
  const sentOf = ({ kind, call, start, end }: Section): number => {
    if (isCut && takesTurns && kind === 'arguments')
      return pieces().reduce(
        (sum, piece, i) => sum + (i < upTo && piece.kind === kind && piece.call === call ? 1 : 0),
        0,
      )
    return Math.max(0, Math.min(end, upTo) - start)
  }
  return {
    drawn: meant,
    get pieces() {
      return pieces()
    },
    upTo,
    reason: reasonOf(isCut || (isLast && sequence === undefined) ? 'length' : ask.finish, sequence),
    sections,
    begun,
    current: Math.max(
      0,
      begun.findLastIndex(({ start, end }) => start < Math.min(end, upTo)),
    ),
    isCut,
    calls: Array.from(
      { length: sequence === undefined ? content.calls : 0 },
      (_, call) => ask.calls[call % ask.calls.length]!,
    ),
    textOf,
    join: (kind, call = 0) => {
      const section = sections.find((one) => one.kind === kind && one.call === call)
      return section === undefined ? '' : textOf(section, sentOf(section))
    },
    // It comes first.
    reasoningTokens: begun[0]?.kind === 'reasoning' ? Math.min(begun[0].end, upTo) : 0,
  }
}

/** What is said first, and then a fragment of each call in turn. */
function byTurns(pieces: readonly Piece[], calls: number): Piece[] {
  const turns = Array.from({ length: calls }, (_, call) =>
    pieces.filter((piece) => piece.kind === 'arguments' && piece.call === call),
  )
  const most = Math.max(...turns.map(({ length }) => length))
  const inTurn = pieces.filter(({ kind }) => kind !== 'arguments')
  for (let i = 0; i < most; i++) for (const turn of turns) if (i < turn.length) inTurn.push(turn[i]!)
  return inTurn
}

function reasonOf(finish: Ask['finish'], sequence: string | undefined): Reason {
  return finish === 'stop' && sequence !== undefined ? { kind: 'sequence', sequence } : { kind: finish }
}

function planParts({ content, own, calls }: Saying): PartPlan[] {
  return [
    ...(content.reasoning ? [{ kind: 'reasoning', call: 0, own: null, isFree: true } as const] : []),
    ...(content.text ? [{ kind: 'text', call: 0, own, isFree: true } as const] : []),
    ...Array.from({ length: content.calls }, (_, call) => {
      const { kind, input } = calls[call % calls.length]!
      return { kind: 'arguments', call, own: input, isFree: kind === 'custom' } as const
    }),
  ]
}

/** Of `count` chunks the share of one part among `parts`: equal ones, the first taking what is left over. */
function shareOf(count: number, part: number, parts: number): number {
  return Math.floor(count / parts) + (part < count % parts ? 1 : 0)
}

/** Each reply has ids of its own. */
export function hasFreshIds({ uniqueIds, reply }: Pick<UpstreamSettings, 'uniqueIds' | 'reply'>): boolean {
  return uniqueIds || reply === 'auto'
}

/** `chatcmpl-mock`, or `chatcmpl-` and the place of an id that is fresh in every reply. */
export function makeId(config: UpstreamSettings, prefix: string): string {
  return prefix + (hasFreshIds(config) ? marks.id.mark : 'mock')
}

/** The id of a call; every call, and every choice, has one of its own. */
export function makeCallId(config: UpstreamSettings, prefix: string, call: number, choice = 0): string {
  if (choice > 0) return makeId(config, `${prefix}${choice}_${call}_`)
  return makeId(config, call === 0 ? prefix : `${prefix}${call}_`)
}

/** More calls than there are in one choice. */
const CALLS = 100

/** The same in nine letters and digits, as Mistral has it: six that are fresh in every reply, and which call of which choice it is. */
export function makeShortCallId(config: UpstreamSettings, call: number, choice: number): string {
  const number = (choice * CALLS + call).toString(36).padStart(3, '0')
  return (hasFreshIds(config) ? marks.short.mark : 'mock00') + number
}

/** How many tokens of a prompt came out of the provider's cache. */
export function cachedOf(
  { cachedTokens }: Pick<UpstreamSettings, 'cachedTokens'>,
  promptTokens: number,
): number {
  return Math.floor((promptTokens * cachedTokens) / 100)
}
