// Deliberate faults in src/config: what a reply consists of.
import type { Mutant } from './mutant.ts'

export const contents: readonly Mutant[] = [
  {
    file: 'src/config/contents.ts',
    from: 'Object.hasOwn(forms, name) ? forms[name] : undefined',
    to: 'forms[name]',
    tests: ['test/config/contents.test.ts', 'test/config/parsers.test.ts', 'test/config/edges.test.ts'],
    why: 'what every object inherits is a form',
  },
  {
    file: 'src/config/contents.ts',
    from: 'calls > MAX_CALLS',
    to: 'calls >= MAX_CALLS',
    tests: [
      'test/config/contents.test.ts',
      'test/config/parsers.test.ts',
      'test/config/config.test.ts',
      'test/config/limits.test.ts',
    ],
    why: 'sixteen calls are too many',
  },
  {
    file: 'src/config/contents.ts',
    from: "name.endsWith('tools') ? calls : 0",
    to: 'calls',
    tests: ['test/config/contents.test.ts', 'test/config/parsers.test.ts', 'test/config/config.test.ts'],
    why: 'a text calls a tool',
  },
  {
    file: 'src/config/contents.ts',
    from: "reasoning ? 'reasoning+' : text ? 'text+' : ''",
    to: "reasoning ? 'reasoning+' : ''",
    tests: ['test/config/contents.test.ts', 'test/fleet/banner.test.ts'],
    why: 'the text before calls is not told',
  },
  {
    file: 'src/config/contents.ts',
    from: "calls === 1 ? '' : `:${calls}`",
    to: "''",
    tests: ['test/config/contents.test.ts', 'test/fleet/banner.test.ts'],
    why: 'how many calls there are is not told',
  },
]
