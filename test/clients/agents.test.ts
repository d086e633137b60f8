// Programs that ask again and again until they are done, over the Responses API: OpenAI's agents and the Vercel AI SDK. Each run ends by itself.
import { describe, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { Agent, handoff, OpenAIProvider, Runner, tool as agentTool } from '@openai/agents'
import { generateObject, generateText, Output, streamObject, streamText, tool } from 'ai'
import { z } from 'zod'
import { text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const Weather = z.object({ city: z.string(), days: z.number().int().min(3), unit: z.enum(['c', 'f']) })
const WEATHER = { city: 'text', days: 3, unit: 'c' }

/** A tool that keeps what it is called with. */
const keepIn = (received: unknown[]) => async (given: unknown) => {
  received.push(given)
  return 'sunny'
}

describe.each(engines)('engine %s', (engine) => {
  const plain = useServer({ engine, chunkDelayMs: '0' })
  const tools = useServer({ engine, chunkDelayMs: '0', content: 'tools:2' })
  const rounds = useServer({ engine, chunkDelayMs: '0', content: 'reasoning+tools', toolRounds: '3' })

  describe('@openai/agents', () => {
    const runnerOf = ({ url }: { url: string }): Runner =>
      new Runner({
        modelProvider: new OpenAIProvider({ baseURL: `${url}/v1`, apiKey: 'mock', useResponses: true }),
        tracingDisabled: true,
      })
    const received: unknown[] = []
    const weather = agentTool({
      name: 'weather',
      description: '',
      parameters: Weather,
      execute: keepIn(received),
    })
    const agent = new Agent({ name: 'a', instructions: 'be brief', model: 'gpt-mine', tools: [weather] })

    test.each([
      ['two calls at once', tools, 2],
      ['three rounds', rounds, 3],
    ])('tools: %s, then text', async (_, server, count) => {
      received.length = 0
      const whole = await runnerOf(server).run(agent, 'Hi')
      expect(whole.finalOutput).toBe(server === tools ? text : words(18).slice(words(9).length))
      expect(received).toEqual(new Array(count).fill(WEATHER))
      const streamed = await runnerOf(server).run(agent, 'Hi', { stream: true })
      for await (const _event of streamed);
      await streamed.completed
      expect(streamed.finalOutput).toBe(whole.finalOutput!)
      expect(received).toHaveLength(2 * count)
    })

    test('a hand-off from one agent to another', async () => {
      const second = new Agent({ name: 'second', instructions: 'be brief', model: 'gpt-mine' })
      const first = new Agent({ name: 'first', model: 'gpt-mine', handoffs: [handoff(second)] })
      for (const server of [tools, rounds]) {
        const { finalOutput, lastAgent } = await runnerOf(server).run(first, 'Hi')
        expect([lastAgent?.name, typeof finalOutput]).toEqual(['second', 'string'])
      }
    })

    test('an output with a type, alone and after tools', async () => {
      for (const [server, offered] of [
        [plain, []],
        [tools, [weather]],
      ] as const) {
        const typed = new Agent({ name: 't', model: 'gpt-mine', outputType: Weather, tools: [...offered] })
        expect((await runnerOf(server).run(typed, 'Hi')).finalOutput).toEqual(Weather.parse(WEATHER))
      }
    })
  })

  describe('@ai-sdk/openai', () => {
    const modelOf = ({ url }: { url: string }) =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: 'mock' })('gpt-mine')
    const usual = { prompt: 'Hi', maxRetries: 0 }

    test('objects, whole and streamed', async () => {
      const model = modelOf(plain)
      const { object } = await generateObject({ ...usual, model, schema: Weather })
      expect(object).toEqual(Weather.parse(WEATHER))
      const streamed = streamObject({ ...usual, model, schema: Weather })
      const partial = await Array.fromAsync(streamed.partialObjectStream)
      expect(partial.length).toBeGreaterThan(1)
      expect(await streamed.object).toEqual(object)
      const { output } = await generateText({ ...usual, model, output: Output.object({ schema: Weather }) })
      expect(output).toEqual(object)
    })

    test.each([
      ['two calls at once', tools, 2, 2],
      ['three rounds', rounds, 3, 4],
    ])('tools: %s, then text', async (_, server, calls, steps) => {
      const received: unknown[] = []
      const asked = {
        ...usual,
        model: modelOf(server),
        tools: {
          weather: tool({ inputSchema: Weather, execute: keepIn(received) }),
        },
        stopWhen: () => false,
      }
      const whole = await generateText(asked)
      expect([whole.finishReason, whole.steps.length]).toEqual(['stop', steps])
      expect(received).toEqual(new Array(calls).fill(WEATHER))
      const streamed = streamText(asked)
      expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(whole.text)
      expect((await streamed.steps).length).toBe(steps)
    })

    test('a cut is length', async () => {
      const { text, finishReason } = await generateText({
        ...usual,
        model: modelOf(plain),
        maxOutputTokens: 3,
      })
      expect([text, finishReason]).toEqual([words(3), 'length'])
    })

    test('a custom tool, whole and streamed', async () => {
      const openai = createOpenAI({ baseURL: `${tools.url}/v1`, apiKey: 'mock' })
      const received: unknown[] = []
      const asked = {
        ...usual,
        model: openai('gpt-mine'),
        tools: { run: openai.tools.customTool({ execute: keepIn(received) }) },
        stopWhen: () => false,
      }
      expect((await generateText(asked)).text).toBe(text)
      expect(received).toEqual([words(9), text.slice(words(9).length)])
      expect((await Array.fromAsync(streamText(asked).textStream)).join('')).toBe(text)
    })

    test('logprobs come as the provider’s own', async () => {
      const { providerMetadata } = await generateText({
        ...usual,
        model: modelOf(plain),
        providerOptions: { openai: { logprobs: 2 } },
      })
      expect(providerMetadata?.['openai']?.['logprobs']).toHaveLength(1)
    })
  })
})
