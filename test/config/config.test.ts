import { describe, expect, test } from 'bun:test'
import { misspeltVariables, readSettings } from '../../src/config/config.ts'
import { UsageError } from '../../src/config/errors.ts'
import { options } from '../../src/config/options.ts'
import { type ProfileName, profiles } from '../../src/config/profiles.ts'

describe('readSettings', () => {
  test('the defaults, frozen and JSON-safe', () => {
    const config = readSettings({}, {})
    expect(config).toEqual({
      config: '',
      listen: { host: '127.0.0.1', port: 8080 },
      socket: '',
      socketMode: '600',
      engine: 'bun',
      readyFile: '',
      exitWithParent: false,
      readyAfter: 0,
      control: false,
      sessions: 0,
      noWarmUp: false,
      tls: false,
      tlsCert: '',
      tlsKey: '',
      apiKey: '',
      cors: false,
      noPage: false,
      maxBodyBytes: 0,
      maxHeadBytes: 65_536,
      closeAfter: 0,
      chunkCount: 18,
      chunkDelayMs: 50,
      ttftMs: 50,
      ttftJitter: { model: 'none' },
      chunkDelayJitter: { model: 'none' },
      chunkCountJitter: { model: 'none' },
      chunkBytes: 0,
      profile: 'none',
      seed: 1,
      stamp: false,
      reply: 'stream',
      content: { reasoning: false, text: true, calls: 0 },
      replies: '',
      repliesStrict: false,
      toolRounds: 1,
      cachedTokens: 0,
      text: 'words',
      toolName: 'get_weather',
      model: ['mock-model'],
      strictModels: false,
      uniqueIds: false,
      providerHeaders: false,
      fault: { mode: 'rates', entries: [] },
      honor: 'none',
      retryAfterMs: 1000,
      retryAfter: 'both',
      shouldRetry: 'none',
      preambleMs: null,
      rateLimit: 0,
      maxOpen: 0,
      embeddingDimensions: 1536,
      workers: 0,
      graceMs: 8000,
      report: '',
      journal: 0,
      journalBytes: 67_108_864,
      quiet: false,
    })
    expect(Object.isFrozen(config)).toBe(true)
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })

  test('a flag beats the environment, the environment beats the default, empty means not set', () => {
    const environment = { MOCK_LLM_CHUNK_COUNT: '3', MOCK_LLM_CHUNK_DELAY_MS: '0.5', MOCK_LLM_WORKERS: '' }
    const config = readSettings({ chunkCount: '7' }, environment)
    expect(config).toMatchObject({ chunkCount: 7, chunkDelayMs: 0.5, workers: 0 })
  })

  test('the time to first token is the chunk delay unless it is given', () => {
    expect(readSettings({ chunkDelayMs: '7' }, {}).ttftMs).toBe(7)
    expect(readSettings({ chunkDelayMs: '7', ttftMs: '300' }, {}).ttftMs).toBe(300)
  })

  test('a profile beats the defaults, and is beaten by flags and environment', () => {
    const config = readSettings({ profile: 'reasoning', chunkCount: '9' }, { MOCK_LLM_TTFT_JITTER: 'none' })
    expect(config).toMatchObject({
      profile: 'reasoning',
      chunkCount: 9,
      ttftMs: 24_530,
      chunkDelayMs: 6.2,
      ttftJitter: { model: 'none' },
      chunkDelayJitter: { model: 'lognormal', cv: 0.3 },
    })
    expect(readSettings({ chunkDelayMs: '1' }, { MOCK_LLM_PROFILE: 'local-8b' })).toMatchObject({
      chunkDelayMs: 1,
      ttftMs: 42.4,
    })
  })

  test.each(Object.keys(profiles))('every setting of the profile %s is accepted', (profile) => {
    expect(readSettings({ profile }, {}).profile).toBe(profile as ProfileName)
  })

  test.each([
    [
      { profile: 'reasonning' },
      {},
      "--profile does not accept 'reasonning': it takes none, hosted-small, hosted-large, local-8b, reasoning; did you mean reasoning?",
    ],
    [
      { chunkCount: '-1' },
      {},
      "--chunk-count does not accept '-1': it takes a whole number from 0 to 1000000",
    ],
    [
      {},
      { MOCK_LLM_CHUNK_DELAY_MS: 'NaN' },
      "MOCK_LLM_CHUNK_DELAY_MS does not accept 'NaN': it takes milliseconds from 0 to 86400000, decimals allowed, or a time as in 20s",
    ],
    [
      { listen: 'nowhere' },
      {},
      "--listen does not accept 'nowhere': it takes host:port, :port, port or [v6]:port, with a port from 0 to 65535, or none",
    ],
    [
      {},
      { MOCK_LLM_QUIET: 'perhaps' },
      "MOCK_LLM_QUIET does not accept 'perhaps': it takes true, 1, yes, on, or false, 0, no, off",
    ],
  ])('%j with %j is refused', (flags, environment, message) =>
    expect(() => readSettings(flags, environment)).toThrow(new UsageError(message)),
  )
})

