// The one table of options. Flags, environment variables, help, the README's table and the Config type follow from it.
import { parseDelayJitter, parseJitter } from './jitter.ts'
import { type TextKind, textSizes } from './texts.ts'
import { parseFaultPlan } from './patterns.ts'
import { parseProfile, profiles } from './profiles.ts'
import {
  anyText,
  milliseconds,
  oneOf,
  parseKey,
  parseListen,
  parseMode,
  parseModels,
  parseRate,
  parseToolName,
  wholeNumber,
  yesOrNo,
} from './parsers.ts'

export interface Option<T> {
  /** One-letter alias, without the dash. */
  readonly short?: string
  /** What stands for the value in the help; an option without it is a switch. */
  readonly value?: string
  /** The default, as it would be typed; or the option, earlier in the table, whose value it takes. */
  readonly default: string | { readonly like: string }
  readonly help: string
  /** Never shown, not even when it is refused. */
  readonly secret?: true
  readonly parse: (text: string) => T
}

const DAY_MS = 86_400_000

/** Any table of options, by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>

export const options = {
  listen: {
    short: 'l',
    value: 'ADDR',
    default: '127.0.0.1:8080',
    help: 'host:port, :port (all IPv4 interfaces), port, [v6]:port, none; port 0 = any free port, printed',
    parse: parseListen,
  },
  socket: {
    value: 'PATH',
    default: '',
    help: 'listen on a Unix socket as well, or alone with --listen none; one worker, clear text',
    parse: anyText,
  },
  socketMode: {
    value: 'MODE',
    default: '600',
    help: 'permissions of the socket: who may write may connect',
    parse: parseMode,
  },
  tls: {
    default: 'false',
    help: 'serve TLS, with a self-signed certificate unless one is given',
    parse: yesOrNo,
  },
  tlsCert: {
    value: 'FILE',
    default: '',
    help: 'serve TLS with this certificate (PEM, chain included)',
    parse: anyText,
  },
  tlsKey: {
    value: 'FILE',
    default: '',
    help: 'its private key (PEM)',
    parse: anyText,
  },
  apiKey: {
    value: 'KEY',
    default: '',
    help: 'accept this key only; without it any key or none will do',
    secret: true,
    parse: parseKey,
  },
  cors: {
    default: 'false',
    help: 'let pages of any origin in browsers use the mock',
    parse: yesOrNo,
  },
  maxBodyBytes: {
    value: 'N',
    default: '0',
    help: 'larger request bodies get 413; 0 = any size',
    parse: wholeNumber(0, Number.MAX_SAFE_INTEGER),
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
    help: 'delay between chunks, decimals allowed; 0 = as fast as possible',
    parse: milliseconds(DAY_MS),
  },
  ttftMs: {
    value: 'MS',
    default: { like: 'chunkDelayMs' },
    help: 'delay before the first chunk (time to first token)',
    parse: milliseconds(DAY_MS),
  },
  ttftJitter: {
    value: 'MODEL',
    default: 'none',
    help: 'how it varies: normal:CV, lognormal:CV, uniform:CV, quantiles:P50/P90/P95/P99',
    parse: parseDelayJitter,
  },
  chunkDelayJitter: {
    value: 'MODEL',
    default: 'none',
    help: 'how the delay between chunks varies: the same models',
    parse: parseDelayJitter,
  },
  chunkCountJitter: {
    value: 'MODEL',
    default: 'none',
    help: 'how the number of chunks varies: normal:CV, lognormal:CV, uniform:CV',
    parse: parseJitter,
  },
  chunkBytes: {
    value: 'N',
    default: '0',
    help: 'bytes of text per content chunk; 0 = one word each',
    parse: wholeNumber(0, 65_536),
  },
  profile: {
    value: 'NAME',
    default: 'none',
    help: `typical timing: ${Object.keys(profiles).join(', ')}; other options win`,
    parse: parseProfile,
  },
  seed: {
    value: 'N',
    default: '1',
    help: 'same seed and settings, same sequence of replies per worker',
    parse: wholeNumber(0, 4_294_967_295),
  },
  stamp: {
    default: 'false',
    help: "make each content chunk's text the sequence number and time of its writing",
    parse: yesOrNo,
  },
  reply: {
    value: 'KIND',
    default: 'stream',
    help: 'stream, json (always whole), or auto (as the request body asks)',
    parse: oneOf('stream', 'json', 'auto'),
  },
  content: {
    value: 'KIND',
    default: 'text',
    help: 'what replies consist of: text, tools (a tool call) or reasoning (and then text)',
    parse: oneOf('text', 'tools', 'reasoning'),
  },
  text: {
    value: 'KIND',
    default: 'words',
    help: 'what is said: words, unicode, code, short (chunks of 1 byte), long (of 4096)',
    parse: oneOf(...(Object.keys(textSizes) as TextKind[])),
  },
  toolName: {
    value: 'NAME',
    default: 'get_weather',
    help: 'the tool that is called',
    parse: parseToolName,
  },
  model: {
    value: 'NAMES',
    default: 'mock-model',
    help: 'the models there are, separated by commas; replies name the first',
    parse: parseModels,
  },
  strictModels: {
    default: 'false',
    help: 'with --reply auto: refuse any other model as the provider does',
    parse: yesOrNo,
  },
  uniqueIds: {
    default: 'false',
    help: 'a fresh id for every reply, of constant width',
    parse: yesOrNo,
  },
  providerHeaders: {
    default: 'false',
    help: 'send the request id, timing and rate-limit headers of each provider',
    parse: yesOrNo,
  },
  fault: {
    value: 'LIST',
    default: '',
    help: 'fail on purpose: KIND[:ARG…][@RATE] separated by commas, or a script; see Faults',
    parse: parseFaultPlan,
  },
  honor: {
    value: 'WHAT',
    default: 'none',
    help: 'fault = the request header X-Test-Pattern picks the fault; none = it means nothing',
    parse: oneOf('none', 'fault'),
  },
  retryAfterMs: {
    value: 'MS',
    default: '1000',
    help: 'what a 429 tells the client to wait, unless the rate limit knows better',
    parse: milliseconds(DAY_MS),
  },
  rateLimit: {
    value: 'N/S',
    default: 'none',
    help: 'requests per second, as in 100/s; further ones get 429',
    parse: parseRate,
  },
  maxOpen: {
    value: 'N',
    default: '0',
    help: 'replies under way at once; further requests get 429; 0 = no limit',
    parse: wholeNumber(0, 10_000_000),
  },
  embeddingDimensions: {
    value: 'N',
    default: '1536',
    help: 'length of an embedding',
    parse: wholeNumber(1, 16_384),
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
  report: {
    value: 'FILE',
    default: '',
    help: 'write the summary as JSON to this file at the end',
    parse: anyText,
  },
  quiet: {
    default: 'false',
    help: 'print errors only: no banner, status or summary',
    parse: yesOrNo,
  },
} as const satisfies Record<string, Option<unknown>>

export type OptionName = keyof typeof options

/** `chunkDelayMs` → `--chunk-delay-ms`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** What every environment variable of ours begins with. */
export const variablePrefix = 'MOCK_LLM_'

/** `chunkDelayMs` → `MOCK_LLM_CHUNK_DELAY_MS`. */
export function variableOf(name: string): string {
  return `${variablePrefix}${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`
}

/** The default for a table or a help text: as typed, or the flag whose value it takes. */
export function defaultText({ default: fallback, value }: Option<unknown>): string {
  if (value === undefined) return ''
  return typeof fallback === 'string' ? fallback : `= ${flagOf(fallback.like)}`
}
