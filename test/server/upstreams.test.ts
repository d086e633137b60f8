// Several upstreams in one server, told apart by port and by prefix: each has all of its own.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { claimPort } from '../../src/fleet/host.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { chatRequest, engines, rawClient, serveFile, serveInProcess, withClient } from '../_helpers.ts'

const instant = { chunkDelayMs: '0', chunkCount: '2' }

interface Answer {
  readonly status: number
  readonly upstream: string | null
  readonly text: string
  readonly headers: Headers
}

async function ask(url: string, init: RequestInit = { method: 'POST', body: '{}' }): Promise<Answer> {
  const response = await fetch(url, { keepalive: false, ...init })
  const { status, headers } = response
  return { status, upstream: headers.get('x-mock-upstream'), text: await response.text(), headers }
}

describe.each(engines)('engine %s', (engine) => {
  let running: Running
  let other = 0
  const at = (path: string, port = running.port): string => `http://127.0.0.1:${port}${path}`

  beforeAll(async () => {
    other = await claimPort({ host: '127.0.0.1', port: 0 })
    running = await serveFile(
      `upstreams:
  - {name: plain, model: [one, two]}
  - {name: broken, prefix: /broken, fault: 'status:503x2,ok', model: three}
  - {name: rated, prefix: /rated, rate-limit: 2/s}
  - {name: locked, prefix: /locked, api-key: sk-locked}
  - {name: asked, prefix: /asked, reply: auto, honor: fault, max-body-bytes: 100}
  - {name: elsewhere, listen: 127.0.0.1:${other}, model: four}
  - {name: cut, listen: 127.0.0.1:${other}, prefix: /cut, fault: 'abort:1'}
`,
      { ...instant, engine },
    )
  })
  afterAll(async () => void (await running.stop(0)))

  test('models, by port and by prefix', async () => {
    const modelsAt = async (url: string): Promise<string[]> => {
      const { data } = JSON.parse((await ask(`${url}/v1/models`, {})).text) as { data: { id: string }[] }
      return data.map(({ id }) => id)
    }
    expect(await modelsAt(at(''))).toEqual(['one', 'two'])
    expect(await modelsAt(at('/broken'))).toEqual(['three'])
    expect(await modelsAt(at('', other))).toEqual(['four'])
    expect((await ask(at('/v1/models/four'), {})).status).toBe(404)
    expect((await ask(at('/v1/models/four', other), {})).status).toBe(200)
  })

  test('every answer says whose it is, refusals and preflights included', async () => {
    for (const [path, port, name, status] of [
      ['/v1/chat/completions', running.port, 'plain', 200],
      ['/anything', running.port, 'plain', 404],
      ['/locked/v1/chat/completions', running.port, 'locked', 401],
      ['/asked/v1/chat/completions', running.port, 'asked', 400],
      ['/v1/messages', other, 'elsewhere', 200],
    ] as const) {
      const answer = await ask(at(path, port), { method: 'POST', body: '[' })
      expect([path, answer.upstream, answer.status]).toEqual([path, name, status])
    }
    expect((await ask(at('/locked/health'), {})).upstream).toBe('locked')
  })

  test('faults: the script of one is played by what is asked of it alone', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) {
      statuses.push((await ask(at('/broken/v1/chat/completions'))).status)
      expect((await ask(at('/v1/chat/completions'))).status).toBe(200)
    }
    expect(statuses).toEqual([503, 503, 200, 200])
    const broken = await ask(at('/cut/v1/chat/completions', other)).catch(() => null)
    expect(broken).toBeNull()
  })

  test('limits', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await ask(at('/rated/v1/chat/completions'))).status)
    // Unless a second has passed meanwhile it is two.
    expect(statuses.slice(0, 2)).toEqual([200, 200])
    expect(statuses).toContain(429)
    for (let i = 0; i < 5; i++) expect((await ask(at('/v1/chat/completions'))).status).toBe(200)
  })

  test('key, size of a body, header that picks a fault, and whether bodies are read', async () => {
    const key = { authorization: 'Bearer sk-locked' }
    const locked = at('/locked/v1/chat/completions')
    expect((await ask(locked, { method: 'POST', headers: key })).status).toBe(200)
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(200) }] })
    const picked = { 'x-test-pattern': 'status:418' }
    const statusesAt = async (path: string): Promise<number[]> => [
      (await ask(at(path), { method: 'POST', body })).status,
      (await ask(at(path), { method: 'POST', body: '{"messages":[]}', headers: picked })).status,
    ]
    expect(await statusesAt('/v1/chat/completions')).toEqual([200, 200])
    expect(await statusesAt('/asked/v1/chat/completions')).toEqual([413, 418])
    const whole = await ask(at('/asked/v1/chat/completions'), {
      method: 'POST',
      body: '{"messages":[{"role":"user","content":"x"}]}',
    })
    expect(whole.headers.get('content-type')).toStartWith('application/json')
  })

  test('what is not there is no other upstream: 404, and where it is', async () => {
    const { status, text } = await ask(at('/nobody/v1/chat/completions'))
    expect(status).toBe(404)
    expect(JSON.parse(text).error.message).toEndWith(
      'did you mean /broken/v1/chat/completions, /rated/v1/chat/completions, /locked/v1/chat/completions, /asked/v1/chat/completions or /v1/chat/completions?',
    )
  })

  test('on one connection, one after the other and HEAD in between', () =>
    withClient(running, async (client) => {
      const seen: (string | undefined)[] = []
      for (const path of [
        '/v1/chat/completions',
        '/locked/v1/models',
        '/asked/health',
        '/broken/v1/chat/completions',
      ]) {
        client.send(
          path.endsWith('completions')
            ? chatRequest('', '{}', path)
            : `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
        )
        seen.push((await client.response()).headers['x-mock-upstream'])
      }
      expect(seen).toEqual(['plain', 'locked', 'asked', 'broken'])
    }))

  test('a percent-encoded prefix is the prefix', () =>
    withClient(running, async (client) => {
      client.send(chatRequest('', '{}', '/%62roken/v1/chat/completions'))
      expect((await client.response()).headers['x-mock-upstream']).toBe('broken')
    }))

  test('any-prefix: every other prefix belongs to the one that has none', async () => {
    const any = await serveFile('any-prefix: true\nupstreams: [{name: a}, {name: b, prefix: /b}]\n', {
      ...instant,
      engine,
    })
    try {
      for (const [path, name] of [
        ['/v1/chat/completions', 'a'],
        ['/gateway/v1/chat/completions', 'a'],
        ['/b/v1/chat/completions', 'b'],
        ['/bb/v1/chat/completions', 'a'],
      ] as const)
        expect([path, (await ask(at(path, any.port))).upstream]).toEqual([path, name])
    } finally {
      await any.stop(0)
    }
  })

  test('seeds: each deals by its own', async () => {
    const varied = 'chunk-delay-ms: 0\nchunk-count: 20\nchunk-count-jitter: uniform:0.5\n'
    const seeded = await serveFile(
      `${varied}upstreams: [{name: a, prefix: /a, seed: 1}, {name: b, prefix: /b, seed: 1}, {name: c, prefix: /c, seed: 2}]\n`,
      { engine },
    )
    try {
      const dealt = async (prefix: string): Promise<number[]> => {
        const lengths: number[] = []
        for (let i = 0; i < 24; i++)
          lengths.push((await ask(at(`${prefix}/v1/chat/completions`, seeded.port))).text.length)
        return lengths
      }
      const [a, b, c] = [await dealt('/a'), await dealt('/b'), await dealt('/c')]
      expect(b).toEqual(a)
      expect(c).not.toEqual(a)
    } finally {
      await seeded.stop(0)
    }
  })

  test('what waits to be told when it begins is served, and not ready', async () => {
    const waiting = serveInProcess({ ...instant, engine }, { began: {} })
    try {
      const statuses = async (): Promise<number[]> => {
        const [chat, ready] = [
          await ask(at('/v1/chat/completions', waiting.port)),
          await ask(at('/readyz', waiting.port), {}),
        ]
        return [chat.status, ready.status]
      }
      expect(await statuses()).toEqual([200, 503])
      waiting.begin({ '': Date.now() })
      expect(await statuses()).toEqual([200, 200])
    } finally {
      await waiting.stop(0)
    }
  })

  test('what nobody serves is told with its whole path, and what another method takes is', async () => {
    const prefixed = await serveFile('upstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}]', {
      ...instant,
      engine,
    })
    try {
      for (const [method, path, status, message] of [
        ['POST', '/c/v1/chat/completions', 404, 'the upstreams here are at /a or /b'],
        ['POST', '/b/v1/chat/completion', 404, 'did you mean /b/v1/chat/completions?'],
        ['PUT', '/stats', 405, 'allowed: GET, HEAD'],
      ] as const) {
        const { status: told, text } = await ask(at(path, prefixed.port), { method })
        expect([path, told, text]).toEqual([path, status, expect.stringContaining(message)])
      }
      const { requests } = JSON.parse((await ask(at('/stats', prefixed.port), {})).text) as Report
      expect(requests.unrouted.toSorted()).toEqual([
        'POST /b/v1/chat/completion',
        'POST /c/v1/chat/completions',
        'PUT /stats',
      ])
    } finally {
      await prefixed.stop(0)
    }
  })

  test('a preflight says whose it is, and what the program serves has one too', async () => {
    const open = await serveFile('cors: true\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}]', {
      engine,
    })
    try {
      for (const [path, upstream] of [
        ['/b/v1/chat/completions', 'b'],
        ['/control', 'a'],
      ] as const) {
        const { status, headers } = await ask(at(path, open.port), { method: 'OPTIONS' })
        expect([path, status, headers.get('x-mock-upstream')]).toEqual([path, 204, upstream])
        expect(headers.get('access-control-allow-methods')).toContain('PATCH')
      }
      expect((await ask(at('/c/v1/models', open.port), {})).upstream).toBeNull()
    } finally {
      await open.stop(0)
    }
  })

  test('what is here is told: all upstreams, and where', async () => {
    const service = JSON.parse((await ask(at('/'), {})).text) as object
    expect(service).toMatchObject({
      upstream: 'plain',
      upstreams: {
        plain: '/',
        broken: '/broken',
        elsewhere: `127.0.0.1:${other}`,
        cut: `127.0.0.1:${other}/cut`,
      },
    })
  })

  test('ready-after: 503 until then, by upstream', async () => {
    const late = await serveFile(
      'upstreams: [{name: a, prefix: /a}, {name: b, prefix: /b, ready-after: 1h}]\n',
      { engine },
    )
    try {
      const statusOf = async (path: string): Promise<number> => (await ask(at(path, late.port), {})).status
      expect(await Promise.all(['/a/readyz', '/b/readyz', '/b/health', '/readyz'].map(statusOf))).toEqual([
        200, 503, 200, 200,
      ])
      late.begin({ b: Date.now() - 3_600_000 })
      expect(await statusOf('/b/readyz')).toBe(200)
    } finally {
      await late.stop(0)
    }
  })
})

describe.each(engines)('one upstream without a file, engine %s', (engine) => {
  test('is what it always was: no header of ours, no name, and any prefix', async () => {
    const server = serveInProcess({ ...instant, engine })
    try {
      const at = (path: string): string => `http://127.0.0.1:${server.port}${path}`
      for (const [path, status] of [
        ['/v1/chat/completions', 200],
        ['/any/prefix/v1/chat/completions', 200],
        ['/nowhere', 404],
      ] as const) {
        const answer = await ask(at(path))
        expect([path, answer.status, answer.upstream]).toEqual([path, status, null])
      }
      const service = JSON.parse((await ask(at('/'), {})).text) as object
      expect(service).not.toHaveProperty('upstream')
      expect(service).toMatchObject({ base_urls: { openai: '/v1', ollama: '/' } })
    } finally {
      await server.stop(0)
    }
  })

  test('the bytes of its answer are those of one that is named, but for the name', async () => {
    const [plain, named] = [
      serveInProcess({ ...instant, engine }),
      await serveFile('upstreams: [{name: a}]\n', { ...instant, engine }),
    ]
    try {
      const bytesOf = async ({ port }: Running): Promise<string> => {
        const client = await rawClient(port)
        client.send(chatRequest('Connection: close\r\n'))
        await client.closed()
        client.socket.destroy()
        return client.received().replace(/^date:.*\r\n/im, '')
      }
      const [own, other] = [await bytesOf(plain), await bytesOf(named)]
      expect(other).toContain('X-Mock-Upstream: a\r\n')
      expect(other.replace(/^x-mock-upstream: a\r\n/im, '')).toBe(own)
    } finally {
      await Promise.all([plain.stop(0), named.stop(0)])
    }
  })
})
