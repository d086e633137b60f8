import { describe, expect, test } from 'bun:test'
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, type ToolListUnion } from '@google/genai'
import { CHUNKS, half, offered, rest, text, usageOf, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const ignoring = useServer({ engine, reply: 'stream' })
  const tools = useServer({ engine, content: 'tools', toolName: 'look_up' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const strict = useServer({ engine, strictModels: 'true' })

  const clientOf = ({ url }: { url: string }): GoogleGenAI =>
    new GoogleGenAI({ apiKey: 'mock', httpOptions: { baseUrl: url } })
  const request = { model: 'gemini-mine', contents: 'Hi' }

  test.each([server, ignoring])('whole', async (which) => {
    const response = await clientOf(which).models.generateContent(request)
    expect(response.text).toBe(text)
    expect(response.candidates?.[0]?.finishReason).toBe('STOP' as never)
    expect(response.modelVersion).toBe(which === server ? 'gemini-mine' : 'mock-model')
    expect(response.usageMetadata).toMatchObject({
      promptTokenCount: usageOf(which === server).input,
      candidatesTokenCount: CHUNKS,
      totalTokenCount: usageOf(which === server).total,
    })
  })

  test.each([server, ignoring])('streamed', async (which) => {
    const chunks = await Array.fromAsync(await clientOf(which).models.generateContentStream(request))
    expect(chunks).toHaveLength(CHUNKS + 1)
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe(text)
    expect(chunks.at(-1)?.usageMetadata?.totalTokenCount).toBe(usageOf(which === server).total)
  })

  test('without alt=sse the stream is one JSON array; with it events end in CRLF, and there is no [DONE]', async () => {
    const path = `${ignoring.url}/v1beta/models/any:streamGenerateContent`
    const list = (await (await fetch(path, { method: 'POST' })).json()) as unknown[]
    expect(list).toHaveLength(CHUNKS + 1)
    const events = await (await fetch(`${path}?alt=sse`, { method: 'POST' })).text()
    expect(events.split('\r\n\r\n')).toHaveLength(CHUNKS + 2)
    expect(events).not.toContain('[DONE]')
  })

  test('function calls, thoughts, and the calling mode', async () => {
    const offering = { ...request, config: { tools: [offered.gemini] as unknown as ToolListUnion } }
    const called = await clientOf(tools).models.generateContent(offering)
    expect(called.functionCalls).toMatchObject([{ name: 'look_up', args: { city: expect.any(String) } }])
    const streamed = await Array.fromAsync(await clientOf(tools).models.generateContentStream(offering))
    expect(streamed.flatMap((chunk) => chunk.functionCalls ?? [])).toMatchObject([
      { name: 'look_up', args: { city: expect.any(String) } },
    ])
    const thought = await clientOf(reasoning).models.generateContent(request)
    expect(thought.candidates?.[0]?.content?.parts).toEqual([{ text: half, thought: true }, { text: rest }])
    expect(thought.usageMetadata).toMatchObject({
      thoughtsTokenCount: CHUNKS / 2,
      totalTokenCount: usageOf().total,
    })
    const forced = await clientOf(server).models.generateContent({
      ...request,
      config: {
        tools: [offered.gemini] as unknown as ToolListUnion,
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['look_up'] },
        },
      },
    })
    expect(forced.functionCalls).toMatchObject([{ name: 'look_up' }])
  })

  test.each(['v1', 'v1beta'])('API version %s', async (apiVersion) => {
    const client = new GoogleGenAI({ apiKey: 'mock', apiVersion, httpOptions: { baseUrl: server.url } })
    expect((await client.models.generateContent(request)).text).toBe(text)
    expect((await Array.fromAsync(await client.models.list())).map(({ name }) => name)).toEqual([
      'models/mock-model',
    ])
  })

  test('models, and errors in Google’s form', async () => {
    const models = await Array.fromAsync(await clientOf(server).models.list())
    expect(models.map(({ name }) => name)).toEqual(['models/mock-model'])
    expect((await clientOf(server).models.get({ model: 'mock-model' })).displayName).toBe('mock-model')
    const missing = await clientOf(strict)
      .models.generateContent(request)
      .catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(ApiError)
    expect(missing).toMatchObject({ status: 404 })
    const wrong = await fetch(`${server.url}/v1beta/models/any:dance`, { method: 'POST', body: '{}' })
    expect(await wrong.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
  })
})
