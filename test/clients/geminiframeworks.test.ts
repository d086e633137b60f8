// The Vercel AI SDK with Google's provider: objects, and agents that end.
import { describe, expect, test } from 'bun:test'
import { createGoogle } from '@ai-sdk/google'
import { generateObject, generateText, isStepCount, streamObject, streamText, tool } from 'ai'
import { z } from 'zod'
import { CHUNKS, half, rest, text, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const tools = useServer({ engine, content: 'tools' })
  const two = useServer({ engine, content: 'tools:2' })
  const talking = useServer({ engine, content: 'text+tools' })
  const thinking = useServer({ engine, content: 'reasoning+tools' })

  const usual = { prompt: 'Hi', maxRetries: 0 }
  /** Google's model, and the bodies it is sent. */
  function modelOf({ url }: { url: string }, name = 'gemini-mine') {
    const bodies: string[] = []
    const spy = async (input: string | URL | Request, init?: RequestInit) => {
      bodies.push(String(init?.body))
      return fetch(input, init)
    }
    const google = createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'mock', fetch: spy as typeof fetch })
    return { model: google(name), bodies }
  }

  test('whole, streamed, and with thoughts', async () => {
    const { model } = modelOf(server)
    const whole = await generateText({ ...usual, model })
    expect([whole.text, whole.finishReason]).toEqual([text, 'stop'])
    expect(whole.usage).toMatchObject({ inputTokens: 1, outputTokens: CHUNKS })
    const streamed = streamText({ ...usual, model })
    expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(text)
    expect(await streamed.usage).toMatchObject({ inputTokens: 1, outputTokens: CHUNKS })
    const cut = await generateText({ ...usual, model, maxOutputTokens: 3 })
    expect(cut.finishReason).toBe('length')
    const thought = await generateText({ ...usual, model: modelOf(reasoning).model })
    expect([thought.reasoningText, thought.text]).toEqual([half, rest])
  })

  test('objects', async () => {
    const schema = z.strictObject({
      city: z.string().min(3),
      days: z.array(z.int()).length(2),
      unit: z.enum(['c', 'f']),
    })
    const { model } = modelOf(server)
    const { object } = await generateObject({ ...usual, model, schema })
    expect(schema.parse(object)).toEqual(object)
    const streamed = streamObject({ ...usual, model, schema })
    expect((await Array.fromAsync(streamed.partialObjectStream)).at(-1)).toEqual(object)
    expect(await streamed.object).toEqual(object)
  })

  test.each([
    ['tools', tools, ['forecast']],
    ['tools:2', two, ['forecast', 'now']],
    ['text+tools', talking, ['forecast']],
    ['reasoning+tools', thinking, ['forecast']],
  ] as const)('content %s: an agent calls its tools once and ends', async (_, which, expected) => {
    const inputSchema = z.strictObject({ city: z.string(), days: z.int().min(1) })
    const called: string[] = []
    const make = (name: string) =>
      tool({
        inputSchema,
        execute: async () => {
          called.push(name)
          return { degrees: 4 }
        },
      })
    for (const isStream of [false, true]) {
      called.length = 0
      const { model, bodies } = modelOf(which, 'gemini-3-mine')
      const ask = {
        ...usual,
        model,
        stopWhen: isStepCount(5),
        tools: { forecast: make('forecast'), now: make('now') },
      }
      const { steps, text: said } = isStream ? await streamed(ask) : await generateText(ask)
      expect(called).toEqual([...expected])
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
      expect(said).not.toBe('')
      expect(bodies).toHaveLength(2)
      expect(bodies[1]!.match(/"thoughtSignature":"[^"]*"/g)).toEqual(['"thoughtSignature":"bW9jaw=="'])
    }
  })

  async function streamed(ask: Parameters<typeof streamText>[0]) {
    const { steps, text } = streamText(ask)
    return { steps: await steps, text: await text }
  }
})
