// Frameworks whose loops of tools have to end by themselves, and whose structured outputs have to be valid.
import { describe, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateObject, generateText, stepCountIs, streamObject, streamText, tool } from 'ai'
import { z } from 'zod'
import { text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

const Weather = z.object({
  city: z.string().min(2),
  days: z.array(z.object({ degrees: z.number(), kind: z.enum(['sun', 'rain']) })),
})
const Arguments = z.object({ city: z.string(), days: z.number().int().min(1) })

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools' })
  const several = useServer({ engine, content: 'tools:2' })

  describe('@langchain/openai', () => {
    const chatOf = ({ url }: { url: string }): ChatOpenAI =>
      new ChatOpenAI({
        model: 'gpt-mine',
        apiKey: 'mock',
        configuration: { baseURL: `${url}/v1` },
        maxRetries: 0,
      })

    test.each(['jsonSchema', 'functionCalling', 'jsonMode'] as const)(
      'structured output by %s',
      async (method) => {
        const schema = method === 'jsonMode' ? z.object({}) : Weather
        for (const which of [server, tools])
          schema.parse(
            await chatOf(which).withStructuredOutput(schema, { method, name: 'weather' }).invoke('Hi'),
          )
      },
    )

    test('a loop of tools ends by itself', async () => {
      const lookUp = langchainTool(async (given) => `${Arguments.parse(given).days} days`, {
        name: 'look_up',
        description: 'Weather',
        schema: Arguments,
      })
      const model = chatOf(several).bindTools([lookUp])
      const messages: any[] = [new HumanMessage('Hi')]
      let rounds = 0
      let said = await model.invoke(messages)
      for (; (said.tool_calls ?? []).length > 0 && rounds < 5; rounds++) {
        expect(said.tool_calls).toHaveLength(2)
        const results = await Promise.all(
          said.tool_calls!.map(async (call) => {
            const content = await lookUp.invoke(call.args as z.infer<typeof Arguments>)
            return new ToolMessage({ content, tool_call_id: call.id! })
          }),
        )
        messages.push(said, ...results)
        said = await model.invoke(messages)
      }
      expect([rounds, said.content]).toEqual([1, text])
    })
  })

  const models = {
    '@ai-sdk/openai (chat)': ({ url }: { url: string }) =>
      createOpenAI({ baseURL: `${url}/v1`, apiKey: 'mock' }).chat('gpt-mine'),
    '@ai-sdk/openai-compatible': ({ url }: { url: string }) =>
      createOpenAICompatible({
        name: 'mock',
        baseURL: `${url}/v1`,
        apiKey: 'mock',
        includeUsage: true,
        supportsStructuredOutputs: true,
      })('gpt-mine'),
  }

  describe.each(Object.entries(models))('%s', (_, create) => {
    test('objects, whole and streamed', async () => {
      const asked = { model: create(server), schema: Weather, prompt: 'Hi', maxRetries: 0 }
      const whole = await generateObject(asked)
      const streamed = streamObject(asked)
      const partial = await Array.fromAsync(streamed.partialObjectStream)
      expect(await streamed.object).toEqual(whole.object)
      expect(partial.at(-1)).toEqual(whole.object)
      expect(whole.finishReason).toBe('stop')
    })

    test('a loop of tools ends by itself, whole and streamed', async () => {
      const received: unknown[] = []
      const asked = {
        model: create(several),
        prompt: 'Hi',
        maxRetries: 0,
        stopWhen: stepCountIs(5),
        tools: {
          look_up: tool({
            description: 'Weather',
            inputSchema: Arguments,
            execute: async (given) => {
              received.push(given)
              return 'rain'
            },
          }),
        },
      }
      const whole = await generateText(asked)
      expect([whole.text, whole.steps.length, received.length]).toEqual([text, 2, 2])
      const streamed = streamText(asked)
      expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(text)
      expect([(await streamed.steps).length, received.length]).toEqual([2, 4])
      for (const given of received) Arguments.parse(given)
    })
  })
})
