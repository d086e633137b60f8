// Other ways in than HTTP/1.1 in clear text: sockets, TLS, HTTP/2; and who is let in.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import { join } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import { type Identity, prepareIdentity } from '../../src/fleet/tls.ts'
import { readSettings } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { createKeyCheck } from '../../src/server/keys.ts'
import {
  chatRequest,
  engines,
  numbersOf,
  promises,
  rawClient,
  serveInProcess,
  temporaryFolder,
  until,
} from '../_helpers.ts'

const folder = temporaryFolder()
const running = new Set<Running>()
let identity: Identity
beforeAll(async () => {
  identity = (await prepareIdentity(readSettings({ tls: 'true' }, {})))!
})
afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop(0)))
  identity.remove()
  folder.remove()
})

const post = { ':method': 'POST', ':path': '/v1/chat/completions' }

async function withSession<T>(
  url: string,
  options: SecureClientSessionOptions,
  use: (session: ClientHttp2Session) => Promise<T>,
): Promise<T> {
  const session = connect(url, options)
  try {
    await once(session, 'remoteSettings') // else more is sent than the server takes at once
    return await use(session)
  } finally {
    session.destroy()
  }
}

function readStream(session: ClientHttp2Session, cancelAfter?: string): Promise<string> {
  const stream = session.request(post, { endStream: true })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let body = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    body += text
    if (cancelAfter !== undefined && body.includes(cancelAfter)) stream.close(8)
  })
  stream.on('close', () => resolve(body))
  stream.on('error', reject)
  return promise
}

