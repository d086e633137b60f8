// Deliberate faults in src/stats: the time with open requests, and the live line.
import type { Mutant } from './mutant.ts'

export const summaries: readonly Mutant[] = [
  {
    file: 'src/stats/spells.ts',
    from: 'from - last[1] < PAUSE_MS',
    to: 'from < last[1]',
    tests: ['test/stats/spells.test.ts'],
    why: 'short pauses of several workers do not count',
  },
  {
    file: 'src/stats/tally.ts',
    from: 'if (--this.#open === 0) this.#spells.end(nowMs)',
    to: 'this.#open--',
    tests: ['test/stats/tally.test.ts'],
    why: 'some request is taken to be open for ever',
  },
  {
    file: 'src/stats/summary.ts',
    from: 'if (left < 0) break',
    to: '',
    tests: ['test/fleet/live.test.ts'],
    why: 'the live line is longer than the terminal is wide',
  },
]
