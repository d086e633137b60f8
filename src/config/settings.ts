// Settings as they would be typed: all of them, or those that are not the default ones.
import { type Config, delaysByJitter, type GivenFlags } from './config.ts'
import { contentText } from './contents.ts'
import { formatAddress } from './format.ts'
import { formatJitter } from './jitter.ts'
import { type OptionName, options } from './options.ts'
import type { FaultPlan } from './patterns.ts'
import { readOptions } from './read.ts'
import { flagOf, type Option } from './table.ts'

export interface Setting {
  /** `--chunk-count`. */
  readonly flag: string
  /** What is typed behind it; empty for a switch. Of a secret one only that it is set. */
  readonly text: string
  readonly help: string
}

type SettingName = keyof Config

/** What is told of a key. */
const HIDDEN = '(set)'

/** How a value is typed that is more than a text, a number or a switch. */
const texts: { readonly [Name in SettingName]?: (value: Config[Name]) => string } = {
  listen: (listen) => (listen === null ? 'none' : formatAddress(listen)),
  content: contentText,
  model: (names) => names.join(','),
  ttftJitter: formatJitter,
  chunkDelayJitter: formatJitter,
  chunkCountJitter: formatJitter,
  fault: faultText,
  preambleMs: (ms) => String(ms ?? 'none'),
  rateLimit: (rate) => (rate === 0 ? 'none' : `${rate}/s`),
}

/** Those that are not the default ones, in the order of the help. */
export function changedSettings(config: Config): Setting[] {
  return namesIn(config)
    .filter((name) => textIn(config, name) !== defaultIn(config, name))
    .map((name) => {
      const { help, value, secret }: Option<unknown> = options[name]
      const text = value === undefined ? '' : textIn(config, name)
      return { flag: flagOf(name), text: secret ? HIDDEN : text, help }
    })
}

/**
 * All of them by their long names, but for delays in whose place there are quantiles: what `--print-config` prints. Times are in ms;
 * what is no number and no switch is as it would be typed.
 */
export function allSettings(config: Config): Readonly<Record<string, string | number | boolean>> {
  const replaced: readonly SettingName[] = delaysByJitter.flatMap(([delay, jitter]) =>
    config[jitter].model === 'quantiles' ? [delay] : [],
  )
  const shown = namesIn(config).filter((name) => !replaced.includes(name))
  return Object.fromEntries(shown.map((name) => [flagOf(name).slice(2), valueIn(config, name)]))
}

function valueIn(config: Config, name: SettingName): string | number | boolean {
  const { secret }: Option<unknown> = options[name]
  const value = config[name]
  if (secret) return value === '' ? '' : HIDDEN
  return typeof value === 'boolean' || (typeof value === 'number' && !Object.hasOwn(texts, name))
    ? value
    : textIn(config, name)
}

/** Is it what was asked for, in place of a server? @throws UsageError for a value that no switch takes */
export function wantsSettings(flags: GivenFlags): boolean {
  const { printConfig } = options
  return readOptions({ printConfig }, flags, {})['printConfig'] === true
}

function namesIn(config: Config): SettingName[] {
  return (Object.keys(config) as SettingName[]).toSorted((a, b) => placeOf(a) - placeOf(b))
}

function placeOf(name: OptionName): number {
  return Object.keys(options).indexOf(name)
}

function textIn<Name extends SettingName>(config: Config, name: Name): string {
  const format = texts[name]
  return format === undefined ? String(config[name]) : format(config[name])
}

function defaultIn(config: Config, name: SettingName): string {
  const { default: fallback }: Option<unknown> = options[name]
  return typeof fallback === 'string' ? fallback : textIn(config, fallback.like as SettingName)
}

function faultText(plan: FaultPlan): string {
  return plan.mode === 'rates'
    ? plan.entries.map(({ pattern, percent }) => `${pattern.text}@${percent}%`).join(',')
    : plan.entries
        .map(({ pattern, times }) => (times === null ? pattern.text : `${pattern.text}x${times}`))
        .join(',')
}
