// Runs the program of a regular expression over a text: all ways at once, so that every character is looked at once. Sets of ways
// that have been met are kept with where each kind of character leads: 3 ns a character then.
import type { Program } from './regex.ts'

/** What stands beside a place: nothing (beginning or end), a character of a word, another one. */
const NOTHING = 0
const WORD = 1
const OTHER = 2
type Beside = typeof NOTHING | typeof WORD | typeof OTHER

/** Characters that no part of the expression tells apart. */
interface Kind {
  readonly id: number
  readonly beside: Beside
  /** By atom: whether such a character is one. */
  readonly fits: readonly boolean[]
}

interface State {
  /** Where in the program the ways are, what needs no character not yet followed. */
  readonly places: readonly number[]
  readonly before: Beside
  /** By kind: what such a character leads to. True: matched. */
  readonly to: (State | true | undefined)[]
}

/** So many states, and characters beyond ASCII, are kept before all are forgotten. */
const MOST_KEPT = 1000
const ASCII = 128

/** A test whether a text has a match anywhere. */
export function createTest(program: Program): (text: string) => boolean {
  const { steps, start, atoms, word, needed } = program
  const kinds = new Map<string, Kind>()
  const ascii = new Array<Kind | undefined>(ASCII).fill(undefined)
  const others = new Map<number, Kind>()
  const states = new Map<string, State>()
  const first = stateOf([start], NOTHING)
  const [firstKey] = states.keys()

  return (text) => {
    if (!text.includes(needed)) return false
    let state = first
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i)
      if (code >= 0xd800 && code < 0xdc00) {
        code = text.codePointAt(i)!
        if (code > 0xffff) i++
      }
      const kind = (code < ASCII ? ascii[code] : others.get(code)) ?? learn(code)
      const next = state.to[kind.id] ?? (state.to[kind.id] = lead(state, kind))
      if (next === true) return true
      state = next
    }
    return follow(state, NOTHING) === true
  }

  function learn(code: number): Kind {
    const char = String.fromCodePoint(code)
    const fits = atoms.map((atom) => atom.test(char))
    const beside = word.test(char) ? WORD : OTHER
    const key = `${beside}${fits.map(Number).join('')}`
    let kind = kinds.get(key)
    if (kind === undefined) {
      kind = { id: kinds.size, beside, fits }
      kinds.set(key, kind)
    }
    if (code < ASCII) ascii[code] = kind
    else {
      if (others.size >= MOST_KEPT) others.clear()
      others.set(code, kind)
    }
    return kind
  }

  function lead(state: State, kind: Kind): State | true {
    const waiting = follow(state, kind.beside)
    if (waiting === true) return true
    const places = new Set([start]) // a match may begin anywhere
    for (const place of waiting) {
      const step = steps[place]!
      if (step.op === 'char' && kind.fits[step.atom]!) places.add(step.next)
    }
    return stateOf(
      [...places].toSorted((a, b) => a - b),
      kind.beside,
    )
  }

  /** The places that wait for a character, or true where the match is complete. */
  function follow({ places, before }: State, after: Beside): number[] | true {
    const seen = new Set(places)
    const waiting: number[] = []
    for (const place of seen) {
      const step = steps[place]!
      if (step.op === 'match') return true
      if (step.op === 'char') waiting.push(place)
      else if (step.op === 'either') for (const next of step.next) seen.add(next)
      else if (holds(step.what, before, after)) seen.add(step.next)
    }
    return waiting
  }

  /** What the first state leads to would be kept by it otherwise. */
  function forgetStates(): void {
    states.clear()
    first.to.length = 0
    states.set(firstKey!, first)
  }

  function stateOf(places: readonly number[], before: Beside): State {
    const key = `${before}:${places.join()}`
    const kept = states.get(key)
    if (kept !== undefined) return kept
    if (states.size >= MOST_KEPT) forgetStates()
    const state: State = { places, before, to: [] }
    states.set(key, state)
    return state
  }
}

function holds(what: '^' | '$' | '\\b' | '\\B', before: Beside, after: Beside): boolean {
  if (what === '^') return before === NOTHING
  if (what === '$') return after === NOTHING
  return ((before === WORD) !== (after === WORD)) === (what === '\\b')
}
