// Faults of the connection as a raw client sees them, byte for byte, and connections that end after so many replies.
import { describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, numbersOf, type RawClient, until } from '../_helpers.ts'
import { faultOf } from './_faults.ts'
import { HEALTH, withClient } from './_socket.ts'
import { useServers } from './_servers.ts'

const { serve: serveWith } = useServers({ engine: 'socket', chunkCount: '3', chunkDelayMs: '5' })
const serve = (flags: GivenFlags): Running => serveWith(flags)

const HEAD =
  'HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nX-Accel-Buffering: no\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
const END = '0\r\n\r\n'
const undated = (text: string): string =>
  text.replace(/Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/, 'Date: D')
const framed = (chunk: string): string => `${chunk.length.toString(16)}\r\n${chunk}\r\n`

/** All that comes until the connection ends. */
async function receiveAll(server: Running, request = chatRequest()): Promise<string> {
  return withClient(server, async (client) => {
    client.send(request)
    await until(() => client.ending() === 'end')
    return undated(client.received())
  })
}

const { chunks } = await withClient(serve({}), async (client) => {
  client.send(chatRequest())
  return client.response()
})

describe('each kind, byte for byte', () => {
  const usual = chunks.map(framed)
  const body = chunks.join('')

  test.each<[fault: string, sent: string]>([
    ['wrong-length', `${HEAD}Content-Length: ${body.length + 100}\r\n\r\n${body}`],
    ['no-terminator', CHUNKED + usual.join('')],
    ['no-terminator+end:1', CHUNKED + usual[0]],
    [
      'no-terminator+split:90',
      CHUNKED +
        chunks
          .flatMap((chunk) => chunk.match(/[^]{1,90}/g)!)
          .map(framed)
          .join(''),
    ],
    ['early-fin', CHUNKED + usual.join('') + END],
    ['early-fin+bad-chunk:0', `${CHUNKED}x${usual.join('')}${END}`],
    ['cut-head', `${CHUNKED}`.slice(0, 77)],
  ])('%s', async (fault, sent) => {
    const received = await receiveAll(serve({ fault }))
    if (fault !== 'cut-head') return expect(received).toBe(sent)
    expect(CHUNKED).toStartWith(received) // a real date is longer than its D
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nDate: D\r\n.+$/s)
  })

  test('bad-chunk: one size, and the rest as usual on a connection that goes on', () =>
    withClient(serve({ fault: 'bad-chunk:1x1,ok' }), async (client) => {
      client.send(chatRequest())
      await until(() => client.received().endsWith(END))
      expect(undated(client.received())).toBe(CHUNKED + usual.with(1, `x${usual[1]}`).join('') + END)
      client.send(HEALTH)
      await until(() => client.received().endsWith('{"status":"ok"}'))
    }))

  test('slow-head: in pieces, and the rest later', async () => {
    const server = serve({ fault: 'slow-head:1500/s' })
    await withClient(server, async (client) => {
      const sizes: number[] = []
      client.socket.on('data', (bytes) => sizes.push(bytes.length))
      const startedMs = performance.now()
      client.send(chatRequest())
      await until(() => client.received().endsWith(END))
      expect(undated(client.received())).toBe(CHUNKED + usual.join('') + END)
      expect(performance.now() - startedMs).toBeGreaterThan((CHUNKED.length / 1500) * 1000)
      expect(sizes.length).toBeGreaterThan(2)
      expect(sizes[0]).toBeLessThan(CHUNKED.length) // a busy machine reads several pieces at once
      client.send(HEALTH)
      await until(() => client.received().endsWith('{"status":"ok"}'))
    })
  })

  test.each([
    ['reset-after:0', 0],
    ['reset-after:3', 0],
    ['reset-after:12', 2],
  ])('%s: after %d chunks, without an end', async (fault, count) => {
    const sent = count === 0 ? '' : CHUNKED + usual.slice(0, count).join('')
    // Reset, a client may lose what it had not read: sooner or later it has all of it.
    await until(() =>
      withClient(serve({ fault }), async (client) => {
        client.send(chatRequest())
        await until(() => client.ending() !== undefined)
        expect(client.ending()).toBeInstanceOf(Error)
        expect(sent).toStartWith(undated(client.received()))
        return undated(client.received()) === sent
      }),
    )
  })

  test.each(['slow-head:5000/s+abort:2', 'bad-chunk:0+abort:2', 'slow-head:5000/s+bad-chunk:0+abort:2'])(
    '%s: two chunks and no end',
    async (fault) => {
      const sent = CHUNKED + (fault.includes('bad-chunk') ? 'x' : '') + usual.slice(0, 2).join('')
      await until(() =>
        withClient(serve({ fault }), async (client) => {
          client.send(chatRequest())
          await until(() => client.ending() !== undefined)
          expect(client.ending()).toBeInstanceOf(Error)
          expect(sent).toStartWith(undated(client.received()))
          return undated(client.received()) === sent
        }),
      )
    },
  )

  test.each(['slow-head:5000/s+abort:0', 'slow-head:5000/s+abort:2+gzip!', 'bad-chunk:0+abort:2+br!'])(
    '%s: no end',
    (fault) =>
      withClient(serve({ fault }), async (client) => {
        client.send(chatRequest())
        await until(() => client.ending() !== undefined)
        expect(client.ending()).toBeInstanceOf(Error)
        expect(client.received()).not.toEndWith(END)
      }),
  )

  test('what is filled in is filled in', async () => {
    const server = serve({ fault: 'early-fin+slow-head:100000', stamp: 'true', uniqueIds: 'true' })
    const [one, two] = [await receiveAll(server), await receiveAll(server)]
    const ids = [one, two].map((text) => new Set(text.match(/mock\d{16}/g)))
    expect(ids.map(({ size }) => size)).toEqual([1, 1])
    expect(ids[0]).not.toEqual(ids[1])
    expect(one.match(/\d{8}@\d{16} /g)!.map((stamp) => Number(stamp.slice(0, 8)))).toEqual([0, 1, 2])
  })

  test('of a client that reads slowly', async () => {
    const flags = {
      chunkCount: '2000',
      chunkBytes: '4096',
      chunkDelayMs: '0',
      stamp: 'true',
      uniqueIds: 'true',
    }
    const server = serve({ fault: 'no-terminator', ...flags })
    await withClient(server, async (client) => {
      client.socket.pause()
      client.send(chatRequest())
      await until(() => numbersOf(server).bytes > 0)
      client.socket.resume()
      await until(() => client.ending() === 'end')
      const stamps = client.received().match(/\d{8}@\d{16} /g)!
      expect(stamps.map((stamp) => Number(stamp.slice(0, 8)))).toEqual(stamps.map((_, i) => i))
      expect(stamps).toHaveLength(2000)
      expect(new Set(client.received().match(/mock\d{16}/g)).size).toBe(1)
      expect(client.received()).not.toEndWith(END)
    })
  })
})

