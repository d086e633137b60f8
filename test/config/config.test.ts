import { describe, expect, test } from 'bun:test'
import { readConfig } from '../../src/config/config.ts'
import { UsageError } from '../../src/config/errors.ts'

describe('readConfig', () => {
  test('the defaults, frozen and JSON-safe', () => {
    const config = readConfig({}, {})
    expect(config).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      chunkCount: 18,
      chunkDelayMs: 50,
      workers: 0,
      graceMs: 10_000,
      quiet: false,
    })
    expect(Object.isFrozen(config)).toBe(true)
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })

  test('a flag beats the environment, the environment beats the default, empty means not set', () => {
    const environment = { MOCK_LLM_CHUNK_COUNT: '3', MOCK_LLM_CHUNK_DELAY_MS: '0.5', MOCK_LLM_WORKERS: '' }
    const config = readConfig({ chunkCount: '7' }, environment)
    expect(config).toMatchObject({ chunkCount: 7, chunkDelayMs: 0.5, workers: 0 })
  })

  test.each([
    [
      { chunkCount: '-1' },
      {},
      "--chunk-count does not accept '-1': it takes a whole number from 0 to 1000000",
    ],
    [
      {},
      { MOCK_LLM_CHUNK_DELAY_MS: 'NaN' },
      "MOCK_LLM_CHUNK_DELAY_MS does not accept 'NaN': it takes milliseconds from 0 to 86400000, decimals allowed",
    ],
    [
      { listen: 'nowhere' },
      {},
      "--listen does not accept 'nowhere': it takes host:port, :port, port or [v6]:port, with a port from 0 to 65535",
    ],
    [{}, { MOCK_LLM_QUIET: 'perhaps' }, "MOCK_LLM_QUIET does not accept 'perhaps': it takes true or false"],
  ])('%p with %p is refused', (flags, environment, message) =>
    expect(() => readConfig(flags, environment)).toThrow(new UsageError(message)),
  )
})
