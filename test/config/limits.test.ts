// Every option at its limits: the least and the most it takes are taken, and what lies just beyond is refused in words that help.
import { describe, expect, test } from 'bun:test'
import { calibrateOptions, readCalibrateConfig } from '../../src/config/calibrate.ts'
import { readSettings } from '../../src/config/config.ts'
import { type OptionName, options } from '../../src/config/options.ts'
import { flagOf, type Option, type OptionTable, variableOf } from '../../src/config/table.ts'
import { refusalOf } from './_refusals.ts'

interface Limits {
  readonly takes: readonly string[]
  readonly refuses: readonly string[]
  /** What a refusal says is accepted. */
  readonly accepted: string
  /** What else must be given, so that only the value itself is judged. */
  readonly beside?: Readonly<Record<string, string>>
}

const whole = (min: number, max: number): Limits => ({
  takes: [String(min), String(max)],
  refuses: [String(min - 1), String(max + 1), `${min}.5`, '+1', 'x'],
  accepted: `a whole number from ${min} to ${max}`,
})
const ms: Limits = {
  takes: ['0', '86400000', '0.001', '86400000.0'],
  refuses: ['-1', '-0.001', '86400000.001', '86400001', '1e3', 'x'],
  accepted: 'milliseconds from 0 to 86400000, decimals allowed, or a time as in 20s',
}
const yesOrNo: Limits = {
  takes: ['true', '1', 'yes', 'on', 'false', '0', 'no', 'off', 'TRUE', 'Off'],
  refuses: ['2', 'y', 'perhaps', 'true '],
  accepted: 'true, 1, yes, on, or false, 0, no, off',
}
const names = (...all: string[]): Limits => ({
  takes: all,
  refuses: [`${all[0]}x`, all[0]!.toUpperCase(), 'x'],
  accepted: all.join(', '),
})
const rate: Limits = {
  takes: ['none', '1/s', '1000000/s'],
  refuses: ['0/s', '1000001/s', '-1/s', '0.5/s', '5', '5/m'],
  accepted: 'none, or a whole number per second from 1/s to 1000000/s',
}
const anything: Limits = { takes: ['x', '/a b/ü.json'], refuses: [], accepted: '' }
const ports = ['0', '1', '65535']
const noPorts = ['65536', '99999', '-1', '100000', '8080.0', '0x50']
const places = ['', ':', 'localhost:', '0.0.0.0:', '[::1]:']
const cvs: Limits = {
  takes: ['none', 'normal:0.3', 'lognormal:1', 'uniform:0.577', 'normal:0.001', 'uniform:.001'],
  refuses: ['normal:0.301', 'lognormal:1.001', 'uniform:0.578', 'normal:0', 'lognormal:0.0', 'uniform:-0.1'],
  accepted:
    'none, normal:CV (above 0, at most 0.3), lognormal:CV (above 0, at most 1), uniform:CV (above 0, at most 0.577)',
}
const delayCvs: Limits = {
  ...cvs,
  takes: [...cvs.takes, 'quantiles:0/0/0/0', 'quantiles:1/1/1/86400000'],
  accepted: `${cvs.accepted}, quantiles:P50/P90/P95/P99 in ms`,
}

