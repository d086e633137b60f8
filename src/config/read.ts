// From flags, environment and defaults to values, by a table of options.
import { messageOf, UsageError } from './errors.ts'
import { flagOf, type OptionTable, variableOf } from './table.ts'
import { Unacceptable } from './parsers.ts'

/** Option values as given, unparsed. */
export type GivenTexts = Readonly<Partial<Record<string, string>>>

/**
 * Settles every option of a table from the flags, then the environment, then the presets, then the defaults.
 * An empty environment variable counts as not set.
 * @throws UsageError naming the option (or variable), the bad value and what is accepted
 */
export function readOptions(
  table: OptionTable,
  flags: GivenTexts,
  environment: Readonly<Record<string, string | undefined>>,
  presets: GivenTexts = {},
): Readonly<Record<string, unknown>> {
  const settled: Record<string, unknown> = {}
  for (const name of Object.keys(table)) {
    const variable = variableOf(name)
    const { default: fallback, parse, secret } = table[name]!
    const text = flags[name] ?? (environment[variable] || undefined) ?? presets[name] ?? fallback
    if (typeof text !== 'string') {
      settled[name] = settled[text.like]
      continue
    }
    try {
      settled[name] = parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      const source = flags[name] === undefined ? variable : flagOf(name)
      throw new UsageError(
        `${source} does not accept ${secret ? 'what was given' : `'${text}'`}: it takes ${messageOf(thrown)}`,
      )
    }
  }
  return Object.freeze(settled)
}
