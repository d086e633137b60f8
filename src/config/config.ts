// Flag over environment over default, into frozen settings that can travel between processes as JSON.
import { UsageError } from './errors.ts'
import { nearNames, orList } from './nearest.ts'
import { synonyms } from './synonyms.ts'
import { type OptionName, options } from './options.ts'
import { type OptionTable, variableOf, variablePrefix } from './table.ts'
import { patternsOf, refusePattern } from './patterns.ts'
import { type ProfileName, profileSettings } from './profiles.ts'
import { findGiven, readOptions } from './read.ts'
import { fileOf, refuseText, textSizes, wordsOf } from './texts.ts'
import { plural } from './format.ts'

/** All options, settled: of the run, and of one upstream. Frozen and JSON-safe. */
export type Settings = { readonly [Name in SettingName]: ReturnType<(typeof options)[Name]['parse']> }

/** The options of the program. */
export type RunSettings = Pick<Settings, NameOf<'run'>>

/** The options of what one mocked provider answers. */
export type UpstreamSettings = Pick<Settings, NameOf<'upstream'>>

/** The options that are settings: not those that only help to type one. */
type SettingName = {
  [Name in OptionName]: (typeof options)[Name] extends { readonly typedOnly: true } ? never : Name
}[OptionName]

type NameOf<Scope> = {
  [Name in SettingName]: (typeof options)[Name]['scope'] extends Scope ? Name : never
}[SettingName]

/** Of a Service whose name begins like our variables Kubernetes tells every container where it is. */
const KUBERNETES =
  /^MOCK_LLM_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/

/** Variables that look like ours but are those of no option, with what was probably meant. */
export function misspeltVariables(
  tables: readonly OptionTable[],
  environment: Readonly<Record<string, string | undefined>>,
): [string, string][] {
  const rows = tables.flatMap((table) => Object.entries(table))
  const names = rows.flatMap(([name, { typedOnly }]) => (typedOnly ? [] : [name]))
  const shortFor = new Map(rows.map(([name, option]) => [variableOf(name), option.shortFor]))
  // Of what is only typed nothing else is meant, unless it is short for something.
  const known = rows.flatMap(([name, { typedOnly, shortFor: whole }]) =>
    typedOnly && whole !== undefined ? [] : [variableOf(name)],
  )
  return Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && !known.includes(name))
    .filter(
      (name) =>
        !KUBERNETES.test(name) && !(name.endsWith('_PORT') && /^\w+:\/\//.test(environment[name] ?? '')),
    )
    .flatMap((name) => {
      const whole = shortFor.get(name)
      const near =
        whole === undefined ? nearNames(name.slice(variablePrefix.length), names, synonyms) : [whole]
      return near.length === 0 ? [] : [[name, orList(near.map(variableOf))] satisfies [string, string]]
    })
}

/** What to tell of a variable that `misspeltVariables` has found. */
export function describeMisspelt(given: string, meant: string): string {
  return `${given} sets nothing; ${meant} would`
}

/** Option values as given on the command line, unparsed. */
export type GivenFlags = Partial<Record<OptionName, string>>

/**
 * Settles every option from the flags, then the environment, then the configuration file, then the profile, then the defaults.
 * An empty environment variable counts as not set.
 * @throws UsageError naming the option (or variable), the bad value and what is accepted
 */
export function readSettings(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
  file: GivenFlags = {},
): Settings {
  const { profile } = options
  const named = readOptions({ profile }, flags, environment, file)['profile'] as ProfileName
  const {
    port,
    printConfig: _,
    ...others
  } = readOptions(options, flags, environment, file, profileSettings(named)) as unknown as Settings & {
    readonly port: number | null
    readonly printConfig: boolean
  }
  const settled: Settings = Object.freeze({ ...others, listen: withPort(others.listen, port, flags) })
  refuseImpossible(settled)
  refuseIgnored(settled, (name) => findGiven(name, flags, environment, false, file))
  return settled
}

/** What is given of settings, wherever, and not left to be the default. */
export function givenTexts(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
  file: GivenFlags = {},
): GivenFlags {
  const table: OptionTable = options
  return Object.fromEntries(
    Object.keys(table).flatMap((name) => {
      const found = table[name]!.typedOnly ? undefined : findGiven(name, flags, environment, false, file)
      return found === undefined ? [] : [[name, found.text]]
    }),
  )
}

/** The address with the port of `--port`, if that is given. */
function withPort(listen: Settings['listen'], port: number | null, flags: GivenFlags): Settings['listen'] {
  if (port === null) return listen
  if (flags.listen !== undefined)
    throw new UsageError(
      `--port ${port} contradicts --listen ${flags.listen}, which has a port: give one of them`,
    )
  if (listen === null)
    throw new UsageError(`--port ${port} contradicts ${variableOf('listen')}, which is none`)
  return { ...listen, port }
}

