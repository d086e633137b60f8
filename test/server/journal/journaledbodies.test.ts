// Bodies and headers as the journal keeps them, of any size and in any pieces.
import { describe, expect, test } from 'bun:test'
import { hashSecret } from '../../../src/server/journal/secrets.ts'
import type { Report } from '../../../src/stats/report.ts'
import type { ToldRequest } from '../../../src/stats/traces.ts'
import { chatRequest, engines, rawClient, serveInProcess } from '../../_helpers.ts'
import { type Told, useJournal } from './_journaled.ts'

describe.each(engines)('engine %s', (engine) => {
  const serve = useJournal(engine)

  test.each(['auto', 'stream'])('with --reply %s a body of any size is answered as ever', async (reply) => {
    const { chat, told, get } = serve({ reply, maxBodyBytes: String(1 << 24) })
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(200_000) }] })
    expect(await chat(body)).toBe(200)
    expect(await chat('x'.repeat((1 << 24) + 1))).toBe(413)
    const [large, long] = (await told()).requests
    expect(long).toMatchObject({
      bodyBytes: body.length,
      bodySha256: Bun.SHA256.hash(body, 'hex') as unknown as string,
    })
    expect(long!.body).toBe(body.slice(0, 65_536))
    expect(large).toMatchObject({
      body: null,
      bodyBytes: (1 << 24) + 1,
      bodySha256: null,
      answer: { status: 413 },
    })
    const { memory } = await get<Report>('/stats')
    expect(memory.journal!.limit).toBe(1 << 26)
    expect(memory.journal!.taken).toBeGreaterThan(65_536)
    expect(memory.journal!.taken).toBeLessThan(3 * 65_536)
    expect(memory.bodies!.taken).toBe(0)
  })

  test('a body in chunks that is longer than any that is read', async () => {
    const { url, told } = serve()
    const piece = new Uint8Array(1 << 20)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (sent++ < 20 ? controller.enqueue(piece) : controller.close()),
    })
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
    expect(await response.text()).toEndWith('data: [DONE]\n\n')
    expect((await told()).requests).toMatchObject([
      { body: null, bodyBytes: null, bodySha256: null, answer: { status: 200 } },
    ])
  })

  test('headers are read as both engines have them: names in any case, several of one name, spaces around', async () => {
    const { port, told } = serve()
    const client = await rawClient(port)
    client.send(
      chatRequest(
        'X-Many: a\r\nx-MANY:   b \t\r\nX-Empty:\r\nX-Colon: a:b\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nConstructor: c\r\n__proto__: p\r\n',
      ),
    )
    await client.response()
    client.socket.destroy()
    const [{ headers }] = (await told()).requests as [ToldRequest]
    expect(headers).toMatchObject({
      'x-many': 'a, b',
      'x-colon': 'a:b',
      constructor: 'c',
      host: 'localhost',
      'set-cookie': hashSecret('a=b, c=d'),
    })
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'p'])
    expect(headers['x-empty'] ?? '').toBe('')
  })

  test.each(['set-cookie', 'x-many'])('a header %s that comes 100 times weighs as much', async (name) => {
    const { port, get } = serve()
    const client = await rawClient(port)
    client.send(chatRequest(`${name}: ${'x'.repeat(100)}\r\n`.repeat(100)))
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    expect((await get<Told>('/requests')).requests.length).toBe(1)
    const { taken } = (await get<Report>('/stats')).memory.journal!
    expect(taken).toBeGreaterThan(10_000)
    expect(taken).toBeLessThan(15_000)
  })

  test('bodies that come in pieces, after a head in pieces', async () => {
    const { port, told } = serve()
    const client = await rawClient(port)
    const request = chatRequest('X-Test-Session: slow\r\n', '{"stream":true,"n":1}')
    for (const piece of [request.slice(0, 30), request.slice(30, -10), request.slice(-10)]) {
      await client.send(piece)
      await Bun.sleep(5)
    }
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    expect((await told()).requests).toMatchObject([
      { session: 'slow', body: '{"stream":true,"n":1}', bodyBytes: 21 },
    ])
  })

  test('a body in chunks is refused where a shorter one is asked for', async () => {
    const { url, told } = serve({ maxBodyBytes: '100' })
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(200))
        controller.close()
      },
    })
    expect((await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).status).toBe(413)
    expect((await told()).requests).toMatchObject([{ bodyBytes: 200, answer: { status: 413 } }])
  })

  test('100 MB bodies are answered, and not kept', async () => {
    const { url, told, get } = serve()
    const body = new Uint8Array(100_000_000)
    for (let i = 0; i < 3; i++)
      expect(await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).text()).toEndWith(
        'data: [DONE]\n\n',
      )
    expect((await told()).requests.map(({ bodyBytes }) => bodyBytes)).toEqual([
      100_000_000, 100_000_000, 100_000_000,
    ])
    expect((await get<Report>('/stats')).memory.journal!.taken).toBeLessThan(10_000)
  })
})

test('a session of 1 MB is cut, and found by what is left', async () => {
  const running = serveInProcess({
    engine: 'socket',
    maxHeadBytes: '16777216',
    journal: '10',
    chunkDelayMs: '0',
  })
  try {
    const client = await rawClient(running.port)
    client.send(chatRequest(`X-Test-Session: ${'s'.repeat(1 << 20)}\r\nX-More: 1\r\n`))
    expect((await client.response()).status).toBe(200)
    client.socket.destroy()
    const url = `http://127.0.0.1:${running.port}`
    const told = (await (await fetch(`${url}/requests?session=${'s'.repeat(300)}`)).json()) as Told
    expect(told.requests.map(({ session }) => session)).toEqual(['s'.repeat(256)])
    expect(JSON.stringify(told).length).toBeLessThan(20_000)
  } finally {
    await running.stop(0)
  }
})

test('what is prepared in slices is kept as well, with head and body as they came', async () => {
  const running = serveInProcess({
    engine: 'socket',
    journal: '10',
    reply: 'auto',
    chunkDelayMs: '0',
    chunkCount: '300000',
    noWarmUp: 'true',
  })
  try {
    const url = `http://127.0.0.1:${running.port}`
    const body = '{"model":"a-long-one","stream":false}'
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'X-Test-Session': 'long' },
      body,
    })
    await response.arrayBuffer()
    const { requests } = (await (await fetch(`${url}/requests`)).json()) as {
      requests: { body: string; session: string; status: number }[]
    }
    expect(requests).toMatchObject([{ body, session: 'long' }])
  } finally {
    await running.stop(0)
  }
})
