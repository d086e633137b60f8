// Hints: the right name where there is one, and none where there is not.
import { describe, expect, test } from 'bun:test'
import { calibrateOptions } from '../../src/config/calibrate.ts'
import { misspeltVariables } from '../../src/config/config.ts'
import { guardArguments } from '../../src/config/flags.ts'
import { nearNames, orList } from '../../src/config/nearest.ts'
import { options } from '../../src/config/options.ts'
import { synonyms } from '../../src/config/synonyms.ts'
import { flagOf, type OptionTable, variableOf } from '../../src/config/table.ts'

function hintOf(word: string, table: OptionTable = options): string {
  try {
    guardArguments([word], table, ['calibrate'])
  } catch (thrown) {
    return (thrown as Error).message.replace(/^(unknown option|unexpected argument) \S+ /, '')
  }
  return 'accepted'
}

describe('options', () => {
  test.each([
    ['--host', '--listen'],
    ['--delay', '--chunk-delay-ms'],
    ['--chunk-delay', '--chunk-delay-ms'],
    ['--ttft', '--ttft-ms'],
    ['--tokens', '--chunk-count'],
    ['--chunks', '--chunk-count'],
    ['--chunkCount', '--chunk-count'],
    ['--CHUNK_COUNT', '--chunk-count'],
    ['--chunk-cout', '--chunk-count'],
    ['--lisetn', '--listen'],
    ['--quite', '--quiet'],
    ['--no-quiet', '--quiet'],
    ['--tls-cer', '--tls-cert'],
    ['--listen-address', '--listen'],
    ['--body-bytes', '--max-body-bytes'],
    ['--jitter', '--ttft-jitter, --chunk-delay-jitter or --chunk-count-jitter'],
    ['--hlep', '--help'],
    ['--versoin', '--version'],
  ])('%s → %s', (given, meant) => expect(hintOf(given)).toBe(`did you mean ${meant}?`))

  test.each([
    '--frobnicate',
    '--verbose',
    '--prot-o-col',
    '--max-tokens',
    '--chunk',
    '--ms',
    '--x',
    '-x',
    '--',
    '--log',
    '--plugins',
  ])('%s gets no hint', (given) => expect(hintOf(given)).toBe('see --help'))

  test('those of calibrate, where the words differ', () => {
    expect(hintOf('--duration', calibrateOptions)).toBe('did you mean --seconds?')
    expect(hintOf('--rps', calibrateOptions)).toBe('did you mean --rate?')
    expect(hintOf('--port', calibrateOptions)).toBe('see --help')
  })

  test('one letter less or two that changed places are near, in every name of eight letters and more', () => {
    const names = Object.keys(options).filter((name) => name.length >= 8)
    for (const name of names)
      for (let i = 0; i < name.length; i++) {
        const flag = flagOf(name)
        // Where one name begins with another, both are near.
        const isAlone = names.every(
          (other) => other === name || !(other.startsWith(name) || name.startsWith(other)),
        )
        const swapped = flag.slice(0, i + 2) + (flag[i + 3] ?? '') + flag[i + 2] + flag.slice(i + 4)
        for (const typed of [flag.slice(0, i + 2) + flag.slice(i + 3), swapped])
          if (!typed.endsWith('undefined') && typed !== flag)
            expect([typed, hintOf(typed)]).toEqual([
              typed,
              isAlone ? `did you mean ${flag}?` : expect.stringMatching(new RegExp(`${flag}( or |\\?)`)),
            ])
      }
  })

  test('every synonym names an option or a command that there is, and is none itself', () => {
    const known = [...Object.keys(options), ...Object.keys(calibrateOptions), 'calibrate']
    for (const [word, meant] of Object.entries(synonyms)) {
      expect(known).toEqual(expect.arrayContaining([...meant]))
      expect(known.map((name) => name.toLowerCase())).not.toContain(word)
      expect(word).toMatch(/^[a-z]+$/)
    }
  })
})