describe('a delay beside the quantiles that take its place', () => {
  const model = 'quantiles:1/2/3/4'
  test.each([
    [
      { ttftMs: '300', ttftJitter: model },
      {},
      `--ttft-ms 300 contradicts --ttft-jitter ${model}, which takes its place: give one of them`,
    ],
    [
      { chunkDelayMs: '0', chunkDelayJitter: model },
      {},
      `--chunk-delay-ms 0 contradicts --chunk-delay-jitter ${model}, which takes its place: give one of them (--ttft-ms is the first delay)`,
    ],
    [
      { ttftJitter: model },
      { MOCK_LLM_TTFT_MS: '5' },
      `MOCK_LLM_TTFT_MS 5 contradicts --ttft-jitter ${model}, which takes its place: give one of them`,
    ],
    [
      { ttftMs: '5' },
      { MOCK_LLM_TTFT_JITTER: model },
      `--ttft-ms 5 contradicts MOCK_LLM_TTFT_JITTER ${model}, which takes its place: give one of them`,
    ],
  ])('%j with %j is refused', (flags, environment, message) =>
    expect(() => readSettings(flags, environment)).toThrow(new UsageError(message)),
  )

  test.each([
    [{ ttftJitter: model }, {}],
    [{ ttftJitter: model, chunkDelayMs: '20' }, {}],
    [{ ttftJitter: model, profile: 'reasoning' }, {}],
    [
      { chunkDelayJitter: model, ttftMs: '20' },
      { MOCK_LLM_PROFILE: 'local-8b', MOCK_LLM_CHUNK_DELAY_MS: '' },
    ],
    [{ ttftMs: '300', ttftJitter: 'lognormal:0.3' }, {}],
    [{ ttftMs: '300', ttftJitter: 'none' }, { MOCK_LLM_TTFT_JITTER: model }],
  ])('%j with %j is accepted', (flags, environment) => {
    expect(readSettings(flags, environment).chunkCount).toBeGreaterThan(0)
  })
})

test('misspeltVariables finds what looks like ours and is near one', () =>
  expect(
    misspeltVariables([{ chunkDelayMs: options.chunkDelayMs, workers: options.workers }], {
      MOCK_LLM_CHUNK_DELAY: '5',
      MOCK_LLM_WORKERS: '2',
      MOCK_LLM_SOMETHING_ELSE: '1',
      PATH: '/',
    }),
  ).toEqual([['MOCK_LLM_CHUNK_DELAY', 'MOCK_LLM_CHUNK_DELAY_MS']]))

test.each(['a,a', ':a', 'a,', ',', 'a b', ''])('--model refuses %j', (model) =>
  expect(() => readSettings({ model }, {})).toThrow('model names separated by commas'),
)

