// Which settings are not the default ones, and what would have to be typed for them.
import type { Config } from './config.ts'
import { contentText } from './contents.ts'
import { formatAddress } from './format.ts'
import { formatJitter } from './jitter.ts'
import { type OptionName, options } from './options.ts'
import type { FaultPlan } from './patterns.ts'
import { flagOf, type Option } from './table.ts'

export interface Setting {
  /** `--chunk-count`. */
  readonly flag: string
  /** What is typed behind it; empty for a switch. Of a secret one only that it is set. */
  readonly text: string
  readonly help: string
}

type SettingName = keyof Config

/** How a value is typed that is more than a text, a number or a switch. */
const texts: { readonly [Name in SettingName]?: (value: Config[Name]) => string } = {
  listen: (listen) => (listen === null ? 'none' : formatAddress(listen)),
  content: contentText,
  model: (names) => names.join(','),
  ttftJitter: formatJitter,
  chunkDelayJitter: formatJitter,
  chunkCountJitter: formatJitter,
  fault: faultText,
  rateLimit: (rate) => (rate === 0 ? 'none' : `${rate}/s`),
}

/** In the order of the help. */
export function changedSettings(config: Config): Setting[] {
  return (Object.keys(config) as SettingName[])
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .filter((name) => textIn(config, name) !== defaultIn(config, name))
    .map((name) => {
      const { help, value, secret }: Option<unknown> = options[name]
      const text = value === undefined ? '' : textIn(config, name)
      return { flag: flagOf(name), text: secret ? '(set)' : text, help }
    })
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
