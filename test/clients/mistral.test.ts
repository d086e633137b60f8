// Mistral's own client, where Mistral differs from OpenAI: calls, thoughts, usage, embeddings, models, texts between two others, errors.
import { describe, expect, test } from 'bun:test'
import { Mistral } from '@mistralai/mistralai'
import type { ChatCompletionRequest, CompletionChunk } from '@mistralai/mistralai/models/components'
import { HTTPValidationError, SDKError } from '@mistralai/mistralai/models/errors'
import { CHUNKS, half, offered, rest, text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const model = 'mistral-mine'
const messages: ChatCompletionRequest['messages'] = [{ role: 'user', content: 'Hi' }]
const tools = [offered.openai]

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const calling = useServer({ engine, content: 'tools:2' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const scripted = useServer({ engine, fault: 'status:429x2,ok', chunkDelayMs: '0', retryAfterMs: '10' })
  const clientOf = ({ url }: { url: string }): Mistral =>
    new Mistral({ serverURL: url, apiKey: 'mock', retryConfig: { strategy: 'none' } })
  const streamed = async (which: { url: string }, more: object = {}): Promise<CompletionChunk[]> => {
    const events = await clientOf(which).chat.stream({ model, messages, ...more })
    return (await Array.fromAsync(events)).map(({ data }) => data)
  }
  const deltas = (chunks: readonly CompletionChunk[]) => chunks.map(({ choices }) => choices[0]!.delta)

  test('text, whole and streamed, with its usage', async () => {
    const whole = await clientOf(server).chat.complete({ model, messages })
    expect(whole).toMatchObject({ model, choices: [{ message: { content: text }, finishReason: 'stop' }] })
    const chunks = await streamed(server)
    expect(
      deltas(chunks)
        .map(({ content }) => content)
        .join(''),
    ).toBe(text)
    const usage = { promptTokens: 1, completionTokens: CHUNKS, totalTokens: CHUNKS + 1 }
    expect([whole.usage, chunks.at(-1)!.usage]).toMatchObject([usage, usage])
  })

  test('thoughts are parts of the content', async () => {
    const { choices } = await clientOf(reasoning).chat.complete({ model, messages })
    expect(choices[0]!.message!.content).toEqual([
      { type: 'thinking', thinking: [{ type: 'text', text: half }] },
      { type: 'text', text: rest },
    ])
    const said = { thinking: '', text: '' }
    for (const { content } of deltas(await streamed(reasoning))) {
      if (typeof content === 'string') said.text += content
      for (const part of Array.isArray(content) ? content : [])
        if (part.type === 'thinking')
          said.thinking += part.thinking.map((one) => ('text' in one ? one.text : '')).join('')
    }
    expect(said).toEqual({ thinking: half, text: rest })
  })

  test.each([false, true])('an agent calls its tools once and ends; streamed: %j', async (isStream) => {
    const said: ChatCompletionRequest['messages'] = [...messages]
    const called: string[] = []
    for (let round = 0; round < 3; round++) {
      const request = { model, messages: said, tools }
      const { content, toolCalls } = isStream
        ? deltas(await streamed(calling, request)).reduce((all, { content, toolCalls }) => ({
            content: `${all.content ?? ''}${content as string}`,
            toolCalls: toolCalls ?? all.toolCalls ?? null,
          }))
        : (await clientOf(calling).chat.complete(request)).choices[0]!.message!
      said.push({ role: 'assistant', content: content ?? null, toolCalls: toolCalls ?? null })
      if (!toolCalls) break
      for (const { id, function: asked } of toolCalls) {
        expect(id).toMatch(/^\d{6}00[01]$/)
        expect(JSON.parse(asked.arguments as string)).toEqual({ city: 'text' })
        called.push(asked.name)
        said.push({ role: 'tool', toolCallId: id, name: asked.name, content: '{"degrees":4}' })
      }
    }
    expect(called).toEqual(['look_up', 'look_up'])
    expect(said.at(-1)).toMatchObject({ role: 'assistant', content: text })
  })

  test('structured output', async () => {
    const schemaDefinition = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 5 } },
      required: ['n'],
    }
    const { choices } = await clientOf(server).chat.complete({
      model,
      messages,
      responseFormat: { type: 'json_schema', jsonSchema: { name: 'a', schemaDefinition, strict: true } },
    })
    expect(JSON.parse(choices[0]!.message!.content as string)).toEqual({ n: 5 })
  })

  test('the text between two others, whole, streamed and cut', async () => {
    const request = { model, prompt: 'def f(', suffix: 'return a' }
    const whole = await clientOf(server).fim.complete(request)
    expect(whole).toMatchObject({ choices: [{ message: { content: text } }], usage: { promptTokens: 4 } })
    const cut = await clientOf(server).fim.complete({ ...request, maxTokens: 3 })
    expect(cut.choices[0]).toMatchObject({ message: { content: words(3) }, finishReason: 'length' })
    const events = await Array.fromAsync(await clientOf(server).fim.stream(request))
    expect(
      deltas(events.map(({ data }) => data))
        .map(({ content }) => content)
        .join(''),
    ).toBe(text)
  })

  test('an agent of Mistral’s, whole and streamed', async () => {
    const request = { agentId: 'ag:mine', messages: [{ role: 'user' as const, content: 'Hi' }] }
    const { choices } = await clientOf(server).agents.complete(request)
    expect(choices[0]!.message!.content).toBe(text)
    const events = await Array.fromAsync(await clientOf(server).agents.stream(request))
    const said = deltas(events.map(({ data }) => data)).map(({ content }) => content)
    expect(said.join('')).toBe(text)
  })

  test('embeddings and models', async () => {
    const { id, data } = await clientOf(server).embeddings.create({
      model,
      inputs: ['a', 'b'],
      outputDimension: 7,
    })
    expect(id).toMatch(/^embd-mock\d{16}$/)
    expect(data.map(({ index, embedding }) => [index, embedding!.length])).toEqual([
      [0, 7],
      [1, 7],
    ])
    const list = await clientOf(server).models.list()
    expect(list.data).toMatchObject([
      { type: 'base', id: 'mock-model', capabilities: { completionChat: true } },
    ])
    expect(await clientOf(server).models.retrieve({ modelId: model })).toMatchObject({
      type: 'base',
      id: model,
    })
  })

  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      (value) => expect.unreachable(`it gave ${JSON.stringify(value)}`),
      (error: Error) => error,
    )

  test('a bad body is refused with the place that is wrong', async () => {
    const error = await failure(clientOf(server).chat.complete({ model, messages, n: 0 }))
    expect(error).toBeInstanceOf(HTTPValidationError)
    expect(error).toMatchObject({ statusCode: 422, detail: [{ loc: ['body', 'n'], type: 'value_error' }] })
  })

  test('429 is an error that says why, and is retried where that is wanted', async () => {
    const error = await failure(clientOf(scripted).chat.complete({ model, messages }))
    expect(error).toBeInstanceOf(SDKError)
    expect(error).toMatchObject({ statusCode: 429, body: expect.stringContaining('Rate limit reached.') })
    const backoff = { initialInterval: 1, maxInterval: 1, exponent: 1, maxElapsedTime: 20_000 }
    const client = new Mistral({
      serverURL: scripted.url,
      apiKey: 'mock',
      retryConfig: { strategy: 'backoff', backoff },
    })
    const { choices } = await client.chat.complete({ model, messages })
    expect(choices[0]!.message!.content).toBe(text)
  })
})