const limits: Readonly<Record<OptionName, Limits>> = {
  config: anything,
  listen: {
    takes: ['none', ...places.flatMap((place) => ports.map((port) => place + port))],
    refuses: places.flatMap((place) => noPorts.map((port) => place + port)),
    accepted: 'host:port, :port, port or [v6]:port, with a port from 0 to 65535, or none',
    beside: { socket: 's' },
  },
  port: {
    takes: ['0', '8080', '65535'],
    refuses: ['-1', '65536', ':80', '1.5', 'x'],
    accepted: 'a whole number from 0 to 65535',
  },
  socket: anything,
  socketMode: {
    takes: ['000', '777', '0777', '600'],
    refuses: ['800', '778', '77', '07777', '1777', '-77', 'rwx'],
    accepted: 'three octal digits, as in 660',
  },
  engine: names('bun', 'socket'),
  workers: whole(0, 1024),
  graceMs: ms,
  readyFile: anything,
  exitWithParent: yesOrNo,
  readyAfter: ms,
  control: yesOrNo,
  sessions: whole(0, 2_000),
  noWarmUp: yesOrNo,
  tls: yesOrNo,
  tlsCert: { ...anything, beside: { tlsKey: 'x' } },
  tlsKey: { ...anything, beside: { tlsCert: 'x' } },
  cors: yesOrNo,
  noPage: yesOrNo,
  reply: names('stream', 'json', 'auto'),
  content: {
    takes: ['text', 'reasoning', 'tools', 'tools:1', 'tools:16', 'text+tools', 'reasoning+tools:2'],
    refuses: ['tools:0', 'tools:17', 'text:2', 'tools+text', 'Text'],
    accepted: 'text, reasoning, tools, text+tools, reasoning+tools, or a form with tools',
  },
  text: {
    takes: ['words', 'unicode', 'code', 'short', 'long', 'echo', '@a', '@@', '@ b.txt'],
    refuses: ['@', 'Words', 'word', 'file'],
    accepted: 'words, unicode, code, short, long, echo, @FILE',
    beside: { reply: 'auto' },
  },
  replies: { ...anything, beside: { reply: 'auto' } },
  repliesStrict: { ...yesOrNo, beside: { reply: 'auto', replies: 'f' } },
  chunkCount: whole(0, 1_000_000),
  chunkBytes: whole(0, 65_536),
  toolName: {
    takes: ['a', 'A-z_09', 'x'.repeat(64)],
    refuses: ['x'.repeat(65), 'a b', 'ä', 'a.b'],
    accepted: 'up to 64 letters, digits, _ and -',
  },
  model: {
    takes: ['a', 'a,b', 'a:b', 'org/a-1.0'],
    refuses: ['a,a', ',', 'a,', 'a b', ':a', 'a"b', 'a\\b'],
    accepted: 'model names separated by commas, none twice or beginning with a colon',
  },
  strictModels: yesOrNo,
  uniqueIds: yesOrNo,
  providerHeaders: yesOrNo,
  toolRounds: whole(0, 1000),
  cachedTokens: {
    takes: ['0', '100', '50%', '12.5', '100.0%'],
    refuses: ['-1', '101', '100.01', '1e1', '5 %', '%'],
    accepted: 'a percentage from 0 to 100',
  },
  embeddingDimensions: whole(1, 16_384),
  chunkDelayMs: ms,
  ttftMs: ms,
  preambleMs: {
    takes: ['none', '0', '50', '0.5'],
    refuses: [...ms.refuses, 'never'],
    accepted: `none, or ${ms.accepted}`,
  },
  ttftJitter: delayCvs,
  chunkDelayJitter: delayCvs,
  chunkCountJitter: { ...cvs, refuses: [...cvs.refuses, 'quantiles:1/2/3/4'] },
  profile: names('none', 'hosted-small', 'hosted-large', 'local-8b', 'reasoning'),
  seed: whole(0, 4_294_967_295),
  fault: {
    takes: ['ok', 'refuse@0.01%', 'refuse@100%', 'refusex1,ok', 'refusex1000000,ok'],
    refuses: ['refuse@0%', 'refuse@0.001%', 'refuse@100.01%', 'refusex0,ok', 'refusex1000001,ok', 'x'],
    accepted: '', // it depends on the part that is wrong
  },
  honor: names('none', 'fault'),
  apiKey: {
    takes: ['!', '~', 'sk-x'],
    refuses: ['a b', '\u007f', 'ä', ' '],
    accepted: 'printable ASCII without spaces',
  },
  maxBodyBytes: {
    takes: ['0', '1', '9007199254740991'],
    refuses: ['-1', '9007199254740992', '1.5', '1k'],
    accepted: 'a whole number from 0 to 9007199254740991',
  },
  closeAfter: { ...whole(0, 1_000_000_000), beside: { engine: 'socket' } },
  maxHeadBytes: { ...whole(1024, 16_777_216), beside: { engine: 'socket' } },
  rateLimit: rate,
  maxOpen: whole(0, 10_000_000),
  retryAfterMs: ms,
  retryAfter: names('both', 'seconds', 'ms', 'date', 'past', 'malformed', 'none'),
  shouldRetry: names('true', 'false', 'none'),
  stamp: yesOrNo,
  report: anything,
  journal: whole(0, 1_000_000),
  journalBytes: { ...whole(1_048_576, 17_179_869_184), beside: { journal: '1' } },
  quiet: yesOrNo,
  printConfig: yesOrNo,
}

