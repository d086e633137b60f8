// Flag over environment over default, into one frozen Config that can travel between processes as JSON.
import { messageOf, UsageError } from './errors.ts'
import { flagOf, type OptionName, optionNames, optionOf, type options, variableOf } from './options.ts'
import { Unacceptable } from './units.ts'

/** Everything that can be configured, settled. Frozen and JSON-safe. */
export type Config = { readonly [Name in OptionName]: ReturnType<(typeof options)[Name]['parse']> }

/** Option values as given on the command line, unparsed. */
export type GivenFlags = Partial<Record<OptionName, string>>

/**
 * Settles every option from the flags, then the environment, then the defaults.
 * An empty environment variable counts as not set.
 * @throws UsageError naming the option (or variable), the bad value and what is accepted
 */
export function readConfig(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const config: Partial<Record<OptionName, unknown>> = {}
  for (const name of optionNames) {
    const variable = variableOf(name)
    const fromFlag = flags[name]
    const text = fromFlag ?? (environment[variable] || optionOf(name).default)
    try {
      config[name] = optionOf(name).parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      const source = fromFlag === undefined ? variable : flagOf(name)
      throw new UsageError(`${source} does not accept '${text}': it takes ${messageOf(thrown)}`)
    }
  }
  return Object.freeze(config) as Config
}
