// GET / on both engines: who gets the page, what comes with it, and that it holds neither key nor anything of elsewhere.
import { afterEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, engines, numbersOf, serveInProcess, until, withClient } from '../_helpers.ts'

const HTML = 'text/html,*/*;q=0.8'

describe.each(engines)('engine %s', (engine) => {
  let running: Running | undefined
  afterEach(async () => {
    await running?.stop(0)
    running = undefined
  })

  const serve = (flags: GivenFlags = {}): string => {
    running = serveInProcess({ engine, chunkDelayMs: '0', ...flags })
    return `http://127.0.0.1:${running.port}`
  }
  const load = (url: string, accept: string = HTML): Promise<Response> => fetch(url, { headers: { accept } })

  test.each([
    [HTML, true],
    ['*/*', false],
    ['application/json, text/html;q=0.1', false],
    ['?', false],
  ])('Accept: %s', async (accept, page) => {
    const response = await load(serve(), accept)
    expect(response.status).toBe(200)
    expect(response.headers.get('vary')).toBe('Accept')
    expect(response.headers.get('content-type')).toBe(page ? 'text/html;charset=utf-8' : 'application/json')
    expect(await response.text()).toStartWith(page ? '<!doctype html>' : '{"service":"mock-llm-api"')
  })

  test('without an Accept header, and with HEAD', async () => {
    serve()
    const server = { port: running!.port }
    await withClient(server, async (client) => {
      client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      expect((await client.response()).headers['content-type']).toBe('application/json')
    })
    await withClient(server, async (client) => {
      client.send(`HEAD / HTTP/1.1\r\nHost: x\r\nAccept: ${HTML}\r\n\r\n`)
      const received = await until(() => client.received().includes('\r\n\r\n') && client.received())
      expect(received).toStartWith('HTTP/1.1 200 OK\r\n')
      expect(received).toMatch(/^content-type: text\/html/im)
      expect(received).toEndWith('\r\n\r\n')
    })
  })

  test('the same for everyone, and the first two at once', async () => {
    const url = serve()
    const pages = await Promise.all([load(url), load(url)])
    const [first, second] = await Promise.all(pages.map((page) => page.text()))
    expect(first).toBe(second!)
    expect(await (await load(`${url}/?x`)).text()).toBe(first!)
  })

  test('with --no-page there is none, and nothing that depends on Accept', async () => {
    const response = await load(serve({ noPage: 'true' }))
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.has('vary')).toBe(false)
  })

  test('it needs no key, is not counted, and takes nothing from a limit', async () => {
    const url = serve({ apiKey: 'se<same', maxOpen: '1', rateLimit: '1/s', fault: 'status:500' })
    const text = await (await load(url)).text()
    await load(url)
    expect(text).not.toContain('se<same')
    expect(text).not.toContain('se&lt;same')
    expect(numbersOf(running!).routes).toEqual([])
  })

  test('a browser may run what is in it, and ask nobody but us', async () => {
    const response = await load(serve())
    const policy = Object.fromEntries(
      response.headers
        .get('content-security-policy')!
        .split('; ')
        .map((rule) => [rule.split(' ')[0]!, rule.split(' ').slice(1)]),
    )
    const html = await response.text()
    for (const tag of ['script', 'style']) {
      const texts = [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(([, text]) => text!)
      const hashes = texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      expect(policy[`${tag}-src`]).toEqual(hashes)
      expect(hashes.length).toBeGreaterThan(0)
    }
    expect(policy).toMatchObject({
      'default-src': ["'none'"],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    })
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('with --cors it has those headers as well', async () => {
    expect((await load(serve({ cors: 'true' }))).headers.get('access-control-allow-origin')).toBe('*')
  })

  test('other methods are refused as they were', async () => {
    const response = await fetch(serve(), { method: 'POST', headers: { accept: HTML } })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  describe('GET /stats?buckets', () => {
    const stats = async (url: string, query: string): Promise<Record<string, any>> =>
      (await fetch(`${url}/stats${query}`)).json() as Promise<Record<string, any>>

    test('adds how often each value came, and nothing else', async () => {
      const url = serve({ chunkCount: '3' })
      for (let i = 0; i < 3; i++)
        await withClient({ port: running!.port }, async (client) => {
          client.send(chatRequest())
          await client.response()
        })
      const { buckets, ...report } = await stats(url, '?buckets')
      expect(Object.keys(report)).toEqual(Object.keys(await stats(url, '')))
      const count = (pairs: number[]): number =>
        pairs.reduce((sum, one, i) => sum + (i % 2 === 1 ? one : 0), 0)
      expect(Object.keys(buckets)).toEqual(['ttftMs', 'wholeMs', 'latenessMs'])
      expect([count(buckets.ttftMs), count(buckets.wholeMs), count(buckets.latenessMs)]).toEqual([3, 0, 15])
    })

    test.each([
      ['?buckets', true],
      ['?buckets=1', true],
      ['?upstream=&buckets', true],
      ['', false],
      ['?', false],
      ['?upstream=', false],
    ])('%j', async (query, has) => expect('buckets' in (await stats(serve(), query))).toBe(has))

    test('there are none in what a reset answers, nor in /metrics', async () => {
      const url = serve()
      expect(await (await fetch(`${url}/metrics?buckets`)).text()).not.toContain('ttftMs')
      const closed = await (await fetch(`${url}/stats/reset`, { method: 'POST' })).text()
      expect(closed).not.toContain('"buckets"')
    })
  })
})
