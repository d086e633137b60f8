// The ready file: there as long as all serve, and never of another run.
import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clearReady, describeReady, type Ready, writeReady } from '../../src/fleet/readyfile.ts'
import { runToEnd, sourceCommand, start, temporaryFolder, until } from '../_helpers.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

test.each([
  [{ host: '0.0.0.0', port: 8080 }, '', null, false, 'http://127.0.0.1:8080'],
  [{ host: '::', port: 1 }, '', null, false, 'http://[::1]:1'],
  [{ host: 'mock.test', port: 443 }, '/s', '/c.pem', true, 'https://mock.test:443'],
])('%j, socket %j, certificate %j', (listen, socket, certFile, isTls, url) => {
  expect(describeReady({ run: { listen, socket }, upstreams: [] }, certFile, isTls, 7)).toEqual({
    url,
    openaiBaseUrl: `${url}/v1`,
    port: listen.port,
    socket: socket || null,
    pid: 7,
    certFile,
  })
})

test('on a socket alone there is no url', () => {
  expect(describeReady({ run: { listen: null, socket: '/s' }, upstreams: [] }, null, false, 7)).toEqual({
    url: null,
    openaiBaseUrl: null,
    port: null,
    socket: '/s',
    pid: 7,
    certFile: null,
  })
})

describe('a file', () => {
  const ready = describeReady(
    { run: { listen: { host: '127.0.0.1', port: 1 }, socket: '' }, upstreams: [] },
    null,
    false,
    7,
  )

  test('of another run is taken away, and nothing else is left', () => {
    const own = temporaryFolder()
    const path = join(own.path, 'ready')
    writeFileSync(path, 'old')
    clearReady(path)
    expect(readdirSync(own.path)).toEqual([])
    writeReady(path, ready)
    expect(readdirSync(own.path)).toEqual(['ready'])
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(ready)
    own.remove()
  })

  test.each([
    ['in a folder that there is not', () => join(folder.path, 'none', 'ready'), 'ENOENT'],
    [
      'that is a folder',
      () => (mkdirSync(join(folder.path, 'dir'), { recursive: true }), join(folder.path, 'dir')),
      '',
    ],
  ])('%s is refused', (_, pathOf, reason) => {
    const path = pathOf()
    for (const attempt of [() => clearReady(path), () => writeReady(path, ready)])
      expect(attempt).toThrow(`cannot write the ready file to ${path}: ${reason}`)
  })
})

describe('a run', () => {
  test.each([[{ quiet: 'true', workers: '1' }], [{ workers: '2' }]])(
    'with %j: it is there when it serves, and gone at the end',
    async (more) => {
      const path = join(folder.path, `ready${more.workers}`)
      writeFileSync(path, '{"url":"http://127.0.0.1:1"}')
      const program = start(sourceCommand, { port: '0', readyFile: path, chunkDelayMs: '0', ...more })
      const text = await until(() => {
        const found = existsSync(path) ? readFileSync(path, 'utf8') : ''
        return found === '' || found.includes('127.0.0.1:1"') ? undefined : found
      })
      const { url, port, pid, openaiBaseUrl } = JSON.parse(text) as Ready
      expect([pid, url]).toEqual([program.process.pid, `http://127.0.0.1:${port}`])
      expect((await fetch(`${openaiBaseUrl}/models`)).status).toBe(200)
      program.process.kill('SIGTERM')
      expect(await program.process.exited).toBe(0)
      expect(existsSync(path)).toBe(false)
    },
  )

  test('that cannot write it does not serve', async () => {
    const path = join(folder.path, 'none', 'ready')
    const { code, stdout, stderr } = await runToEnd(sourceCommand, ['--port', '0', '--ready-file', path])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toStartWith(`mock-llm-api: cannot write the ready file to ${path}: ENOENT`)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('that can no longer write it when it is ready ends', async () => {
    const own = temporaryFolder()
    const path = join(own.path, 'ready')
    writeFileSync(path, 'old')
    const program = start(sourceCommand, { port: '0', readyFile: path, workers: '1', graceMs: '0' })
    await until(() => !existsSync(path)) // then it has been tried, and workers are about to start
    own.remove()
    expect(await program.process.exited).toBe(1)
    expect(program.output.stderr).toContain(`mock-llm-api: cannot write the ready file to ${path}: ENOENT`)
  })
})
