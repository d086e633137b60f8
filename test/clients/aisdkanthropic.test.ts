// The Vercel AI SDK over Anthropic's Messages, in three majors side by side, and LangChain.
import { describe, expect, test } from 'bun:test'
import { createAnthropic as create4 } from '@ai-sdk/anthropic'
import { createAnthropic as create2 } from '@ai-sdk/anthropic2'
import { createAnthropic as create3 } from '@ai-sdk/anthropic3'
import { ChatAnthropic } from '@langchain/anthropic'
import { tool as createTool } from '@langchain/core/tools'
import * as ai7 from 'ai'
import * as ai5 from 'ai5'
import * as ai6 from 'ai6'
import { z } from 'zod'
import { CHUNKS, half, rest, text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

const Forecast = z.object({
  city: z.string().min(2),
  days: z.number().int().min(3),
  unit: z.enum(['c', 'f']),
})

/** What is called alike in the three, whatever its types. */
const majors: readonly (readonly [string, any, any])[] = [
  ['@ai-sdk/anthropic 2 with ai 5', create2, ai5],
  ['@ai-sdk/anthropic 3 with ai 6', create3, ai6],
  ['@ai-sdk/anthropic 4 with ai 7', create4, ai7],
]

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools:2' })
  const thinking = useServer({ engine, content: 'reasoning+tools' })
  const reasoning = useServer({ engine, content: 'reasoning' })

  describe.each(majors)('%s', (_, create, ai) => {
    /** One that has structured outputs of its own, and one of which nothing is known. */
    const NAMES = ['claude-sonnet-4-5', 'claude-mine']
    const asked = ({ url }: { url: string }, name = 'claude-mine') => ({
      model: create({ baseURL: `${url}/v1`, apiKey: 'mock' })(name),
      prompt: 'Hi',
      maxOutputTokens: 1000,
      maxRetries: 0,
    })

    test('text, whole and streamed', async () => {
      const whole = await ai.generateText(asked(server))
      expect([whole.text, whole.finishReason, whole.usage.outputTokens]).toEqual([text, 'stop', CHUNKS])
      const streamed = ai.streamText(asked(server))
      expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(text)
      expect([await streamed.finishReason, (await streamed.usage).outputTokens]).toEqual(['stop', CHUNKS])
      const thought = await ai.generateText(asked(reasoning))
      expect([thought.reasoningText, thought.text]).toEqual([half, rest])
    })

    test('limits and stops', async () => {
      const short = { ...asked(server), maxOutputTokens: 3 }
      const whole = await ai.generateText(short)
      expect([whole.text, whole.finishReason]).toEqual(['Hello world,', 'length'])
      const streamed = ai.streamText(short)
      expect([await streamed.text, await streamed.finishReason]).toEqual(['Hello world,', 'length'])
      const stopped = await ai.generateText({ ...asked(server), stopSequences: [' this'] })
      expect([stopped.text, stopped.finishReason]).toEqual(['Hello world,', 'stop'])
    })

    test('a loop of tools ends after one round, whole and streamed', async () => {
      for (const [from, calls] of [
        [tools, 2],
        [thinking, 1],
      ] as const) {
        let inputs: unknown[] = []
        const forecast = ai.tool({
          description: 'The weather',
          inputSchema: Forecast,
          execute: (input: unknown) => {
            inputs.push(Forecast.parse(input))
            return 'cold'
          },
        })
        const loop = { ...asked(from), tools: { forecast }, stopWhen: ai.stepCountIs(5) }
        const whole = await ai.generateText(loop)
        expect([whole.steps.length, whole.finishReason, inputs.length]).toEqual([2, 'stop', calls])
        expect(whole.text.length).toBeGreaterThan(0)
        inputs = []
        const streamed = ai.streamText(loop)
        await streamed.consumeStream()
        const steps = await streamed.steps
        expect([steps.length, await streamed.finishReason, inputs.length]).toEqual([2, 'stop', calls])
        // Cut in the middle of a call it says so, and is over.
        inputs = []
        const cut = ai.streamText({ ...loop, maxOutputTokens: 4, onError: () => {} })
        await cut.consumeStream()
        const [first] = await cut.steps
        expect([first.finishReason, inputs.length, (await cut.steps).length <= 2]).toEqual([
          'length',
          0,
          true,
        ])
      }
    })

    test.each(NAMES)('objects of %s, whole and streamed', async (name) => {
      const meant = { ...asked(server, name), schema: Forecast }
      const whole = await ai.generateObject(meant)
      expect(Forecast.safeParse(whole.object).success).toBe(true)
      const streamed = ai.streamObject(meant)
      const parts = await Array.fromAsync(streamed.partialObjectStream)
      expect(parts.at(-1)).toEqual(whole.object)
      expect(await streamed.object).toEqual(whole.object)
      const output = ai.Output.object({ schema: Forecast })
      const both = { ...asked(server, name), output, experimental_output: output }
      const said = await ai.generateText(both)
      expect(said.output ?? said.experimental_output).toEqual(whole.object)
    })
  })

  test('@langchain/anthropic: text, a call, a structured output', async () => {
    const chatOf = ({ url }: { url: string }): ChatAnthropic =>
      new ChatAnthropic({ model: 'claude-mine', apiKey: 'mock', anthropicApiUrl: url, maxRetries: 0 })
    const whole = await chatOf(server).invoke('Hi')
    expect(whole.text).toBe(text)
    expect(whole.usage_metadata).toMatchObject({ output_tokens: CHUNKS })
    const chunks = await Array.fromAsync(await chatOf(server).stream('Hi'))
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(text)
    const forecast = createTool(() => 'cold', {
      name: 'forecast',
      description: 'The weather',
      schema: Forecast,
    })
    const called = await chatOf(tools).bindTools([forecast]).invoke('Hi')
    expect(called.tool_calls?.map(({ name, args }) => [name, Forecast.safeParse(args).success])).toEqual([
      ['forecast', true],
      ['forecast', true],
    ])
    const structured = await chatOf(server).withStructuredOutput(Forecast).invoke('Hi')
    expect(Forecast.safeParse(structured).success).toBe(true)
  })
})
