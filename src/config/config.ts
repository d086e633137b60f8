// Flag over environment over default, into one frozen Config that can travel between processes as JSON.
import { messageOf, nearestName, UsageError } from './errors.ts'
import {
  flagOf,
  type OptionName,
  optionNames,
  optionOf,
  type options,
  variableOf,
  variablePrefix,
} from './options.ts'
import { patternsOf, refusePattern } from './patterns.ts'
import { type ProfileName, profileSettings } from './profiles.ts'
import { refuseText, textSizes } from './texts.ts'
import { plural, Unacceptable } from './units.ts'

/** Everything that can be configured, settled. Frozen and JSON-safe. */
export type Config = { readonly [Name in OptionName]: ReturnType<(typeof options)[Name]['parse']> }

/** Variables that look like ours but set nothing, with the name that was probably meant. */
export function misspeltVariables(
  environment: Readonly<Record<string, string | undefined>>,
): [string, string][] {
  const known = optionNames.map(variableOf)
  return Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && !known.includes(name))
    .flatMap((name) => {
      const meant = nearestName(name, known)
      return meant === undefined ? [] : [[name, meant] satisfies [string, string]]
    })
}

/** Option values as given on the command line, unparsed. */
export type GivenFlags = Partial<Record<OptionName, string>>

/**
 * Settles every option from the flags, then the environment, then the profile, then the defaults.
 * An empty environment variable counts as not set.
 * @throws UsageError naming the option (or variable), the bad value and what is accepted
 */
export function readConfig(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const config: Partial<Record<OptionName, unknown>> = {}
  const settle = (name: OptionName, preset: string | undefined): unknown => {
    const variable = variableOf(name)
    const given = flags[name] ?? (environment[variable] || undefined)
    const fallback = optionOf(name).default
    const text = given ?? preset ?? fallback
    if (typeof text !== 'string') return config[text.like as OptionName]
    try {
      return optionOf(name).parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      const source = flags[name] === undefined ? variable : flagOf(name)
      throw new UsageError(`${source} does not accept '${text}': it takes ${messageOf(thrown)}`)
    }
  }
  const presets = profileSettings(settle('profile', undefined) as ProfileName)
  for (const name of optionNames) config[name] = settle(name, presets[name])
  const settled = Object.freeze(config) as Config
  refuseImpossible(settled)
  return settled
}

function refuseImpossible(config: Config): void {
  refuseTransport(config)
  const { chunkBytes, text } = config
  if (chunkBytes > 0 && textSizes[text] > 0)
    throw new UsageError(
      `--chunk-bytes ${chunkBytes} contradicts --text ${text}, whose chunks have ${plural(textSizes[text], 'byte')}: give one of them`,
    )
  const refusal = refuseText(text, config)
  if (refusal !== undefined) throw new UsageError(refusal)
  for (const pattern of patternsOf(config.fault)) {
    const reason = refusePattern(pattern, config)
    if (reason !== undefined) throw new UsageError(`--fault: ${reason}`)
  }
}

function refuseTransport({ listen, socket, workers, tlsCert, tlsKey }: Config): void {
  if (listen === null && socket === '')
    throw new UsageError('--listen none needs --socket: there is nothing to listen on')
  if (listen === null && workers > 1)
    throw new UsageError(`--listen none with --workers ${workers}: a socket is served by one worker`)
  if ((tlsCert === '') !== (tlsKey === ''))
    throw new UsageError(
      `--tls-cert and --tls-key go together: give ${tlsCert === '' ? '--tls-cert' : '--tls-key'} as well`,
    )
}
