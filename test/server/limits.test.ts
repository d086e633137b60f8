// Limits as clients see them: requests per second, and replies under way.
import { describe, expect, test } from 'bun:test'
import { chatRequest, engines, rawClient, type RawResponse, until } from '../_helpers.ts'
import { ask, stats } from './_faults.ts'
import { useServers } from './_servers.ts'

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine, chunkCount: '4', chunkDelayMs: '5' })

  describe.concurrent('limits', () => {
    test('requests beyond the rate get 429 with the time to wait, and headers count down', async () => {
      const server = serve({ rateLimit: '3/s', chunkDelayMs: '0' })
      const answers: RawResponse[] = []
      await until(async () => {
        const startedMs = performance.now()
        answers.length = 0
        for (let i = 0; i < 5; i++) answers.push(await ask(server))
        if (performance.now() - startedMs < 900) return true
        return Bun.sleep(1000).then(() => false) // too slow for a window of a second: once more
      })
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
      expect(answers.map(({ headers }) => headers['x-ratelimit-remaining-requests'])).toEqual([
        '2',
        '1',
        '0',
        '0',
        '0',
      ])
      const { headers, body } = answers[4]!
      const waitMs = Number(headers['retry-after-ms'])
      expect(waitMs).toBeGreaterThan(0)
      expect(waitMs).toBeLessThanOrEqual(1000)
      expect(headers['retry-after']).toBe('1')
      expect(JSON.parse(body).error.message).toBe('Rate limit of 3 requests per second reached.')
      await Bun.sleep(waitMs)
      expect((await ask(server)).status).toBe(200)
    })

    test('what waits for its body is not under way yet', async () => {
      const server = serve({ maxOpen: '2', reply: 'auto', ttftMs: '60000' })
      const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(server.port)))
      const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n'
      for (const client of clients) client.send(head)
      await Bun.sleep(50)
      for (const client of clients) client.send('{"stream":true}')
      await until(() => clients.filter((client) => client.received().includes(' 429 ')).length === 3)
      expect((await stats(server)).requests.open).toBe(2)
      for (const client of clients) client.socket.destroy()
    })

    test('each provider has its own headers', async () => {
      const server = serve({ rateLimit: '2/s', chunkDelayMs: '0' })
      const { headers } = await ask(server, undefined, '/v1/messages')
      expect(headers).toMatchObject({
        'anthropic-ratelimit-requests-limit': '2',
        'anthropic-ratelimit-requests-remaining': '1',
      })
      expect(headers['anthropic-ratelimit-requests-reset']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect((await ask(server, undefined, '/api/chat')).headers).not.toHaveProperty(
        'x-ratelimit-limit-requests',
      )
    })

    test('replies under way are limited, and one that ends makes room', async () => {
      const server = serve({ maxOpen: '2', retryAfterMs: '50', ttftMs: '60000' })
      const clients = await Promise.all([rawClient(server.port), rawClient(server.port)])
      for (const client of clients) client.send(chatRequest())
      await until(async () => (await stats(server)).requests.open === 2)
      const { status, headers } = await ask(server)
      expect([status, headers['retry-after-ms']]).toEqual([429, '50'])
      clients[0]!.socket.destroy()
      await until(async () => (await stats(server)).requests.open === 1)
      clients[0] = await rawClient(server.port)
      clients[0].send(chatRequest())
      await until(async () => (await stats(server)).requests.open === 2)
      for (const client of clients) client.socket.destroy()
    })
  })
})
