// The options of the library, which are those of the command line: their types follow from the one table.
import { type OptionName, options } from '../config/options.ts'
import { flagOf, type OptionTable, variableOf, variablePrefix } from '../config/table.ts'

/** What the library settles itself, or has no use for. */
type Reserved = 'readyFile' | 'exitWithParent' | 'quiet' | 'printConfig'

/** A switch is on or off; a name is one of few; a time may have its unit; a list may be one. */
type Given<Value> = [Value] extends [boolean]
  ? boolean
  : [Value] extends [string]
    ? Value
    : [Value] extends [number]
      ? number | string
      : Value extends readonly string[]
        ? string | readonly string[]
        : string

/**
 * Every option by its name in camel case: `chunkDelayMs` is `--chunk-delay-ms`. What each means says `mock-llm-api --help`. Values are
 * as on the command line: `fault: 'status:429x2,ok'`.
 */
export type MockOptions = {
  readonly [Name in Exclude<OptionName, Reserved>]?:
    Given<Exclude<ReturnType<(typeof options)[Name]['parse']>, null>> | undefined
}

/** For the length of a test: any port, one worker, a quick start, and an end that waits for nobody. */
const testDefaults: MockOptions = { port: 0, workers: 1, graceMs: 0, noWarmUp: true }

/** The options as flags; keys stand in the environment, where other users of the machine do not see them. */
export function commandLine(
  given: MockOptions,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly flags: string[]; readonly environment: Record<string, string | undefined> } {
  const { port, ...others } = testDefaults
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined
  const chosen = Object.fromEntries(Object.entries(given).filter(isGiven)) as MockOptions
  const rows = Object.entries({ ...(chosen.listen === undefined && { port }), ...others, ...chosen })
  const isSecret = (name: string): boolean =>
    Object.hasOwn(options, name) && (options as OptionTable)[name]!.secret === true
  // What is set for servers by hand must not change a test.
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith(variablePrefix))
  const secrets = rows.filter(([name]) => isSecret(name))
  return {
    flags: rows
      .filter(([name]) => !isSecret(name))
      .map(([name, value]) => `${flagOf(name)}=${String(value)}`),
    environment: Object.fromEntries([
      ...kept,
      ...secrets.map(([name, value]) => [variableOf(name), String(value)]),
    ]),
  }
}
