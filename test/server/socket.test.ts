// What engine `socket` does and Bun.serve does not: pipelining, half-closed clients, one write per turn. What it refuses is in
// socketrefusals.test.ts, and what both engines do in the other suites.
import { describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, isFast, numbersOf, rawClient, type RawClient, until } from '../_helpers.ts'
import { get, HEALTH, isOver, useSocketServers, withClient } from './_socket.ts'

const { serve } = useSocketServers()
const instant = serve({ chunkDelayMs: '0' })
const paced = serve({ chunkDelayMs: '20' })

describe('pipelining', () => {
  test('in order, also behind a reply that is streaming, with bodies of every kind', () =>
    withClient(paced, async (client) => {
      const chunked = 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
      client.send(chatRequest('', 'x'.repeat(1000)) + get('/v1/models/one'))
      await until(() => client.received().includes('data: '))
      client.send(`${chunked}3;a=b\r\nabc\r\n0\r\nX-A: 1\r\n\r\n\r\n${get('/v1/models/two')}`)
      client.send(chatRequest('Expect: 100-continue\r\n') + get('/v1/models/three'))
      for (const name of ['one', 'two', 'three']) {
        expect(isOver(await client.response())).toBe(true)
        expect((await client.response()).body).toContain(`The model '${name}' does not exist`)
      }
      expect(client.received()).toBe('')
    }))

  test('a thousand requests in one segment', () =>
    withClient(instant, async (client) => {
      const requests = Array.from({ length: 1000 }, (_, i) =>
        i % 2 === 0 ? chatRequest() : get(`/v1/models/m${i}`),
      )
      client.send(requests.join(''))
      for (let i = 0; i < 1000; i++) {
        const response = await client.response()
        if (i % 2 === 0) expect(isOver(response)).toBe(true)
        else expect(response.body).toContain(`'m${i}'`)
      }
    }))

  test('a client that sends on and on while it is answered is not read on', () =>
    withClient(serve({ chunkDelayMs: '400', chunkCount: '1' }), async (client) => {
      const ahead = 40_000_000 // more than the buffers of the system hold
      let isSent = false
      client.send(chatRequest())
      client.send(chatRequest('', 'x'.repeat(ahead), '/v1/nothing')).then(() => (isSent = true))
      await until(() => client.received().includes('data: '))
      await Bun.sleep(200)
      expect([isSent, isOver(await client.response())]).toEqual([false, true])
      expect((await client.response()).status).toBe(404)
      expect(isSent).toBe(true)
    }))

  test('what breaks the rules behind a good request is refused after it', () =>
    withClient(paced, async (client) => {
      client.send(`${chatRequest()}nonsense\r\n\r\n${HEALTH}`)
      expect(isOver(await client.response())).toBe(true)
      expect((await client.response()).status).toBe(400)
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }))

  test('behind a request that closes nothing is looked at', () =>
    withClient(paced, async (client) => {
      client.send(chatRequest('Connection: close\r\n') + HEALTH)
      expect(isOver(await client.response())).toBe(true)
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }))
})

describe('a client that has ended its side', () => {
  const ended = (server: Running, text: string, use: (client: RawClient) => Promise<void>): Promise<void> =>
    withClient(server, async (client) => {
      client.socket.end(text)
      await use(client)
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    })

  test.each([
    ['at delay 0', instant],
    ['paced', paced],
  ] as const)('is served to the end of all its requests, %s', (_, server) =>
    ended(server, chatRequest() + HEALTH + chatRequest(), async (client) => {
      expect(isOver(await client.response())).toBe(true)
      expect((await client.response()).body).toBe('{"status":"ok"}')
      expect(isOver(await client.response())).toBe(true)
    }),
  )

  test('counts as having left when it did', async () => {
    const server = serve({ chunkDelayMs: '50', chunkCount: '8' })
    await withClient(server, async (client) => {
      client.send(chatRequest())
      await until(() => client.received().includes('data: '))
      client.socket.end()
      await until(() => numbersOf(server).open === 0)
      expect(client.received()).not.toContain('[DONE]')
      expect(isOver(await client.response())).toBe(true)
    })
    expect(numbersOf(server)).toMatchObject({ completed: 0, abortedMidStream: 1, events: 10 })
  })

  test.each([
    ['nothing', ''],
    ['half a head', chatRequest().slice(0, 30)],
    ['half a body that a whole answer waits for', chatRequest('', '{}', '/v1/nothing').slice(0, -1)],
  ])('after %s is left without an answer', (_, text) => ended(instant, text, async () => {}))

  test('after half a body gets the events, and no end', () =>
    withClient(instant, async (client) => {
      client.socket.end(chatRequest().slice(0, -5))
      await client.closed()
      expect(client.received()).toEndWith('data: [DONE]\n\n\r\n')
      expect(client.ending()).toBe('end')
    }))
})

