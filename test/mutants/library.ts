// Deliberate faults in the library and in the manual inside the program.
import type { Mutant } from './mutant.ts'

const [start, options, printed] = [
  ['test/library/start.test.ts'],
  ['test/library/options.test.ts'],
  ['test/manual/print.test.ts'],
]

export const index: readonly Mutant[] = [
  {
    file: 'src/index.ts',
    from: '[STARTED_BY_VARIABLE]: String(process.pid)',
    to: '',
    tests: start,
    why: 'who is killed while a mock starts leaves it behind',
  },
]

export const library: readonly Mutant[] = [
  {
    file: 'src/library/running.ts',
    from: ".replace(/^mock-llm-api: /gm, '')",
    to: '',
    tests: start,
    why: 'a message names the program too',
  },
  {
    file: 'src/library/running.ts',
    from: 'rejectUnauthorized: false',
    to: 'rejectUnauthorized: true',
    tests: start,
    why: 'numbers of a mock with TLS are not to be had',
  },
  {
    file: 'src/library/running.ts',
    from: 'fail(saying() || `it ended',
    to: 'fail(`it ended',
    tests: start,
    why: 'why it does not start is not told',
  },
  {
    file: 'src/library/options.ts',
    from: 'chosen.listen === undefined && { port }',
    to: '{ port }',
    tests: options,
    why: 'the port contradicts an address that is given',
  },
  {
    file: 'src/library/options.ts',
    from: 'filter(([name]) => !name.startsWith(variablePrefix))',
    to: 'filter(() => true)',
    tests: options,
    why: 'variables change a test',
  },
  {
    file: 'src/library/options.ts',
    from: '.filter((row) => !isSecret(row))',
    to: '',
    tests: options,
    why: 'a key stands on the command line',
  },
  {
    file: 'src/library/executable.ts',
    from: "isMusl ? 'musl' : 'glibc'",
    to: "isMusl ? 'glibc' : 'musl'",
    tests: options,
    why: 'the executable is that of the other C library',
  },
]

export const manual: readonly Mutant[] = [
  {
    file: 'src/manual/manual.ts',
    from: 'Math.min(columns, MOST_COLUMNS)',
    to: 'columns',
    tests: printed,
    why: 'pages are as wide as the terminal',
  },
  {
    file: 'src/manual/manual.ts',
    from: "'$1 (`help $2`)'",
    to: "'$1'",
    tests: printed,
    why: 'a page does not say how to print another',
  },
]
