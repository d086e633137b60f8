// The options of `compare`: what they settle to, and what is refused in which words.
import { describe, expect, test } from 'bun:test'
import { readCompareConfig, refuseServerOptions } from '../../src/config/compare.ts'
import { UsageError } from '../../src/config/errors.ts'
import type { GivenTexts } from '../../src/config/read.ts'

const via = 'gw=http://127.0.0.1:4000/v1'

describe('settled', () => {
  test('by default', () => {
    const config = readCompareConfig({ via }, {})
    expect(config.via.map(({ name, url }) => [name, url.href])).toEqual([['gw', 'http://127.0.0.1:4000/v1']])
    expect(config).toMatchObject({
      direct: null,
      listen: { host: '127.0.0.1', port: 8080 },
      rounds: 5,
      seconds: 2,
      connections: [1, 16, 128],
      rate: 0,
      pid: [],
      format: null,
      header: [],
      json: false,
    })
  })

  test.each([
    [{ via: `${via}\nb=https://b.test/x?y=1` }, 'via.1.url.href', 'https://b.test/x?y=1'],
    [{ connections: '7' }, 'connections', [7]],
    [{ connections: '1,2,100000' }, 'connections', [1, 2, 100_000]],
    [{ seconds: '0.1' }, 'seconds', 0.1],
    [{ seconds: '.5' }, 'seconds', 0.5],
    [{ seconds: '3600' }, 'seconds', 3600],
    [{ rate: '200/s', connections: '50' }, 'rate', 200],
    [{ pid: 'gw=123' }, 'pid', [{ name: 'gw', pid: 123 }]],
    [{ direct: 'http://127.0.0.1:1' }, 'direct.port', '1'],
  ] as [GivenTexts, string, unknown][])('%j', (flags, path, value) => {
    const config: unknown = readCompareConfig({ via, ...flags }, {})
    const found = path.split('.').reduce((at, key) => (at as Record<string, unknown>)[key], config)
    expect(found).toEqual(value)
  })

  test('from the environment, a line each', () => {
    const { via: found } = readCompareConfig({}, { MOCK_LLM_VIA: 'a=http://a:1\nb=http://b:2' })
    expect(found.map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('refused', () => {
  test.each([
    [{ via: '' }, /^--via is missing: name what is in between, as in --via nginx=/],
    [{ via: 'http://127.0.0.1' }, /^--via does not accept 'http:.*': it takes NAME=URL/],
    [{ via: 'a b=http://x:1' }, /it takes NAME=URL, with a name without spaces/],
    [{ via: 'direct=http://x:1' }, /name without spaces that is not 'direct'/],
    [{ via: 'a=ftp://x' }, /it takes an http:\/\/ or https:\/\/ URL/],
    [{ via: 'a=http://user:secret@x' }, /it takes an http:\/\/ or https:\/\/ URL/],
    [{ via: `${via}\n${via}` }, /^--via names gw twice/],
    [{ pid: 'other=1' }, /^--pid names other, and --via only gw$/],
    [{ pid: 'gw=0' }, /it takes NAME=N, with a name of --via and the number of its process/],
    [{ rounds: '2' }, /it takes a whole number from 3 to 1000/],
    [{ seconds: '0.09' }, /it takes seconds from 0.1 to 3600, decimals allowed/],
    [{ seconds: '1s' }, /it takes seconds from 0.1/],
    [{ connections: '16,1' }, /it takes rising whole numbers from 1 to 100000, as in 1,16,128/],
    [{ connections: '1,1' }, /it takes rising whole numbers/],
    [{ connections: '0' }, /it takes rising whole numbers/],
    [{ connections: '1,' }, /it takes rising whole numbers/],
    [{ connections: '100001' }, /it takes rising whole numbers/],
    [{ rate: '9/s', connections: '1,2' }, /^--rate takes one number of --connections/],
    [{ direct: 'http://x:1', listen: ':1' }, /^--listen is about a mock that is started/],
    [{ listen: 'none' }, /^--listen none: the mock needs an address here/],
    [{ json: 'true', markdown: 'true' }, /^--json contradicts --markdown/],
    [{ insecure: 'true' }, /^--insecure needs a URL that begins with https:/],
  ] as [GivenTexts, RegExp][])('%j', (flags, message) => {
    const read = (): unknown => readCompareConfig({ via, ...flags }, {})
    expect(read).toThrow(UsageError)
    expect(read).toThrow(message)
  })
})

describe('options behind --', () => {
  const refuse =
    (words: readonly string[], flags: GivenTexts = {}) =>
    (): void =>
      refuseServerOptions(readCompareConfig({ via, ...flags }, {}), words)

  test.each([[[]], [['-d', '20']], [['--chunk-count=3', '--fault', 'status:500@1%', '-w', '2']]])(
    '%j',
    (words) => {
      expect(refuse(words)).not.toThrow()
    },
  )

  test.each([
    [['--chunk-cont', '3'], /^unknown option --chunk-cont: did you mean --chunk-count/],
    [['-d', 'x'], /^--chunk-delay-ms does not accept 'x'/],
    [['--listen', ':1'], /^--listen cannot stand behind --: compare sets it itself/],
    [['--stamp'], /^--stamp cannot stand behind --/],
    [['--tls'], /^--tls cannot stand behind --/],
    [['--help'], /^--help cannot stand behind --/],
    [['x'], /^unexpected argument 'x'/],
  ])('%j: refused', (words, message) => {
    expect(refuse(words)).toThrow(UsageError)
    expect(refuse(words)).toThrow(message)
  })

  test('with --direct: refused', () => {
    expect(refuse(['-d', '1'], { direct: 'http://x:1' })).toThrow('--direct names one that is running')
  })
})
