import { describe, expect, test } from 'bun:test'
import { UsageError } from '../../src/config/errors.ts'
import { options } from '../../src/config/options.ts'
import { guardArguments } from '../../src/config/flags.ts'
import type { OptionTable } from '../../src/config/table.ts'

const table: OptionTable = {
  header: { value: "'K: V'", default: '', many: true, help: '', parse: String },
  via: { short: 'v', value: 'URL', default: '', many: true, help: '', parse: String },
  once: { value: 'N', default: '', help: '', parse: String },
}

describe('an option that may be given several times', () => {
  test.each([
    [['--header', 'A: b'], ['--header=A: b']],
    [['--header', 'A: b', '--header=C: d', '--header', 'A: b'], ['--header=A: b\nC: d\nA: b']],
    [
      ['--via', 'a', '--once', '1', '-v', 'b', '--header=x'],
      ['--via=a\nb', '--once=1', '--header=x'],
    ],
    [['--header', 'A: b=c', '--header=D=e'], ['--header=A: b=c\nD=e']],
  ])('%j → %j', (argv, guarded) => expect(guardArguments(argv, table)).toEqual(guarded))

  test.each([
    [['--header', 'A: b', '--header'], "--header needs a value: --header <'K: V'>"],
    [['--header', 'A: b', '--header='], "--header needs a value: --header <'K: V'>"],
    [['--header', 'A: b', '--header', '--once'], "--header needs a value: --header <'K: V'>"],
    [['--header', 'A: b', 'C: d'], "unexpected argument 'C: d'"],
    [['--once', '1', '--header', 'A: b', '--once', '2'], '--once is given twice'],
    [['--header', 'A: b', '--haeder', 'C: d'], 'unknown option --haeder: did you mean --header?'],
  ])('%j is refused: %s', (argv, message) => expect(() => guardArguments(argv, table)).toThrow(message))
})

describe('guardArguments', () => {
  test.each([
    [[], []],
    [
      ['-c', '3', '--chunk-delay-ms=0.5'],
      ['--chunkCount=3', '--chunkDelayMs=0.5'],
    ],
    [
      ['--quiet', '--listen', ':80'],
      ['--quiet=true', '--listen=:80'],
    ],
    [['--quiet=false'], ['--quiet=false']],
    [['-c', '-3'], ['--chunkCount=-3']],
    [
      ['-c5', '-d.5s', '-l:80', '-w2'],
      ['--chunkCount=5', '--chunkDelayMs=.5s', '--listen=:80', '--workers=2'],
    ],
    [['-l[::1]:80'], ['--listen=[::1]:80']],
    [['--no-warm-up'], ['--noWarmUp=true']], // the parser refuses the value, by its name
  ])('%j → %j', (argv, guarded) => expect(guardArguments(argv, options)).toEqual(guarded))

  test.each([
    [['--help'], 'help'],
    [['-w', '2', '-V'], 'version'],
    [['-h', '--version'], 'help'],
  ] as const)('%j asks for the %s', (argv, request) => expect(guardArguments(argv, options)).toBe(request))

  test.each([
    [['--chunk-cout', '3'], 'unknown option --chunk-cout: did you mean --chunk-count?'],
    [['--chunkCount=3'], 'unknown option --chunkCount: did you mean --chunk-count?'],
    [['--frobnicate'], 'unknown option --frobnicate: see --help'],
    [['-x'], 'unknown option -x: see --help'],
    [['-c5', '-c6'], '--chunk-count is given twice'],
    [['-chunk-count', '5'], 'unknown option -chunk-count: did you mean --chunk-count?'],
    [['-lx:80'], "unknown option -lx:80: write '-l x:80'"],
    [['-x5'], 'unknown option -x5: see --help'],
    [['--no-quiet'], 'unknown option --no-quiet: did you mean --quiet?'],
    [['--'], 'unknown option --: see --help'],
    [['-w'], '--workers needs a value: --workers <N>'],
    [['-w', '-c', '3'], '--workers needs a value: --workers <N>'],
    [['--workers='], '--workers needs a value: --workers <N>'],
    [['--workers', ''], '--workers needs a value: --workers <N>'],
    [['--quiet='], '--quiet needs a value: --quiet <true|false>'],
    [['-w=3'], "'-w=3' is not accepted: write '-w 3' or '--workers=3'"],
    [['-w', '1', '--workers', '2'], '--workers is given twice'],
    [['serve'], "unexpected argument 'serve': every setting is an option, see --help"],
    [['--quiet', 'yes'], "unexpected argument 'yes': every setting is an option, see --help"],
  ])('%j is refused: %s', (argv, message) =>
    expect(() => guardArguments(argv, options)).toThrow(new UsageError(message)),
  )
})