describe('answers that are one body', () => {
  const whole = async (fault: string): Promise<string> =>
    (await receiveAll(serve({ fault, reply: 'json' }))).split(/\r\n\r\n([^]*)/)[1]!

  test('keep their length', async () => {
    const text = await receiveAll(serve({ fault: 'early-fin', reply: 'json' }))
    const [head, body] = text.split(/\r\n\r\n([^]*)/)
    expect(head).toContain(`Content-Length: ${body!.length}`)
    expect(head).not.toContain('chunked')
    expect(() => JSON.parse(body!)).not.toThrow()
    expect(await whole('wrong-length')).toBe(body!)
  })

  test('wait for the body of the request', () =>
    withClient(serve({ fault: 'early-fin', reply: 'json', chunkDelayMs: '0' }), async (client) => {
      client.send(chatRequest('', '0123456789').slice(0, -1))
      await Bun.sleep(20)
      expect(client.received()).toBe('')
      client.send('9')
      await until(() => client.received().endsWith('}'))
    }))

  test('can be compressed as well', async () => {
    const body = await whole('gzip!+early-fin')
    expect(JSON.parse(gunzipSync(Buffer.from(body, 'latin1')).toString()).object).toBe('chat.completion')
  })
})

test('a stream ends after the body of its request, whatever is wrong with it', () =>
  withClient(serve({ fault: 'early-fin', chunkDelayMs: '0' }), async (client) => {
    client.send(chatRequest('', '0123456789').slice(0, -1))
    await until(() => client.received().endsWith(framed(chunks.at(-1)!)))
    await Bun.sleep(20)
    expect([client.received().endsWith(END), client.ending()]).toEqual([false, undefined])
    client.send('9')
    await until(() => client.received().endsWith(END) && client.ending() === 'end')
  }))

