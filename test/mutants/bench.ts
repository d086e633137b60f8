// Deliberate faults in src/bench.
import type { Mutant } from './mutant.ts'

export const bench: readonly Mutant[] = [
  {
    file: 'src/bench/parser.ts',
    from: 'value = value * 16 + digit',
    to: 'value = value * 10 + digit',
    tests: ['test/bench/parser.test.ts'],
    why: 'sizes of chunks are read as decimal',
  },
  {
    file: 'src/bench/parser.ts',
    from: "size === 0 ? 'trailer' : 'chunk'",
    to: "'chunk'",
    tests: ['test/bench/parser.test.ts'],
    why: 'the last chunk is never told from the others',
  },
  {
    file: 'src/bench/parser.ts',
    from: 'this.events = this.status = this.#left = 0',
    to: 'this.status = this.#left = 0',
    tests: ['test/bench/parser.test.ts'],
    why: 'the events of one answer count for the next',
  },
]
