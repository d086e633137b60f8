// The options of `mock-llm-api calibrate`: its own, and those of the server that it starts.
import { UsageError } from './errors.ts'
import { options } from './options.ts'
import { flagOf, type Option, type Settled } from './table.ts'
import { type GivenTexts, readOptions } from './read.ts'
import { DAY_MS, milliseconds, optional, parseRate, wholeNumber, yesOrNo } from './parsers.ts'
import { parseUrl, refuseRequests, requestOptions } from './requests.ts'

const { chunkCount, chunkDelayMs, engine, ttftMs, workers } = options

export const calibrateOptions = {
  seconds: {
    short: 's',
    value: 'N',
    default: '3',
    help: 'measured time of each step',
    parse: wholeNumber(1, 3600),
  },
  json: { default: 'false', help: 'print the results as JSON', parse: yesOrNo },
  chunkCount: { ...chunkCount, help: 'content chunks per reply', parse: wholeNumber(1, 1_000_000) },
  chunkDelayMs,
  ttftMs,
  engine,
  workers: { ...workers, help: 'most worker processes to try; 0 = one per CPU of this process' },
  url: {
    value: 'URL',
    default: '',
    help: 'measure the server at this URL instead',
    parse: parseUrl,
  },
  connections: {
    value: 'N',
    default: '64',
    help: 'with --url: connections',
    parse: wholeNumber(1, 100_000),
  },
  rate: {
    value: 'N/S',
    default: 'none',
    help: 'with --url: open loop of so many requests, as in 100/s',
    parse: parseRate,
  },
  expectDelayMs: {
    value: 'MS',
    default: '',
    help: 'with --url: the delay between chunks that the server should keep',
    parse: optional(milliseconds(DAY_MS)),
  },
  expectTtftMs: {
    value: 'MS',
    default: { like: 'expectDelayMs' },
    help: 'with --url: the TTFT that it should keep',
    parse: optional(milliseconds(DAY_MS)),
  },
  ...requestOptions,
} as const satisfies Record<string, Option<unknown>>

type Names = keyof typeof calibrateOptions

export type CalibrateConfig = Settled<typeof calibrateOptions>

/** The options that say how to ask another server. */
const forUrl: readonly Names[] = [
  'connections',
  'rate',
  'expectDelayMs',
  'expectTtftMs',
  ...(Object.keys(requestOptions) as (keyof typeof requestOptions)[]),
]
/** The options of our own server. */
const forOwn: readonly Names[] = ['chunkCount', 'chunkDelayMs', 'ttftMs', 'engine', 'workers']

/** @throws UsageError naming the option (or variable), the bad value and what is accepted */
export function readCalibrateConfig(
  flags: GivenTexts,
  environment: Readonly<Record<string, string | undefined>>,
): CalibrateConfig {
  const config = readOptions(calibrateOptions, flags, environment) as CalibrateConfig
  const useless = config.url === null ? forUrl : forOwn
  const given = useless.find((name) => flags[name] !== undefined)
  if (given !== undefined) {
    const flag = flagOf(given)
    throw new UsageError(
      config.url === null
        ? `${flag} needs --url`
        : `${flag} is about our own server, and --url names another`,
    )
  }
  refuseRequests(config, [config.url])
  return config
}
