// Deliberate faults in which path comes to which route.
import type { Mutant } from './mutant.ts'

export const doors: readonly Mutant[] = [
  {
    file: 'src/server/match.ts',
    from: 'this.#isPrefix(path.slice(0, begin))',
    to: 'true',
    tests: ['test/server/doors.test.ts'],
    why: 'anything may stand before an end',
  },
  {
    file: 'src/server/match.ts',
    from: "segment !== '' && ",
    to: '',
    tests: ['test/server/doors.test.ts'],
    why: 'a prefix may have empty segments',
  },
  {
    file: 'src/server/match.ts',
    from: 'b.weight - a.weight',
    to: 'a.weight - b.weight',
    tests: ['test/server/doors.test.ts'],
    why: 'the shortest end of a path counts',
  },
  {
    file: 'src/server/match.ts',
    from: 'this.#addressIn(prefix) === undefined',
    to: 'true',
    tests: ['test/server/doors.test.ts'],
    why: 'an address may be a base URL',
  },
  {
    file: 'src/server/desk.ts',
    from: 'route === undefined || route.isShared',
    to: 'route === undefined',
    tests: ['test/server/doors.test.ts'],
    why: 'a shared path is refused in the form of OpenAI to everybody',
  },
]
