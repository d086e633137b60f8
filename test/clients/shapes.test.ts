// What real clients make of shapes and bytes that are seen in the wild: what they read all the same, and what they lose or fail at.
import { describe, expect, test } from 'bun:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import OpenAI6 from 'openai6'
import { engines } from '../_helpers.ts'
import { CHUNKS, text, useServer } from './_servers.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const pick = (pattern: string): Record<string, string> => ({ 'X-Test-Pattern': pattern })

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, honor: 'fault' })
  const calling = useServer({ engine, honor: 'fault', reply: 'stream', content: 'tools:2', chunkCount: '4' })

  function openai(pattern: string, { url } = server): OpenAI {
    return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'mock', maxRetries: 0, defaultHeaders: pick(pattern) })
  }

  async function readChunks(client: Pick<OpenAI, 'chat'>): Promise<string> {
    const stream = await client.chat.completions.create({ model: 'any', messages, stream: true })
    let said = ''
    for await (const { choices } of stream) said += choices[0]?.delta?.content ?? ''
    return said
  }

  const finish = (pattern: string, from = server): Promise<OpenAI.ChatCompletion> =>
    openai(pattern, from).chat.completions.stream({ model: 'any', messages }).finalChatCompletion()

  function anthropic(pattern: string): ReturnType<Anthropic['messages']['stream']> {
    const client = new Anthropic({
      baseURL: server.url,
      apiKey: 'mock',
      maxRetries: 0,
      defaultHeaders: pick(pattern),
    })
    return client.messages.stream({ model: 'any', max_tokens: 99, messages })
  }

  async function gemini(pattern: string): Promise<string> {
    const httpOptions = {
      baseUrl: server.url,
      headers: pick(pattern),
      retryOptions: { attempts: 1 },
    }
    const stream = await new GoogleGenAI({ apiKey: 'mock', httpOptions }).models.generateContentStream({
      model: 'any',
      contents: 'x',
    })
    let said = ''
    for await (const chunk of stream) said += chunk.text ?? ''
    return said
  }

  function aiSdk(pattern: string): ReturnType<typeof streamText> {
    const provider = createOpenAICompatible({
      name: 'mock',
      baseURL: `${server.url}/v1`,
      headers: pick(pattern),
    })
    return streamText({ model: provider('any'), prompt: 'x', maxRetries: 0, onError: () => {} })
  }

  async function langchain(pattern: string): Promise<{ said: string; reason: unknown }> {
    const model = new ChatOpenAI({
      model: 'any',
      apiKey: 'mock',
      maxRetries: 0,
      configuration: { baseURL: `${server.url}/v1`, defaultHeaders: pick(pattern) },
    })
    let said = ''
    let reason: unknown
    for await (const { content, response_metadata } of await model.stream('x')) {
      said += content as string
      reason = response_metadata['finish_reason'] ?? reason
    }
    return { said, reason }
  }

  describe.concurrent('bytes', () => {
    test.each(['bom', 'ids', 'retry:3000', 'no-space', 'bom+ids+no-space+retry:1+crlf'])(
      '%s: OpenAI’s and Anthropic’s clients read the same',
      async (pattern) => {
        expect(await readChunks(openai(pattern))).toBe(text)
        expect(await anthropic(pattern).finalText()).toBe(text)
        expect(await aiSdk(pattern).text).toBe(text)
      },
    )

    test('ids: Google’s client takes an event for none that does not begin with its data', async () => {
      expect(await gemini('bom')).toBe(text)
      expect(await gemini('ids')).toBe('')
    })

    test('empty-events: OpenAI’s clients take what has no data for JSON, and others pass it over', async () => {
      for (const Client of [OpenAI, OpenAI6]) {
        const client = new Client({
          baseURL: `${server.url}/v1`,
          apiKey: 'mock',
          maxRetries: 0,
          defaultHeaders: pick('empty-events'),
          logLevel: 'off',
        })
        await expect(readChunks(client as Pick<OpenAI, 'chat'>)).rejects.toThrow(SyntaxError)
      }
      expect(await aiSdk('empty-events').text).toBe(text)
      expect(await anthropic('empty-events').finalText()).toBe(text)
    })

    test('no-last-blank: some read the last event all the same, and some fail without it', async () => {
      expect((await finish('no-last-blank')).choices[0]!.finish_reason).toBe('stop')
      await expect(anthropic('no-last-blank').finalMessage()).rejects.toThrow('without producing a Message')
      await expect(gemini('no-last-blank')).rejects.toThrow('Incomplete JSON')
    })

    test('unicode: separators of lines that are none in SSE arrive whole', async () => {
      for (const pattern of ['unicode', 'unicode+split:1', 'unicode+merge:4']) {
        const said = await readChunks(openai(pattern))
        for (const character of ['\u2028', '\u2029', '\u0085', '❤️‍🔥']) expect(said).toContain(character)
      }
    })
  })

  describe.concurrent('chunks', () => {
    test('duplicate and swap: clients say what they get, and the Responses API repairs it', async () => {
      expect(await readChunks(openai('duplicate:1'))).toBe(text.replace(' world', ' world world'))
      expect(await anthropic('swap:0').finalText()).toBe(text.replace('Hello world', ' worldHello'))
      const response = openai('duplicate:1+swap:4').responses.stream({ model: 'any', input: 'x' })
      expect((await response.finalResponse()).output_text).toBe(text)
    })

    test('after-done: OpenAI’s client stops at the end, and the AI SDK reads on', async () => {
      expect(await readChunks(openai('after-done:2'))).toBe(text)
      const last = text.split(/(?=[ ,.])/).at(-1)!
      expect(await aiSdk('after-done:2').text).toBe(text + last + last)
    })

    test('an error is one, of whatever status, and whether or not the end follows', async () => {
      for (const pattern of ['error:3:429', 'error:3:429+done']) {
        await expect(readChunks(openai(pattern))).rejects.toMatchObject({ code: 'rate_limit_exceeded' })
        await expect(anthropic(pattern).finalMessage()).rejects.toThrow('rate_limit_error')
        await expect(gemini(pattern)).rejects.toMatchObject({ status: 429 })
      }
    })

    test('finish: absent and empty reasons are missed by the helper; another one is handed on', async () => {
      for (const pattern of ['finish:absent', 'finish:empty'])
        await expect(finish(pattern)).rejects.toThrow('missing finish_reason')
      expect((await finish('finish:eos')).choices[0]!.finish_reason as string).toBe('eos')
      expect(await aiSdk('finish:eos').finishReason).toBe('other')
      expect(await aiSdk('finish:absent').finishReason).toBe('error')
    })

    test('content-filter: every client knows it', async () => {
      expect((await finish('content-filter')).choices[0]!.finish_reason).toBe('content_filter')
      expect(await aiSdk('content-filter').finishReason).toBe('content-filter')
      expect((await anthropic('content-filter').finalMessage()).stop_reason).toBe('refusal')
    })

    test('finish-with-content: nothing is lost', async () => {
      const { message, finish_reason } = (await finish('finish-with-content')).choices[0]!
      expect([message.content, finish_reason]).toEqual([text, 'stop'])
      expect(await gemini('finish-with-content')).toBe(text)
      expect(await langchain('finish-with-content')).toEqual({ said: text, reason: 'stop' })
    })

    test('delta:null: LangChain loses the reason', async () => {
      expect(await langchain('ok')).toEqual({ said: text, reason: 'stop' })
      expect(await langchain('delta:null')).toEqual({ said: text, reason: undefined })
    })

    test('usage: told in every chunk, at the end, without being asked for, or never', async () => {
      for (const pattern of ['usage:every', 'usage:finish', 'usage:always'])
        expect((await finish(pattern)).usage?.completion_tokens).toBe(CHUNKS)
      expect((await finish('ok')).usage).toBeFalsy()
      await expect(anthropic('usage:never').finalMessage()).rejects.toThrow('usage.output_tokens')
    })
  })

  describe.concurrent('calls', () => {
    const names = async (pattern: string): Promise<string[]> => {
      const { choices } = await finish(pattern, calling)
      return choices[0]!.message.tool_calls!.map((call) =>
        call.type === 'function' ? call.function.name : '',
      )
    }

    test('call-index: the helper refuses a missing one, and makes one call of two with the same', async () => {
      expect(await names('ok')).toEqual(['get_weather', 'get_weather'])
      expect(await names('call-index:reversed')).toEqual(['get_weather', 'get_weather'])
      expect(await names('call-index:repeated')).toEqual(['get_weather'])
      await expect(names('call-index:missing')).rejects.toThrow('index')
    })

    test('split-name: the helper keeps the last piece', async () =>
      expect(await names('split-name')).toEqual(['ather', 'ather']))

    test('no-arguments: what is parsed as it comes is no JSON', async () => {
      const { choices } = await finish('no-arguments', calling)
      const [call] = choices[0]!.message.tool_calls!
      expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '' } })
    })
  })
})

describe('before the first token', () => {
  const slow = useServer({ preambleMs: '20', ttftMs: '400', fault: 'ping:50' })

  test('the events that open a message come long before its text, and pings in between do no harm', async () => {
    const client = new Anthropic({ baseURL: slow.url, apiKey: 'mock' })
    const seen: [string, number][] = []
    const startedMs = performance.now()
    const stream = client.messages.stream({ model: 'any', max_tokens: 99, messages })
    stream.on('streamEvent', ({ type }) => void seen.push([type, performance.now() - startedMs]))
    expect(await stream.finalText()).toBe(text)
    const at = (type: string): number => seen.find(([one]) => one === type)![1]
    expect(at('content_block_delta') - at('message_start')).toBeGreaterThan(200)
  })

  test('the role comes long before the text', async () => {
    const client = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'mock' })
    const stream = await client.chat.completions.create({ model: 'any', messages, stream: true })
    const seen: [string | null | undefined, number][] = []
    for await (const { choices } of stream) seen.push([choices[0]!.delta.content, performance.now()])
    expect(seen.slice(0, 2).map(([content]) => content)).toEqual(['', 'Hello'])
    expect(seen[1]![1] - seen[0]![1]).toBeGreaterThan(200)
  })
})
