// Regular expressions read into a tree, so that texts can be made from them, and tested without the engine's endless backtracking.
// What is left out: backreferences, looking behind, flags.

export type Part =
  | {
      readonly kind: 'set'
      readonly least: 1
      readonly has: (code: number) => boolean
      readonly some: readonly number[]
    }
  | { readonly kind: 'all' | 'any'; readonly least: number; readonly parts: readonly Part[] }
  | {
      readonly kind: 'repeat'
      readonly least: number
      readonly part: Part
      readonly min: number
      readonly max: number
    }
  | { readonly kind: 'ahead'; readonly least: 0; readonly part: Part; readonly isThere: boolean }
  | { readonly kind: 'start' | 'end' | 'edge' | 'noedge'; readonly least: 0 }

/** From `[0]` to `[1]`, code points. */
type Range = readonly [number, number]
interface Class {
  readonly ranges: readonly Range[]
  readonly has?: (code: number) => boolean
}

const MOST_LENGTH = 10_000
const MOST_GROUPS = 64

const codeOf = (text: string): number => text.codePointAt(0)!
const spans = (text: string): Range[] =>
  [...text.matchAll(/(.)-(.)/gsu)].map(([, a, z]) => [codeOf(a!), codeOf(z!)])

const digit = spans('0-9')
const word = spans('a-zA-Z0-9_-_')
const lineEnds: readonly Range[] = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]
const space: readonly Range[] = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const classes: Readonly<Record<string, readonly Range[]>> = { d: digit, w: word, s: space }
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, 0: 0 }

/** What a text is made of where a pattern leaves the choice. */
const POOL = [
  ...'abcdefghijklmnopqrstuvwxyz1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. ,:;!?@#$%&*+=/()[]{}<>|~^`\'"\\éßλд中あ한😀\t\n',
].map(codeOf)

export const isWordCode = (code: number | undefined): boolean => code !== undefined && isIn(word, code)

function isIn(ranges: readonly Range[], code: number): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last)
}

function setOf(members: readonly Class[], isNegated: boolean): Part {
  const has = (code: number): boolean =>
    members.some((member) => isIn(member.ranges, code) || member.has?.(code) === true) !== isNegated
  const ends = members.flatMap(({ ranges }) => ranges.flat())
  return {
    kind: 'set',
    least: 1,
    has,
    some: [...new Set([...POOL, ...ends])].filter((code) => has(code) && !isHalf(code)),
  }
}

/** Half of a character in UTF-16, and none in UTF-8. */
const isHalf = (code: number): boolean => code >= 0xd800 && code <= 0xdfff

const sum = (parts: readonly Part[]): number => parts.reduce((total, { least }) => total + least, 0)

