// Patterns of faults that a header of a request names.
import { Lately } from '../apis/lately.ts'
import type { Config } from '../config/config.ts'
import { Unacceptable } from '../config/parsers.ts'
import { MAX_PICKED_PIECES, parsePattern, type Pattern, refusePattern } from '../config/patterns.ts'
import type { Card, Picker } from './card.ts'

/** As many patterns that requests ask for are kept; what was asked for longest ago makes room. */
const MOST_PATTERNS = 64
/** For a message: a header may have any length. */
const MOST_QUOTED = 60

interface Making {
  /** The picker of a pattern that can be had. */
  readonly make: (pattern: Pattern) => Picker
  readonly refuse: (why: string) => Card
}

/** The picker of each pattern that is named; what is named wrongly is refused. */
export function patternPickers(config: Config, { make, refuse }: Making): (text: string) => Picker {
  const known = new Lately<Picker>(MOST_PATTERNS)
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const refused = (why: string): Picker => {
      const card = refuse(why)
      return () => card
    }
    try {
      const pattern = parsePattern(text)
      const reason = refusePattern(pattern, config, MAX_PICKED_PIECES)
      if (reason !== undefined) return refused(`X-Test-Pattern: ${reason}`)
      const pick = make(pattern)
      known.set(text, pick)
      return pick
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      return refused(`X-Test-Pattern does not accept '${shorten(text)}': it takes ${thrown.message}`)
    }
  }
}

function shorten(text: string): string {
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text
}
