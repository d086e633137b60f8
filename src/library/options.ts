// The options of the library, which are those of the command line: their types follow from the one table.
import { type OptionName, options } from '../config/options.ts'
import { flagOf, type OptionTable, variableOf, variablePrefix } from '../config/table.ts'
import { configText, type MockConfig, type OptionValue } from './configuration.ts'
import { MockError } from './error.ts'

/** What the library settles itself, or has no use for. */
const reserved = [
  'readyFile',
  'exitWithParent',
  'quiet',
  'printConfig',
] as const satisfies readonly OptionName[]
type Reserved = (typeof reserved)[number]

/**
 * Every option by its name in camel case: `chunkDelayMs` is `--chunk-delay-ms`. What each means says `mock-llm-api --help`. Values are
 * as on the command line: `fault: 'status:429x2,ok'`.
 */
export type MockOptions = {
  readonly [Name in Exclude<OptionName, Reserved | 'config'>]?: OptionValue<Name> | undefined
} & {
  /** A configuration file by its path, or what one says. */
  readonly config?: string | MockConfig | undefined
}

/** For the length of a test: any port, one worker, a quick start, an end that waits for nobody, and settings that may change. */
const testDefaults: MockOptions = { port: 0, workers: 1, graceMs: 0, noWarmUp: true, control: true }

/** How a mock is started. */
interface CommandLine {
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What its open replies are left to end, ms. */
  readonly graceMs: number
  /** What is written to its stdin; null: nothing. */
  readonly input: string | null
}

/**
 * The options as flags, but for those that are empty where that is usual. Keys stand in the environment, where other users of the
 * machine do not see them.
 * @throws MockError for what is no option of the library
 */
export function commandLine(
  given: MockOptions,
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const table: OptionTable = options
  const rowOf = (name: string): OptionTable[string] | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined
  const chosen = chosenOf(given, rowOf)
  const { port, ...others } = testDefaults
  const { config } = chosen
  const input = typeof config === 'object' ? configText(config) : null
  const settled = {
    ...(chosen.listen === undefined && { port }),
    ...others,
    ...chosen,
    ...(input !== null && { config: '-' }),
  }
  const rows = Object.entries(settled).map(([name, value]) => [name, String(value)] as const)
  const isSecret = ([name]: readonly [string, string]): boolean => rowOf(name)?.secret === true
  // What is set for servers by hand must not change a test.
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith(variablePrefix))
  const secrets = rows.filter(isSecret).map(([name, text]) => [variableOf(name), text] as const)
  return {
    flags: rows.filter((row) => !isSecret(row)).map(([name, text]) => `${flagOf(name)}=${text}`),
    environment: Object.fromEntries([...kept, ...secrets]),
    graceMs: graceOf(String(settled.graceMs)),
    input,
  }
}

function chosenOf(given: MockOptions, rowOf: (name: string) => OptionTable[string] | undefined): MockOptions {
  if (typeof given !== 'object' || given === null)
    throw new MockError('startMock takes an object of options, as in { chunkDelayMs: 0 }')
  const chosen = Object.entries(given).filter(
    ([name, value]) => value !== undefined && !(value === '' && rowOf(name)?.default === ''),
  )
  for (const [name, value] of chosen) {
    if (reserved.some((own) => own === name))
      throw new MockError(`startMock settles ${name} by itself: leave it out`)
    if (name === 'listen' && value === 'none')
      throw new MockError("startMock needs an address to serve on: leave out listen: 'none'")
  }
  return Object.fromEntries(chosen) as MockOptions
}

/** What the program will refuse is no time. */
function graceOf(text: string): number {
  try {
    return options.graceMs.parse(text)
  } catch {
    return 0
  }
}
