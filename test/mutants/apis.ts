// Deliberate faults in src/apis.
import type { Mutant } from './mutant.ts'

export const apis: readonly Mutant[] = [
  {
    file: 'src/apis/bounds.ts',
    from: 'backslashes % 2 === 0',
    to: 'backslashes === 0',
    tests: ['test/apis/bounds.test.ts'],
    why: 'a text that ends in a backslash goes on',
  },
  {
    file: 'src/apis/bounds.ts',
    from: '        depth--',
    to: '        depth -= 0',
    tests: ['test/apis/bounds.test.ts'],
    why: 'objects that stand side by side are nested',
  },
  {
    file: 'src/apis/content.ts',
    from: '    spoken += share',
    to: '',
    tests: ['test/apis/chat.test.ts', 'test/clients/openai.test.ts'],
    why: 'text after reasoning begins anew',
  },
]
