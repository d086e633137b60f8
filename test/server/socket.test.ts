// What engine `socket` does and Bun.serve does not: pipelining, half-closed clients, refusals in words, one write per turn. What both
// do is in the other suites.
import { afterAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import {
  chatRequest,
  isFast,
  type RawClient,
  rawClient,
  serveInProcess,
  temporaryFolder,
  until,
} from '../_helpers.ts'

const folder = temporaryFolder()
const running = new Set<Running>()
afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop(0)))
  folder.remove()
})

function serve(flags: GivenFlags): Running {
  const server = serveInProcess({ engine: 'socket', chunkCount: '3', ...flags })
  running.add(server)
  return server
}
const instant = serve({ chunkDelayMs: '0' })
const paced = serve({ chunkDelayMs: '20' })

async function withClient<T>({ port }: Running, use: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await rawClient(port)
  try {
    return await use(client)
  } finally {
    client.socket.resetAndDestroy()
  }
}

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`
const HEALTH = get('/health')
const isOver = ({ body }: { body: string }): boolean => body.endsWith('data: [DONE]\n\n')

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
      await until(() => server.snapshot(false).open === 0)
      expect(client.received()).not.toContain('[DONE]')
      expect(isOver(await client.response())).toBe(true)
    })
    expect(server.snapshot(false)).toMatchObject({ completed: 0, abortedMidStream: 1, events: 10 })
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

describe('what is refused, in the words of the provider, and the connection is closed', () => {
  const OPENAI = { error: { message: expect.any(String), param: null, code: null } }
  const paths = [
    ['/v1/chat/completions', OPENAI],
    ['/v1/messages', { type: 'error', error: { message: expect.any(String) } }],
    [
      '/v1beta/models/m:generateContent',
      { error: { code: expect.any(Number), message: expect.any(String) } },
    ],
    ['/api/chat', { error: expect.any(String) }],
  ] as const

  const post = (path: string, headers: string, body = ''): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`

  test.each([
    [
      '400, two lengths',
      400,
      (path: string) => post(path, 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}'),
    ],
    ['400, a folded line', 400, (path: string) => post(path, 'X-A: 1\r\n 2\r\n')],
    ['400, a bare line feed', 400, (path: string) => post(path, 'X-A: 1\nX-B: 2\r\n')],
    ['400, no host', 400, (path: string) => `POST ${path} HTTP/1.1\r\n\r\n`],
    ['400, a bad chunk', 400, (path: string) => post(path, 'Transfer-Encoding: chunked\r\n', 'zz\r\n')],
    ['417', 417, (path: string) => post(path, 'Expect: coffee\r\n')],
    ['431', 431, (path: string) => post(path, `X-A: ${'x'.repeat(70_000)}\r\n`)],
  ] as const)('%s', async (_, status, request) => {
    const whole = serve({ reply: 'json', chunkDelayMs: '1000' }) // nothing of an answer is sent before the body can be judged
    for (const [path, shape] of paths)
      await withClient(whole, async (client) => {
        client.send(request(path) + HEALTH)
        const { status: got, headers, body } = await client.response()
        expect([got, headers['connection'], headers['content-type']]).toEqual([
          status,
          'close',
          'application/json',
        ])
        // A body is not looked for by path once the head has been read.
        expect(JSON.parse(body)).toMatchObject(request('').includes('chunked') ? OPENAI : shape)
        await client.closed()
        expect([client.received(), client.ending()]).toEqual(['', 'end'])
      })
  })

  test.each([
    [
      '505, a version of the future',
      'GET /health HTTP/3.0\r\nHost: x\r\n\r\n',
      505,
      'only HTTP/1.0 and HTTP/1.1',
    ],
    ['505, the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, '--engine bun'],
    ['400, binary', '\x00\x01\x02\xff', 400, 'a request must begin with a method'],
    [
      '400, the greeting of TLS',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
      400,
      'a request must begin with a method',
    ],
  ])('%s', (_, bytes, status, words) =>
    withClient(instant, async (client) => {
      client.send(Buffer.from(bytes, 'latin1'))
      const response = await client.response()
      expect(response.status).toBe(status)
      expect(JSON.parse(response.body).error.message).toContain(words)
      await client.closed()
      expect(client.ending()).toBe('end')
    }),
  )

  test('431 beyond --max-head-bytes, not a byte sooner', () =>
    withClient(serve({ maxHeadBytes: '1024' }), async (client) => {
      const fill = (bytes: number): string =>
        get('/health', `X-A: ${'x'.repeat(bytes - get('/health', 'X-A: \r\n').length)}\r\n`)
      client.send(fill(1024))
      expect((await client.response()).status).toBe(200)
      client.send(fill(1025))
      expect((await client.response()).status).toBe(431)
      await client.closed()
    }))

  test('a body that breaks the rules while its reply is streaming: the connection is reset', () =>
    withClient(paced, async (client) => {
      client.send(
        'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
      )
      await until(() => client.received().includes('data: '))
      client.send('zz\r\n')
      await client.closed()
      expect(client.received()).not.toContain('[DONE]')
      expect(client.received()).not.toContain(' 400 ')
    }))
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

describe('clients that do not read', () => {
  /** What a stream says of itself. */
  function readStream({ body }: { body: string }): { ids: Set<string>; sequences: number[] } {
    return {
      ids: new Set([...body.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id!)),
      sequences: [...body.matchAll(/"content":"(\d{8})@\d{16} /g)].map(([, sequence]) => Number(sequence)),
    }
  }

  // Up to 4 MB the bytes of a reply are kept and shared by all that are sent it; larger ones are put together for each.
  test.each([
    ['shared bytes', '850', '0'],
    ['bytes of their own', '4000', '0'],
    ['paced', '1500', '0.2'],
  ])('have ids and numbers of their own, in order: %s', async (_, chunkCount, chunkDelayMs) => {
    const server = serve({ chunkCount, chunkDelayMs, chunkBytes: '4096', uniqueIds: 'true', stamp: 'true' })
    const slow = await Promise.all([rawClient(server.port), rawClient(server.port)])
    for (const client of slow) {
      client.socket.pause()
      client.send(chatRequest())
    }
    await until(() => server.snapshot(false).peakOpen === 2 || server.snapshot(false).completed === 2)
    const seen = [
      await withClient(
        server,
        async (client) => (client.send(chatRequest()), readStream(await client.response())),
      ),
    ]
    // In turns, a little at a time, so that what is left of one is written between two of the other.
    for (let turn = 0; turn < 20; turn++)
      for (const { socket } of slow) {
        socket.resume()
        await Bun.sleep(2)
        socket.pause()
      }
    for (const { socket } of slow) socket.resume()
    for (const client of slow) seen.push(readStream(await client.response()))
    const expected = Array.from({ length: Number(chunkCount) }, (_unused, i) => i)
    for (const { sequences } of seen) expect(sequences).toEqual(expected)
    expect(seen.map(({ ids }) => ids.size)).toEqual([1, 1, 1])
    expect(new Set(seen.flatMap(({ ids }) => [...ids])).size).toBe(3)
    for (const { socket } of slow) socket.destroy()
  })

  test('the date of a head that was cut stays that of its reply', async () => {
    // A client whose buffers are full of the reply before: of the next head only a part fits, or nothing.
    const server = serve({ chunkCount: '600', chunkBytes: '4096', chunkDelayMs: '0' })
    await withClient(server, async (client) => {
      client.socket.pause()
      client.send(chatRequest().repeat(5))
      await Bun.sleep(1100)
      client.send(chatRequest())
      client.socket.resume()
      for (let i = 0; i < 6; i++) {
        const { headers, body } = await client.response()
        expect(Number.isNaN(Date.parse(headers['date']!))).toBe(false)
        expect(isOver({ body })).toBe(true)
      }
    })
  })
})

describe('stop', () => {
  test('idle connections end at once, replies under way with their end, and new ones are refused', async () => {
    const server = serve({ chunkDelayMs: '40' })
    const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(server.port)))
    const [idle, used, half, streaming, ahead] = clients as [
      RawClient,
      RawClient,
      RawClient,
      RawClient,
      RawClient,
    ]
    used.send(HEALTH)
    await used.response()
    half.send(chatRequest().slice(0, 40))
    streaming.send(chatRequest())
    ahead.send(chatRequest() + HEALTH)
    await until(() => streaming.received().includes('data: ') && ahead.received().includes('data: '))
    const stopped = server.stop(10_000)
    running.delete(server)
    for (const client of [idle, used, half]) {
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }
    expect(streaming.ending()).toBeUndefined()
    const refused = await rawClient(server.port).then(
      () => 'accepted',
      () => 'refused',
    )
    expect(refused).toBe('refused')
    for (const client of [streaming, ahead]) {
      expect(isOver(await client.response())).toBe(true)
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }
    expect(await stopped).toMatchObject({ open: 0, completed: 2, cut: 0 })
  })

  test('a body that is still coming may come, and its reply ends', async () => {
    const server = serve({ chunkDelayMs: '20' })
    running.delete(server)
    await withClient(server, async (client) => {
      client.send(chatRequest().slice(0, -5))
      await until(() => client.received().includes('data: '))
      const stopped = server.stop(10_000)
      client.send(chatRequest().slice(-5))
      expect(isOver(await client.response())).toBe(true)
      expect(await stopped).toMatchObject({ open: 0, completed: 1, cut: 0 })
    })
  })

  test('what is left after the grace period is cut', async () => {
    const server = serve({ chunkDelayMs: '60000' })
    running.delete(server)
    await withClient(server, async (client) => {
      client.send(chatRequest())
      await until(() => server.snapshot(false).open === 1)
      expect(await server.stop(50)).toMatchObject({ open: 0, completed: 0, cut: 1 })
      await client.closed()
      expect(client.received()).toBe('')
    })
  })
})

describe('a Unix socket', () => {
  const path = join(folder.path, 'engine.sock')
  const server = serve({ socket: path, honor: 'fault', chunkDelayMs: '5' })

  /** All that comes for what is sent, until the other side ends. */
  function exchange(text: string): Promise<{ received: string; error: Error | undefined }> {
    const { promise, resolve } = Promise.withResolvers<{ received: string; error: Error | undefined }>()
    let received = ''
    let error: Error | undefined
    const socket = connect(path, () => socket.write(text))
    socket.on('data', (bytes) => (received += bytes.toString('latin1')))
    socket.on('error', (thrown) => (error = thrown))
    socket.on('close', () => resolve({ received, error }))
    return promise
  }

  test('serves as the port does', async () => {
    const { received, error } = await exchange(chatRequest() + get('/v1/models/one', 'Connection: close\r\n'))
    expect(error).toBeUndefined()
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\[DONE\]\n\n\r\n0\r\n\r\nHTTP\/1\.1 404 [^]*'one'/)
  })

  test.each([
    ['abort:2', 2],
    ['refuse', 0],
  ])('%s shows as a cut', async (pattern, events) => {
    const { received } = await exchange(chatRequest(`X-Test-Pattern: ${pattern}\r\n`))
    expect(received.split('data: ').length - 1).toBeLessThanOrEqual(events)
    expect(received).not.toContain('\r\n0\r\n\r\n')
    await until(() => server.snapshot(false).open === 0)
  })

  test('one connection, many replies', async () => {
    const { received } = await exchange(chatRequest().repeat(20) + chatRequest('Connection: close\r\n'))
    expect(received.split('[DONE]').length - 1).toBe(21)
  })
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
  await until(() => server.snapshot(false).open === 0)
  expect(server.snapshot(false).completed).toBe(2000)
})
