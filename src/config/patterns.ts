// How a request is to be answered: faults and their rates or order, from text to data.
import {
  type FaultKind,
  faultKinds,
  type KindRow,
  type PatternAsk,
  type PatternKind,
  rowOf,
} from './faults.ts'
import { type Coding, optionKinds } from './connectionkinds.ts'
import type { Content } from './contents.ts'
import { plural } from './format.ts'
import { nearNames } from './nearest.ts'
import type { Shape } from './shapes.ts'
import { refuseText, textSizes, type TextSource, wordsOf } from './texts.ts'
import { Unacceptable, wholeNumber } from './parsers.ts'

export interface FaultCall {
  readonly kind: FaultKind
  readonly args: readonly number[]
}

/** One way to answer: faults, all applied to the same reply, and what else to say in it. */
export interface Pattern {
  /** As it was given. */
  readonly text: string
  /** In the order in which they are applied. */
  readonly faults: readonly FaultCall[]
  readonly ask: PatternAsk
}

/** Which pattern a request gets; what is left to 100 percent, and what comes after a script, is answered as usual. */
export type FaultPlan =
  | {
      readonly mode: 'rates'
      readonly entries: readonly { readonly pattern: Pattern; readonly percent: number }[]
    }
  /** In order; null times: for ever. */
  | {
      readonly mode: 'script'
      readonly entries: readonly { readonly pattern: Pattern; readonly times: number | null }[]
    }

/** Rates have so many decimals, and are met exactly over a deck of 100 times ten to their power. */
export const RATE_DECIMALS = 2

/** More faults of one reply than there are kinds make no sense, and a header may have any length. */
const MOST_PARTS = 16

/** How a request is answered that is to be answered as usual. */
export const OK = 'ok'

/**
 * A parser of `KIND[:ARG…][+KIND…]`, and of `ok`.
 * @throws Unacceptable naming the part that is wrong and the nearest kind
 */
export function parsePattern(text: string): Pattern {
  if (text === OK) return { text, faults: [], ask: {} }
  const texts = text.split('+')
  if (texts.includes(OK)) throw new Unacceptable(`${OK} alone, not joined with other kinds`)
  if (texts.length > MOST_PARTS) throw new Unacceptable(`at most ${MOST_PARTS} kinds joined with +`)
  const parts = texts.map(parseFault)
  for (const [i, one] of parts.entries())
    for (const other of parts.slice(i + 1)) refuseContradiction(one, other)
  refuseLonely(parts)
  const order = Object.keys(faultKinds)
  const faults = parts.flatMap(({ kind, args }) => (isFault(kind) ? [{ kind, args }] : []))
  return {
    text,
    faults: faults.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    ask: joinAsks(parts.map(({ ask }) => ask)),
  }
}

type NamedFault = Pick<FaultCall, 'args'> & { readonly kind: PatternKind; readonly ask: PatternAsk }

function parseFault(text: string): NamedFault {
  const kind = kindOf(text)
  if (kind === undefined) throw unknownKind(text)
  const { form, args, optional = 0, ask = {} } = rowOf(kind)
  const texts = text === kind ? [] : text.split(':').slice(1)
  const takes = typeof ask === 'function' ? 1 : args.length
  if (texts.length > takes || texts.length < takes - optional)
    throw new Unacceptable(`${form}, not '${text}'`)
  const accept = <T>(parse: (text: string) => T, given: string): T => {
    try {
      return parse(given)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      throw new Unacceptable(`${form} with ${thrown.message}, not '${given}'`)
    }
  }
  if (typeof ask === 'function') return { kind, args: [], ask: accept(ask, texts[0]!) }
  return { kind, args: texts.map((given, i) => accept(args[i]!, given)), ask }
}

/** Which kind is typed: some have a colon in their name. */
function kindOf(text: string): PatternKind | undefined {
  const [name] = text.split(':')
  return [text, name!].find(isKind)
}

/** Of each kind what it asks for. */
function joinAsks(asks: readonly PatternAsk[]): PatternAsk {
  const shapes = asks.flatMap(({ shape }) => (shape === undefined ? [] : [shape]))
  const joined = Object.assign({}, ...asks) as PatternAsk
  return shapes.length === 0 ? joined : { ...joined, shape: Object.assign({}, ...shapes) as Shape }
}

/** Some kinds say nothing without another. */
function refuseLonely(parts: readonly NamedFault[]): void {
  for (const { kind } of parts) {
    const { form, needs } = rowOf(kind)
    if (needs !== undefined && !parts.some((other) => other.kind === needs))
      throw new Unacceptable(`${form} joined with ${rowOf(needs as PatternKind).form}, and not alone`)
  }
}

