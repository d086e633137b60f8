// From the options of the library to the words of the command line.
import { describe, expect, test } from 'bun:test'
import { guardArguments } from '../../src/config/flags.ts'
import { options } from '../../src/config/options.ts'
import { MockError } from '../../src/library/error.ts'
import { packageFor, platforms } from '../../src/library/executable.ts'
import { commandLine, type MockOptions } from '../../src/library/options.ts'

const usual = ['--port=0', '--workers=1', '--grace-ms=0', '--no-warm-up=true', '--control=true']

describe('commandLine', () => {
  test.each<[MockOptions, string[]]>([
    [{}, usual],
    [{ chunkDelayMs: 0, tls: false }, [...usual, '--chunk-delay-ms=0', '--tls=false']],
    [{ port: 81, workers: 2 }, ['--port=81', '--workers=2', ...usual.slice(2)]],
    [{ listen: ':0' }, [...usual.slice(1), '--listen=:0']],
    [
      { listen: undefined, graceMs: undefined, noWarmUp: false },
      [...usual.slice(0, 3), '--no-warm-up=false', '--control=true'],
    ],
    [{ fault: '', apiKey: '', replies: '' }, usual],
    [{ model: ['a', 'b'], chunkDelayMs: '20ms' }, [...usual, '--model=a,b', '--chunk-delay-ms=20ms']],
  ])('%j', (given, flags) => {
    expect(commandLine(given, {}).flags).toEqual(flags)
    expect(guardArguments(flags, options)).toBeArray()
  })

  test('keys stand in the environment, and nothing else of ours', () => {
    const line = commandLine(
      { apiKey: 'sk-1' },
      { PATH: '/bin', MOCK_LLM_CHUNK_COUNT: '3', MOCK_LLM_API_KEY: 'x' },
    )
    expect(line).toEqual({
      flags: usual,
      environment: { PATH: '/bin', MOCK_LLM_API_KEY: 'sk-1' },
      graceMs: 0,
      input: null,
    })
  })

  test.each<[unknown, string]>([
    [null, 'startMock takes an object of options'],
    ['x', 'startMock takes an object of options'],
    [{ quiet: false }, 'startMock settles quiet by itself'],
    [{ readyFile: 'x' }, 'startMock settles readyFile by itself'],
    [{ printConfig: true }, 'startMock settles printConfig by itself'],
    [{ listen: 'none' }, 'startMock needs an address'],
  ])('%j is refused', (given, message) => {
    const refusal = expect(() => commandLine(given as MockOptions, {}))
    refusal.toThrow(MockError)
    refusal.toThrow(message)
  })

  test.each([
    ['2s', 2000],
    [5, 5],
    [undefined, 0],
    ['soon', 0],
  ])('a grace period of %j is %d ms', (graceMs, ms) =>
    expect(commandLine({ graceMs: graceMs as number }, {}).graceMs).toBe(ms),
  )

  test('what is no option is handed on, to be refused with the nearest', () =>
    expect(commandLine({ chunkDelay: 1 } as MockOptions, {}).flags).toEqual([...usual, '--chunk-delay=1']))
})

test.each([
  ['linux', 'x64', false, 'mock-llm-api-linux-x64'],
  ['linux', 'arm64', true, 'mock-llm-api-linux-arm64-musl'],
  ['darwin', 'arm64', false, 'mock-llm-api-darwin-arm64'],
  ['darwin', 'x64', true, 'mock-llm-api-darwin-x64'],
  ['win32', 'x64', false, 'mock-llm-api-windows-x64'],
  ['win32', 'arm64', false, undefined],
  ['freebsd', 'x64', false, undefined],
])('the package for %s on %s, musl %s', (os, cpu, isMusl, name) =>
  expect(packageFor(os, cpu, isMusl)).toBe(name),
)

test('no two packages are for the same platform', () =>
  expect(new Set(platforms.map(({ os, cpu, libc }) => `${os} ${cpu} ${libc}`)).size).toBe(platforms.length))
