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
    file: 'src/server/unrouted.ts',
    from: 'route === undefined || route.isShared',
    to: 'route === undefined',
    tests: ['test/server/doors.test.ts'],
    why: 'a shared path is refused in the form of OpenAI to everybody',
  },
  {
    file: 'src/server/match.ts',
    from: '...absent, ...rows.flatMap',
    to: '...rows.flatMap',
    tests: ['test/server/doors.test.ts'],
    why: 'the name of an API that is not there is an id',
  },
  {
    file: 'src/server/match.ts',
    from: ".flatMap(({ path }) => path.split('/'))])",
    to: '.map(({ path }) => path)])',
    tests: ['test/server/doors.test.ts'],
    why: 'what is served is an id',
  },
  {
    file: 'src/server/match.ts',
    from: 'this.#absent.has(segment))) return []',
    to: 'segment === this.#ends[0])) return []',
    tests: ['test/server/doors.test.ts'],
    why: 'somebody who asks for what is not there is sent elsewhere',
  },
]