const url = 'http://127.0.0.1:1/v1'
const calibrateLimits: Readonly<Record<keyof typeof calibrateOptions, Limits>> = {
  seconds: whole(1, 3600),
  json: yesOrNo,
  chunkCount: whole(1, 1_000_000),
  chunkDelayMs: ms,
  ttftMs: ms,
  engine: limits.engine,
  workers: limits.workers,
  url: {
    takes: [url, 'http://[::1]:65535/', 'http://localhost/x?y=z', 'https://localhost/v1', 'http://localhost'],
    refuses: [
      ...['ftp://localhost/v1', 'localhost:80', 'http://', 'http://127.0.0.1:65536/', `${url}#a`],
      'https://me@localhost/',
    ],
    accepted: 'an http:// or https:// URL, as in http://127.0.0.1:8080/v1/chat/completions',
  },
  connections: { ...whole(1, 100_000), beside: { url } },
  rate: { ...rate, beside: { url } },
  expectDelayMs: { ...ms, beside: { url } },
  expectTtftMs: { ...ms, beside: { url } },
  format: {
    takes: ['chat', 'responses', 'messages', 'gemini', 'ollama'],
    refuses: ['Chat', 'openai', 'chat,messages', ' '],
    accepted: 'chat, responses, messages, gemini, ollama',
    beside: { url },
  },
  model: {
    takes: ['a', 'a:b', 'org/model-1', 'a,b'],
    refuses: [':a', 'a b', 'a"', 'a,a'],
    accepted: 'model names',
    beside: { url },
  },
  body: { ...anything, beside: { url } },
  header: {
    takes: ['A: b', 'A:', 'a-1_x: b: c', "!#$%&'*+.^_`|~: x", 'A: b\nC: d'],
    refuses: [
      'A',
      'A b: c',
      ': b',
      'A : b',
      'A: \u20ac',
      'A: \x7f',
      'A: b\nC',
      'Content-Length: 1',
      'connection: x',
    ],
    accepted: "'Name: value', but for headers of the connection and of the body's length",
    beside: { url },
  },
  whole: { ...yesOrNo, beside: { url } },
  http2: { ...yesOrNo, beside: { url } },
  insecure: { ...yesOrNo, beside: { url: 'https://127.0.0.1:1/v1' } },
  cacert: { ...anything, beside: { url: 'https://127.0.0.1:1/v1' } },
}

const commands = {
  serve: { table: options, limits, read: readSettings },
  calibrate: { table: calibrateOptions, limits: calibrateLimits, read: readCalibrateConfig },
} as const

describe.each(Object.entries(commands))('%s', (_, { table, limits: all, read }) => {
  const readAny = read as (
    flags: Readonly<Record<string, string>>,
    environment: Record<string, string>,
  ) => object
  const optionOf = (name: string): Option<unknown> => (table as OptionTable)[name]!
  const rows = Object.keys(table).map((name): [string, Limits] => [name, all[name as keyof typeof all]])

  test.each(rows)('%s takes its least and its most', (name, { takes, beside }) => {
    const { typedOnly, shortFor = typedOnly ? [] : [name] } = optionOf(name)
    for (const text of takes) {
      expect(Object.keys(readAny({ ...beside, [name]: text }, {}))).toEqual(
        expect.arrayContaining([shortFor].flat()),
      )
      if (!typedOnly)
        expect(Object.keys(readAny({ ...beside }, { [variableOf(name)]: text }))).toContain(name)
    }
  })

  test.each(rows)(
    '%s refuses what lies beyond, and says what it takes',
    (name, { refuses, accepted, beside }) => {
      const isSecret = name === 'apiKey' || name === 'header'
      for (const text of refuses)
        for (const [source, flags, environment] of [
          [flagOf(name), { [name]: text }, {}],
          [variableOf(name), {}, { [variableOf(name)]: text }],
        ].slice(0, optionOf(name).typedOnly ? 1 : 2) as [string, object, Record<string, string>][]) {
          const given = isSecret ? 'what was given' : `'${text}'`
          const begin = `${source} does not accept ${given}: it takes ${accepted}`
          expect(refusalOf(() => readAny({ ...beside, ...flags }, environment))).toStartWith(begin)
        }
    },
  )
})
