// Structured output, agents and candidates with Google's SDK.
import { describe, expect, test } from 'bun:test'
import {
  ApiError,
  type CallableTool,
  type FunctionCall,
  type GenerateContentResponse,
  GoogleGenAI,
  Type,
} from '@google/genai'
import { z } from 'zod'
import { CHUNKS, text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const model = 'gemini-mine'
const contents = 'Hi'
const Weather = z.strictObject({
  city: z.string().min(2),
  days: z.array(z.int().min(1)).min(2),
  unit: z.enum(['c', 'f']),
})
const responseSchema = {
  type: Type.OBJECT,
  properties: {
    city: { type: Type.STRING },
    days: { type: Type.ARRAY, items: { type: Type.INTEGER, minimum: 1 }, minItems: '2' },
    unit: { type: Type.STRING, format: 'enum', enum: ['c', 'f'] },
  },
  required: ['city', 'days', 'unit'],
  propertyOrdering: ['unit', 'city', 'days'],
}

/** What is said; the SDK's own way to it warns of all else. */
function textOf({ candidates }: GenerateContentResponse): string {
  return candidates![0]!.content!.parts!.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join('')
}

/** Tools that the SDK calls by itself, as it does those of MCP. */
function callable(calls: FunctionCall[]): CallableTool {
  const parametersJsonSchema = z.toJSONSchema(z.object({ city: z.string(), days: z.int().min(1) }))
  return {
    tool: async () => ({
      functionDeclarations: ['forecast', 'now'].map((name) => ({ name, parametersJsonSchema })),
    }),
    callTool: async (asked) => {
      calls.push(...asked)
      return asked.map(({ id, name }) => ({
        functionResponse: { ...(id && { id }), name: name!, response: { degrees: 4 } },
      }))
    },
  }
}

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools' })
  const two = useServer({ engine, content: 'tools:2' })
  const talking = useServer({ engine, content: 'text+tools' })
  const thinking = useServer({ engine, content: 'reasoning+tools' })
  const reasoning = useServer({ engine, content: 'reasoning' })

  const modelsOf = ({ url }: { url: string }) => clientOf({ url }).models
  const clientOf = ({ url }: { url: string }): GoogleGenAI =>
    new GoogleGenAI({ apiKey: 'mock', httpOptions: { baseUrl: url } })
  const all = async <T>(stream: Promise<AsyncIterable<T>>): Promise<T[]> => Array.fromAsync(await stream)

  test.each([
    ['a schema of Google’s', { responseSchema }],
    ['a JSON schema', { responseJsonSchema: z.toJSONSchema(Weather) }],
  ])('%s: instances, whole and in pieces', async (_, format) => {
    const config = { responseMimeType: 'application/json', ...format }
    const whole = await modelsOf(server).generateContent({ model, contents, config })
    const said = JSON.parse(whole.text!) as object
    expect(Weather.parse(said)).toEqual(said as never)
    if ('responseSchema' in format) expect(Object.keys(said)).toEqual(responseSchema.propertyOrdering)
    const chunks = await all(modelsOf(server).generateContentStream({ model, contents, config }))
    expect(chunks.length).toBeGreaterThan(3)
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(whole.text!)
    const cut = await modelsOf(server).generateContent({
      model,
      contents,
      config: { ...config, maxOutputTokens: 2 },
    })
    expect(cut.candidates![0]!.finishReason).toBe('MAX_TOKENS' as never)
    expect(whole.text!).toStartWith(cut.text!)
  })

  test('one value of an enum', async () => {
    const config = {
      responseMimeType: 'text/x.enum',
      responseSchema: { type: Type.STRING, enum: ['percussion', 'string'] },
    }
    expect((await modelsOf(server).generateContent({ model, contents, config })).text).toBe('percussion')
  })

  test('a schema that nothing satisfies is refused with the path to it', async () => {
    const never = { type: Type.INTEGER, minimum: 5, maximum: 4 }
    const config = {
      responseMimeType: 'application/json',
      responseSchema: { type: Type.OBJECT, properties: { a: never }, required: ['a'] },
    }
    for (const ask of ['generateContent', 'generateContentStream'] as const) {
      const thrown: unknown = await modelsOf(server)
        [ask]({ model, contents, config })
        .catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(ApiError)
      expect(thrown).toMatchObject({ status: 400 })
      const { error } = JSON.parse((thrown as ApiError).message) as { error: object }
      expect(error).toEqual({
        code: 400,
        message: expect.stringContaining('#/properties/a'),
        status: 'INVALID_ARGUMENT',
      })
    }
  })

  describe.each([
    ['tools', tools, 1],
    ['tools:2', two, 2],
    ['text+tools', talking, 1],
    ['reasoning+tools', thinking, 1],
  ] as const)('content %s', (_, which, count) => {
    const expected = ['forecast', 'now'].slice(0, count)

    test('functions that the SDK calls by itself are called once', async () => {
      const calls: FunctionCall[] = []
      const config = { tools: [callable(calls)] }
      const { text: said, automaticFunctionCallingHistory } = await modelsOf(which).generateContent({
        model,
        contents,
        config,
      })
      expect(calls.map(({ name }) => name)).toEqual(expected)
      for (const { args } of calls) z.strictObject({ city: z.string(), days: z.int().min(1) }).parse(args)
      expect(automaticFunctionCallingHistory).toHaveLength(3)
      const streamed: FunctionCall[] = []
      const chunks = await all(
        modelsOf(which).generateContentStream({ model, contents, config: { tools: [callable(streamed)] } }),
      )
      expect(streamed.map(({ name }) => name)).toEqual(expected)
      const last = chunks.map(textOf).join('')
      expect(last).toEndWith(said!)
      expect(said).not.toBe('')
    })

    test('a chat, whose history is handed back with its signatures', async () => {
      const calls: FunctionCall[] = []
      const chat = clientOf(which).chats.create({ model, config: { tools: [callable(calls)] } })
      for (let turn = 1; turn <= 2; turn++) {
        const { text: said, functionCalls } = await chat.sendMessage({ message: 'Hi' })
        expect([functionCalls, said !== '']).toEqual([undefined, true])
        expect(calls).toHaveLength(turn * count)
      }
      const signed = chat
        .getHistory(true)
        .flatMap(({ parts }) => parts!.filter(({ thoughtSignature }) => thoughtSignature))
      expect(signed).toHaveLength(2)
      for (const { functionCall } of signed) expect(functionCall?.name).toBe('forecast')
    })
  })

  test('a chat that streams', async () => {
    const chat = clientOf(reasoning).chats.create({ model })
    for (let turn = 1; turn <= 2; turn++) {
      const chunks = await all(chat.sendMessageStream({ message: 'Hi' }))
      expect(chunks).toHaveLength(CHUNKS + 1)
      expect(chunks.at(-1)!.usageMetadata!.promptTokenCount).toBeGreaterThan(turn === 1 ? 0 : 1)
    }
    expect(chat.getHistory(true).filter(({ role }) => role === 'user')).toHaveLength(2)
  })

  test('tools that Google runs itself are not called', async () => {
    const config = { tools: [{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }] }
    const said = await modelsOf(tools).generateContent({ model, contents, config })
    expect([said.functionCalls, said.text]).toEqual([undefined, text])
  })

  test('no thoughts where they are not wanted, and the text is as long', async () => {
    const config = { thinkingConfig: { includeThoughts: false, thinkingBudget: 0 } }
    const { candidates, usageMetadata } = await modelsOf(reasoning).generateContent({
      model,
      contents,
      config,
    })
    expect(candidates![0]!.content!.parts).toEqual([{ text }])
    expect(usageMetadata!.thoughtsTokenCount).toBeUndefined()
  })

  test('candidates, probabilities, limits and stops', async () => {
    const config = { candidateCount: 3, responseLogprobs: true, logprobs: 2, maxOutputTokens: 4 }
    const { candidates, usageMetadata } = await modelsOf(server).generateContent({ model, contents, config })
    expect(candidates!.map(({ index, finishReason }) => [index, finishReason as string])).toEqual([
      [0, 'MAX_TOKENS'],
      [1, 'MAX_TOKENS'],
      [2, 'MAX_TOKENS'],
    ])
    expect(candidates![2]!.content!.parts).toEqual([{ text: words(4) }])
    expect(candidates![2]!.logprobsResult!.topCandidates).toHaveLength(4)
    expect(usageMetadata!.candidatesTokenCount).toBe(12)
    const chunks = await all(modelsOf(server).generateContentStream({ model, contents, config }))
    expect(chunks.map(textOf).join('')).toBe(words(4))
    const stopped = await modelsOf(server).generateContent({
      model,
      contents,
      config: { stopSequences: [' world'] },
    })
    expect([stopped.text, stopped.candidates![0]!.finishReason as string]).toEqual(['Hello', 'STOP'])
  })

  test('tokens of a prompt, counted and told', async () => {
    const parts = [{ text: 'xxxxx' }, { inlineData: { mimeType: 'image/png', data: 'x'.repeat(4000) } }]
    const counted = await modelsOf(server).countTokens({ model, contents: [{ role: 'user', parts }] })
    expect(counted.totalTokens).toBe(2 + 256)
    const { usageMetadata } = await modelsOf(server).generateContent({
      model,
      contents: [{ role: 'user', parts }],
      config: { systemInstruction: 'xxxxxxxxxxx' },
    })
    expect(usageMetadata!.promptTokenCount).toBe(4 + 256)
    const path = `${server.url}/v1beta/models/m:countTokens`
    const body = JSON.stringify({ generateContentRequest: { model: 'models/m', contents: [{ parts }] } })
    expect(await (await fetch(path, { method: 'POST', body })).json()).toEqual({ totalTokens: 2 + 256 })
  })
})