/** The tree of a pattern, which may match anywhere in a text; undefined when it is not understood. */
export function parsePattern(text: string): Part | undefined {
  if (text.length > MOST_LENGTH) return undefined
  try {
    return new Reader(text).read()
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}

class NotUnderstood extends Error {}

class Reader {
  readonly #text: readonly string[]
  #at = 0
  #groups = 0

  constructor(text: string) {
    this.#text = [...text]
  }

  read(): Part {
    const part = this.#options()
    if (this.#at < this.#text.length) throw new NotUnderstood() // a parenthesis too many
    return part
  }

  #take(expected: string): boolean {
    if (![...expected].every((one, at) => this.#text[this.#at + at] === one)) return false
    this.#at += expected.length
    return true
  }

  #next(): string {
    const one = this.#text[this.#at++]
    if (one === undefined) throw new NotUnderstood()
    return one
  }

  #options(): Part {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1
      ? parts[0]!
      : { kind: 'any', least: Math.min(...parts.map(({ least }) => least)), parts }
  }

  #sequence(): Part {
    const parts: Part[] = []
    for (
      let one = this.#text[this.#at];
      one !== undefined && one !== '|' && one !== ')';
      one = this.#text[this.#at]
    )
      parts.push(this.#repeated(this.#atom()))
    return parts.length === 1 ? parts[0]! : { kind: 'all', least: sum(parts), parts }
  }

  #repeated(part: Part): Part {
    const range = this.#range()
    if (range === undefined) return part
    const [min, max] = range
    this.#take('?') // as few as possible: for whether it matches it is the same
    if (max < min || this.#range() !== undefined || !['set', 'all', 'any'].includes(part.kind))
      throw new NotUnderstood()
    return { kind: 'repeat', least: min * part.least, part, min, max }
  }

  #range(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    if (this.#text[this.#at] !== '{') return undefined
    const found = /^\{(\d{1,15})(?:(,)(\d{0,15}))?\}/.exec(this.#text.slice(this.#at, this.#at + 40).join(''))
    if (found === null) return undefined
    this.#at += found[0].length
    const min = Number(found[1])
    return [min, found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3])]
  }

  #atom(): Part {
    const one = this.#next()
    if (one === '^') return { kind: 'start', least: 0 }
    if (one === '$') return { kind: 'end', least: 0 }
    if (one === '.') return setOf([{ ranges: lineEnds }], true)
    if (one === '(') return this.#group()
    if (one === '[') return this.#class()
    if (one !== '\\') {
      if ('*+?'.includes(one)) throw new NotUnderstood()
      return setOf([{ ranges: [[codeOf(one), codeOf(one)]] }], false)
    }
    if (this.#take('b')) return { kind: 'edge', least: 0 }
    if (this.#take('B')) return { kind: 'noedge', least: 0 }
    return setOf([this.#escape()], false)
  }

  #group(): Part {
    if (++this.#groups > MOST_GROUPS) throw new NotUnderstood()
    const ahead = this.#take('?=') ? true : this.#take('?!') ? false : undefined
    if (ahead === undefined && !this.#take('?:') && this.#take('?')) {
      const rest = this.#text.slice(this.#at, this.#at + 100).join('')
      const name = /^<[A-Za-z_$][\w$]*>/.exec(rest)
      if (name === null) throw new NotUnderstood() // looks behind, or sets flags
      this.#at += name[0].length
    }
    const part = this.#options()
    if (!this.#take(')')) throw new NotUnderstood()
    this.#groups--
    if (ahead !== undefined) return { kind: 'ahead', least: 0, part, isThere: ahead }
    return part.kind === 'set' ? part : { kind: 'all', least: part.least, parts: [part] }
  }

  #class(): Part {
    const isNegated = this.#take('^')
    const members: Class[] = []
    while (!this.#take(']')) {
      const first = this.#member()
      const [start] = first.ranges
      if (
        this.#text[this.#at] === '-' &&
        this.#text[this.#at + 1] !== ']' &&
        this.#at + 1 < this.#text.length
      ) {
        this.#at++
        const [end] = this.#member().ranges
        const isRange = start !== undefined && end !== undefined && start[0] === start[1] && end[0] === end[1]
        if (!isRange || start[0] > end[0]) throw new NotUnderstood()
        members.push({ ranges: [[start[0], end[0]]] })
      } else members.push(first)
    }
    return setOf(members, isNegated)
  }

  #member(): Class {
    const one = this.#next()
    if (one !== '\\') return { ranges: [[codeOf(one), codeOf(one)]] }
    return this.#take('b') ? { ranges: [[8, 8]] } : this.#escape()
  }

  /** What stands behind a backslash. */
  #escape(): Class {
    const one = this.#next()
    const known = classes[one]
    if (known !== undefined) return { ranges: known }
    const others = classes[one.toLowerCase()]
    if (others !== undefined) return { ranges: [], has: (code) => !isIn(others, code) }
    const control = controls[one]
    if (control !== undefined) return { ranges: [[control, control]] }
    if (one === 'p' || one === 'P') return this.#property(one)
    if (one === 'x') return this.#hex(/^[\da-fA-F]{2}/)
    if (one === 'u') return this.#hex(/^(?:[\da-fA-F]{4}|\{[\da-fA-F]{1,6}\})/)
    if (/[a-zA-Z0-9]/.test(one)) throw new NotUnderstood() // a backreference, or nothing JavaScript knows
    return { ranges: [[codeOf(one), codeOf(one)]] }
  }

  #hex(digits: RegExp): Class {
    const found = digits.exec(this.#text.slice(this.#at, this.#at + 10).join(''))
    const code = found === null ? Infinity : Number.parseInt(found[0].replace('{', ''), 16)
    if (code > 0x10ffff) throw new NotUnderstood()
    this.#at += found![0].length
    return { ranges: [[code, code]] }
  }

  #property(letter: string): Class {
    const found = /^\{[\w=]{1,60}\}/.exec(this.#text.slice(this.#at, this.#at + 62).join(''))
    if (found === null) throw new NotUnderstood()
    this.#at += found[0].length
    try {
      const one = new RegExp(`^\\${letter}${found[0]}$`, 'u') // tests one character at a time
      return { ranges: [], has: (code) => one.test(String.fromCodePoint(code)) }
    } catch {
      throw new NotUnderstood()
    }
  }
}
