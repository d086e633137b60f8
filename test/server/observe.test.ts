// What the server counts, seen through its own endpoints.
import { afterEach, describe, expect, spyOn, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { total } from '../../src/stats/shares.ts'
import { chatRequest, engines, rawClient, serveInProcess, until } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  let running: Running | undefined
  afterEach(async () => {
    await running?.stop(0)
    running = undefined
  })

  function serve(flags: GivenFlags): { url: string; stats(): Promise<Report>; port: number } {
    running = serveInProcess({ engine, ...flags })
    const url = `http://127.0.0.1:${running.port}`
    return {
      url,
      port: running.port,
      stats: async () => (await fetch(`${url}/stats`)).json() as Promise<Report>,
    }
  }

  const chat = async (url: string): Promise<string> =>
    (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{}' })).text()

  test('requests by route and status, events, bytes, lateness and TTFT', async () => {
    const { url, stats } = serve({ chunkCount: '3', chunkDelayMs: '5', ttftMs: '20' })
    const text = await chat(url)
    await chat(url)
    await (await fetch(`${url}/nowhere`)).text()
    await (await fetch(`${url}/health`)).text()
    const report = await stats()
    expect(report.requests).toMatchObject({
      total: 4,
      open: 0,
      completed: 2,
      abortedBeforeFirstEvent: 0,
      abortedMidStream: 0,
    })
    expect(report.requests.byRoute).toEqual(
      expect.arrayContaining([
        { route: 'POST /v1/chat/completions', status: 200, requests: 2 },
        { route: 'GET /health', status: 200, requests: 1 },
        { route: 'unrouted', status: 404, requests: 1 },
      ]),
    )
    expect(report.sent.events).toBe(10)
    expect(report.sent.bytes).toBeGreaterThanOrEqual(2 * text.length)
    expect(report.latenessMs.count).toBe(10)
    expect(report.ttftMs.count).toBe(2)
    expect(report.ttftMs.p50).toBeGreaterThanOrEqual(19.5)
    expect(report.workers).toEqual({ expected: 1, reported: 1, missing: 0, lost: 0 })
  })

  test('clients that leave: before the first event, or mid-stream', async () => {
    const { port, stats } = serve({ chunkCount: '1000', chunkDelayMs: '20', ttftMs: '60' })
    const [early, late] = [await rawClient(port), await rawClient(port)]
    early.send(chatRequest())
    late.send(chatRequest())
    await until(async () => (await stats()).requests.open === 2)
    early.socket.destroy()
    await until(() => late.received().includes('data: '))
    late.socket.destroy()
    const { requests } = (await until(async () => {
      const report = await stats()
      return report.requests.open === 0 && report
    })) as Report
    expect(requests).toMatchObject({
      peakOpen: 2,
      completed: 0,
      abortedBeforeFirstEvent: 1,
      abortedMidStream: 1,
      cut: 0,
    })
  })

  test('what is open at the end is cut, and counted so', async () => {
    const { port, stats } = serve({ chunkDelayMs: '60000' })
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(async () => (await stats()).requests.open === 1)
    expect(total(await running!.stop(0))).toMatchObject({
      open: 0,
      cut: 1,
      abortedMidStream: 0,
      abortedBeforeFirstEvent: 0,
    })
    client.socket.destroy()
  })

  test('a reset returns the closed window and starts a new one', async () => {
    const { url, stats } = serve({ chunkDelayMs: '0' })
    await chat(url)
    const closed = (await (await fetch(`${url}/stats/reset`, { method: 'POST' })).json()) as Report
    expect(closed.requests.total).toBe(1)
    await chat(url)
    await chat(url)
    expect((await stats()).requests.total).toBe(2)
  })

  test.each([
    ['POST', '/stats', 'GET, HEAD'],
    ['GET', '/stats/reset', 'POST'],
    ['DELETE', '/metrics', 'GET, HEAD'],
  ])('%s %s is a wrong method', async (method, path, allow) => {
    const { url } = serve({})
    const response = await fetch(url + path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  })

  test('metrics have the content type that Prometheus expects', async () => {
    const { url } = serve({ chunkDelayMs: '0' })
    await chat(url)
    const response = await fetch(`${url}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toContain('mock_llm_events_sent_total 20\n')
  })

  test('stamps: the sequence and the time of writing, in order, in the text alone', async () => {
    const { url } = serve({ stamp: 'true', chunkCount: '4', chunkDelayMs: '20' })
    const before = Date.now()
    const text = await chat(url)
    const after = Date.now()
    const stamps = [...text.matchAll(/"content":"(\d{8})@(\d{16}) "/g)].map(([, sequence, micros]) => [
      Number(sequence),
      Number(micros),
    ])
    expect(stamps.map(([sequence]) => sequence)).toEqual([0, 1, 2, 3])
    for (const [i, [, micros]] of stamps.entries()) {
      expect(micros! / 1000).toBeGreaterThan(before - 1)
      expect(micros! / 1000).toBeLessThan(after + 1)
      if (i > 0) expect(micros! - stamps[i - 1]![1]!).toBeGreaterThan(0)
    }
    expect((await chat(url)).length).toBe(text.length)
  })

  test('chunk bytes: every text has that length', async () => {
    const { url } = serve({ chunkBytes: '100', chunkCount: '7', chunkDelayMs: '0' })
    const lengths = [...(await chat(url)).matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, text]) => JSON.parse(`"${text}"`).length,
    )
    expect(lengths).toEqual(new Array(7).fill(100))
  })

  test('jitter deals replies of different lengths, the same ones in every run', async () => {
    const lengths = async (seed: string): Promise<number[]> => {
      const { url } = serve({ chunkCountJitter: 'uniform:0.5', chunkDelayMs: '0', seed })
      const found: number[] = []
      for (let i = 0; i < 20; i++) found.push((await chat(url)).split('data: ').length - 3)
      await running!.stop(0)
      return found
    }
    const first = await lengths('1')
    expect(new Set(first).size).toBeGreaterThan(5)
    expect(await lengths('1')).toEqual(first)
    expect(await lengths('2')).not.toEqual(first)
  })

  test('a fault of ours is an answer in JSON, not a page of HTML', async () => {
    running = serveInProcess({ engine }, { collect: () => Promise.reject(new Error('broken on purpose')) })
    const printed = spyOn(process.stderr, 'write').mockImplementation(() => true)
    try {
      const response = await fetch(`http://127.0.0.1:${running.port}/stats`)
      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({
        error: { message: 'The mock failed; its stderr says why' },
      })
      expect(printed).toHaveBeenCalledTimes(1)
    } finally {
      printed.mockRestore()
    }
  })

  test('model names may hold what paths may not', async () => {
    const names = ['llama3:8b', 'org/mod', 'ü', 'a%b', '*', '100']
    const { url } = serve({ model: names.join(',') })
    const listed = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(listed.data.map(({ id }) => id)).toEqual(names)
    for (const name of names) {
      const shown = await fetch(`${url}/v1/models/${encodeURIComponent(name)}`)
      expect(await shown.json()).toMatchObject({ id: name })
    }
    expect((await fetch(`${url}/v1/models/other`)).status).toBe(404)
  })

  test('whole replies are counted and judged like streams, also at zero delay', async () => {
    const { url, stats } = serve({ reply: 'json', chunkDelayMs: '0' })
    for (let i = 0; i < 120; i++) await chat(url)
    const report = await stats()
    expect(report.requests).toMatchObject({ total: 120, completed: 120 })
    expect(report.sent.events).toBe(120)
    expect(report.verdict.about).toBe('saturation')
  })

  test('a whole reply takes the time its stream would take', async () => {
    const { url } = serve({ reply: 'json', chunkCount: '3', chunkDelayMs: '40', ttftMs: '100' })
    const startedMs = performance.now()
    await chat(url)
    expect(performance.now() - startedMs).toBeGreaterThan(219)
  })

  test.each([
    ['/v1/nothing', {}, { error: { type: 'invalid_request_error' } }, 'x-request-id'],
    ['/v1/nothing', { 'anthropic-version': 'x' }, { error: { type: 'not_found_error' } }, 'request-id'],
    ['/anthropic/v1/nothing', {}, { error: { type: 'invalid_request_error' } }, 'x-request-id'],
    ['/x', { 'x-goog-api-key': 'x' }, { error: { status: 'NOT_FOUND' } }, 'server-timing'],
    ['/x', { 'user-agent': 'ollama-python/0.6' }, { error: 'Invalid URL (POST /x)' }, 'date'],
    ['/openai/x', { 'api-key': 'x' }, { error: { type: 'invalid_request_error' } }, 'apim-request-id'],
  ])('404 at %s with %j in the form of the client', async (path, headers, body, header) => {
    const { url } = serve({ providerHeaders: 'true' })
    const response = await fetch(url + path, { method: 'POST', headers: headers as Record<string, string> })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject(body)
    expect(response.headers.has(header)).toBe(true)
  })

  test('each worker begins to deal at a place of its own', async () => {
    const firstLengths = async (index: number): Promise<number[]> => {
      running = serveInProcess(
        { engine, chunkCountJitter: 'uniform:0.5', chunkDelayMs: '0' },
        { place: { index, workers: 4 } },
      )
      const found: number[] = []
      for (let i = 0; i < 10; i++) found.push((await chat(`http://127.0.0.1:${running.port}`)).length)
      await running.stop(0)
      return found
    }
    const [first, second, again] = [await firstLengths(0), await firstLengths(1), await firstLengths(1)]
    expect(second).not.toEqual(first)
    expect(again).toEqual(second)
  })

  test('with --reply auto the time a body takes is not hidden: t0 is when the request reaches the handler', async () => {
    const { port, stats } = serve({ reply: 'auto', chunkDelayMs: '0' })
    const client = await rawClient(port)
    const request = chatRequest()
    client.send(request.slice(0, -5))
    await Bun.sleep(150)
    client.send(request.slice(-5))
    await client.response()
    client.socket.destroy()
    expect((await stats()).latenessMs.max).toBeGreaterThan(100)
  })
})