test('in HTTP/1.0 there are no chunks to be wrong', async () => {
  for (const fault of ['no-terminator', 'bad-chunk:1', 'early-fin']) {
    const text = await receiveAll(
      serve({ fault }),
      'POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 0\r\n\r\n',
    )
    expect(text).toBe(`${HEAD}Connection: close\r\n\r\n${chunks.join('')}`)
  }
})

test('after early-fin what comes is read and not answered', () =>
  withClient(serve({ fault: 'early-fin' }), async (client) => {
    client.socket.allowHalfOpen = true
    client.send(chatRequest())
    await until(() => client.ending() === 'end')
    const received = client.received()
    await client.send(HEALTH) // no reset
    await Bun.sleep(50)
    expect(client.received()).toBe(received)
  }))

test('what clients did is counted', async () => {
  const server = serve({ honor: 'fault' })
  for (const fault of ['no-terminator', 'cut-head', 'wrong-length'])
    await receiveAll(server, chatRequest(`X-Test-Pattern: ${fault}\r\n`))
  for (const fault of ['no-terminator', 'cut-head', 'wrong-length'])
    expect(await faultOf(server, fault)).toMatchObject({ dealt: 1, completed: 1 })
  expect(numbersOf(server)).toMatchObject({ open: 0, completed: 3 })
})

describe('--close-after', () => {
  const HEALTH_REPLY = /^HTTP\/1\.1 200 OK\r\n(?!Connection)[^]*\{"status":"ok"\}$/

  test('replies say nothing of it, and the connection ends behind the last', () =>
    withClient(serve({ closeAfter: '3' }), async (client: RawClient) => {
      for (let i = 0; i < 2; i++) {
        client.send(HEALTH)
        expect(await client.response()).toMatchObject({ status: 200 })
      }
      client.send(HEALTH)
      await until(() => client.ending() === 'end')
      expect(client.received()).toMatch(HEALTH_REPLY)
    }))

  test('of requests sent ahead no more than so many are answered', () =>
    withClient(serve({ closeAfter: '2', chunkDelayMs: '0' }), async (client) => {
      client.send(chatRequest() + HEALTH + HEALTH + HEALTH)
      await until(() => client.ending() !== undefined)
      expect(client.received().split('HTTP/1.1 200 OK').length - 1).toBe(2)
    }))

  test('every connection counts for itself, refusals too', async () => {
    const server = serve({ closeAfter: '1', apiKey: 'k' })
    for (const request of [chatRequest(), HEALTH, chatRequest()]) {
      const text = await receiveAll(server, request)
      expect(text).toMatch(request === HEALTH ? HEALTH_REPLY : /^HTTP\/1\.1 401/)
      expect(text).not.toContain('Connection: close')
    }
  })

  test('what is sent at that moment is answered with a reset', () =>
    withClient(serve({ closeAfter: '1' }), async (client) => {
      client.socket.allowHalfOpen = true
      client.send(HEALTH)
      await until(() => client.ending() === 'end')
      await until(() => {
        client.send(HEALTH)
        return client.ending() instanceof Error
      })
    }))

  test('0 is never', () =>
    withClient(serve({ closeAfter: '0' }), async (client) => {
      for (let i = 0; i < 20; i++) {
        client.send(HEALTH)
        expect((await client.response()).status).toBe(200)
      }
      expect(client.ending()).toBeUndefined()
    }))
})
