// Compressed replies as clients get them: who gets one, and what it says when it is decompressed.
import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, engines, promises, type RawResponse, until, withClient } from '../_helpers.ts'
import { CHAT, layRules, post } from './_desk.ts'
import { faultOf } from './_faults.ts'
import { useServers } from './_servers.ts'

const decompress = { gzip: gunzipSync, br: brotliDecompressSync }
type Coding = keyof typeof decompress

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const accept = (codings: string): string => `Accept-Encoding: ${codings}\r\n`
const pattern = (text: string): string => `X-Test-Pattern: ${text}\r\n`

function ask(server: Running, headers = '', path?: string, body?: string): Promise<RawResponse> {
  return withClient(server, (client) => {
    client.send(chatRequest(headers, body, path))
    return client.response()
  })
}

/** What it says, however it is compressed. */
function read({ headers, body }: RawResponse): string {
  const coding = headers['content-encoding'] as Coding | undefined
  return (coding === undefined ? latin1(body) : decompress[coding](latin1(body))).toString()
}

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine, chunkCount: '4', chunkDelayMs: '2' })

  test.each<[text: string, accepted: string, coding: Coding | undefined, vary: string | undefined]>([
    ['gzip', 'gzip, deflate, br', 'gzip', 'Accept-Encoding'],
    ['gzip', 'br', undefined, 'Accept-Encoding'],
    ['gzip', 'gzip;q=0', undefined, 'Accept-Encoding'],
    ['gzip!', 'identity', 'gzip', undefined],
    ['br', 'gzip, deflate, br', 'br', 'Accept-Encoding'],
    ['br', 'gzip', undefined, 'Accept-Encoding'],
    ['br!', 'gzip', 'br', undefined],
  ])('%s, to who accepts %s: %s', async (text, accepted, coding, vary) => {
    const server = serve({ honor: 'fault', uniqueIds: 'true' })
    const usual = (await ask(server)).body.replace(/mock\d{16}/g, `mock${'0'.repeat(16)}`)
    const answer = await ask(server, accept(accepted) + pattern(text))
    expect([answer.headers['content-encoding'], answer.headers['vary']]).toEqual([coding, vary])
    expect(answer.headers['x-test-pattern-applied']).toBe(text)
    expect(answer.chunks.length).toBe(6)
    const said = read(answer)
    // What is compressed has the id of the run.
    expect(said.replace(/mock\d{16}/g, `mock${'0'.repeat(16)}`)).toBe(usual)
    expect(said.includes(`mock${'0'.repeat(16)}`)).toBe(coding !== undefined)
    expect((await faultOf(server, text))!.dealt).toBe(1)
  })

  test('each event can be read as it comes', async () => {
    const server = serve({ fault: 'gzip!', chunkDelayMs: '1' })
    const { chunks } = await ask(server)
    const usual = await ask(serve({ chunkDelayMs: '1' }))
    for (let count = 1; count <= 6; count++) {
      const sent = Buffer.concat(chunks.slice(0, count).map(latin1))
      const flushed = gunzipSync(sent, { finishFlush: 2 }) // what has not ended is no error
      expect(flushed.toString()).toBe(usual.chunks.slice(0, count).join(''))
    }
  })

  test.each(['gzip', 'br'] as const)('%s: an answer that is one body', async (coding) => {
    const server = serve({ reply: 'json', fault: coding })
    const plain = await ask(server)
    const packed = await ask(server, accept(coding))
    expect(read(packed)).toBe(plain.body)
    expect(packed.headers).toMatchObject({
      'content-encoding': coding,
      'content-length': String(packed.body.length),
      'content-type': 'application/json',
      vary: 'Accept-Encoding',
    })
    expect(plain.headers['vary']).toBe('Accept-Encoding')
    const vectors = await ask(server, accept(coding), '/v1/embeddings')
    expect(read(vectors)).toBe((await ask(server, '', '/v1/embeddings')).body)
    expect(vectors.body.length).toBeLessThan(read(vectors).length)
  })

  test.each<[path: string, body: string]>([
    ['/v1/messages', '{"stream":true}'],
    ['/v1/responses', '{"stream":true}'],
    ['/api/chat', '{}'],
    ['/v1beta/models/m:streamGenerateContent', '{}'],
  ])('with --reply auto, on %s', async (path, body) => {
    const server = serve({ reply: 'auto', fault: 'br' })
    const same = (text: string): string =>
      text.replace(/mock\d{16}/g, '').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
    const [plain, packed] = [await ask(server, '', path, body), await ask(server, accept('br'), path, body)]
    expect(packed.headers['content-encoding']).toBe('br')
    expect(same(read(packed))).toBe(same(plain.body))
    expect(read(packed)).not.toContain('1970-01-01')
  })

  test('asks that are as long and say something else have ends of their own', async () => {
    const server = serve({ reply: 'auto', fault: 'gzip!' })
    for (const model of ['one', 'two', 'one']) {
      const said = read(await ask(server, '', undefined, `{"stream":true,"model":"${model}"}`))
      expect(said).toContain(`"model":"${model}"`)
    }
  })

  test('in pieces, in part, with other line ends', async () => {
    const server = serve({ honor: 'fault', chunkDelayMs: '0' })
    for (const text of [
      'split:5',
      'merge:3',
      'crlf+multiline',
      'end:2',
      'error:1',
      'no-done+split:1',
      'unicode',
    ]) {
      const plain = await ask(server, pattern(text))
      for (const coding of ['gzip', 'br!']) {
        const packed = await ask(server, accept('gzip') + pattern(`${coding}+${text}`))
        expect([text, read(packed)]).toEqual([text, latin1(plain.body).toString()])
        for (const { length } of text.includes('split:5') ? packed.chunks : []) expect(length).toBeLessThan(6)
      }
    }
  })

  test('cut by a reset, the end is missing', () =>
    withClient(serve({ fault: 'gzip!+abort:2', chunkDelayMs: '5' }), async (client) => {
      client.send(chatRequest())
      await client.closed()
      const [, body = ''] = client.received().split(/\r\n\r\n([^]*)/)
      const bytes = [...body.matchAll(/([0-9a-f]+)\r\n/g)].map(([, size]) => Number.parseInt(size!, 16))
      expect(bytes.length).toBeGreaterThan(0)
      expect(body).not.toContain('\r\n0\r\n')
    }))

  test('in HTTP/1.0', () =>
    withClient(serve({ fault: 'gzip!' }), async (client) => {
      client.send('POST /v1/chat/completions HTTP/1.0\r\nContent-Length: 0\r\n\r\n')
      const answer = await client.response()
      expect(answer.headers).not.toHaveProperty('transfer-encoding')
      expect(read(answer)).toEndWith('data: [DONE]\n\n')
    }))

  test.if(promises[engine].http2)('over HTTP/2', async () => {
    const { port } = serve({ fault: 'br' })
    const session = connect(`http://127.0.0.1:${port}`)
    try {
      const path = '/v1/chat/completions'
      const stream = session.request({ ':method': 'POST', ':path': path, 'accept-encoding': 'gzip, br' })
      stream.end()
      const [head] = (await once(stream, 'response')) as [Record<string, string>]
      const body = Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>))
      expect(head['content-encoding']).toBe('br')
      expect(brotliDecompressSync(body).toString()).toEndWith('data: [DONE]\n\n')
    } finally {
      session.destroy()
    }
  })

  test('a refusal, a model and what is no answer of a model are as they are', async () => {
    const server = serve({ fault: 'gzip!', apiKey: 'k' })
    expect((await ask(server)).headers).not.toHaveProperty('content-encoding')
    const health = await fetch(`http://127.0.0.1:${server.port}/health`)
    expect(health.headers.get('content-encoding')).toBeNull()
  })

  test('rates count every request, whatever it accepts', async () => {
    const server = serve({ fault: 'gzip@25%,br@25%', chunkDelayMs: '0' })
    const seen: (string | undefined)[] = []
    for (let i = 0; i < 40; i++)
      seen.push((await ask(server, accept(['gzip', 'br', 'gzip, br', 'identity'][i % 4]!))).headers['vary'])
    expect(seen.filter((vary) => vary !== undefined)).toHaveLength(20)
  })

  test('a pattern cannot be had with stamps', async () => {
    const { status, body } = await ask(serve({ honor: 'fault', stamp: 'true' }), pattern('gzip'))
    expect([status, JSON.parse(body).error.message]).toEqual([
      400,
      'X-Test-Pattern: gzip contradicts --stamp: what is compressed beforehand cannot be stamped when it is sent',
    ])
  })

  test('clients that leave are counted as such', async () => {
    const server = serve({ fault: 'gzip!', chunkDelayMs: '60000', ttftMs: '0' })
    await withClient(server, async (client) => {
      client.send(chatRequest())
      await until(() => client.received().includes('\r\n\r\n'))
    })
    await until(async () => (await faultOf(server, 'gzip!'))?.leftMidStream === 1)
  })
})

test('a rule may compress what it says', async () => {
  const table = await layRules(`
- {when: {contains: packed}, then: {text: short, fault: gzip}}
- then: {text: plain}`)
  const encodings = (['packed', 'other'] as const).map((content) =>
    [{ 'accept-encoding': 'gzip' }, {}].map((headers) => {
      const body = { messages: [{ role: 'user', content }] }
      return post(table, body, CHAT, headers).reply.headers['Content-Encoding']
    }),
  )
  expect(encodings).toEqual([
    ['gzip', undefined],
    [undefined, undefined],
  ])
})
