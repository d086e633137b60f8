// What holds a stop, and what does not: only a reply that somebody waits for.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readSettings } from '../../src/config/config.ts'
import { total } from '../../src/stats/shares.ts'
import { type Identity, prepareIdentity } from '../../src/fleet/tls.ts'
import { chatRequest, numbersOf, rawClient, serveInProcess, until } from '../_helpers.ts'

/** Longer than a test may take: nothing but the stop itself ends it. */
const GRACE_MS = 3_600_000

let identity: Identity
const opened: (Socket | ClientHttp2Session)[] = []
beforeAll(async () => {
  identity = (await prepareIdentity(readSettings({ tls: 'true' }, {})))!
})
afterAll(() => {
  identity.remove()
  for (const connection of opened) connection.destroy()
})

function keep<T extends Socket | ClientHttp2Session>(connection: T): T {
  connection.on('error', () => {})
  opened.push(connection)
  return connection
}

async function sending(port: number, ...pieces: (string | Uint8Array)[]): Promise<void> {
  const socket = keep(connect(port, '127.0.0.1'))
  let answers = 0
  socket.on('data', () => answers++)
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await until(() => answers >= i)
    socket.write(piece)
  }
  await Bun.sleep(100) // it has been read by then; if not, the test is too kind
}

const health = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'

describe.each(['bun', 'socket'] as const)('engine %s: a stop does not wait for', (engine) => {
  test.each([
    ['a connection that says nothing', []],
    ['half a head', ['POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-']],
    ['a connection between two requests', [health]],
    ['half a head after a reply', [health, 'GET /hea']],
  ])('%s', async (_, pieces) => {
    const server = serveInProcess({ engine })
    await sending(server.port, ...pieces)
    await server.stop(GRACE_MS)
  })

  test('but for a reply, with half a head beside it', async () => {
    const server = serveInProcess({ engine, chunkCount: '3', chunkDelayMs: '300' })
    await sending(server.port, 'GET /hea')
    const client = await rawClient(server.port)
    client.send(chatRequest())
    await until(() => numbersOf(server).open === 1)
    const last = server.stop(GRACE_MS)
    expect((await client.response()).chunks.at(-1)).toBe('data: [DONE]\n\n')
    expect(total(await last)).toMatchObject({ completed: 1, cut: 0 })
  })

  test('but for a request whose body is still to come', async () => {
    const server = serveInProcess({ engine, reply: 'auto', chunkDelayMs: '0' })
    const client = await rawClient(server.port)
    const [head, body] = chatRequest().split('\r\n\r\n')
    client.send(`${head}\r\n\r\n`)
    await Bun.sleep(100)
    const last = server.stop(GRACE_MS)
    await Bun.sleep(2000) // longer than half a head is waited for
    client.send(body!)
    expect((await client.response()).chunks.at(-1)).toBe('data: [DONE]\n\n')
    await last
  })
})

describe('engine bun with TLS: a stop does not wait for', () => {
  test.each([
    ['a connection that says nothing', async (port: number) => sending(port)],
    [
      'half a handshake',
      async (port: number) => sending(port, new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])),
    ],
    [
      'a connection that has asked for nothing yet',
      async (port: number) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        keep(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, resolve))
        await promise
      },
    ],
    [
      'a session of HTTP/2 without streams',
      async (port: number) => {
        const session = keep(connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }))
        await new Promise((resolve) => session.once('remoteSettings', resolve))
      },
    ],
  ])('%s', async (_, open) => {
    const server = serveInProcess({}, { tls: identity })
    await open(server.port)
    await server.stop(GRACE_MS)
  })
})
