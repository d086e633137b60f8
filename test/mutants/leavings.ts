// Deliberate faults in src/stats: who left before a reply was over.
import type { Mutant } from './mutant.ts'

const file = 'src/stats/leavings.ts'
const tests = ['test/stats/leavings.test.ts']

export const leavings: readonly Mutant[] = [
  {
    file,
    from: 'this.#kept.length < MOST_LEAVINGS',
    to: 'this.#kept.length <= MOST_LEAVINGS',
    tests,
    why: 'one more is kept',
  },
  {
    file,
    from: '(this.#oldest + 1) % MOST_LEAVINGS',
    to: 'this.#oldest + 1',
    tests,
    why: 'once around, the ring grows without end',
  },
  {
    file,
    from: '[...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]',
    to: '[...this.#kept]',
    tests,
    why: 'the oldest do not stand first',
  },
  {
    file,
    from: '    this.#kept.length = 0\n    this.#oldest = 0',
    to: '    this.#kept.length = 0',
    tests,
    why: 'a window begins in the middle of the ring',
  },
  {
    file,
    from: '.toSorted(([, one], [, other]) => one - other)',
    to: '',
    tests,
    why: 'those of one worker stand behind those of the other',
  },
  {
    file,
    from: '.slice(-MOST_LEAVINGS)',
    to: '',
    tests,
    why: 'the more workers, the more are told',
  },
  {
    file,
    from: '.slice(-MOST_LEAVINGS)',
    to: '.slice(0, MOST_LEAVINGS)',
    tests,
    why: 'the oldest of all workers are told',
  },
  {
    file,
    from: 'let known = before.length\n',
    to: 'let known = before.length\n  return now.slice(known)\n',
    tests,
    why: 'once the ring is full, nothing that is told late counts',
  },
  {
    file,
    from: 'return now.slice(known)',
    to: 'return now',
    tests: ['test/stats/leavings.test.ts', 'test/stats/windows.test.ts'],
    why: 'what is told late is told twice',
  },
  {
    file,
    from: 'a.every((value, i) => value === b[i])',
    to: 'a[1] === b[1]',
    tests,
    why: 'who left in the same moment is the same',
  },
  {
    file,
    from: '.toReversed()',
    to: '',
    tests,
    why: 'the latest stands last',
  },
  {
    file: 'src/stats/tally.ts',
    from: '    this.leavings.reset()',
    to: '',
    tests: ['test/stats/windows.test.ts'],
    why: 'who left in one window has left in the next',
  },
  {
    file: 'src/stats/tally.ts',
    from: '    this.leavings.note(leaving)',
    to: '',
    tests: ['test/stats/tally.test.ts', 'test/server/leavings.test.ts'],
    why: 'nobody is told to have left',
  },
  {
    file: 'src/stats/rows.ts',
    from: 'carry: () => [], leave',
    to: 'carry: asItIs, leave',
    tests: ['test/stats/windows.test.ts'],
    why: 'a window begins with what came last in the one before',
  },
]
