// The options of `mock-llm-api compare`.
import { readSettings } from './config.ts'
import { UsageError } from './errors.ts'
import { guardArguments } from './flags.ts'
import { orList } from './nearest.ts'
import { options } from './options.ts'
import { servingOptions } from './servingoptions.ts'
import { parseRate, Unacceptable, wholeNumber, yesOrNo, anyText } from './parsers.ts'
import { type GivenTexts, readOptions } from './read.ts'
import { each, parseHttpUrl, parseUrl, refuseRequests, requestOptions } from './requests.ts'
import { flagOf, type Option, type Settled } from './table.ts'

/** What is in between is called otherwise. */
export const DIRECT = 'direct'
const MOST_CONNECTIONS = 100_000
const LEAST_SECONDS = 0.1
const MOST_SECONDS = 3600

export const compareOptions = {
  via: {
    value: 'NAME=URL',
    default: '',
    many: true,
    help: 'what is in between, and its name; may be repeated',
    parse: each(parseVia),
  },
  direct: {
    value: 'URL',
    default: '',
    help: 'the mock that is running already; if not given, one is started',
    parse: parseUrl,
  },
  listen: { ...servingOptions.listen, help: 'where the mock that is started listens' },
  rounds: {
    short: 'r',
    value: 'N',
    default: '5',
    help: 'how often everything is measured, 3 times at least',
    parse: wholeNumber(3, 1000),
  },
  seconds: {
    short: 's',
    value: 'N',
    default: '2',
    help: 'measured time of each step, decimals allowed',
    parse: parseSeconds,
  },
  connections: {
    value: 'N,N,…',
    default: '1,16,128',
    help: 'closed loop, at each of these numbers of connections',
    parse: parseLevels,
  },
  rate: {
    value: 'N/S',
    default: 'none',
    help: 'open loop instead, of so many requests, as in 200/s',
    parse: parseRate,
  },
  pid: {
    value: 'NAME=N',
    default: '',
    many: true,
    help: 'the process of what is in between, whose CPU time is told',
    parse: each(parsePid),
  },
  mostStreams: {
    value: 'N',
    default: '4096',
    help: 'most streams to try at once, looking for stalls; 0 = none',
    parse: wholeNumber(0, MOST_CONNECTIONS),
  },
  ...requestOptions,
  json: { default: 'false', help: 'print the results as JSON', parse: yesOrNo },
  markdown: { default: 'false', help: 'print them as Markdown', parse: yesOrNo },
  html: {
    value: 'FILE',
    default: '',
    help: 'write a page with the distributions, to be read in a browser',
    parse: anyText,
  },
} as const satisfies Record<string, Option<unknown>>

export type CompareConfig = Settled<typeof compareOptions>

/** @throws UsageError naming the option (or variable), the bad value and what is accepted */
export function readCompareConfig(
  flags: GivenTexts,
  environment: Readonly<Record<string, string | undefined>>,
): CompareConfig {
  const config = readOptions(compareOptions, flags, environment) as CompareConfig
  const { via, direct, pid, json, markdown, rate, listen } = config
  const names = via.map(({ name }) => name)
  if (names.length === 0)
    throw new UsageError('--via is missing: name what is in between, as in --via nginx=http://127.0.0.1:8081')
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new UsageError(`--via names ${twice} twice: each needs a name of its own`)
  const stranger = pid.find(({ name }) => !names.includes(name))
  if (stranger !== undefined)
    throw new UsageError(`--pid names ${stranger.name}, and --via only ${orList(names)}`)
  if (direct !== null && flags['listen'] !== undefined)
    throw new UsageError('--listen is about a mock that is started, and --direct names one that is running')
  if (direct === null && listen === null)
    throw new UsageError('--listen none: the mock needs an address here')
  if (json && markdown) throw new UsageError('--json contradicts --markdown: give one of them')
  if (rate > 0 && flags['connections'] !== undefined && config.connections.length > 1)
    throw new UsageError('--rate takes one number of --connections: the most that it may open')
  refuseRequests(config, [direct, ...via.map(({ url }) => url)])
  return config
}

/** What compare settles itself, or cannot be in what it starts. */
const ownSettings = ['listen', 'port', 'exitWithParent', 'stamp', 'tls', 'tlsCert', 'tlsKey']

/**
 * Refuses options behind `--` that a server which is started here would not take.
 * @throws UsageError also where none is started
 */
export function refuseServerOptions({ direct }: CompareConfig, words: readonly string[]): void {
  if (words.length === 0) return
  if (direct !== null)
    throw new UsageError(
      'options behind -- are those of a mock that is started: --direct names one that is running',
    )
  const guarded = guardArguments(words, options)
  if (typeof guarded === 'string') throw new UsageError(`--${guarded} cannot stand behind --`)
  const given = Object.fromEntries(
    guarded.map((word) => [word.slice(2, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
  const own = ownSettings.find((name) => given[name] !== undefined)
  if (own !== undefined)
    throw new UsageError(
      `${flagOf(own)} cannot stand behind --: compare sets it itself; for another, start the mock and name it with --direct`,
    )
  readSettings(given, {}) // variables do not reach what is started
}

export interface Via {
  readonly name: string
  readonly url: URL
}

function parseVia(text: string): Via {
  const [, name, url] = /^([^\s=]{1,32})=(.+)$/.exec(text) ?? []
  if (/^[^\s=]{1,32}=$/.test(text)) throw new Unacceptable('NAME=URL, and here the URL is missing')
  if (name === undefined || name === DIRECT)
    throw new Unacceptable(`NAME=URL, with a name without spaces that is not '${DIRECT}'`)
  return { name, url: parseHttpUrl(url!) }
}

function parsePid(text: string): { readonly name: string; readonly pid: number } {
  const [, name, pid] = /^([^\s=]+)=([1-9]\d{0,8})$/.exec(text) ?? []
  if (name === undefined) throw new Unacceptable('NAME=N, with a name of --via and the number of its process')
  return { name, pid: Number(pid) }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text) || seconds < LEAST_SECONDS || seconds > MOST_SECONDS)
    throw new Unacceptable(`seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}, decimals allowed`)
  return seconds
}

function parseLevels(text: string): readonly number[] {
  const levels = text.split(',').map((level) => (/^\d+$/.test(level) ? Number(level) : 0))
  if (levels.some((level, i) => level <= (levels[i - 1] ?? 0) || level > MOST_CONNECTIONS))
    throw new Unacceptable(`rising whole numbers from 1 to ${MOST_CONNECTIONS}, as in 1,16,128`)
  return levels
}
