// Deliberate faults in src/fleet.
import type { Mutant } from './mutant.ts'

export const fleet: readonly Mutant[] = [
  {
    file: 'src/fleet/collector.ts',
    from: '    question.answered.add(member)',
    to: '',
    tests: ['test/fleet/collector.test.ts', 'test/fleet/windows.test.ts'],
    why: 'nobody has reported',
  },
  {
    file: 'src/fleet/collector.ts',
    from: 'if (question.closes) this.#windows.set(member, question.window.next!)',
    to: '',
    tests: ['test/fleet/collector.test.ts', 'test/fleet/windows.test.ts'],
    why: 'who has begun a new window counts in the old one',
  },
  {
    file: 'src/fleet/collector.ts',
    from: 'if (!reset || question.waiting.size === 0) this.#questions.delete(id)',
    to: 'this.#questions.delete(id)',
    tests: ['test/fleet/collector.test.ts', 'test/fleet/windows.test.ts'],
    why: 'a late answer to a question that closes a window is not heard',
  },
]
