// Regular expressions in time that grows with the text and no faster: `a*b` takes the one of the runtime 3 s on 64 KB of `a`, and a
// mock that stands still is late. So they are made into a program without the way back: no lookarounds, no back references.
import { Unacceptable } from './parsers.ts'

/** One instruction; numbers are places in the program. */
export type Step =
  | { readonly op: 'char'; readonly atom: number; readonly next: number }
  | { readonly op: 'either'; readonly next: readonly number[] }
  | { readonly op: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly op: 'match' }

export type Assertion = '^' | '$' | '\\b' | '\\B'

export interface Program {
  readonly steps: readonly Step[]
  readonly start: number
  /** What one character is compared with, each as a regular expression of the runtime. */
  readonly atoms: readonly RegExp[]
  /** Whether a character belongs to a word. */
  readonly word: RegExp
  /** A text that every match contains: to look for it takes a fiftieth of the time. */
  readonly needed: string
}

type Part =
  | { readonly is: 'atom'; readonly atom: number }
  | { readonly is: 'assert'; readonly what: Assertion }
  | { readonly is: 'row'; readonly parts: readonly Part[] }
  | { readonly is: 'choice'; readonly parts: readonly Part[] }
  | { readonly is: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }

const MOST_CHARS = 1000
/** A larger program is mostly a repetition of repetitions; one of this size can be made to take 20 µs a character. */
const MOST_STEPS = 500

/** At the beginning of an expression: small and capital letters are the same. */
const ANY_CASE = '(?i)'

const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/uy
const ATOM =
  /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[pPu]\{[^}]*\}|\\u....|\\x..|\\c.|\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^]/uy

/**
 * Compiles an expression as JavaScript writes it with the flag `u`, or with `iu` after `(?i)`.
 * @throws Unacceptable saying what is wrong
 */
export function compileRegex(text: string): Program {
  if (text.length > MOST_CHARS) throw new Unacceptable(`at most ${MOST_CHARS} characters`)
  const flags = text.startsWith(ANY_CASE) ? 'iu' : 'u'
  const source = flags === 'u' ? text : text.slice(ANY_CASE.length)
  try {
    new RegExp(source, flags)
  } catch (thrown) {
    const reason = String(thrown).replace(/^.*regular expression: /, '')
    throw new Unacceptable(`a regular expression as JavaScript writes it with the flag u: ${reason}`)
  }
  const { part, atoms } = parse(source)
  return {
    ...build(part),
    atoms: atoms.map((atom) => new RegExp(`^${atom}$`, flags)),
    word: new RegExp('^\\w$', flags),
    needed: flags === 'u' ? findNeeded(part, atoms) : '',
  }
}

/** The source is known to be right, so that only what is not accepted here has to be found. */
function parse(source: string): { readonly part: Part; readonly atoms: readonly string[] } {
  const atoms: string[] = []
  let at = 0
  const part = parseChoice()
  return { part, atoms }

  function parseChoice(): Part {
    const parts = [parseRow()]
    while (source[at] === '|') {
      at++
      parts.push(parseRow())
    }
    return parts.length === 1 ? parts[0]! : { is: 'choice', parts }
  }

  function parseRow(): Part {
    const parts: Part[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(parseRepeat(parseOne()))
    return { is: 'row', parts }
  }

  function parseRepeat(part: Part): Part {
    const quantifier = take(QUANTIFIER)
    if (quantifier === null) return part
    const [, sign, from, comma, to] = quantifier
    if (sign !== undefined) {
      return {
        is: 'repeat',
        part,
        least: sign === '+' ? 1 : 0,
        most: sign === '?' ? 1 : Number.POSITIVE_INFINITY,
      }
    }
    const most = comma === '' ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to)
    return { is: 'repeat', part, least: Number(from), most }
  }

  function parseOne(): Part {
    const char = source[at]!
    if (char === '(') return parseGroup()
    const two = source.slice(at, at + 2)
    if (char === '^' || char === '$' || two === '\\b' || two === '\\B') {
      const what: Assertion = char === '^' || char === '$' ? char : (two as Assertion)
      at += what.length
      return { is: 'assert', what }
    }
    if (/^\\[1-9k]/.test(two))
      throw new Unacceptable('a regular expression without back references, which could take for ever')
    const [atom] = take(ATOM)!
    const known = atoms.indexOf(atom)
    return { is: 'atom', atom: known < 0 ? atoms.push(atom) - 1 : known }
  }

  function parseGroup(): Part {
    if (take(/\((?:\?:|\?<[^=!][^>]*>|(?!\?))/uy) === null)
      throw new Unacceptable(
        'a regular expression with plain groups only, (…), (?:…) and (?<name>…), and (?i) at its beginning',
      )
    const part = parseChoice()
    at++
    return part
  }

  function take(what: RegExp): RegExpExecArray | null {
    what.lastIndex = at
    const found = what.exec(source)
    if (found !== null) at = what.lastIndex
    return found
  }
}

/** The longest row of plain characters that is in every match. */
function findNeeded(whole: Part, atoms: readonly string[]): string {
  let longest = ''
  let row = ''
  walk(whole)
  return longest

  function walk(part: Part): void {
    if (part.is === 'assert') return
    if (part.is === 'row') return part.parts.forEach(walk)
    const atom = part.is === 'atom' ? atoms[part.atom]! : ''
    row = /^(?:[^\\.[]|\\\W)$/u.test(atom) ? row + atom.replace(/^\\(?=.)/u, '') : ''
    if (row.length > longest.length) longest = row
  }
}

/** From the end to the beginning: a part is built before what follows it. */
function build(whole: Part): Pick<Program, 'steps' | 'start'> {
  const steps: Step[] = [{ op: 'match' }]
  let built = 0
  const start = add(whole, 0)
  return { steps, start }

  function push(step: Step): number {
    return steps.push(step) - 1
  }

  function add(part: Part, next: number): number {
    // Counted even where it adds no step: `(){1000}` in itself a few times has none.
    if (++built > MOST_STEPS)
      throw new Unacceptable('a shorter regular expression: its repetitions make it too large')
    switch (part.is) {
      case 'atom':
        return push({ op: 'char', atom: part.atom, next })
      case 'assert':
        return push({ op: 'assert', what: part.what, next })
      case 'row':
        return part.parts.reduceRight((after, one) => add(one, after), next)
      case 'choice':
        return push({ op: 'either', next: part.parts.map((one) => add(one, next)) })
      case 'repeat':
        return addRepeat(part.part, part.least, part.most, next)
    }
  }

  function addRepeat(part: Part, least: number, most: number, next: number): number {
    let at = next
    if (most === Number.POSITIVE_INFINITY) {
      const ways: number[] = []
      at = push({ op: 'either', next: ways })
      ways.push(add(part, at), next)
    } else {
      for (let i = least; i < most; i++) at = push({ op: 'either', next: [add(part, at), next] })
    }
    for (let i = 0; i < least; i++) at = add(part, at)
    return at
  }
}
