// `health`: where it asks, and what it says of what it finds there.
import { afterAll, describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { baseUrls } from '../../src/config/baseurls.ts'
import { readConfig, readConfigFile } from '../../src/config/configfile.ts'
import { RunError, UsageError } from '../../src/config/errors.ts'
import { checkHealth, healthTarget } from '../../src/fleet/health.ts'
import { runToEnd, serveInProcess, sourceCommand, start, temporaryFolder, until } from '../_helpers.ts'

const usual = readConfig({ flags: {}, environment: {} })

describe('where it asks', () => {
  test.each([
    ['http://10.0.0.1:9000', {}, { url: 'http://10.0.0.1:9000/readyz' }],
    ['https://mock.test/v1/', {}, { url: 'https://mock.test/readyz' }],
    ['http://mock.test/slow', {}, { url: 'http://mock.test/slow/readyz' }],
    ['http://mock.test/eu/slow/v1', {}, { url: 'http://mock.test/eu/slow/readyz' }],
    ['mock.test/slow/readyz', {}, { url: 'http://mock.test/slow/readyz' }],
    ['127.0.0.1:8080', {}, { url: 'http://127.0.0.1:8080/readyz' }],
    ['localhost:80', {}, { url: 'http://localhost/readyz' }],
    ['18080', {}, { url: 'http://127.0.0.1:18080/readyz' }],
    [':18080', {}, { url: 'http://127.0.0.1:18080/readyz' }],
    ['[::1]:18080', {}, { url: 'http://[::1]:18080/readyz' }],
    [undefined, {}, { url: 'http://127.0.0.1:8080/readyz' }],
    [undefined, { MOCK_LLM_LISTEN: ':9000' }, { url: 'http://127.0.0.1:9000/readyz' }],
    [undefined, { MOCK_LLM_LISTEN: '[::]:9000', MOCK_LLM_TLS: '1' }, { url: 'https://[::1]:9000/readyz' }],
    [
      undefined,
      { MOCK_LLM_LISTEN: 'none', MOCK_LLM_SOCKET: '/s' },
      { url: 'http://localhost/readyz', unix: '/s' },
    ],
  ])('%j with %j', (given, environment, target) =>
    expect(
      healthTarget(given, readConfig({ flags: {}, environment: environment as Record<string, string> })),
    ).toEqual(target),
  )

  test.each([
    [
      'upstreams: [{name: a, listen: :9001}, {name: b, listen: :9002}]',
      { url: 'http://127.0.0.1:9001/readyz' },
    ],
    ['tls: true\nupstreams: [{name: a, listen: "[::1]:1"}]', { url: 'https://[::1]:1/readyz' }],
    [
      'listen: :9000\nupstreams: [{name: a}, {name: b, listen: :9002}]',
      { url: 'http://127.0.0.1:9000/readyz' },
    ],
    ['upstreams: [{name: a, listen: :0}, {name: b, listen: :9002}]', { url: 'http://127.0.0.1:9002/readyz' }],
    [
      'listen: none\nsocket: /s\nupstreams: [{name: a}, {name: b, listen: :9002}]',
      { url: 'http://127.0.0.1:9002/readyz' },
    ],
    ['listen: none\nsocket: /s\nupstreams: [{name: a}]', { url: 'http://localhost/readyz', unix: '/s' }],
  ])('where the file is %j', async (file, target) =>
    expect(
      healthTarget(undefined, await readConfigFile(file, 'c.yaml', { flags: {}, environment: {} })),
    ).toEqual(target),
  )

  test.each(['ftp://a', 'http://', 'a b', 'http://[', '', ':99999'])('%j is no address', (given) =>
    expect(() => healthTarget(given, usual)).toThrow(UsageError),
  )
})

describe('a base URL', () => {
  const server = serveInProcess({})
  afterAll(async () => void (await server.stop(0)))

  test.each([...new Set(baseUrls.map(({ path }) => path))])('%j', async (path) => {
    const url = `http://127.0.0.1:${server.port}${path}`
    expect(await checkHealth(healthTarget(url, usual))).toEndWith('says that it is ready')
  })
})

describe('what it finds', () => {
  const server = serveInProcess({})
  const folder = temporaryFolder()
  afterAll(async () => {
    await server.stop(0)
    folder.remove()
  })

  test('a mock', async () => {
    const url = `http://127.0.0.1:${server.port}`
    expect(await checkHealth(healthTarget(url, usual))).toBe(`${url}/readyz says that it is ready`)
  })

  test('another server', async () => {
    const other = Bun.serve({ port: 0, fetch: () => new Response('?', { status: 503 }) })
    const url = `http://127.0.0.1:${other.port}/readyz`
    const answer = await checkHealth({ url }).catch((thrown) => thrown)
    await other.stop(true)
    expect(answer).toEqual(new RunError(`${url} answers 503 instead of 200`))
  })

  test('nobody, by the program', async () => {
    const { code, stdout, stderr } = await runToEnd(sourceCommand, ['health', '127.0.0.1:1'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^mock-llm-api: http:\/\/127\.0\.0\.1:1\/readyz does not answer \(\w+\): is it another address\? health takes a URL\n$/,
    )
  })

  test('no proxy is asked', async () => {
    const url = `http://127.0.0.1:${server.port}`
    const proxies = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' }
    expect((await runToEnd(sourceCommand, ['health', url], proxies)).code).toBe(0)
  })

  test('somebody who says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    const port = await until(() => (silent.address() as { port: number } | null)?.port)
    const answer = await checkHealth({ url: `http://127.0.0.1:${port}/readyz` }).catch((thrown) => thrown)
    silent.close()
    expect(answer).toBeInstanceOf(RunError)
    expect(String(answer)).toContain('does not answer')
  })

  test('a mock with a certificate of its own, on the port that its variables say', async () => {
    const program = start(sourceCommand, { listen: '127.0.0.1:0', tls: 'true', workers: '1' })
    const environment = { MOCK_LLM_TLS: 'true', MOCK_LLM_LISTEN: `127.0.0.1:${await program.port()}` }
    const { code } = await runToEnd(sourceCommand, ['health'], environment)
    program.process.kill('SIGTERM')
    expect([code, await program.process.exited]).toEqual([0, 0])
  })

  test('a mock on a Unix socket alone', async () => {
    const environment = { MOCK_LLM_LISTEN: 'none', MOCK_LLM_SOCKET: join(folder.path, 's') }
    const program = start(sourceCommand, {}, environment)
    await until(() => program.output.stdout.includes('--unix-socket'))
    const { code, stdout } = await runToEnd(sourceCommand, ['health'], environment)
    program.process.kill('SIGTERM')
    expect([code, await program.process.exited]).toEqual([0, 0])
    expect(stdout).toBe(
      `http://localhost/readyz through ${environment.MOCK_LLM_SOCKET} says that it is ready\n`,
    )
  })
})
