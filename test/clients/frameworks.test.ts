// Frameworks above the SDKs: the Vercel AI SDK with three providers, and LangChain.
import { describe, expect, test } from 'bun:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { generateText, streamText } from 'ai'
import { CHUNKS, half, rest, text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const reasoning = useServer({ engine, content: 'reasoning' })

  const models = {
    '@ai-sdk/openai (Responses API)': ({ url }: { url: string }) =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: 'mock' })('gpt-mine'),
    '@ai-sdk/openai (chat)': ({ url }: { url: string }) =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: 'mock' }).chat('gpt-mine'),
    '@ai-sdk/openai-compatible': ({ url }: { url: string }) =>
      createOpenAICompatible({ name: 'mock', baseURL: `${url}/v1`, apiKey: 'mock', includeUsage: true })(
        'gpt-mine',
      ),
    '@ai-sdk/anthropic': ({ url }: { url: string }) =>
      createAnthropic({ baseURL: `${url}/v1`, apiKey: 'mock' })('claude-mine'),
  }

  test.each(Object.entries(models))('%s: whole and streamed', async (_, create) => {
    const model = create(server)
    const whole = await generateText({ model, prompt: 'Hi', maxRetries: 0 })
    expect(whole.text).toBe(text)
    expect(whole.finishReason).toBe('stop')
    expect(whole.usage).toMatchObject({ inputTokens: 1, outputTokens: CHUNKS })
    const streamed = streamText({ model, prompt: 'Hi', maxRetries: 0 })
    expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(text)
    expect(await streamed.finishReason).toBe('stop')
    expect(await streamed.usage).toMatchObject({ outputTokens: CHUNKS })
  })

  test.each(['@ai-sdk/openai-compatible', '@ai-sdk/anthropic'] as const)('%s: reasoning', async (name) => {
    const { reasoningText, text: said } = await generateText({
      model: models[name](reasoning),
      prompt: 'Hi',
      maxRetries: 0,
    })
    expect([reasoningText, said]).toEqual([half, rest])
  })

  test('@langchain/openai: whole, streamed, embeddings', async () => {
    const configuration = { baseURL: `${server.url}/v1` }
    const chat = new ChatOpenAI({ model: 'gpt-mine', apiKey: 'mock', configuration, maxRetries: 0 })
    const whole = await chat.invoke('Hi')
    expect(whole.content).toBe(text)
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 1, output_tokens: CHUNKS })
    const chunks = await Array.fromAsync(await chat.stream('Hi'))
    expect(chunks.map(({ content }) => content).join('')).toBe(text)
    const embedder = new OpenAIEmbeddings({ apiKey: 'mock', configuration, maxRetries: 0 })
    expect(await embedder.embedQuery('Hi')).toHaveLength(1536)
  })
})