/** A delay, and the option whose quantiles take its place. */
export const delaysByJitter = [
  ['ttftMs', 'ttftJitter'],
  ['chunkDelayMs', 'chunkDelayJitter'],
] as const satisfies readonly (readonly [delay: OptionName, jitter: OptionName])[]

/** Quantiles take the place of a delay: one that is given beside them would be ignored. */
function refuseIgnored(config: Settings, find: (name: OptionName) => ReturnType<typeof findGiven>): void {
  for (const [delay, jitter] of delaysByJitter) {
    const given = find(delay)
    const model = find(jitter)
    if (given !== undefined && model !== undefined && config[jitter].model === 'quantiles')
      throw new UsageError(
        `${given.source} ${given.text} contradicts ${model.source} ${model.text}, which takes its place: give one of them${delay === 'chunkDelayMs' ? ' (--ttft-ms is the first delay)' : ''}`,
      )
  }
}

function refuseImpossible(config: Settings): void {
  refuseTransport(config)
  refuseEngine(config)
  refuseAnswers(config)
  refusePreamble(config)
  refuseJournal(config)
  refuseUnshared(config)
  const { chunkBytes } = config
  const text = wordsOf(config.text)
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

/** Answers of one's own: what they need, and what they cannot have. */
function refuseAnswers({ reply, replies, repliesStrict, stamp, text }: Settings): void {
  for (const [given, isGiven] of [
    [`--replies ${replies}`, replies !== ''],
    ['--text echo', text === 'echo'],
  ] as const)
    if (isGiven && reply !== 'auto')
      throw new UsageError(`${given} needs --reply auto: else nobody looks into what a request says`)
  if (repliesStrict && replies === '')
    throw new UsageError('--replies-strict needs --replies: there are no rules')
  if (stamp && (text === 'echo' || fileOf(text) !== undefined))
    throw new UsageError(`--stamp contradicts --text ${text}, which is said as it is: give one of them`)
}

function refuseJournal({ journal, journalBytes }: Settings): void {
  if (journal === 0 && String(journalBytes) !== options.journalBytes.default)
    throw new UsageError(`--journal-bytes ${journalBytes} needs --journal: without it no request is kept`)
}

/** Workers share nothing: each has a part of a limit, and a session needs them to be one. @throws UsageError naming whose limit it is */
export function refuseUnshared(
  { workers, rateLimit, maxOpen, sessions }: Pick<Settings, 'workers' | 'rateLimit' | 'maxOpen' | 'sessions'>,
  name = '',
): void {
  for (const [flag, limit] of [
    ['--rate-limit', rateLimit],
    ['--max-open', maxOpen],
  ] as const)
    if (limit > 0 && workers > limit)
      throw new UsageError(
        `${name && `${name}: `}${flag} ${limit} cannot be shared by --workers ${workers}: each needs a part of it`,
      )
  if (sessions > 0 && workers > 1)
    throw new UsageError(
      `--sessions ${sessions} with --workers ${workers}: workers share nothing, so a session needs them to be one`,
    )
}

/** What opens a reply leaves before its content. */
function refusePreamble({ preambleMs, ttftMs, ttftJitter }: Settings): void {
  if (preambleMs !== null && preambleMs > ttftMs && ttftJitter.model === 'none')
    throw new UsageError(
      `--preamble-ms ${preambleMs} lies behind --ttft-ms ${ttftMs}, and the opening comes before the first chunk: make it at most ${ttftMs}`,
    )
}

function refuseEngine({ engine, tls, tlsCert, maxHeadBytes, closeAfter }: Settings): void {
  if (engine === 'socket' && (tls || tlsCert !== ''))
    throw new UsageError(
      `--engine socket speaks clear text only: HTTP/2 and TLS are --engine bun's, so leave out --engine or ${tls ? '--tls' : '--tls-cert'}`,
    )
  if (engine === 'bun' && String(maxHeadBytes) !== options.maxHeadBytes.default)
    throw new UsageError(
      `--max-head-bytes ${maxHeadBytes} needs --engine socket: with --engine bun the limit is Bun's own, of about 16 KB`,
    )
  if (engine === 'bun' && closeAfter > 0)
    throw new UsageError(
      `--close-after ${closeAfter} needs --engine socket: with --engine bun it is Bun that closes connections`,
    )
}

function refuseTransport({ tlsCert, tlsKey }: Settings): void {
  if ((tlsCert === '') !== (tlsKey === ''))
    throw new UsageError(
      `--tls-cert and --tls-key go together: give ${tlsCert === '' ? '--tls-cert' : '--tls-key'} as well`,
    )
}
