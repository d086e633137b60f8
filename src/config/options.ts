// The one table of options. Flags, environment variables, help, the README's table and the Config type follow from it.
import { milliseconds, parseAddress, wholeNumber, yesOrNo } from './units.ts'

export interface Option<T> {
  /** One-letter alias, without the dash. */
  readonly short?: string
  /** What stands for the value in the help; an option without it is a switch. */
  readonly value?: string
  /** The default, as it would be typed. */
  readonly default: string
  readonly help: string
  readonly parse: (text: string) => T
}

const DAY_MS = 86_400_000

export const options = {
  listen: {
    short: 'l',
    value: 'ADDR',
    default: '127.0.0.1:8080',
    help: 'host:port, :port (all interfaces), port, [v6]:port; port 0 = any free port, printed',
    parse: parseAddress,
  },
  chunkCount: {
    short: 'c',
    value: 'N',
    default: '18',
    help: 'content chunks per reply; 0 = an empty completion',
    parse: wholeNumber(0, 1_000_000),
  },
  chunkDelayMs: {
    short: 'd',
    value: 'MS',
    default: '50',
    help: 'delay before each chunk, decimals allowed; 0 = as fast as possible',
    parse: milliseconds(DAY_MS),
  },
  workers: {
    short: 'w',
    value: 'N',
    default: '0',
    help: 'worker processes; 0 = one per CPU this process may use',
    parse: wholeNumber(0, 1024),
  },
  graceMs: {
    value: 'MS',
    default: '10000',
    help: 'how long open streams may go on after the first SIGINT or SIGTERM',
    parse: milliseconds(DAY_MS),
  },
  quiet: {
    default: 'false',
    help: 'print errors only',
    parse: yesOrNo,
  },
} as const satisfies Record<string, Option<unknown>>

export type OptionName = keyof typeof options

/** The names in the order of the table. */
export const optionNames = Object.keys(options) as OptionName[]

/** `chunkDelayMs` → `--chunk-delay-ms`. */
export function flagOf(name: OptionName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `chunkDelayMs` → `MOCK_LLM_CHUNK_DELAY_MS`. */
export function variableOf(name: OptionName): string {
  return `MOCK_LLM_${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`
}

/** The row of one option, with the optional keys that `as const` hides. */
export function optionOf(name: OptionName): Option<unknown> {
  return options[name]
}
