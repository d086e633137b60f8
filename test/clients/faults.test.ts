// What the official SDKs make of faults.
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, honor: 'fault', retryAfterMs: '30' })

  function openai(pattern: string, maxRetries = 0): { client: OpenAI; statuses: number[] } {
    const statuses: number[] = []
    const client = new OpenAI({
      baseURL: `${server.url}/v1`,
      apiKey: 'mock',
      maxRetries,
      defaultHeaders: { 'X-Test-Pattern': pattern },
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        statuses.push(response.status)
        return response
      },
    })
    return { client, statuses }
  }

  async function read(client: OpenAI): Promise<string> {
    const stream = await client.chat.completions.create({ model: 'any', messages: [], stream: true })
    let said = ''
    for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? ''
    return said
  }

  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      (value) => expect.unreachable(`it gave ${JSON.stringify(value)}`),
      (error: Error) => error,
    )

  describe.concurrent('statuses', () => {
    test.each([
      [400, OpenAI.BadRequestError],
      [401, OpenAI.AuthenticationError],
      [403, OpenAI.PermissionDeniedError],
      [404, OpenAI.NotFoundError],
      [409, OpenAI.ConflictError],
      [422, OpenAI.UnprocessableEntityError],
      [429, OpenAI.RateLimitError],
      [500, OpenAI.InternalServerError],
      [503, OpenAI.InternalServerError],
      [529, OpenAI.InternalServerError],
    ])('%d is the right class of error', async (status, type) => {
      const error = await failure(read(openai(`status:${status}`).client))
      expect(error).toBeInstanceOf(type)
      expect(error).toMatchObject({ status })
    })

    test('the error carries what the provider would say', async () => {
      const error = await failure(read(openai('status:429').client))
      expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' })
      expect(error.message).toContain('Rate limit reached.')
    })

    test.each([408, 409, 429, 500, 503])('%d is retried twice', async (status) => {
      const { client, statuses } = openai(`status:${status}`, 2)
      await failure(read(client))
      expect(statuses).toEqual([status, status, status])
    })

    test('401 is not', async () => {
      const { client, statuses } = openai('status:401', 2)
      await failure(read(client))
      expect(statuses).toEqual([401])
    })

    test('Anthropic’s classes too', async () => {
      for (const [status, type] of [
        [429, Anthropic.RateLimitError],
        [529, Anthropic.InternalServerError],
        [400, Anthropic.BadRequestError],
        [401, Anthropic.AuthenticationError],
        [403, Anthropic.PermissionDeniedError],
        [404, Anthropic.NotFoundError],
        [409, Anthropic.ConflictError],
        [422, Anthropic.UnprocessableEntityError],
        [500, Anthropic.InternalServerError],
      ] as const) {
        const client = new Anthropic({
          baseURL: server.url,
          apiKey: 'mock',
          maxRetries: 0,
          defaultHeaders: { 'X-Test-Pattern': `status:${status}` },
        })
        const asked = client.messages.create({ model: 'any', max_tokens: 9, messages: [] })
        expect(await failure(asked)).toBeInstanceOf(type)
      }
    })
  })

  describe('a script', () => {
    const scripted = useServer({ engine, fault: 'status:429x2,ok', retryAfterMs: '300' })

    test('the SDK waits as told, and succeeds at the third attempt', async () => {
      const startedMs = performance.now()
      const client = new OpenAI({ baseURL: `${scripted.url}/v1`, apiKey: 'mock' })
      expect(await read(client)).toBe(text)
      // Without retry-after-ms it would wait 0.4 to 0.5 s and then up to 1 s; with retry-after alone a second each.
      expect(performance.now() - startedMs).toBeGreaterThan(599)
    })
  })

  describe.concurrent('broken streams raise', () => {
    test.each(['error:0', 'error:3'])('%s', async (pattern) => {
      const error = await failure(read(openai(pattern).client))
      expect(error).toBeInstanceOf(OpenAI.APIError)
      expect(error).toMatchObject({ type: 'server_error' })
    })

    test.each(['garbage:3', 'truncate-event:3', 'abort:3', 'abort:0', 'refuse'])('%s', async (pattern) => {
      const error = await failure(read(openai(pattern).client))
      expect(error).not.toBeInstanceOf(OpenAI.BadRequestError)
      if (pattern.startsWith('a') || pattern === 'refuse')
        expect(`${error.message} ${String(error.cause)}`).toMatch(/connection|socket|ECONNRESET/i)
      else expect(error).toBeInstanceOf(SyntaxError)
    })

    test('the error event of the Responses API', async () => {
      const { client } = openai('error:2')
      const reading = (async () => {
        for await (const event of await client.responses.create({ model: 'any', input: 'x', stream: true }))
          if (event.type === 'error') throw new Error(event.message)
      })()
      expect((await failure(reading)).message).toContain('The server had an error')
    })

    test('Anthropic’s error event', async () => {
      const client = new Anthropic({
        baseURL: server.url,
        apiKey: 'mock',
        defaultHeaders: { 'X-Test-Pattern': 'error:2' },
      })
      const stream = client.messages.stream({ model: 'any', max_tokens: 9, messages: [] })
      const error = await failure(stream.finalMessage())
      expect(error).toBeInstanceOf(Anthropic.APIError)
      expect(error.message).toContain('overloaded_error')
    })

    test.each(['error:0', 'error:3'])('Google’s error, after the chunks: %s', async (pattern) => {
      const client = new GoogleGenAI({
        apiKey: 'mock',
        httpOptions: {
          baseUrl: server.url,
          headers: { 'X-Test-Pattern': pattern },
          retryOptions: { attempts: 1 },
        },
      })
      let chunks = 0
      const reading = (async () => {
        for await (const _ of await client.models.generateContentStream({ model: 'any', contents: 'x' }))
          chunks++
      })()
      const error = await failure(reading)
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toMatchObject({ status: 503 })
      expect(chunks).toBe(Number(pattern.at(-1)))
    })

    test.each(['error:0', 'error:3'])('Ollama’s error, after the lines: %s', async (pattern) => {
      const client = new Ollama({ host: server.url, headers: { 'X-Test-Pattern': pattern } })
      let lines = 0
      const reading = (async () => {
        for await (const _ of await client.chat({
          model: 'any',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        }))
          lines++
      })()
      expect((await failure(reading)).message).toBe('The server had an error while processing your request.')
      expect(lines).toBe(Number(pattern.at(-1)))
    })

    test('a stream helper misses the finish event', async () => {
      const { client } = openai('no-finish')
      const stream = client.chat.completions.stream({ model: 'any', messages: [] })
      expect((await failure(stream.finalChatCompletion())).message).toContain('finish_reason')
    })
  })

  describe.concurrent('what must not break a client', () => {
    test.each([
      'split:1',
      'split:7',
      'merge:5',
      'crlf',
      'cr',
      'keepalive:1',
      'multiline',
      'slow:100000',
      'no-done',
      'stall:2:30',
    ])('%s', async (pattern) => expect(await read(openai(pattern).client)).toBe(text))

    test('unicode, cut inside its characters', async () => {
      const whole = await read(openai('unicode').client)
      expect(whole).toContain('👋🏽')
      expect(await read(openai('unicode+split:1').client)).toBe(whole)
      expect(await read(openai('unicode+split:2+crlf').client)).toBe(whole)
    })

    test('code', async () => {
      expect(await read(openai('code').client)).toContain('"\\""')
    })

    test('the limit of tokens', async () => {
      const { client } = openai('finish:length')
      const { choices } = await client.chat.completions.create({ model: 'any', messages: [] })
      expect(choices[0]!.finish_reason).toBe('length')
      const response = await client.responses.create({ model: 'any', input: 'x' })
      expect(response).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
      })
    })
  })
})
