// What only minutes show.
import { afterAll, describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, engines, numbersOf, rawClient, serveInProcess } from '../_helpers.ts'

const running = new Set<Running>()
afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))

describe.each(engines)('engine %s', (engine) => {
  const serve = (flags: GivenFlags): Running => {
    const server = serveInProcess({ engine, ...flags })
    running.add(server)
    return server
  }

  test.concurrent.each([
    ['a stream whose events are to come', { ttftMs: '300000' }],
    ['a whole answer', { reply: 'json', chunkDelayMs: '0' }],
    ['auto', { reply: 'auto', chunkDelayMs: '0' }],
    ['a refusal', { apiKey: 'secret' }],
  ] as [string, GivenFlags][])(
    'a body that is silent for a minute ends its connection: %s',
    async (_, flags) => {
      const server = serve(flags)
      const client = await rawClient(server.port)
      client.send(chatRequest('', 'x'.repeat(100_000)).slice(0, -1000))
      await Bun.sleep(10_000)
      client.send('x')
      const saidAtMs = performance.now()
      while (client.ending() === undefined && performance.now() - saidAtMs < 90_000) await Bun.sleep(100)
      expect(client.ending()).toBeDefined()
      expect(performance.now() - saidAtMs).toBeGreaterThan(59_000)
      expect(client.received()).toBe('')
      expect(numbersOf(server).open).toBe(0)
    },
    150_000,
  )
})

test.concurrent(
  'engine socket: a client that closed during a silence is let go when the system has forgotten it',
  async () => {
    const server = serveInProcess({ engine: 'socket', ttftMs: '600000' })
    running.add(server)
    const client = await rawClient(server.port)
    client.send(chatRequest())
    await Bun.sleep(100)
    client.socket.destroy()
    await Bun.sleep(100)
    expect(numbersOf(server)).toMatchObject({ open: 0, abortedBeforeFirstEvent: 1 }) // counted at once
    const startedMs = performance.now()
    // Nothing else is open: to stop is to wait for it.
    await server.stop(300_000)
    expect(performance.now() - startedMs).toBeLessThan(120_000)
  },
  150_000,
)
