// Every format, streamed and whole, over both versions of HTTP, asked of our own server: one answer read, many counted, stamps watched.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import tls from 'node:tls'
import { runLoad } from '../../../src/bench/client/load.ts'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import { probe, type Probed } from '../../../src/bench/client/probe.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import type { Wishes } from '../../../src/bench/client/target.ts'
import type { GivenFlags } from '../../../src/config/config.ts'
import { type FormatName, formatNames } from '../../../src/config/requests.ts'
import type { Running } from '../../../src/server/server.ts'
import { serveInProcess } from '../../_helpers.ts'
import { loadPlan, targetTo, urlTo } from '../_results.ts'
import { type Certificate, certify } from './_links.ts'

const CHUNKS = 6
const usual: GivenFlags = { chunkCount: String(CHUNKS), chunkDelayMs: '0', reply: 'auto' }

const running = new Set<Running>()
afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))

function serve(flags: GivenFlags = {}, tls?: Certificate): number {
  const server = serveInProcess({ ...usual, ...flags }, tls && { tls })
  running.add(server)
  return server.port
}

function ask(port: number, change: Partial<Wishes>, scheme?: string): Promise<Probed> {
  return probe({ url: urlTo(port, change, scheme), target: targetTo(port, change, scheme) })
}

async function load(
  port: number,
  change: Partial<Wishes>,
  plan: Partial<LoadPlan> = {},
  scheme?: string,
): Promise<LoadResult> {
  const { delimiter } = await ask(port, change, scheme)
  const target = targetTo(port, change, scheme)
  return runLoad(loadPlan({ target, delimiter, connections: 3, measureMs: 300, ...plan }))
}

/** Events of a reply of six chunks. */
const events: Readonly<Record<FormatName, number>> = {
  chat: 8,
  responses: 14,
  messages: 12,
  gemini: 7,
  ollama: 7,
}

let plain: number
let certificate: Certificate
beforeAll(async () => {
  plain = serve()
  certificate = await certify('127.0.0.1')
})

describe.each(formatNames)('%s', (format) => {
  test.each([false, true])('streamed, by HTTP/2: %j', async (isHttp2) => {
    const found = await ask(plain, { format, isHttp2 })
    expect(found).toMatchObject({ events: events[format], chunks: CHUNKS })
    expect(found.text).toStartWith('Hello world, this')
    const { errorKinds, requests, events: came, ttft } = await load(plain, { format, isHttp2 })
    expect(errorKinds).toEqual([])
    expect(requests).toBeGreaterThan(2)
    expect(came).toBeGreaterThanOrEqual(requests * events[format])
    expect(ttft.count).toBeGreaterThanOrEqual(requests)
  })

  test.each([false, true])('whole, by HTTP/2: %j', async (isHttp2) => {
    const change = { format, isHttp2, isWhole: true }
    const { text, ...found } = await ask(plain, change)
    expect(found).toMatchObject({ events: 1, chunks: 1, steps: [0] })
    expect(text).toBe((await ask(plain, { format })).text)
    const { errorKinds, requests, events: came } = await load(plain, change)
    expect(errorKinds).toEqual([])
    expect(requests).toBeGreaterThan(2)
    expect(came).toBeGreaterThanOrEqual(requests)
  })

  test('with stamps: every chunk comes, once and in its order', async () => {
    const stamped = serve({ stamp: 'true' })
    const watch = { chunks: CHUNKS, text: ' '.repeat(CHUNKS), offsetMicros: 0 }
    const { watched, errors, requests } = await load(stamped, { format }, { watch })
    expect([errors, watched!.replies]).toEqual([0, requests])
    expect(requests).toBeGreaterThan(2)
    const none = { lost: 0, doubled: 0, reordered: 0, merged: 0, split: 0, comments: 0 }
    expect(watched).toMatchObject({
      ...none,
      chunks: requests * CHUNKS,
      readEvents: requests * events[format],
    })
    // Whoever wrote them has the same clock, and some may have come of a reply that was not whole at the end.
    expect(watched!.leastMicros).toBeGreaterThan(-1000)
    expect(watched!.leastMicros).toBeLessThan(10_000_000)
    expect(watched!.delay.count).toBeGreaterThanOrEqual(requests * CHUNKS)
    expect(watched!.byChunk.times.reduce((sum, times) => sum + times, 0)).toBe(watched!.delay.count)
  })
})

