// What is asked beside answers of a model, by the SDKs: embeddings, models, moderations, responses that were given before.
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { engines } from '../_helpers.ts'
import { text, useServer } from './_servers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, reply: 'auto' })
  const openai = (prefix = '/v1'): OpenAI =>
    new OpenAI({ baseURL: server.url + prefix, apiKey: 'mock', maxRetries: 0 })

  test.each(['', '/v1', '/openai/v1', '/api/v1', '/v1beta/openai', '/compatible-mode/v1', '/inference'])(
    'OpenAI with the base URL %j',
    async (prefix) => {
      const { choices } = await openai(prefix).chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
      })
      expect(choices[0]!.message.content).toBe(text)
      expect((await openai(prefix).models.list()).data.map(({ id }) => id)).toEqual(['mock-model'])
    },
  )

  test('OpenAI with a whole address as its base URL is told what was meant', async () => {
    const thrown = await openai('/v1/chat/completions')
      .chat.completions.create({ model: 'm', messages: [] })
      .catch((error: unknown) => error)
    expect(String(thrown)).toContain('did you mean /v1/chat/completions?')
  })

  test('moderations', async () => {
    const { results, id } = await openai().moderations.create({ input: ['a', 'b'] })
    expect(results.map(({ flagged }) => flagged)).toEqual([false, false])
    expect(Object.keys(results[0]!.categories)).toEqual(Object.keys(results[0]!.category_scores))
    expect(id).toStartWith('modr-mock')
    const parts = [
      { type: 'text' as const, text: 'a' },
      { type: 'image_url' as const, image_url: { url: 'data:,' } },
    ]
    expect((await openai().moderations.create({ input: parts })).results).toHaveLength(1)
  })

  test('responses that were given before', async () => {
    const { responses } = openai()
    const { id } = await responses.create({ model: 'm', input: 'Hi', store: true })
    const again = await responses.retrieve(id)
    expect([again.id, again.status, again.output_text]).toEqual([id, 'completed', text])
    expect((await responses.inputItems.list(id)).data).toHaveLength(1)
    expect((await responses.cancel(id)).status).toBe('cancelled')
    await responses.delete(id)
    expect(await responses.inputTokens.count({ model: 'm', input: 'eight by' })).toEqual({
      object: 'response.input_tokens',
      input_tokens: 2,
    })
  })

  test('chats that were given before', async () => {
    const { completions } = openai().chat
    const { id } = await completions.create({ model: 'm', messages: [], store: true })
    const again = await completions.retrieve(id)
    expect([again.id, again.object, again.choices[0]!.message.content]).toEqual([id, 'chat.completion', text])
    expect(again.choices[0]!.finish_reason).toBe('stop')
    const refused = [completions.update(id, { metadata: {} }), completions.delete(id), completions.list()]
    for (const promise of refused)
      expect(await promise.catch((error: unknown) => error)).toMatchObject({ status: 405 })
  })

  test('responses are not compacted', async () => {
    const refused = openai().responses.compact({ model: 'gpt-5' })
    expect(await refused.catch((error: unknown) => error)).toMatchObject({ status: 404 })
  })

  test('a WebSocket is refused for good', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const answer = await fetch(`${server.url}/v1/responses`, { headers })
    expect(answer.status).toBe(426)
  })

  test('Ollama', async () => {
    const ollama = new Ollama({ host: server.url })
    const embedded = await ollama.embed({ model: 'm', input: ['one two', 'one two', 'three'], dimensions: 8 })
    expect(embedded.embeddings.map(({ length }) => length)).toEqual([8, 8, 8])
    expect(embedded.embeddings[0]).toEqual(embedded.embeddings[1]!)
    expect((await ollama.embeddings({ model: 'm', prompt: 'one' })).embedding).toHaveLength(1536)
    expect((await ollama.show({ model: 'mine' })).capabilities).toContain('tools')
    expect((await ollama.ps()).models.map(({ name }) => name)).toEqual(['mock-model'])
    const lines = await Array.fromAsync(await ollama.pull({ model: 'm', stream: true }))
    expect(lines.map(({ status }) => status)).toEqual([
      'pulling manifest',
      ...Array.from({ length: 18 }, () => 'pulling 000000000000'),
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ])
    expect(lines.at(-4)).toMatchObject({ completed: lines[1]!.total })
    expect(await ollama.pull({ model: 'm', stream: false })).toEqual({ status: 'success' } as never)
    const load = await ollama.generate({ model: 'm', prompt: '', stream: false })
    expect([load.done_reason, load.response]).toEqual(['load', ''])
    const unload = await ollama.chat({ model: 'm', messages: [], keep_alive: 0, stream: false })
    expect([unload.done_reason, unload.message.content]).toEqual(['unload', ''])
    const streamed = await Array.fromAsync(await ollama.generate({ model: 'm', prompt: '', stream: true }))
    expect(streamed.map(({ done_reason }) => done_reason)).toEqual(['load'])
  })

  test('Gemini', async () => {
    const { models } = new GoogleGenAI({ apiKey: 'mock', httpOptions: { baseUrl: server.url } })
    const { embeddings } = await models.embedContent({
      model: 'embedding',
      contents: ['one', 'two'],
      config: { outputDimensionality: 8 },
    })
    expect(embeddings!.map(({ values }) => values!.length)).toEqual([8, 8])
    const found = await Array.fromAsync(await models.list())
    expect(found.map(({ name }) => name)).toEqual(['models/mock-model'])
  })

  test.each([undefined, 'v1', 'v1beta1'])('Vertex with the version %j', async (apiVersion) => {
    const { models } = new GoogleGenAI({
      vertexai: true,
      apiKey: 'mock',
      httpOptions: { baseUrl: server.url, ...(apiVersion && { apiVersion }) },
    })
    expect((await models.generateContent({ model: 'gemini-any', contents: 'Hi' })).text).toBe(text)
    const config = { outputDimensionality: 8 }
    const predicted = await models.embedContent({
      model: 'text-embedding-005',
      contents: ['one two', 'three'],
      config,
    })
    expect(predicted.embeddings!.map(({ values, statistics }) => [values!.length, statistics])).toEqual([
      [8, { truncated: false, tokenCount: 2 }],
      [8, { truncated: false, tokenCount: 2 }],
    ])
    expect(predicted.metadata).toEqual({ billableCharacterCount: 12 })
    const embedded = await models.embedContent({ model: 'gemini-embedding-2', contents: 'one two', config })
    expect(embedded.embeddings!.map(({ values }) => values)).toEqual([predicted.embeddings![0]!.values])
  })

  test.each(['', '/v1alpha', '/gw/v1beta'])('Gemini with the version %j', async (version) => {
    const client = new GoogleGenAI({
      apiKey: 'mock',
      httpOptions: { baseUrl: server.url, apiVersion: version.slice(1) },
    })
    expect((await client.models.generateContent({ model: 'm', contents: 'Hi' })).text).toBe(text)
  })

  test.each(['', '/anthropic', '/gw/anthropic'])('Anthropic with the base URL %j', async (prefix) => {
    const client = new Anthropic({ baseURL: server.url + prefix, apiKey: 'mock', maxRetries: 0 })
    const said = await client.messages.create({
      model: 'm',
      max_tokens: 99,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    expect(said.content).toMatchObject([{ type: 'text', text }])
    const { data } = await client.models.list()
    expect(data[0]).toMatchObject({ id: 'mock-model', lifecycle: 'active', max_tokens: 64_000 })
    expect(data[0]!.capabilities?.thinking.supported).toBe(true)
  })
})
