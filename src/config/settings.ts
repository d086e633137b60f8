// Settings as they would be typed: all of them, or those that are not the default ones.
import { type RunSettings, type Settings, delaysByJitter, type GivenFlags } from './config.ts'
import { contentText } from './contents.ts'
import { formatAddress } from './format.ts'
import { formatJitter } from './jitter.ts'
import { type OptionName, options } from './options.ts'
import type { FaultPlan } from './patterns.ts'
import { HIDDEN } from './parsers.ts'
import { readOptions } from './read.ts'
import { flagOf, longName, type Option } from './table.ts'
import type { Config, Upstream } from './upstreams.ts'

export interface Setting {
  /** `--chunk-count`. */
  readonly flag: string
  /** What is typed behind it; empty for a switch. Of a secret one only that it is set. */
  readonly text: string
  readonly help: string
}

type SettingName = keyof Settings

/** How a value is typed that is more than a text, a number or a switch. */
const texts: { readonly [Name in SettingName]?: (value: Settings[Name]) => string } = {
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
export function changedSettings(config: Settings): Setting[] {
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
export function allSettings(config: Settings): Readonly<Record<string, string | number | boolean>> {
  const replaced: readonly SettingName[] = delaysByJitter.flatMap(([delay, jitter]) =>
    config[jitter].model === 'quantiles' ? [delay] : [],
  )
  const shown = namesIn(config).filter((name) => !replaced.includes(name))
  return Object.fromEntries(shown.map((name) => [longName(name), valueIn(config, name)]))
}

/**
 * The same of a whole configuration: what `--print-config` prints, and what a configuration file may say, but for keys, of which it is
 * only told that they are set.
 */
export function printedConfig(config: Config): Readonly<Record<string, unknown>> {
  const { run, upstreams, anyPrefix } = config
  const [{ phases, name, loopMs }] = upstreams
  if (upstreams.length === 1 && name === '' && phases.length === 1 && loopMs === null)
    return { ...allSettings({ ...phases[0].settings, ...settingsOfRun(run) }) }
  return {
    ...ofScope(allSettings(run as Settings), 'run'),
    ...(anyPrefix && { 'any-prefix': true }),
    ...(name === '' ? printedUpstream(upstreams[0]) : { upstreams: upstreams.map(printedUpstream) }),
  }
}

function printedUpstream({ name, listen, prefix, phases, loopMs }: Upstream): Record<string, unknown> {
  const printed = phases.map(({ settings }) => ofScope(allSettings(settings), 'upstream'))
  const [first] = printed as [Record<string, unknown>]
  // Where quantiles take the place of a delay in some phases only, it cannot stand beside what goes for all.
  const isAlike = printed.every((one) => Object.keys(one).join() === Object.keys(first).join())
  const usual = isAlike ? first : {}
  const changes = phases.map(({ afterMs }, i) => ({ after: afterMs, ...differing(printed[i]!, usual) }))
  const again = loopMs === null ? [] : [{ after: loopMs }]
  return {
    ...(name !== '' && { name }),
    ...(listen !== null && { listen: formatAddress(listen) }),
    ...(prefix !== '' && { prefix }),
    ...usual,
    ...(phases.length + again.length > 1 && { phases: [...changes, ...again] }),
    ...(loopMs !== null && { loop: true }),
  }
}

function differing(
  printed: Readonly<Record<string, unknown>>,
  usual: Readonly<Record<string, unknown>>,
): object {
  return Object.fromEntries(Object.entries(printed).filter(([key, value]) => value !== usual[key]))
}

/** Of settings those of the run. */
export function settingsOfRun(settings: RunSettings): RunSettings {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => options[name as OptionName].scope === 'run'),
  ) as RunSettings
}

/** Those of a scope. */
function ofScope<Value>(
  printed: Readonly<Record<string, Value>>,
  wanted: 'run' | 'upstream',
): Record<string, Value> {
  const known = new Set(
    Object.entries(options).flatMap(([name, { scope }]) => (scope === wanted ? [longName(name)] : [])),
  )
  return Object.fromEntries(Object.entries(printed).filter(([key]) => known.has(key)))
}

function valueIn(config: Settings, name: SettingName): string | number | boolean {
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

function namesIn(config: Settings): SettingName[] {
  return (Object.keys(config) as SettingName[])
    .filter((name) => name !== 'config')
    .toSorted((a, b) => placeOf(a) - placeOf(b))
}

function placeOf(name: OptionName): number {
  return Object.keys(options).indexOf(name)
}

function textIn<Name extends SettingName>(config: Settings, name: Name): string {
  const format = texts[name]
  return format === undefined ? String(config[name]) : format(config[name])
}

function defaultIn(config: Settings, name: SettingName): string {
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