test('text of the older API of OpenAI', async () => {
  const url = new URL('/v1/completions', urlTo(plain))
  const target = targetTo(plain, { body: '{"model":"m","stream":true,"prompt":"Hi"}' })
  const found = await probe({
    url,
    target: { ...target, request: { ...target.request, path: url.pathname } },
  })
  expect(found).toMatchObject({ chunks: CHUNKS, text: (await ask(plain, {})).text })
})

test.each([false, true])('over TLS, by HTTP/2: %j', async (isHttp2) => {
  const port = serve({}, certificate)
  // As --cacert makes it.
  const trusting = { isHttp2, ca: [...tls.rootCertificates, certificate.cert].join('\n') }
  const { errorKinds, requests } = await load(port, trusting, {}, 'https')
  expect(errorKinds).toEqual([])
  expect(requests).toBeGreaterThan(2)
  await expect(ask(port, { isHttp2 }, 'https')).rejects.toThrow(/certificate/)
  expect((await ask(port, { isHttp2, isInsecure: true }, 'https')).chunks).toBe(CHUNKS)
})

describe('with a key', () => {
  test.each([
    ['chat', 'OPENAI_API_KEY'],
    ['responses', 'OPENAI_API_KEY'],
    ['messages', 'ANTHROPIC_API_KEY'],
    ['gemini', 'GEMINI_API_KEY'],
  ] as [FormatName, string][])('%s, from %s', async (format, variable) => {
    const port = serve({ apiKey: 'sk-1' })
    expect((await ask(port, { format, keys: { [variable]: 'sk-1' } })).chunks).toBe(CHUNKS)
    const hint = `it answers with status 401; a key is taken from ${variable}: {`
    await expect(ask(port, { format })).rejects.toThrow(hint)
    await expect(ask(port, { format, keys: { [variable]: 'sk-2' } })).rejects.toThrow(hint)
  })
})

describe('what a fault makes of it', () => {
  test.each([
    ['status:429', 'it answers with status 429: {"error"'],
    ['status:503', 'it answers with status 503: '],
    ['garbage:3', 'an event is not JSON'],
    ['abort:3', 'the connection was closed in the middle of a reply'],
  ])('%s', async (fault, message) => {
    const faulty = serve({ fault })
    await expect(ask(faulty, {})).rejects.toThrow(message)
    const plan = loadPlan({ target: targetTo(faulty), measureMs: 300 })
    const { requests, errors, errorKinds } = await runLoad(plan)
    if (fault.startsWith('garbage')) return // what is in the events is not looked at any more
    expect([requests, errors > 0, errorKinds.length]).toEqual([0, true, 1])
  })

  test('kinds of errors are told apart, the first one first', async () => {
    const plan = loadPlan({ connections: 1, measureMs: 1000 })
    const port = serve({ fault: 'status:500,status:503x2,abort:1,status:500x100000' })
    const { errorKinds, errors, requests } = await runLoad({ ...plan, target: targetTo(port) })
    expect([requests, errors > 4]).toEqual([0, true])
    expect(errorKinds).toEqual([
      ['status 500', errors - 3],
      ['status 503', 2],
      ['the connection was closed in the middle of a reply', 1],
    ])
  })

  test.each([
    [{ reply: 'json' }, {}, 'it answers with application/json, not with a stream of events'],
    [{ chunkCount: '0' }, {}, 'there is no text of the format chat in its events'],
    [{ chunkCount: '0' }, { isWhole: true }, 'there is no text of the format chat in its answer'],
  ] as [GivenFlags, Partial<Wishes>, string][])('%j is refused', async (flags, change, message) => {
    await expect(ask(serve(flags), change)).rejects.toThrow(message)
  })
})
