// From flags, environment and defaults to values, by a table of options.
import { messageOf, UsageError } from './errors.ts'
import { flagOf, type OptionTable, variableOf } from './table.ts'
import { Unacceptable } from './parsers.ts'

/** Option values as given, unparsed. */
export type GivenTexts = Readonly<Partial<Record<string, string>>>

/** Where an option is given, as the user wrote it, and its value; undefined where a preset or the default counts. */
export function findGiven(
  name: string,
  flags: GivenTexts,
  environment: Readonly<Record<string, string | undefined>>,
  isTyped = false,
  file: GivenTexts = {},
): { readonly source: string; readonly text: string } | undefined {
  const [flag, variable] = [flagOf(name), variableOf(name)]
  const [typed, set] = [flags[name], isTyped ? undefined : environment[variable]]
  if (typed !== undefined) return { source: flag, text: typed }
  if (set) return { source: variable, text: set }
  const written = file[name]
  return written === undefined ? undefined : { source: flag, text: written }
}

/**
 * Settles every option of a table from the flags, then the environment, then the file, then the presets, then the defaults.
 * An empty environment variable counts as not set.
 * @throws UsageError naming the option (or variable), the bad value and what is accepted
 */
export function readOptions(
  table: OptionTable,
  flags: GivenTexts,
  environment: Readonly<Record<string, string | undefined>>,
  file: GivenTexts = {},
  presets: GivenTexts = {},
): Readonly<Record<string, unknown>> {
  const settled: Record<string, unknown> = {}
  for (const name of Object.keys(table)) {
    const { default: fallback, parse, secret, typedOnly } = table[name]!
    const given = findGiven(name, flags, environment, typedOnly, file)
    const text = given?.text ?? presets[name] ?? fallback
    if (typeof text !== 'string') {
      settled[name] = settled[text.like]
      continue
    }
    try {
      settled[name] = parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      throw new UsageError(
        `${given?.source ?? flagOf(name)} does not accept ${secret ? 'what was given' : `'${text}'`}: it takes ${messageOf(thrown)}`,
      )
    }
  }
  return Object.freeze(settled)
}
