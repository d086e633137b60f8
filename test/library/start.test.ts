// The library from source: what it gives, what it throws, and that nothing is left behind.
import { afterAll, describe, expect, jest, test } from 'bun:test'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { MockError, type MockOptions, startMock } from '../../src/index.ts'
import { root, temporaryFolder, until } from '../_helpers.ts'

/** A name by which the mocks of one test are found among all processes. */
const NAME = `killed_${process.pid}`

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const ask = (url: string): Promise<Response> => fetch(`${url}/chat/completions`, { method: 'POST' })

test('a mock for the length of a block', async () => {
  let pid = 0
  {
    await using mock = await startMock({ chunkDelayMs: 0, fault: 'status:429x2,ok' })
    pid = mock.pid
    expect(mock.openaiBaseUrl).toBe(`${mock.url}/v1`)
    expect(mock.url).toBe(`http://127.0.0.1:${mock.port}`)
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) {
      const answer = await ask(mock.openaiBaseUrl)
      statuses.push(answer.status)
      await answer.text()
    }
    expect(statuses).toEqual([429, 429, 200])
    expect((await mock.stats()).requests.total).toBe(3)
    expect((await mock.reset()).requests.byRoute).toHaveLength(2)
    expect((await mock.stats()).requests.total).toBe(0)
    expect((await ask(mock.openaiBaseUrl)).status).toBe(429) // the script begins anew
  }
  expect(isThere(pid)).toBe(false)
})

test('stop may be called twice, and no longer anything is there', async () => {
  const mock = await startMock()
  await Promise.all([mock.stop(), mock.stop()])
  await mock.stop()
  expect(await mock.stats().catch((thrown) => thrown)).toBeInstanceOf(Error)
})

test('with TLS its numbers are there all the same', async () => {
  await using mock = await startMock({ tls: true })
  expect(mock.url).toStartWith('https://')
  expect(mock.certFile).toEndWith('.pem')
  expect((await mock.stats()).requests.total).toBe(0)
})

test('a key is let in, and told to nobody', async () => {
  await using mock = await startMock({ apiKey: 'sk-secret' })
  expect((await ask(mock.openaiBaseUrl)).status).toBe(401)
  const command = await Bun.file(`/proc/${mock.pid}/cmdline`)
    .text()
    .catch(() => '')
  expect(command).not.toContain('sk-secret')
  expect(JSON.stringify(await mock.stats())).not.toContain('sk-secret')
})

describe('what it throws', () => {
  const busy = createServer().listen(0, '127.0.0.1')
  afterAll(() => void busy.close())

  test.each<[MockOptions, string]>([
    [{ chunkDelayMs: 'soon' }, "--chunk-delay-ms does not accept 'soon': it takes milliseconds from 0"],
    [{ chunkDelay: 5 } as MockOptions, 'unknown option --chunk-delay: did you mean --chunk-delay-ms?'],
    [{ engine: 'socket', tls: true }, '--engine socket speaks clear text only'],
    [{ replies: '/nowhere', reply: 'auto' }, '--replies: /nowhere cannot be read'],
    [{ listen: 'none', socket: '/s' }, 'startMock needs an address to serve on'],
  ])('%j', async (options, message) => {
    const thrown = await startMock(options).catch((thrown: unknown) => thrown)
    expect(thrown).toBeInstanceOf(MockError)
    expect((thrown as Error).message).toStartWith(message)
    expect((thrown as Error).message).not.toContain('\n')
  })

  test('a port that is busy', async () => {
    const { port } = await until(() => busy.address() as { port: number } | null)
    const thrown = await startMock({ port }).catch((thrown: unknown) => thrown)
    expect(String(thrown)).toContain(`127.0.0.1:${port}`)
    expect(thrown).toBeInstanceOf(MockError)
  })
})

test('under fake timers it starts as well', async () => {
  jest.useFakeTimers()
  try {
    await using mock = await startMock()
    expect((await mock.stats()).requests.total).toBe(0)
  } finally {
    jest.useRealTimers()
  }
})

test('one that does not end by itself is killed', async () => {
  const mock = await startMock()
  process.kill(mock.pid, 'SIGSTOP')
  await mock.stop()
  await until(() => !isThere(mock.pid))
}, 20_000)

test.each([0, 10, 30, 60, 100])(
  'nothing is left when whoever starts it is killed %d ms after it began',
  async (ms) => {
    const folder = temporaryFolder()
    try {
      const file = join(folder.path, 'killed.ts')
      await Bun.write(
        file,
        `import { spawn } from 'node:child_process'
import { startMock } from ${JSON.stringify(join(root, 'src/index.ts'))}
setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${ms})
await startMock({ toolName: ${JSON.stringify(NAME)} }).catch(() => {})
await new Promise(() => {})`,
      )
      await Bun.spawn([process.execPath, file], { stdio: ['ignore', 'ignore', 'ignore'] }).exited
      await until(() => !Bun.spawnSync(['ps', '-Ao', 'args']).stdout.toString().includes(NAME))
    } finally {
      folder.remove()
    }
  },
)
