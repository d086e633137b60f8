// What all options come to, as `--print-config` prints it: by long names, with values that the command line would take again.
import { type Config, delaysByJitter, type GivenFlags, readConfig } from './config.ts'
import { formatAddress } from './format.ts'
import { options } from './options.ts'
import { Unacceptable } from './parsers.ts'
import { profileSettings } from './profiles.ts'
import { readOptions, settleTexts } from './read.ts'
import { flagOf, type OptionTable } from './table.ts'

/** What is told of a key. */
const HIDDEN = '(set)'

/** Is this what was asked for? @throws UsageError when it is given a value that a switch does not take */
export function wantsPrinted(flags: GivenFlags): boolean {
  const { printConfig } = options
  return readOptions({ printConfig }, flags, {})['printConfig'] === true
}

/**
 * Every setting by its long name, but for delays in whose place there are quantiles. Times are in ms; what is no number and no switch
 * is as it would be typed.
 * @throws UsageError as `readConfig` does
 */
export function printedConfig(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | number | boolean>> {
  const config = readConfig(flags, environment)
  const texts: Readonly<Record<string, string>> = {
    ...settleTexts(options, flags, environment, profileSettings(config.profile)),
    listen: config.listen === null ? 'none' : formatAddress(config.listen),
  }
  const replaced = delaysByJitter.flatMap(([delay, jitter]): string[] =>
    config[jitter].model === 'quantiles' ? [delay] : [],
  )
  const rows = Object.entries(options satisfies OptionTable as OptionTable).filter(
    ([name, { typedOnly }]) => !typedOnly && !replaced.includes(name),
  )
  return Object.fromEntries(
    rows.map(([name, { parse, secret }]) => {
      const [value, text] = [config[name as keyof Config], texts[name]!]
      const shown = secret ? text && HIDDEN : isTakenAgain(value, parse) ? value : text
      return [flagOf(name).slice(2), shown]
    }),
  )
}

/** Does what was parsed say the same when it is given once more? */
function isTakenAgain(value: unknown, parse: (text: string) => unknown): value is number | boolean {
  if (typeof value === 'boolean') return true
  try {
    return typeof value === 'number' && parse(String(value)) === value
  } catch (thrown) {
    if (thrown instanceof Unacceptable) return false
    throw thrown
  }
}