function unknownKind(text: string): Unacceptable {
  const names = Object.keys(faultKinds)
  const [kind] = text.split(':')
  const option = optionKinds.get(kind!)
  if (option !== undefined) return new Unacceptable(`faults of one reply; there is ${option}`)
  const [nearest] = [...nearNames(kind!, names), ...nearNames(text, names)] as PatternKind[]
  const all = `${OK}, ${knownForms}`
  return new Unacceptable(
    nearest === undefined ? all : `${rowOf(nearest).form}, to name the nearest, or ${all}`,
  )
}

/** The forms of all kinds, separated by commas. */
const knownForms = Object.values(faultKinds)
  .map(({ form }) => form)
  .join(', ')

function refuseContradiction(one: NamedFault, other: NamedFault): void {
  const [a, b] = [rowOf(one.kind), rowOf(other.kind)]
  const excludes = (row: KindRow, kind: PatternKind, { group }: KindRow): boolean =>
    row.alone === true || row.excludes?.some((name) => name === group || name === kind) === true
  const isSameChunk = one.kind === other.kind && one.args[0] === other.args[0]
  const repeated =
    (isSameChunk && a.oncePerChunk === true) || (one.kind === other.kind && a.chunk !== 'number')
  if (repeated || excludes(a, other.kind, b) || excludes(b, one.kind, a))
    throw new Unacceptable(
      repeated ? `${a.form} once` : `one of ${a.form} and ${b.form}: together they contradict each other`,
    )
}

/**
 * A parser of patterns separated by commas: either with rates (`status:500@2%,abort:5@1%`, 100 % when none is given) or as a
 * script (`status:429x2,ok`: twice, then as usual). Empty: no faults.
 * @throws Unacceptable
 */
export function parseFaultPlan(text: string): FaultPlan {
  const texts = text === '' ? [] : text.split(',').map((entry) => entry.trim())
  if (texts.includes('')) throw new Unacceptable('a pattern between commas, not nothing')
  const isScript = texts.some((entry) => entry === OK || /x\d+(@|$)/.test(entry))
  if (!isScript) return { mode: 'rates', entries: parseRates(texts) }
  const entries = texts.map((entry, i) => {
    if (entry.includes('@'))
      throw new Unacceptable(`either rates (@) or a script (x and ok), not both as in '${entry}'`)
    const [, pattern, times] = /^(.*?)(?:x(\d+))?$/.exec(entry)!
    const isLast = i === texts.length - 1
    const count = times === undefined ? (isLast ? null : 1) : wholeNumber(1, 1_000_000)(times)
    return { pattern: parsePattern(pattern!), times: count }
  })
  return { mode: 'script', entries }
}

function parseRates(texts: readonly string[]): { pattern: Pattern; percent: number }[] {
  const entries = texts.map((entry) => {
    const [pattern, rate = '100%', ...more] = entry.split('@')
    const percent = Number(rate.replace(/%$/, ''))
    if (more.length === 0 && /^\d+(\.\d{1,2})?$/.test(rate) && percent > 0 && percent <= 100)
      throw withoutPercent(pattern!, percent)
    if (more.length > 0 || !/^\d+(\.\d{1,2})?%$/.test(rate) || percent === 0 || percent > 100)
      throw new Unacceptable(
        `rates above 0 % and up to 100 %, with at most ${RATE_DECIMALS} decimals, as in status:500@2%, not '${entry}'`,
      )
    return { pattern: parsePattern(pattern!), percent }
  })
  const total = entries.reduce((sum, { percent }) => sum + percent, 0)
  if (total > 100.000_001)
    throw new Unacceptable(
      `rates that sum up to 100 % at most, not ${Number(total.toFixed(RATE_DECIMALS))} %: give each its rate (@10%), join faults of one reply with +, or say how often in turn (x1)`,
    )
  return entries
}

/** A number alone may be meant in percent or as a share. */
function withoutPercent(pattern: string, rate: number): Unacceptable {
  const share = Number((rate * 100).toFixed(RATE_DECIMALS))
  const other = rate <= 1 ? `, or ${pattern}@${share}% if a share is meant` : ''
  return new Unacceptable(`a % behind the rate, as in ${pattern}@${rate}%${other}`)
}