describe('commands', () => {
  test.each([
    ['calibrat', 'did you mean the command calibrate?'],
    ['Calibrate', 'did you mean the command calibrate?'],
    ['benchmark', 'did you mean the command calibrate?'],
    ['help', 'did you mean --help?'],
    ['version', 'did you mean --version?'],
    ['serve', 'every setting is an option, see --help'],
    ['9000', 'every setting is an option, see --help'],
  ])('%s: %s', (given, hint) =>
    expect(() => guardArguments([given], options, ['calibrate'])).toThrow(
      `unexpected argument '${given}': ${hint}`,
    ),
  )

  test('one that comes later is told to come first', () =>
    expect(() => guardArguments(['-w', '1', 'calibrate'], options, ['calibrate'])).toThrow(
      "unexpected argument 'calibrate': a command comes before its options",
    ))
})

describe('variables', () => {
  const names = [...Object.keys(options), ...Object.keys(calibrateOptions)].filter((name) => name !== 'port')
  const found = (environment: Record<string, string>): [string, string][] =>
    misspeltVariables([options, calibrateOptions], environment)

  test.each([
    ['MOCK_LLM_CHUNK_DELAY', 'MOCK_LLM_CHUNK_DELAY_MS'],
    ['MOCK_LLM_CHUNKS', 'MOCK_LLM_CHUNK_COUNT'],
    ['MOCK_LLM_HOST', 'MOCK_LLM_LISTEN'],
    ['MOCK_LLM_PORT', 'MOCK_LLM_LISTEN'],
    ['MOCK_LLM_API_LISTEN', 'MOCK_LLM_LISTEN'],
    ['MOCK_LLM_LATENCY', 'MOCK_LLM_CHUNK_DELAY_MS or MOCK_LLM_TTFT_MS'],
    ['mock_llm_listen', undefined],
    ['MOCK_LLM_SOMETHING_ELSE', undefined],
  ])('%s → %s', (given, meant) =>
    expect(found({ [given]: '5' })).toEqual(meant === undefined ? [] : [[given, meant]]),
  )

  test.each(['MOCK_LLM', 'MOCK_LLM_API', 'MOCK_LLM_CHUNK'])(
    'what Kubernetes injects for a Service %s is not ours',
    (service) =>
      expect(
        found({
          [`${service}_PORT`]: 'tcp://10.96.0.7:8080',
          [`${service}_SERVICE_HOST`]: '10.96.0.7',
          [`${service}_SERVICE_PORT`]: '8080',
          [`${service}_SERVICE_PORT_HTTP`]: '8080',
          [`${service}_PORT_8080_TCP`]: 'tcp://10.96.0.7:8080',
          [`${service}_PORT_8080_TCP_PROTO`]: 'tcp',
          [`${service}_PORT_8080_TCP_PORT`]: '8080',
          [`${service}_PORT_8080_TCP_ADDR`]: '10.96.0.7',
          [`${service}_PORT_53_UDP`]: 'udp://10.96.0.7:53',
        }),
      ).toEqual([]),
  )

  test('every variable of ours is known', () =>
    expect(found(Object.fromEntries(names.map((name) => [variableOf(name), '1'])))).toEqual([]))

  test('of another way to type an option there is none: it is told whose variable there is', () =>
    expect(found({ MOCK_LLM_PORT: '80' })).toEqual([['MOCK_LLM_PORT', 'MOCK_LLM_LISTEN']]))
})

test.each([
  ['sokcet', ['bun', 'socket'], ['socket']],
  ['BUN', ['bun', 'socket'], ['bun']],
  ['node', ['bun', 'socket'], []],
  ['hosted', ['hosted-small', 'hosted-large', 'local-8b'], ['hosted-small', 'hosted-large']],
  ['', ['bun'], []],
  [`socket${'t'.repeat(60)}`, ['socket'], []],
])('nearNames(%j) in %j → %j', (text, names, near) => expect(nearNames(text, names)).toEqual(near))

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a or b'],
  [['a', 'b', 'c'], 'a, b or c'],
])('orList(%j) → %s', (names, text) => expect(orList(names)).toBe(text))
