// A guard in front of citty, which accepts unknown flags, missing values and stray arguments in silence.
// It checks argv against the table of options and rewrites it to `--name=value`, which citty reads without doubt. The name is that of the
// table: `--no-…` citty would take for the opposite of another option, and drop its value.
import { UsageError } from './errors.ts'
import { nearNames, orList } from './nearest.ts'
import { synonyms } from './synonyms.ts'
import { flagOf, type OptionTable } from './table.ts'

/** Flags that are not configuration: they ask for a text and end the program. */
export type TextRequest = 'help' | 'version'

const textRequests: Readonly<Record<string, TextRequest>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-V': 'version',
}

const textNames = ['help', 'version'] as const satisfies readonly TextRequest[]

/** Every spelling of the flags of a table, and whose it is. */
function spellings(table: OptionTable): Map<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, { short }]) => {
      const flag: [string, string] = [flagOf(name), name]
      return short === undefined ? [flag] : [flag, [`-${short}`, name]]
    }),
  )
}

/**
 * The same arguments with every flag spelled `--name=value` (`--chunkCount=3`), or which text is wanted instead of a run. `commands` might have been meant by
 * a word that is no option.
 * @throws UsageError on an unknown option, a missing value, `-w=3`, a repeated option or a stray argument
 */
export function guardArguments(
  argv: readonly string[],
  table: OptionTable,
  commands: readonly string[] = [],
  others: readonly OtherTable[] = [],
): readonly string[] | TextRequest {
  const names = spellings(table)
  const given = new Map<string, string>()
  let asked: TextRequest | undefined
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (Object.hasOwn(textRequests, word)) {
      asked ??= textRequests[word]!
      continue
    }
    if (!word.startsWith('-') || word === '-') throw strayArgument(word, commands)
    if (Object.hasOwn(textRequests, word.split('=')[0]!))
      throw new UsageError(`${word.split('=')[0]} takes no value`)
    const glued = splitGlued(word, table, names)
    const equals = word.indexOf('=')
    const flag = glued?.flag ?? (equals < 0 ? word : word.slice(0, equals))
    const name = names.get(flag)
    if (name === undefined) throw unknownOption(flag, names, others)
    const long = flagOf(name)
    const { value, many } = table[name]!
    const before = given.get(name)
    if (before !== undefined && !many) throw new UsageError(`${long} is given twice`)
    const take = (text: string): void =>
      void given.set(name, before === undefined ? text : `${before}\n${text}`)
    if (glued !== undefined) take(glued.text)
    else if (equals >= 0) {
      const text = word.slice(equals + 1)
      if (!flag.startsWith('--'))
        throw new UsageError(`'${word}' is not accepted: write '${flag} ${text}' or '${long}=${text}'`)
      if (text === '') throw missingValue(long, value ?? 'true|false')
      take(text)
    } else if (value === undefined) {
      take('true')
    } else {
      const text = argv[i + 1]
      // A word like -5 is a bad value, to be refused by its parser; one like -w is the next option.
      if (text === undefined || text === '' || (/^-./.test(text) && !/^-[\d.]/.test(text)))
        throw missingValue(long, value)
      take(text)
      i++
    }
  }
  return asked ?? Array.from(given, ([name, text]) => `--${name}=${text}`)
}

/** `-d20`: a short option and its value in one word. What begins as no value does is a misspelt option rather. */
function splitGlued(
  word: string,
  table: OptionTable,
  names: ReadonlyMap<string, string>,
): { readonly flag: string; readonly text: string } | undefined {
  const [, flag, text] = /^(-\w)([\d.:[].*)$/.exec(word) ?? []
  const name = flag === undefined ? undefined : names.get(flag)
  return name === undefined || table[name]!.value === undefined ? undefined : { flag: flag!, text: text! }
}

/** Options that are not of this table, and where they belong. */
export interface OtherTable {
  readonly table: OptionTable
  /** `it is an option of the mock: put it behind --` */
  readonly hint: string
}

function unknownOption(
  flag: string,
  names: ReadonlyMap<string, string>,
  others: readonly OtherTable[],
): UsageError {
  const other = others.find(({ table }) => spellings(table).has(flag))
  if (other !== undefined) return new UsageError(`unknown option ${flag}: ${other.hint}`)
  const near = nearNames(flag, [...new Set(names.values()), ...textNames], synonyms).map(flagOf)
  if (near.length > 0) return new UsageError(`unknown option ${flag}: did you mean ${orList(near)}?`)
  const [short, glued] = [flag.slice(0, 2), flag.slice(2)]
  const hint = glued !== '' && names.has(short) ? `write '${short} ${glued}'` : 'see --help'
  return new UsageError(`unknown option ${flag}: ${hint}`)
}

function missingValue(flag: string, value: string): UsageError {
  return new UsageError(`${flag} needs a value: ${flag} <${value}>`)
}

function strayArgument(word: string, commands: readonly string[]): UsageError {
  const [near] = nearNames(word, [...commands, ...textNames], synonyms)
  const hint = commands.includes(word)
    ? 'a command comes before its options'
    : near === undefined
      ? 'every setting is an option, see --help'
      : `did you mean ${commands.includes(near) ? `the command ${near}` : flagOf(near)}?`
  return new UsageError(`unexpected argument '${word}': ${hint}`)
}
