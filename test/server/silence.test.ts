// Silences of seconds: which of them end something, and which do not. All at once, for they take longer than anything else.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, engines, rawClient, serveInProcess, temporaryFolder, until } from '../_helpers.ts'

const folder = temporaryFolder()
const running = new Set<Running>()
afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop(0)))
  folder.remove()
})

const HEALTH = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'

describe.each(engines)('engine %s', (engine) => {
  const serve = (flags: GivenFlags): Running => {
    const server = serveInProcess({ engine, ...flags })
    running.add(server)
    return server
  }

  test.concurrent(
    'a stream is never too silent, also longer than the 12 s after which Bun would cut',
    async () => {
      const socket = join(folder.path, `${engine}.sock`)
      const { port } = serve({ chunkCount: '1', ttftMs: '0', chunkDelayMs: '15000', socket })
      const path = '/v1/chat/completions'
      const bodies = [
        { url: `http://127.0.0.1:${port}${path}` },
        { url: `http://localhost${path}`, unix: socket },
      ].map(async ({ url, ...options }) => (await fetch(url, { method: 'POST', ...options })).text())
      for (const body of await Promise.all(bodies)) expect(body).toEndWith('data: [DONE]\n\n')
    },
  )

  test.concurrent.each([
    ['nothing', ''],
    ['half a head', chatRequest().slice(0, 30)],
  ])('whoever connects and sends %s is dropped after 10 s', async (_, text) => {
    const { port } = serve({})
    const client = await rawClient(port)
    const connectedAtMs = performance.now()
    client.send(text)
    await client.closed()
    expect(performance.now() - connectedAtMs).toBeGreaterThan(8000)
    expect(client.received()).toBe('')
  })

  test.concurrent('a connection that has been answered may be silent, and is answered again', async () => {
    const client = await rawClient(serve({ chunkDelayMs: '0' }).port)
    for (const pauseMs of [13_000, 0]) {
      client.send(HEALTH)
      expect((await client.response()).status).toBe(200)
      await Bun.sleep(pauseMs)
    }
    client.socket.destroy()
  })

  test.concurrent(
    'a body that stalls when only the end is left to send is not waited for, and may go on',
    async () => {
      const client = await rawClient(serve({ chunkDelayMs: '0' }).port)
      const request = chatRequest('', 'x'.repeat(100_000))
      client.send(request.slice(0, 50_000))
      await until(() => client.received().includes('[DONE]'))
      expect(client.received()).not.toEndWith('0\r\n\r\n')
      expect((await client.response()).body).toEndWith('[DONE]\n\n')
      client.send(request.slice(50_000) + HEALTH)
      expect((await client.response()).body).toBe('{"status":"ok"}')
      client.socket.destroy()
    },
  )

  test.concurrent('a body that stalls before a whole answer is waited for', async () => {
    const client = await rawClient(serve({ reply: 'json', chunkDelayMs: '0' }).port)
    const request = chatRequest('', 'x'.repeat(100_000))
    client.send(request.slice(0, 50_000))
    await Bun.sleep(4000)
    expect(client.received()).toBe('')
    client.send(request.slice(50_000) + HEALTH)
    expect((await client.response()).status).toBe(200)
    expect((await client.response()).body).toBe('{"status":"ok"}')
    client.socket.destroy()
  })
})

test.concurrent('engine socket: a head that trickles in is dropped as well', async () => {
  const server = serveInProcess({ engine: 'socket' })
  running.add(server)
  const client = await rawClient(server.port)
  const connectedAtMs = performance.now()
  for (const byte of chatRequest()) {
    if (client.ending() !== undefined) break
    client.send(byte)
    await Bun.sleep(300)
  }
  await client.closed()
  expect(performance.now() - connectedAtMs).toBeGreaterThan(9000)
  expect(client.received()).toBe('')
})