test.each([
  ['reply', 'whole', 'stream, json, auto'],
  ['content', 'poems', 'text, reasoning, tools, text+tools'],
  ['engine', 'sokcet', 'bun, socket; did you mean socket?'],
  ['engine', 'Bun', 'bun, socket; did you mean bun?'],
  ['engine', 'node', 'bun, socket'],
  ['maxHeadBytes', '1023', 'a whole number from 1024 to 16777216'],
  ['toolName', 'a b', 'up to 64 letters, digits, _ and -'],
  ['embeddingDimensions', '0', 'a whole number from 1 to 16384'],
])('--%s refuses %j', (name, text, accepted) =>
  expect(() => readSettings({ [name]: text }, {})).toThrow(accepted),
)

test('a reply that no machine could hold is refused', () =>
  expect(() => readSettings({ chunkCount: '1000000', chunkBytes: '65536' }, {})).toThrow(
    '--chunk-count 1000000 of 65536 bytes of text each make a reply of 65536000000 bytes: at most 33554432 are possible',
  ))

describe('the engine', () => {
  const clear = "speaks clear text only: HTTP/2 and TLS are --engine bun's"
  test.each([
    [{ engine: 'socket', tls: 'true' }, {}, `--engine socket ${clear}, so leave out --engine or --tls`],
    [
      { engine: 'socket' },
      { MOCK_LLM_TLS_CERT: 'a', MOCK_LLM_TLS_KEY: 'b' },
      `--engine socket ${clear}, so leave out --engine or --tls-cert`,
    ],
    [
      { closeAfter: '1' },
      {},
      '--close-after 1 needs --engine socket: with --engine bun it is Bun that closes connections',
    ],
    [
      { journalBytes: '2000000' },
      {},
      '--journal-bytes 2000000 needs --journal: without it no request is kept',
    ],
    [
      { maxHeadBytes: '65535' },
      {},
      "--max-head-bytes 65535 needs --engine socket: with --engine bun the limit is Bun's own, of about 16 KB",
    ],
  ])('%j with %j is refused', (flags, environment, message) =>
    expect(() => readSettings(flags, environment)).toThrow(new UsageError(message)),
  )

  test.each([
    [
      { engine: 'socket', maxHeadBytes: '1024' },
      { engine: 'socket', maxHeadBytes: 1024 },
    ],
    [{ engine: 'socket' }, { engine: 'socket', maxHeadBytes: 65_536, closeAfter: 0 }],
    [
      { engine: 'socket', closeAfter: '3' },
      { engine: 'socket', closeAfter: 3 },
    ],
    [
      { engine: 'bun', closeAfter: '0' },
      { engine: 'bun', closeAfter: 0 },
    ],
    [
      { maxHeadBytes: '65536', tls: 'true' },
      { engine: 'bun', maxHeadBytes: 65_536 },
    ],
  ] as const)('%j is accepted', (flags, settled) => expect(readSettings(flags, {})).toMatchObject(settled))
})

describe('--port', () => {
  test.each([
    [{ port: '9000' }, {}, { host: '127.0.0.1', port: 9000 }],
    [{ port: '0' }, {}, { host: '127.0.0.1', port: 0 }],
    [{ port: '9000' }, { MOCK_LLM_LISTEN: ':8080' }, { host: '0.0.0.0', port: 9000 }],
    [{ port: '9000' }, { MOCK_LLM_PORT: '1' }, { host: '127.0.0.1', port: 9000 }],
    [{}, { MOCK_LLM_PORT: '1', PORT: '2' }, { host: '127.0.0.1', port: 8080 }],
  ])('%j with %j', (flags, environment, listen) => {
    const config = readSettings(flags, environment)
    expect(config.listen).toEqual(listen)
    expect(Object.keys(config)).not.toContain('port')
  })

  test.each([
    [
      { port: '9000', listen: ':8080' },
      {},
      '--port 9000 contradicts --listen :8080, which has a port: give one of them',
    ],
    [
      { port: '9000', socket: 's' },
      { MOCK_LLM_LISTEN: 'none' },
      '--port 9000 contradicts MOCK_LLM_LISTEN, which is none',
    ],
    [{ port: 'x' }, {}, "--port does not accept 'x': it takes a whole number from 0 to 65535"],
  ])('%j with %j is refused', (flags, environment, message) =>
    expect(() => readSettings(flags, environment)).toThrow(new UsageError(message)),
  )
})
