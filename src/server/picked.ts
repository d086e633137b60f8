// Patterns of faults that a header of a request names.
import { Lately } from '../apis/lately.ts'
import type { Settings } from '../config/config.ts'
import { Unacceptable } from '../config/parsers.ts'
import {
  type FaultPlan,
  MAX_PICKED_PIECES,
  parseFaultPlan,
  parsePattern,
  type Pattern,
  patternsOf,
  refusePattern,
} from '../config/patterns.ts'
import type { Card, Picker } from './card.ts'

/** As many patterns that requests ask for are kept; what was asked for longest ago makes room. */
const MOST_PATTERNS = 64
/** For a message: a header may have any length. */
const MOST_QUOTED = 60

interface Making {
  /** The picker of a pattern that can be had. */
  readonly make: (pattern: Pattern) => Picker
  /** The same of several in turn. */
  readonly play: (script: FaultPlan) => Picker
  readonly refuse: (why: string) => Card
}

export interface PatternPickers {
  /** The picker of what is named; what is named wrongly is refused. */
  of(text: string): Picker
  /** Scripts begin anew. */
  restart(): void
}

/** The pickers of each pattern or script that is named. */
export function patternPickers(config: Settings, { make, play, refuse }: Making): PatternPickers {
  let known = new Lately<Picker>(MOST_PATTERNS)
  const of = (text: string): Picker => {
    const before = known.get(text)
    if (before !== undefined) return before
    const refused = (why: string): Picker => {
      const card = refuse(why)
      return () => card
    }
    try {
      const script = scriptIn(text)
      if (script !== undefined && config.sessions === 0)
        return refused(
          'X-Test-Pattern takes a script with --sessions N only: else all clients would share it',
        )
      const pattern = script === undefined ? parsePattern(text) : undefined
      for (const one of pattern === undefined ? patternsOf(script!) : [pattern]) {
        const reason = refusePattern(one, config, MAX_PICKED_PIECES)
        if (reason !== undefined) return refused(`X-Test-Pattern: ${reason}`)
      }
      const pick = pattern === undefined ? play(script!) : make(pattern)
      known.set(text, pick)
      return pick
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      return refused(`X-Test-Pattern does not accept '${shorten(text)}': it takes ${thrown.message}`)
    }
  }
  return { of, restart: () => void (known = new Lately(MOST_PATTERNS)) }
}

/** Several patterns in turn; undefined of one alone. */
function scriptIn(text: string): FaultPlan | undefined {
  if (!/,|x\d+$/.test(text)) return undefined
  const plan = parseFaultPlan(text)
  if (plan.mode === 'script') return plan
  throw new Unacceptable('one pattern, or several in turn, as in status:429x2,ok')
}

function shorten(text: string): string {
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text
}
