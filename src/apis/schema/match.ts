// Whether a text matches a pattern, and texts that do. The work is bounded by positions × parts, whatever the pattern.
import { isWordCode, type Part } from './pattern.ts'

/** Longer texts are not tested, nor made. */
export const MOST_MATCHED = 10_000

/** Whether the pattern matches somewhere in the text; `spend` hears of the work done. */
export function matches(pattern: Part, text: string, spend: (work: number) => void): boolean {
  const codes = Array.from(text, (one) => one.codePointAt(0)!)
  const starts = new Set<number>()
  for (let at = 0; at <= codes.length; at++) starts.add(at)
  return endsOf(pattern, codes, starts, spend).size > 0
}

type Positions = ReadonlySet<number>

/** Where matches end that begin at one of `starts`. */
function endsOf(
  part: Part,
  codes: readonly number[],
  starts: Positions,
  spend: (work: number) => void,
): Positions {
  spend(1 + (starts.size >> 3))
  const kept = (keep: (at: number) => boolean): Positions => new Set([...starts].filter(keep))
  switch (part.kind) {
    case 'set': {
      const ends = new Set<number>()
      for (const at of starts) if (at < codes.length && part.has(codes[at]!)) ends.add(at + 1)
      return ends
    }
    case 'all': {
      let ends = starts
      for (const one of part.parts) {
        if (ends.size === 0) break
        ends = endsOf(one, codes, ends, spend)
      }
      return ends
    }
    case 'any': {
      const ends = new Set<number>()
      for (const one of part.parts) for (const at of endsOf(one, codes, starts, spend)) ends.add(at)
      return ends
    }
    case 'repeat':
      return repeatedEnds(part, codes, starts, spend)
    case 'ahead':
      return kept((at) => endsOf(part.part, codes, new Set([at]), spend).size > 0 === part.isThere)
    case 'start':
      return kept((at) => at === 0)
    case 'end':
      return kept((at) => at === codes.length)
    case 'edge':
    case 'noedge':
      return kept((at) => (isWordCode(codes[at - 1]) !== isWordCode(codes[at])) === (part.kind === 'edge'))
  }
}

function repeatedEnds(
  { part, min, max }: Extract<Part, { kind: 'repeat' }>,
  codes: readonly number[],
  starts: Positions,
  spend: (work: number) => void,
): Positions {
  let current = starts
  for (let times = 0; times < min; times++) {
    const next = endsOf(part, codes, current, spend)
    if (next.size === 0) return next
    if (next.size === current.size && [...next].every((at) => current.has(at))) break // it goes on like this
    current = next
  }
  const reached = new Set(current)
  for (let times = min; times < max && current.size > 0; times++) {
    const fresh = new Set<number>()
    for (const at of endsOf(part, codes, current, spend))
      if (!reached.has(at)) {
        reached.add(at)
        fresh.add(at)
      }
    current = fresh
  }
  return reached
}

/** As short as it can be and still make texts that differ. */
const MOST_MORE = 2

/**
 * The k-th text made after a pattern, of at least `wanted` characters where repetition allows: the choices are the digits of k.
 * Undefined when there is none. It need not match: what the pattern asks at borders, or ahead, is not heeded.
 */
export function madeAfter(pattern: Part, k: number, wanted: number): string | undefined {
  if (pattern.least > MOST_MATCHED) return undefined
  let digits = k
  let missing = wanted - pattern.least
  const made: number[] = []
  const choose = (options: number): number => {
    const choice = digits % options
    digits = Math.floor(digits / options)
    return choice
  }
  const write = (part: Part): boolean => {
    switch (part.kind) {
      case 'set': // the letters in their order look better than one of them again and again
        if (part.some.length === 0 || made.length >= MOST_MATCHED) return false
        made.push(part.some[(choose(part.some.length) + made.length) % part.some.length]!)
        return true
      case 'all':
        return part.parts.every(write)
      case 'any':
        return write(part.parts[choose(part.parts.length)]!)
      case 'repeat':
        return repeat(part)
      default:
        return true
    }
  }
  const repeat = ({ part, min, max }: Extract<Part, { kind: 'repeat' }>): boolean => {
    const least = part.least === 0 ? Math.min(min, 1) : min
    const times = least + (max > least ? choose(Math.min(max - least, MOST_MORE) + 1) : 0)
    for (let done = 0; done < times; done++) {
      const before = made.length
      if (!write(part)) return false
      if (done >= min) missing -= made.length - before
    }
    for (let done = times; done < max && missing > 0; done++) {
      const before = made.length
      if (!write(part)) return false
      if (made.length === before) break
      missing -= made.length - before
    }
    return true
  }
  return write(pattern) ? String.fromCodePoint(...made) : undefined
}
