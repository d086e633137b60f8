// A mock that wants a key: whoever has started it has one, wherever it was given.
import { describe, expect, test } from 'bun:test'
import { MockError, type MockOptions, startMock } from '../../src/index.ts'
import { Keyring } from '../../src/library/keyring.ts'

const quick = { journal: 5, chunkDelayMs: 0 } as const

test.each<[string, MockOptions]>([
  ['of the program', { apiKey: 'k' }],
  ['of a configuration', { config: { apiKey: 'k' } }],
  ['of both', { apiKey: 'a', config: { apiKey: 'k' } }],
  ['of one upstream', { config: { upstreams: [{ name: 'a', apiKey: 'k' }] } }],
  ['of a phase', { config: { phases: [{ after: 0, apiKey: 'k' }] } }],
])('the key %s lets in, and what is set later', async (_, options) => {
  await using mock = await startMock({ ...quick, ...options })
  const use = async (): Promise<void> => {
    expect(await mock.requests()).toEqual([])
    expect((await mock.verdict()).requests).toBe(0)
    await mock.set({ chunkDelayMs: 1 })
  }
  await use()
  await mock.set({ apiKey: 'z' })
  await use()
  await mock.set({ apiKey: null })
  await use()
  await mock.set({ apiKey: 'y' })
  await mock.restore()
  await use()
})

test('what is refused is said, and changes nothing', async () => {
  await using mock = await startMock({ ...quick, config: { apiKey: 'k' } })
  const thrown = await mock.set({ apiKey: 'z', chunkDelayMs: 'soon' }).catch((thrown: unknown) => thrown)
  expect(thrown).toBeInstanceOf(MockError)
  expect((thrown as Error).message).toContain('chunk-delay-ms')
  expect(await mock.requests()).toEqual([])
})

test.each([[null], [[]], [[{}]]])('a configuration that is %j is none', async (config) => {
  const thrown = await startMock({ config } as never).catch((thrown: unknown) => thrown)
  expect(thrown).toBeInstanceOf(MockError)
  expect((thrown as Error).message).toStartWith('config takes the path of a file, or an object')
})

describe('a ring of keys', () => {
  /** Lets in whoever has `right`. */
  async function tried(ring: Keyring, right: string): Promise<string[]> {
    const keys: string[] = []
    const { status } = await ring.open(async (key) => {
      keys.push(key)
      return { status: key === right ? 200 : 401 }
    })
    return [...keys, String(status)]
  }

  test('begins with what was let in last, and tries each once', async () => {
    const ring = new Keyring({
      apiKey: 'a',
      config: { 'api-key': 'b', upstreams: [{ apiKey: 'c' }, { apiKey: 'a' }] },
    })
    expect(await tried(ring, 'c')).toEqual(['a', 'b', 'c', '200'])
    expect(await tried(ring, 'c')).toEqual(['c', '200'])
    ring.add({ apiKey: 'd' })
    expect(await tried(ring, 'c')).toEqual(['d', 'c', '200'])
    expect(await tried(ring, 'x')).toEqual(['c', 'd', 'a', 'b', '', '401'])
  })

  test.each([undefined, null, {}, { apiKey: undefined }, { apiKey: null }, { apiKey: '' }, { apiKey: 7 }])(
    'in %j there is none',
    async (given) => expect(await tried(new Keyring(given), 'x')).toEqual(['', '401']),
  )

  test('another refusal is told at once', async () => {
    let asked = 0
    const answer = await new Keyring({ apiKey: 'a' }).open(async () => ({ status: 400 + asked++ }))
    expect([answer.status, asked]).toEqual([400, 1])
  })
})
