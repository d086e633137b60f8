// Deliberate faults in what rules answer, and in what they look at.
import type { Mutant } from './mutant.ts'

export const answers: readonly Mutant[] = [
  {
    file: 'src/server/answers.ts',
    from: '(isPicked || (fault',
    to: '((fault',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'the fault of a rule comes before what a header picks',
  },
  {
    file: 'src/server/answers.ts',
    from: '      variants.clear()\n      dealers.clear()\n',
    to: '',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'rules that are read again go on where the old ones were',
  },
  {
    file: 'src/server/answers.ts',
    from: 'withWords(read, asked, by)',
    to: 'read',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'a rule without words does not echo',
  },
  {
    file: 'src/server/answers.ts',
    from: 'deal(withWords(ask, asked, usual))',
    to: 'deal(ask)',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'nothing is echoed without a rule',
  },
  {
    file: 'src/server/answers.ts',
    from: 'ask.own === null && text',
    to: 'text',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'what a schema asks for is not said where texts are echoed',
  },
  {
    file: 'src/server/answers.ts',
    from: '${fault} ${JSON.stringify(settings)}`',
    to: '${fault} ${Math.random()}`',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'equal options do not share their place',
  },
  {
    file: 'src/server/answers.ts',
    from: 'const own = routeOf(route)',
    to: 'const own = route',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'a rule has the chunks of the configuration',
  },
  {
    file: 'src/server/answers.ts',
    from: 'decks.picked(own, parsePattern(fault), false)',
    to: 'decks.picked(own, parsePattern(fault), true)',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'what a rule breaks is told as if a header had asked for it',
  },
  {
    file: 'src/server/answers.ts',
    from: 'rule, by.config)',
    to: 'rule, config)',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'words of a rule are cut as those of the configuration',
  },
  {
    file: 'src/server/rulebook.ts',
    from: 'isDone: isDone(config, conversation)',
    to: 'isDone: false',
    tests: ['test/server/ruleoptions.test.ts', 'test/server/answers.test.ts'],
    why: 'tools of a rule are called for ever',
  },
  {
    file: 'src/server/asks.ts',
    from: 'isShort && !isLarge(known.ask)',
    to: 'isShort',
    tests: ['test/server/asks.test.ts'],
    why: 'what asks for much is kept',
  },
]
