// Several upstreams, and what changes while they serve, as the library has it.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { readConfigFile } from '../../src/config/configfile.ts'
import { MockError, type MockChanges, type MockConfig, startMock } from '../../src/index.ts'
import { changesText, configText } from '../../src/library/configuration.ts'
import { commandLine } from '../../src/library/options.ts'
import { temporaryFolder } from '../_helpers.ts'

const instant = { chunkDelayMs: 0, chunkCount: 1 }

async function ask(baseUrl: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', keepalive: false })
  return { status: answer.status, text: await answer.text() }
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (thrown: unknown) => {
      expect(thrown).toBeInstanceOf(MockError)
      return (thrown as Error).message
    },
  )

test('upstreams from an object: where they are, and what each answers', async () => {
  await using mock = await startMock({
    ...instant,
    config: {
      upstreams: [
        { name: 'primary', prefix: '/primary', phases: [{ after: 0 }, { after: '1h', fault: 'status:503' }] },
        { name: 'backup', listen: '127.0.0.1:0', model: ['b1', 'b2'] },
      ],
    },
  })
  expect(Object.keys(mock.upstreams)).toEqual(['primary', 'backup'])
  const { primary, backup } = mock.upstreams
  expect(primary).toEqual({ url: `${mock.url}/primary`, openaiBaseUrl: `${mock.url}/primary/v1` })
  expect(new URL(backup!.url).port).not.toBe(String(mock.port))
  expect((await ask(backup!.openaiBaseUrl)).text).toContain('"model":"b1"')
  await mock.enter(1, 'primary')
  expect((await ask(primary!.openaiBaseUrl)).status).toBe(503)
  expect((await ask(backup!.openaiBaseUrl)).status).toBe(200)
  await mock.enter(0)
  expect((await ask(primary!.openaiBaseUrl)).status).toBe(200)
  await mock.set({ fault: 'status:429' }, 'backup')
  expect((await ask(backup!.openaiBaseUrl)).status).toBe(429)
  await mock.restore('backup')
  expect((await ask(backup!.openaiBaseUrl)).status).toBe(200)
})

test('from a file, whose options have less to say than those beside it', async () => {
  const folder = temporaryFolder()
  try {
    const config = join(folder.path, 'mock.yaml')
    await Bun.write(config, 'chunk-count: 3\nmodel: from-file\nupstreams: [{name: a, prefix: /a}]\n')
    await using mock = await startMock({ ...instant, config })
    const { text } = await ask(mock.upstreams['a']!.openaiBaseUrl)
    expect(text.match(/^data: /gm)).toHaveLength(3)
    expect(text).toContain('"model":"from-file"')
  } finally {
    folder.remove()
  }
})

test('one without a name is changed and brought back, also behind a key', async () => {
  await using mock = await startMock({ ...instant, apiKey: 'sk-1' })
  expect(mock.upstreams).toEqual({})
  const status = async (): Promise<number> =>
    (
      await fetch(`${mock.openaiBaseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-1' },
      })
    ).status
  await mock.set({ fault: 'status:429', chunkDelayMs: 5 })
  expect(await status()).toBe(429)
  await mock.set({ fault: null, ttftMs: undefined })
  expect(await status()).toBe(200)
  await mock.set({ fault: 'status:500' })
  await mock.restore()
  expect(await status()).toBe(200)
})

describe('what is refused, in the words of the program', () => {
  test('while it serves', async () => {
    await using mock = await startMock(instant)
    const refused = (changes: object, upstream?: string): Promise<string> =>
      messageOf(mock.set(changes as MockChanges, upstream))
    expect(await refused({ chunkDelay: 5 })).toContain('did you mean chunk-delay-ms?')
    expect(await refused({ chunkDelayMs: 'soon' })).toContain("chunk-delay-ms does not accept 'soon'")
    expect(await refused({ workers: 2 })).toStartWith('workers cannot change while the program serves')
    expect(await refused({}, 'a')).toContain("No upstream is called 'a'")
    expect(await messageOf(mock.enter(1))).toBe('no upstream has phases: there is nothing to enter')
    expect(await messageOf(mock.restore('a'))).toContain("No upstream is called 'a'")
  })

  test('with control: false', async () => {
    await using mock = await startMock({ ...instant, control: false })
    expect(await messageOf(mock.set({ ttftMs: 1 }))).toContain('--control')
  })

  test.each<[unknown, string]>([
    [
      {
        upstreams: [
          { name: 'a', prefix: '/a' },
          { name: 'a', prefix: '/b' },
        ],
      },
      'is the second upstream',
    ],
    [{ chunkDelay: 3 }, "stdin:1:2: a configuration does not accept 'chunk-delay'"],
    [{ workers: 2 }, 'workers goes for the whole program: put it beside config'],
    ['/nowhere.yaml', '--config: /nowhere.yaml cannot be read'],
  ])('at the start: %j', async (config, message) =>
    expect(await messageOf(startMock({ config: config as string }))).toContain(message),
  )
})

test('keys of objects are those of files, whatever they stand in', async () => {
  const config: MockConfig = {
    chunkDelayMs: 20,
    anyPrefix: true,
    upstreams: [
      { name: 'one' },
      {
        name: 'twoNames',
        prefix: '/two',
        loop: true,
        phases: [
          { after: 0 },
          { after: '1s', ramp: { over: '1s', steps: 2, ttftMs: [0, 200] } },
          { after: '3s' },
        ],
      },
    ],
  }
  const text = configText(config)
  const { upstreams, anyPrefix } = await readConfigFile(text, 'stdin', { flags: {}, environment: {} })
  expect(anyPrefix).toBe(true)
  expect(upstreams.map(({ name, phases }) => [name, phases.map(({ settings }) => settings.ttftMs)])).toEqual([
    ['one', [20]],
    ['twoNames', [20, 0, 100, 200]],
  ])
  expect(commandLine({ config }, {})).toMatchObject({
    input: text,
    flags: expect.arrayContaining(['--config=-']),
  })
  expect(JSON.parse(changesText({ maxOpen: 3, fault: null }))).toEqual({ 'max-open': 3, fault: null })
  expect(() => changesText(null as never)).toThrow(MockError)
})