describe.each(engines)('engine %s', (engine) => {
  function serve(flags: GivenFlags, tls = false): Running {
    const server = serveInProcess(
      { engine, chunkCount: '3', chunkDelayMs: '2', ...flags },
      { ...(tls && { tls: identity }) },
    )
    running.add(server)
    return server
  }

  describe.if(promises[engine].http2)('HTTP/2', () => {
    const ways = [
      ['prior knowledge in clear text', false],
      ['ALPN with TLS', true],
    ] as const

    test.each(ways)('%s: a thousand requests on one connection, 256 at a time', async (_, tls) => {
      const { port } = serve({}, tls)
      const options = tls ? { ca: readFileSync(identity.certFile) } : {}
      await withSession(`${tls ? 'https' : 'http'}://localhost:${port}`, options, async (session) => {
        const bodies = await Promise.all(Array.from({ length: 1000 }, () => readStream(session)))
        expect(session.remoteSettings.maxConcurrentStreams).toBe(256)
        expect(session.alpnProtocol).toBe(tls ? 'h2' : 'h2c')
        expect(new Set(bodies).size).toBe(1)
        expect(bodies[0]).toEndWith('data: [DONE]\n\n')
      })
    })

    test.each(ways)(
      '%s: a cancelled stream is one that its client left, and the others go on',
      async (_, tls) => {
        const server = serve({ chunkCount: '50', chunkDelayMs: '5' }, tls)
        const options = tls ? { ca: readFileSync(identity.certFile) } : {}
        await withSession(
          `${tls ? 'https' : 'http'}://localhost:${server.port}`,
          options,
          async (session) => {
            const [cancelled, whole] = await Promise.all([readStream(session, ' world'), readStream(session)])
            expect(cancelled).not.toContain('[DONE]')
            expect(whole).toEndWith('data: [DONE]\n\n')
          },
        )
        await until(() => numbersOf(server).abortedMidStream === 1)
        expect(numbersOf(server)).toMatchObject({ open: 0, completed: 1 })
      },
    )

    test('flow control: a stream whose client does not read stops, another on the same connection does not', async () => {
      const server = serve({ chunkCount: '1000', chunkBytes: '16384', chunkDelayMs: '0' })
      await withSession(`http://localhost:${server.port}`, {}, async (session) => {
        const stuck = session.request(post, { endStream: true })
        stuck.pause()
        await until(() => numbersOf(server).events > 0)
        await Bun.sleep(100)
        const { bytes } = numbersOf(server)
        expect(bytes).toBeLessThan(8_000_000) // of 16
        const whole = await readStream(session)
        expect(whole).toEndWith('data: [DONE]\n\n')
        expect(numbersOf(server).open).toBe(1)
        stuck.resume()
        await until(() => numbersOf(server).completed === 2)
      })
    })
  })

  describe.if(promises[engine].tls)('TLS', () => {
    test('HTTP/1.1 with a certificate that is valid for all names of this host', async () => {
      const { port } = serve({}, true)
      for (const host of ['localhost', '127.0.0.1']) {
        const response = await fetch(`https://${host}:${port}/v1/chat/completions`, {
          method: 'POST',
          tls: { ca: readFileSync(identity.certFile, 'utf8') },
        })
        expect(await response.text()).toEndWith('data: [DONE]\n\n')
      }
    })

    test('whoever does not trust it is told so', async () => {
      const { port } = serve({}, true)
      await expect(fetch(`https://localhost:${port}/health`)).rejects.toThrow('self signed certificate')
    })

    test('clear text on the port of TLS is refused, and harms nobody', async () => {
      const { port } = serve({}, true)
      const client = await rawClient(port)
      client.send(chatRequest())
      await client.closed()
      expect(client.received()).not.toContain('200 OK')
    })
  })

  describe('a Unix socket', () => {
    const path = join(folder.path, `${engine}.sock`)

    test('answers as the port does, with the permissions asked for', async () => {
      serve({ socket: path, socketMode: '660' })
      expect((statSync(path).mode & 0o777).toString(8)).toBe('660')
      const response = await fetch('http://localhost/v1/chat/completions', { method: 'POST', unix: path })
      expect(await response.text()).toEndWith('data: [DONE]\n\n')
    })

    test('only the first of several workers serves it', () => {
      const other = join(folder.path, `${engine}-other.sock`)
      running.add(serveInProcess({ engine, socket: other }, { place: { index: 1, workers: 2 } }))
      expect(statSync(other, { throwIfNoEntry: false })).toBeUndefined()
    })
  })

  describe('--api-key', () => {
    const ask = async (path: string, headers: Record<string, string>, method = 'POST') =>
      fetch(`http://127.0.0.1:${guarded.port}${path}`, { method, headers })
    let guarded: Running
    beforeAll(() => {
      guarded = serve({ apiKey: 'secret' })
    })

    test.each([
      ['/v1/chat/completions', { authorization: 'Bearer secret' }],
      ['/v1/chat/completions', { Authorization: 'bearer  secret' }],
      ['/v1/messages', { 'x-api-key': 'secret' }],
      ['/v1beta/models/any:generateContent', { 'x-goog-api-key': 'secret' }],
      ['/v1beta/models/any:generateContent?key=secret', {}],
      ['/v1beta/models/any:generateContent?key=%73ecret', {}],
      ['/openai/deployments/any/chat/completions', { 'api-key': 'secret' }],
    ] as [string, Record<string, string>][])('%s with %j is let in', async (path, headers) =>
      expect((await ask(path, headers)).status).toBe(200),
    )

    test.each([
      ['/v1/chat/completions', {}, { code: 'invalid_api_key' }],
      ['/v1/chat/completions', { authorization: 'Bearer secretx' }, { code: 'invalid_api_key' }],
      ['/v1/chat/completions', { authorization: 'secret' }, { code: 'invalid_api_key' }],
      ['/v1/messages', { 'x-api-key': '' }, { type: 'authentication_error' }],
      ['/v1beta/models/any:generateContent', { 'x-goog-api-key': 'Secret' }, { status: 'UNAUTHENTICATED' }],
    ] as [string, Record<string, string>, object][])(
      '%s with %j gets the provider’s 401',
      async (path, headers, error) => {
        const response = await ask(path, headers)
        expect(response.status).toBe(401)
        expect(((await response.json()) as { error: object }).error).toMatchObject(error)
      },
    )

    test('models are guarded too, also those that there are not; health and numbers are not', async () => {
      const models = await ask('/v1/models', { 'anthropic-version': '2023-06-01' }, 'GET')
      expect([models.status, await models.json()]).toMatchObject([401, { type: 'error' }])
      expect((await ask('/v1/models/none', {}, 'GET')).status).toBe(401)
      expect((await ask('/health', {}, 'GET')).status).toBe(200)
      expect((await ask('/stats', {}, 'GET')).status).toBe(200)
    })

    test('any place will do, whatever stands in the others', () => {
      const isKnown = createKeyCheck('secret')
      const headers = new Headers({ authorization: 'Bearer other', 'x-api-key': '', 'api-key': 'secret' })
      expect(isKnown({ header: (name) => headers.get(name), query: '' })).toBe(true)
    })

    test('a wrong key of any length is a wrong key', () => {
      const isKnown = createKeyCheck('secret')
      for (const given of ['', 's', 'secre', 'secret0', 'x'.repeat(10_000)])
        expect(isKnown({ header: (name) => (name === 'x-api-key' ? given : null), query: '' })).toBe(false)
    })
  })

  test('--cors lets pages of any origin ask, with a key and a body', async () => {
    const { port } = serve({ cors: 'true' })
    const url = `http://127.0.0.1:${port}`
    const preflight = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://example.org',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
      'access-control-allow-headers': 'authorization,content-type',
    })
    for (const [path, method] of [
      ['/v1/chat/completions', 'POST'],
      ['/nowhere', 'GET'],
      ['/stats', 'GET'],
      ['/metrics', 'GET'],
    ] as const)
      expect((await fetch(url + path, { method })).headers.get('access-control-allow-origin')).toBe('*')
    const without = serve({})
    const refused = await fetch(`http://127.0.0.1:${without.port}/v1/chat/completions`, { method: 'OPTIONS' })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })

  describe.each(['stream', 'auto'])('--max-body-bytes with --reply %s', (reply) => {
    const body = (bytes: number): string => JSON.stringify({ user: 'm'.repeat(bytes - 11) })

    test.each([
      ['with a length', (text: string) => text],
      ['without one', (text: string) => new Blob([text]).stream()],
    ] as const)('%s: exact, and in the words of the provider', async (_, wrap) => {
      const { port } = serve({ maxBodyBytes: '1000', reply, cors: 'true' })
      const send = (bytes: number) =>
        fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', body: wrap(body(bytes)) })
      const fits = await send(1000)
      expect([fits.status, (await fits.text()).length > 100]).toEqual([200, true])
      for (const bytes of [1001, 8_000_000]) {
        const large = await send(bytes)
        expect(large.status).toBe(413)
        expect(large.headers.get('access-control-allow-origin')).toBe('*')
        expect(await large.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
      }
    })
  })
})
