// What changes while it is served: phases by the clock, and orders by /control. On one server, without other processes.
import { afterAll, describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import {
  chatRequest,
  engines,
  type RawClient,
  rawClient,
  serveFile,
  serveInProcess,
  until,
} from '../_helpers.ts'

const CHAT = '/v1/chat/completions'

interface Told {
  readonly status: number
  readonly body: { readonly error?: { readonly message: string } } & Readonly<Record<string, unknown>>
}

describe.each(engines)('engine %s', (engine) => {
  const running: Running[] = []
  afterAll(async () => void (await Promise.all(running.map((server) => server.stop(0)))))
  const serve = async (yaml: string | null, flags: GivenFlags = {}): Promise<Running> => {
    const all = { engine, chunkCount: '2', ...flags }
    const server = yaml === null ? serveInProcess(all) : await serveFile(yaml, all)
    running.push(server)
    return server
  }
  const ask = async (
    { port }: Running,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Told> => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const sent = body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      keepalive: false,
      ...sent,
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} }
  }
  const statusOf = async (server: Running, path = CHAT): Promise<number> =>
    (await ask(server, 'POST', path, {})).status

  describe('phases', () => {
    test('follow each other by the clock, and begin anew with the numbers', async () => {
      const server = await serve(
        'chunk-delay-ms: 0\nphases: [{after: 0}, {after: 150, fault: status:503}, {after: 300}]\n',
      )
      const follow = async (): Promise<void> => {
        await until(async () => (await statusOf(server)) === 503)
        await until(async () => (await statusOf(server)) === 200)
      }
      await follow()
      server.begin({ '': Date.now() })
      await follow()
      await ask(server, 'POST', '/stats/reset')
      await follow()
    })

    test('loop: they come again and again', async () => {
      const server = await serve(
        'chunk-delay-ms: 0\nloop: true\nphases: [{after: 0}, {after: 60, fault: status:503}, {after: 120}]\n',
      )
      for (let round = 0; round < 3; round++) {
        await until(async () => (await statusOf(server)) === 503)
        await until(async () => (await statusOf(server)) === 200)
      }
    })

    test('a ramp: step by step, and the last one stays', async () => {
      const server = await serve(
        'chunk-delay-ms: 0\ncontrol: true\nreply: json\nramp: {over: 100, steps: 4, chunk-count: [0, 4]}\n',
      )
      const chunks = async (): Promise<number> => {
        const { body } = await ask(server, 'POST', CHAT, {})
        return (body['usage'] as { completion_tokens: number }).completion_tokens
      }
      await until(async () => (await chunks()) === 4)
      // From before its beginning each step is to be seen at its moment.
      for (let step = 0; step <= 4; step++) {
        await ask(server, 'POST', '/control/phase', { to: step })
        if (step < 4) await until(async () => (await chunks()) >= step)
        else expect(await chunks()).toBe(4)
      }
    })

    test('an open reply ends as it began', async () => {
      const server = await serve(
        'control: true\nphases: [{after: 0, chunk-delay-ms: 40, chunk-count: 6}, {after: 1h, fault: refuse}]\n',
      )
      const client = await openStream(server.port)
      await ask(server, 'POST', '/control/phase', { to: 1 })
      expect(await statusOf(server).catch(() => 'refused')).not.toBe(200)
      const { body } = await client.response()
      expect(body.match(/^data: /gm)!.length).toBe(8)
      expect(body).toEndWith('data: [DONE]\n\n')
      client.socket.destroy()
    })
  })

  describe('/control', () => {
    test('is not there without --control, and says so', async () => {
      const server = await serve(null)
      for (const [method, path] of [
        ['GET', '/control'],
        ['PATCH', '/control'],
        ['DELETE', '/control'],
        ['POST', '/control/phase'],
      ] as const) {
        const { status, body } = await ask(server, method, path, method === 'GET' ? undefined : {})
        expect([method, status]).toEqual([method, 404])
        expect(body.error!.message).toContain('--control')
      }
      expect((await ask(server, 'PUT', '/control')).status).toBe(405)
    })

    test('shows the settings, changes them, and brings them back', async () => {
      const server = await serve(null, { control: 'true', chunkDelayMs: '0' })
      const before = await ask(server, 'GET', '/control')
      expect([before.status, before.body['chunk-delay-ms'], before.body['fault']]).toEqual([200, 0, ''])
      const patched = await ask(server, 'PATCH', '/control', { fault: 'status:429', 'ttft-ms': 3 })
      expect([patched.status, patched.body['fault'], patched.body['ttft-ms']]).toEqual([
        200,
        'status:429@100%',
        3,
      ])
      expect(await statusOf(server)).toBe(429)
      expect((await ask(server, 'GET', '/control')).body).toEqual(patched.body)
      const half = await ask(server, 'PATCH', '/control', { fault: null })
      expect([half.body['fault'], half.body['ttft-ms'], await statusOf(server)]).toEqual(['', 3, 200])
      const restored = await ask(server, 'DELETE', '/control')
      expect(restored.body).toEqual(before.body)
    })

    test('of one upstream, by its name; of others nothing changes', async () => {
      const server = await serve(
        'chunk-delay-ms: 0\ncontrol: true\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}]\n',
      )
      const both = async (): Promise<number[]> => [
        await statusOf(server, `/a${CHAT}`),
        await statusOf(server, `/b${CHAT}`),
      ]
      await ask(server, 'PATCH', '/control?upstream=b', { fault: 'status:500' })
      expect(await both()).toEqual([200, 500])
      await ask(server, 'PATCH', '/control', { fault: 'status:503' })
      expect(await both()).toEqual([503, 503])
      await ask(server, 'DELETE', '/control?upstream=b')
      expect(await both()).toEqual([503, 200])
      const models = await ask(server, 'PATCH', '/control?upstream=b', { model: ['x'] })
      expect(models.body['upstreams']).toMatchObject([{ name: 'a' }, { name: 'b', model: 'x' }])
      expect((await ask(server, 'GET', '/b/v1/models/x')).status).toBe(200)
      expect((await ask(server, 'GET', '/a/v1/models/x')).status).toBe(404)
    })

    test('what has not changed goes on where it was: scripts of other upstreams', async () => {
      const server = await serve(
        `chunk-delay-ms: 0\ncontrol: true\nfault: 'status:429x2,ok'\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}]\n`,
      )
      const ofA: number[] = []
      for (let i = 0; i < 3; i++) {
        ofA.push(await statusOf(server, `/a${CHAT}`))
        expect(await statusOf(server, `/b${CHAT}`)).toBe(429) // begins anew with each change of it
        await ask(server, 'PATCH', '/control?upstream=b', { 'ttft-ms': i })
      }
      expect(ofA).toEqual([429, 429, 200])
    })

    test.each<
      [method: string, path: string, body: string | Uint8Array | undefined, status: number, message: string]
    >([
      ['PATCH', '/control', Buffer.from('{"model": "\xff"}', 'latin1'), 400, 'The body is no UTF-8 text.'],
      ['POST', '/control/phase', Uint8Array.of(0xc3), 400, 'The body is no UTF-8 text.'],
      ['PATCH', '/control', '{"model": "\\ud800"}', 400, 'body:1:11: model has half a surrogate pair'],
      ['PATCH', '/control', '{"api-key": "geheim key"}', 400, 'api-key does not accept what was given'],
      ['PATCH', '/control', '{"api-key": "(set)"}', 400, 'put the key itself there'],
      ['PATCH', '/control', '{"workers": 2}', 409, 'workers cannot change'],
      ['PATCH', '/control', '{"listen": ":1"}', 409, 'listen cannot change'],
      ['PATCH', '/control', '{"tls": true}', 409, 'tls cannot change'],
      ['PATCH', '/control', '{"chunk-delay": 1}', 400, 'chunk-delay-ms'],
      ['PATCH', '/control', '{"chunk-delay-ms": "soon"}', 400, 'chunk-delay-ms does not accept'],
      ['PATCH', '/control', '{"chunk-count": 1000000000}', 400, 'chunk-count does not accept'],
      ['PATCH', '/control', '{"chunk-count": 1, "fault": "abort:50"}', 400, 'fault'],
      ['PATCH', '/control', '', 400, 'is empty'],
      ['PATCH', '/control', undefined, 400, 'is empty'],
      ['PATCH', '/control', 'x'.repeat((1 << 20) + 1), 413, 'at most 1048576 bytes'],
      ['PATCH', '/control?upstream=z', '{}', 404, "No upstream is called 'z'"],
      ['PATCH', '/control?upsteam=a', '{}', 400, 'Did you mean upstream?'],
      ['GET', '/control?upstream=a', undefined, 400, 'It takes none.'],
      ['POST', '/control/phase', '{"to": 1}', 409, 'nothing to enter'],
      ['POST', '/control/phase', '{}', 400, 'as in {"to": 2}'],
      ['DELETE', '/control?upstream=z', undefined, 404, "No upstream is called 'z'"],
    ])('%s %s %.30s: %d', async (method, path, body, status, message) => {
      const server = await serve(null, { control: 'true', chunkDelayMs: '0' })
      const told = await ask(server, method, path, body)
      expect([told.status, told.body.error?.message]).toEqual([status, expect.stringContaining(message)])
      expect(await statusOf(server)).toBe(200)
    })

    test('where one of several has a key it asks for that; the numbers are open', async () => {
      const server = await serve(
        'control: true\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b, api-key: sk-b}, {name: c, prefix: /c, api-key: sk-c}]',
      )
      const asked = async (path: string, key?: string): Promise<number> =>
        (await ask(server, 'GET', path, undefined, key === undefined ? {} : { 'x-api-key': key })).status
      expect(await Promise.all([asked('/control'), asked('/control', 'sk-a'), asked('/stats')])).toEqual([
        401, 401, 200,
      ])
      expect(await Promise.all(['sk-b', 'sk-c'].map((key) => asked('/control', key)))).toEqual([200, 200])
    })

    test('with a key it asks for it', async () => {
      const server = await serve(null, { control: 'true', apiKey: 'sk-1', chunkDelayMs: '0' })
      const key = { authorization: 'Bearer sk-1' }
      for (const [method, path] of [
        ['GET', '/control'],
        ['PATCH', '/control'],
        ['DELETE', '/control'],
        ['POST', '/control/phase'],
      ] as const) {
        const body = method === 'GET' ? undefined : '{}'
        expect([method, (await ask(server, method, path, body)).status]).toEqual([method, 401])
        expect((await ask(server, method, path, body, key)).status).not.toBe(401)
      }
      const shown = await ask(server, 'PATCH', '/control', { 'api-key': 'sk-2' }, key)
      expect(shown.body['api-key']).toBe('(set)')
      expect((await ask(server, 'GET', '/control', undefined, key)).status).toBe(401)
      expect((await ask(server, 'GET', '/control', undefined, { authorization: 'Bearer sk-2' })).status).toBe(
        200,
      )
    })

    test('200 streams go on as they began while it changes again and again', async () => {
      const server = await serve(null, { control: 'true', chunkCount: '20', chunkDelayMs: '20' })
      const clients = await Promise.all(Array.from({ length: 200 }, () => openStream(server.port)))
      for (let i = 0; i < 10; i++)
        expect((await ask(server, 'PATCH', '/control', { 'chunk-count': i, fault: 'hang' })).status).toBe(200)
      for (const client of clients) {
        const { body } = await client.response()
        expect(body.match(/^data: /gm)!.length).toBe(22)
        expect(body).toEndWith('data: [DONE]\n\n')
        client.socket.destroy()
      }
    })
  })
})

/** A stream whose first event has come. */
async function openStream(port: number): Promise<RawClient> {
  const client = await rawClient(port)
  client.send(chatRequest())
  await until(() => client.received().includes('data: '))
  return client
}
