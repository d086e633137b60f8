// What is served: one mocked provider or several, each with settings of its own, which may change over time. Plain data.
import type { GivenFlags, RunSettings, Settings } from './config.ts'
import { UsageError } from './errors.ts'
import { formatAddress } from './format.ts'
import { type Address, HIDDEN } from './parsers.ts'

/** What is in force from some time on. */
export interface Phase {
  /** Since the start of the run, or its last reset. */
  readonly afterMs: number
  /** What is given and not left to be the default, as it would be typed: from here on more can be given. */
  readonly given: GivenFlags
  /** What that comes to; with the options of the run, so that it can stand alone. */
  readonly settings: Settings
}

/** One mocked provider. */
export interface Upstream {
  /** Empty where there is but one, and nobody has named it. */
  readonly name: string
  /** An address of its own; null: that of the run. */
  readonly listen: Address | null
  /** What the paths begin with that are its; empty: all that are nobody else's. */
  readonly prefix: string
  /** The first begins at 0. Never empty; with one alone nothing ever changes. */
  readonly phases: readonly [Phase, ...Phase[]]
  /** After so long it begins again with the first phase; null: the last one stays. */
  readonly loopMs: number | null
}

/** Everything that is settled before the first request. Frozen and JSON-safe. */
export interface Config {
  readonly run: RunSettings
  readonly upstreams: readonly [Upstream, ...Upstream[]]
  /** Where upstreams have prefixes, all other prefixes belong to the upstream that has none. */
  readonly anyPrefix: boolean
}

/** The configuration of one upstream that nobody has named. */
export function singleUpstream(settings: Settings, given: GivenFlags = {}): Config {
  const phases = [{ afterMs: 0, given, settings }] as const
  return {
    run: settings,
    upstreams: [{ name: '', listen: null, prefix: '', phases, loopMs: null }],
    anyPrefix: false,
  }
}

/** Everything that some upstream is at some time. */
export function allSettingsOf({ upstreams }: Pick<Config, 'upstreams'>): readonly Settings[] {
  return upstreams.flatMap(({ phases }) => phases.map(({ settings }) => settings))
}

/** Where somebody is to be asked, each once. */
export function addressesOf({
  run,
  upstreams,
}: Pick<Config, 'upstreams'> & { readonly run: Pick<RunSettings, 'listen'> }): readonly Address[] {
  const all = upstreams.flatMap(({ listen }) => listen ?? run.listen ?? [])
  // A port of 0 is another one each time, but for the address of the run.
  const known = new Map<string, Address>()
  for (const address of all)
    known.set(
      address.port === 0 && address !== run.listen ? `${known.size}` : formatAddress(address),
      address,
    )
  return [...known.values()]
}

/** The socket is for those who are at the address of the run, which may be none. @throws UsageError where nobody could be asked */
export function refuseNowhere({ run, upstreams }: Config): void {
  const { listen, socket, workers, tls, tlsCert } = run
  const lost = upstreams.find((one) => one.listen === null)
  if (lost === undefined && socket !== '')
    throw new UsageError(
      `--socket ${socket} would answer nobody: it is for upstreams without an address of their own, and each has one`,
    )
  if (listen !== null || lost === undefined) return
  if ((tls || tlsCert !== '') && upstreams.every((one) => one.listen === null))
    throw new UsageError('--listen none leaves nothing to serve TLS on: a socket is in clear text')
  if (socket === '')
    throw new UsageError(
      `--listen none needs --socket: there is nothing to listen on${lost.name && ` for ${lost.name}`}`,
    )
  if (workers > 1)
    throw new UsageError(`--listen none with --workers ${workers}: a socket is served by one worker`)
}

/** Upstreams with names are told apart everywhere; one that nobody has named is all there is. */
export function areNamed({ upstreams }: Pick<Config, 'upstreams'>): boolean {
  return upstreams[0].name !== ''
}

/** What may be told to whoever asks: of keys only that they are set. */
export function shownConfig(config: Config): Config {
  const hide = <Own extends Partial<Settings>>(settings: Own): Own =>
    settings.apiKey ? { ...settings, apiKey: HIDDEN } : settings
  const upstreams = config.upstreams.map((upstream) => ({
    ...upstream,
    phases: upstream.phases.map(({ afterMs, settings }) => ({
      afterMs,
      given: {},
      settings: hide(settings),
    })),
  }))
  return { ...config, run: hide(config.run), upstreams: upstreams as unknown as Config['upstreams'] }
}
