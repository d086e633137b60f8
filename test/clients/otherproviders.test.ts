// Providers that speak OpenAI's format in their own way: their own clients, at the paths that these have by default.
import { describe, expect, test } from 'bun:test'
import { createDeepSeek } from '@ai-sdk/deepseek'
import { createFireworks } from '@ai-sdk/fireworks'
import { createMistral } from '@ai-sdk/mistral'
import { createXai } from '@ai-sdk/xai'
import { createOpenRouter } from '@openrouter/ai-sdk-provider'
import {
  APICallError,
  generateObject,
  generateText,
  type LanguageModel,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from 'ai'
import Groq from 'groq-sdk'
import { z } from 'zod'
import { CHUNKS, half, offered, rest, text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

const Weather = z.object({ city: z.string().min(2), kind: z.enum(['sun', 'rain']) })
const Arguments = z.object({ city: z.string(), days: z.number().int().min(1) })

type Create = (url: string, headers?: Record<string, string>) => LanguageModel
/** Each at the path of its own service. */
const models: Readonly<Record<string, Create>> = {
  DeepSeek: (url, headers = {}) => createDeepSeek({ baseURL: url, apiKey: 'mock', headers })('deepseek-chat'),
  Fireworks: (url, headers = {}) =>
    createFireworks({ baseURL: `${url}/inference/v1`, apiKey: 'mock', headers })(
      'accounts/fireworks/models/any',
    ),
  Mistral: (url, headers = {}) =>
    createMistral({ baseURL: `${url}/v1`, apiKey: 'mock', headers })('mistral-any'),
  OpenRouter: (url, headers = {}) =>
    createOpenRouter({ baseURL: `${url}/api/v1`, apiKey: 'mock', headers }).chat('any/model', {
      usage: { include: true },
    }),
  xAI: (url, headers = {}) => createXai({ baseURL: `${url}/v1`, apiKey: 'mock', headers })('grok-any'),
}

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const calling = useServer({ engine, content: 'tools:2' })
  const faulty = useServer({ engine, honor: 'fault', retryAfterMs: '30' })
  const scripted = useServer({ engine, fault: 'status:429x1,ok', retryAfterMs: '30', chunkDelayMs: '0' })

  describe.each(Object.entries(models))('%s', (name, create) => {
    const usage = { inputTokens: 1, outputTokens: CHUNKS, totalTokens: CHUNKS + 1 }

    test('text and usage, whole and streamed', async () => {
      const asked = { model: create(server.url), prompt: 'Hi', maxRetries: 0 }
      const whole = await generateText(asked)
      const stream = streamText(asked)
      expect([whole.text, await stream.text]).toEqual([text, text])
      expect([whole.usage, await stream.usage]).toMatchObject([usage, usage])
      expect([whole.finishReason, await stream.finishReason]).toEqual(['stop', 'stop'])
    })

    test('reasoning, whole and streamed', async () => {
      // The AI SDK's client of Mistral does not name itself: it is told thoughts in Mistral's form where the program does so.
      const headers = name === 'Mistral' ? { 'user-agent': 'mistral-client' } : undefined
      const asked = { model: create(reasoning.url), prompt: 'Hi', maxRetries: 0, ...(headers && { headers }) }
      const whole = await generateText(asked)
      const stream = streamText(asked)
      expect([whole.reasoningText, whole.text]).toEqual([half, rest])
      expect([await stream.reasoningText, await stream.text]).toEqual([half, rest])
      expect((await stream.usage).outputTokenDetails.reasoningTokens).toBe(headers ? undefined : CHUNKS / 2)
    })

    test('a loop of tools ends by itself, whole and streamed', async () => {
      const received: unknown[] = []
      const execute = (given: z.infer<typeof Arguments>): string => {
        received.push(Arguments.parse(given))
        return 'rain'
      }
      const asked = {
        model: create(calling.url),
        prompt: 'Hi',
        maxRetries: 0,
        stopWhen: stepCountIs(5),
        tools: { look_up: tool({ description: 'Weather', inputSchema: Arguments, execute }) },
      }
      const whole = await generateText(asked)
      expect([whole.text, whole.steps.length, received.length]).toEqual([text, 2, 2])
      const stream = streamText(asked)
      expect([await stream.text, (await stream.steps).length, received.length]).toEqual([text, 2, 4])
    })

    test('objects, whole and streamed', async () => {
      const asked = { model: create(server.url), schema: Weather, prompt: 'Hi', maxRetries: 0 }
      if (name === 'DeepSeek') {
        // It asks for any JSON, with the schema in words: what comes back is an object, and not this one.
        const { object } = await generateObject({ ...asked, schema: z.strictObject({}) })
        expect(object).toEqual({})
        return
      }
      const { object } = await generateObject(asked)
      const stream = streamObject(asked)
      expect((await Array.fromAsync(stream.partialObjectStream)).at(-1)).toEqual(object)
      expect(await stream.object).toEqual(object)
    })

    test.each([400, 401, 404, 500, 503])('%d is told with its reason', async (status) => {
      const model = create(faulty.url, { 'X-Test-Pattern': `status:${status}` })
      const error = await generateText({ model, prompt: 'Hi', maxRetries: 0 }).catch(
        (thrown: unknown) => thrown,
      )
      if (!APICallError.isInstance(error)) throw error
      expect([error.statusCode, error.isRetryable]).toEqual([status, status >= 500])
      expect(error.responseBody).toContain('"message"')
    })

    test('a stream that breaks off is an error', async () => {
      const errors: unknown[] = []
      const model = create(faulty.url, { 'X-Test-Pattern': 'error:3' })
      const stream = streamText({
        model,
        prompt: 'Hi',
        maxRetries: 0,
        onError: ({ error }) => void errors.push(error),
      })
      for await (const _ of stream.fullStream);
      expect(errors).toHaveLength(1)
    })
  })

  test.each(Object.entries(models))('%s waits after 429, and tries again', async (_, create) => {
    // The place in the script is the server's, whoever asks.
    const asked = { model: create(scripted.url), prompt: 'Hi', maxRetries: 2 }
    expect((await generateText(asked)).text).toBe(text)
  })

  describe('Groq', () => {
    const model = 'llama-any'
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const clientOf = ({ url }: { url: string }, pattern?: string, maxRetries = 0): Groq =>
      new Groq({
        baseURL: url,
        apiKey: 'mock',
        maxRetries,
        ...(pattern && { defaultHeaders: { 'X-Test-Pattern': pattern } }),
      })
    const streamed = async (which: { url: string }, more: object = {}) =>
      Array.fromAsync(
        await clientOf(which).chat.completions.create({ model, messages, stream: true, ...more }),
      )

    test('text and usage, whole and streamed', async () => {
      const usage = { prompt_tokens: 1, completion_tokens: CHUNKS, total_tokens: CHUNKS + 1 }
      const whole = await clientOf(server).chat.completions.create({ model, messages })
      expect(whole).toMatchObject({ choices: [{ message: { content: text }, finish_reason: 'stop' }], usage })
      const chunks = await streamed(server, { stream_options: { include_usage: true } })
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text)
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage })
      const id = expect.stringMatching(/^req_mock\d{16}$/)
      expect(whole.x_groq).toEqual({ id })
      const groq = chunks.flatMap(({ x_groq: told }) => (told === undefined ? [] : [told]))
      expect(groq).toMatchObject([{ id }, { id, usage }])
      expect(groq[0]!.id).toBe(groq[1]!.id!)
    })

    test('reasoning, whole and streamed', async () => {
      const whole = await clientOf(reasoning).chat.completions.create({ model, messages })
      expect(whole.choices[0]!.message).toMatchObject({ reasoning: half, content: rest })
      const chunks = await streamed(reasoning)
      expect(chunks.map(({ choices }) => choices[0]!.delta.reasoning ?? '').join('')).toBe(half)
      expect(chunks.map(({ choices }) => choices[0]!.delta.content ?? '').join('')).toBe(rest)
    })

    test('tools and their results', async () => {
      const request = { model, messages, tools: [offered.openai] }
      const [choice] = (await clientOf(calling).chat.completions.create(request)).choices
      expect(choice!.finish_reason).toBe('tool_calls')
      const results = choice!.message.tool_calls!.map(({ id }) => ({
        role: 'tool' as const,
        tool_call_id: id,
        content: '4',
      }))
      expect(results).toHaveLength(2)
      const after = { ...request, messages: [...messages, choice!.message, ...results] }
      expect((await clientOf(calling).chat.completions.create(after)).choices[0]!.message.content).toBe(text)
    })

    test('structured output', async () => {
      const schema = z.toJSONSchema(Weather) as Record<string, unknown>
      const { choices } = await clientOf(server).chat.completions.create({
        model,
        messages,
        response_format: { type: 'json_schema', json_schema: { name: 'weather', schema } },
      })
      Weather.parse(JSON.parse(choices[0]!.message.content!))
    })

    test('models and embeddings', async () => {
      expect((await clientOf(server).models.list()).data.map(({ id }) => id)).toEqual(['mock-model'])
      const { data } = await clientOf(server).embeddings.create({
        model,
        input: 'a',
        encoding_format: 'float',
      })
      expect(data[0]!.embedding).toHaveLength(1536)
    })

    test.each([
      [400, Groq.BadRequestError],
      [401, Groq.AuthenticationError],
      [429, Groq.RateLimitError],
      [500, Groq.InternalServerError],
    ])('%d is the right class of error', async (status, type) => {
      const asked = clientOf(faulty, `status:${status}`).chat.completions.create({ model, messages })
      const error = await asked.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(type)
    })

    test('429 is retried', async () => {
      const client = clientOf(scripted, undefined, 2)
      const { choices } = await client.chat.completions.create({ model, messages })
      expect(choices[0]!.message.content).toBe(text)
    })
  })
})