/** Pieces of one reply beyond which it is not cut. */
const MAX_PIECES = 1 << 20
/** The same where a request picks the pattern: to make so many takes about 20 ms, during which nothing else is done. */
export const MAX_PICKED_PIECES = 1 << 16
/** About what an event has around its text. */
const EVENT_BYTES = 300

export interface PatternLimits {
  readonly chunkCount: number
  readonly chunkBytes: number
  readonly chunkDelayMs: number
  readonly ttftMs: number
  readonly reply: 'stream' | 'json' | 'auto'
  readonly text: TextSource
  readonly engine: 'bun' | 'socket'
  readonly stamp: boolean
  readonly content: Pick<Content, 'calls'>
}

/** How many chunks from the N-th on a kind needs. */
const reaches: Readonly<Record<NonNullable<KindRow['chunk']>, number>> = { number: 1, pair: 2, count: 0 }

/** Why a pattern cannot be had with these settings, or undefined when it can. */
export function refusePattern(
  { text, faults, ask }: Pattern,
  config: PatternLimits,
  mostPieces = MAX_PIECES,
): string | undefined {
  const { chunkCount, chunkBytes } = config
  const textBytes = (ask.text && textSizes[ask.text]) || textSizes[wordsOf(config.text)] || chunkBytes
  const bytes = chunkCount * (textBytes + EVENT_BYTES)
  const unfit = refuseKinds(text, config)
  if (unfit !== undefined) return unfit
  const addedMs = faults.reduce((sum, { kind, args }) => sum + (rowOf(kind).addsMs?.(args) ?? 0), 0)
  const durationMs = config.ttftMs + chunkCount * config.chunkDelayMs + addedMs
  for (const { kind, args } of faults) {
    const row = rowOf(kind)
    const typed = [kind, ...args].join(':')
    const reach = row.chunk === undefined ? 0 : reaches[row.chunk]
    const most = chunkCount - reach
    // How many chunks a text of its own has is known when it is read.
    if (row.chunk !== undefined && args[0]! > most && wordsOf(config.text) === config.text)
      return most < 0
        ? `${typed} needs ${plural(reach, 'content chunk')}, and the reply has ${chunkCount || 'none'}`
        : `${typed} lies beyond the reply, which has ${chunkCount} content chunks: N is at most ${most}`
    const cut = faults.find((other) => rowOf(other.kind).chunk === 'count')
    if (cut !== undefined && reach > 0 && args[0]! + reach > cut.args[0]!)
      return `${typed} would never be seen, because ${cut.kind}:${cut.args[0]} ends the reply before it`
    if (row.engine !== undefined && row.engine !== config.engine)
      return `${typed} needs --engine ${row.engine}: with --engine ${config.engine} what stands around a reply is Bun's`
    if (row.coding !== undefined && config.stamp)
      return `${typed} contradicts --stamp: what is compressed beforehand cannot be stamped when it is sent`
    const pieces = row.pieces?.(args[0]!, bytes, durationMs) ?? 0
    if (pieces > mostPieces)
      return `${typed} would make a reply of about ${Math.round(pieces)} pieces: at most ${mostPieces} are possible`
  }
  return ask.text === undefined ? undefined : refuseText(ask.text, config)
}

/** The codings that a client is asked about before it is answered by one of these patterns. */
export function codingsOf(patterns: readonly Pattern[]): readonly Coding[] {
  const rows = patterns.flatMap(({ faults }) => faults.map(({ kind }) => rowOf(kind)))
  return [
    ...new Set(
      rows.flatMap(({ coding, negotiated }) => (coding !== undefined && negotiated ? [coding] : [])),
    ),
  ]
}

/** Why a kind would make no difference with these settings. */
function refuseKinds(text: string, { reply, content }: PatternLimits): string | undefined {
  for (const typed of text.split('+')) {
    const kind = kindOf(typed)
    if (kind === undefined) continue
    const { streamed, called } = rowOf(kind)
    if (streamed && reply === 'json') return `${typed} needs a stream, and --reply json never sends one`
    if (called && reply !== 'auto' && content.calls === 0)
      return `${typed} needs calls of tools, which replies have with --content tools, or with --reply auto where a request demands one`
  }
  return undefined
}

/** The patterns of a plan. */
export function patternsOf(plan: FaultPlan): readonly Pattern[] {
  return plan.entries.map(({ pattern }) => pattern)
}

function isFault(kind: PatternKind): kind is FaultKind {
  return rowOf(kind).ask === undefined
}

function isKind(text: string): text is PatternKind {
  return Object.hasOwn(faultKinds, text)
}