describe('requests byte by byte', () => {
  test.each([
    ['with a length', chatRequest()],
    [
      'chunked',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a="b"\r\n{}\r\n0\r\nA: b\r\n\r\n',
    ],
    ['without a body', HEALTH],
    ['behind an empty line', `\r\n${HEALTH}`],
  ])('%s', (_, request) =>
    withClient(instant, async (client) => {
      client.socket.setNoDelay(true)
      for (let round = 0; round < 2; round++) {
        for (const byte of request) {
          await client.send(byte)
          await Bun.sleep(0)
        }
        expect((await client.response()).status).toBe(200)
      }
    }),
  )
})

describe('versions and methods', () => {
  test('HTTP/1.0: no chunks, no 100, and the connection ends, whatever is asked', () =>
    withClient(instant, async (client) => {
      client.send(
        'POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
      )
      await client.closed()
      expect(client.received()).toStartWith('HTTP/1.1 200 OK\r\n')
      expect(client.received()).toContain('\r\nConnection: close\r\n')
      expect(client.received()).not.toContain('chunked')
      expect(client.received()).toEndWith('\n\ndata: [DONE]\n\n')
      expect(client.ending()).toBe('end')
    }))

  test.each([
    ['/health', 200],
    ['/v1/models', 200],
    ['/v1/nothing', 404],
    ['/v1/chat/completions', 405],
  ])('HEAD %s: the headers of the answer, and none of its body', (path, status) =>
    withClient(instant, async (client) => {
      client.send(get(path).replace('GET', 'HEAD') + HEALTH)
      await until(() => client.received().endsWith('{"status":"ok"}'))
      const [head, next] = client.received().split(/\r\n\r\n(?=HTTP)/)
      expect(head).toStartWith(`HTTP/1.1 ${status} `)
      expect(head).toMatch(/\r\nContent-Length: \d+/)
      expect(next).toStartWith('HTTP/1.1 200 OK\r\n')
    }),
  )

  test('the date is that of the present second', () =>
    withClient(instant, async (client) => {
      for (let i = 0; i < 2; i++) {
        const before = Math.floor(Date.now() / 1000)
        client.send(chatRequest())
        const { headers } = await client.response()
        const toldSeconds = Date.parse(headers['date']!) / 1000
        expect(toldSeconds).toBeGreaterThanOrEqual(before)
        expect(toldSeconds).toBeLessThanOrEqual(Math.floor(Date.now() / 1000))
        await Bun.sleep(1000)
      }
    }))
})

test.skipIf(isFast)('a thousand connections at once, each with requests one behind the other', async () => {
  const server = serve({ chunkDelayMs: '10' })
  for (let from = 0; from < 1000; from += 200) {
    const clients = await Promise.all(Array.from({ length: 200 }, () => rawClient(server.port)))
    for (const client of clients) client.send(chatRequest() + chatRequest())
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 2; i++) expect(isOver(await client.response())).toBe(true)
      }),
    )
    for (const { socket } of clients) socket.destroy()
  }
  await until(() => numbersOf(server).open === 0)
  expect(numbersOf(server).completed).toBe(2000)
})
