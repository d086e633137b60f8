// OpenAI's SDK, this major and the one before, as clients of the Responses API: instances, tools and cuts as they understand them.
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import OpenAI6 from 'openai6'
import { z } from 'zod'
import { CHUNKS, text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const Weather = z.object({ city: z.string(), days: z.number().int().min(3), unit: z.enum(['c', 'f']) })
const format = zodTextFormat(Weather, 'weather')
const tool = zodResponsesFunction({ name: 'weather', parameters: Weather })
const custom = { type: 'custom' as const, name: 'run_code' }
/** The two majors have types of their own for the same things. */
const majors = { 'openai 7': OpenAI, 'openai 6': OpenAI6 as unknown as typeof OpenAI }

describe.each(engines)('engine %s', (engine) => {
  const plain = useServer({ engine, chunkDelayMs: '0' })
  const tools = useServer({ engine, chunkDelayMs: '0', content: 'text+tools:2' })
  const reasoning = useServer({ engine, chunkDelayMs: '0', content: 'reasoning' })

  describe.each(Object.entries(majors))('%s', (_, Client) => {
    const clientOf = ({ url }: { url: string }): OpenAI =>
      new Client({ baseURL: `${url}/v1`, apiKey: 'mock', maxRetries: 0 })
    const ask = { model: 'gpt-mine', input: 'Hi' }

    test('a schema: parsed whole and streamed', async () => {
      const { responses } = clientOf(plain)
      const whole = await responses.parse({ ...ask, text: { format } })
      const streamed = await responses.stream({ ...ask, text: { format } }).finalResponse()
      expect(Weather.parse(whole.output_parsed)).toEqual({ city: 'text', days: 3, unit: 'c' })
      expect(streamed.output_parsed).toEqual(whole.output_parsed)
      expect(whole.text?.format).toEqual(streamed.text?.format)
    })

    test('a cut is incomplete, and no error', async () => {
      const { responses } = clientOf(plain)
      const cut = { ...ask, max_output_tokens: 3 }
      const whole = await responses.create(cut)
      const streamed = await responses.stream(cut).finalResponse()
      for (const response of [whole, streamed]) {
        expect([response.status, response.incomplete_details?.reason]).toEqual([
          'incomplete',
          'max_output_tokens',
        ])
        expect([response.output_text, response.usage?.output_tokens]).toEqual([words(3), 3])
        expect(response.max_output_tokens).toBe(3)
      }
      const begun = await responses.create({ ...cut, text: { format } })
      expect('{"city":"text","days":3,"unit":"c"}').toStartWith(begun.output_text)
    })

    test('functions and custom tools, whole and streamed, and text after their results', async () => {
      const { responses } = clientOf(tools)
      const asked = { ...ask, tools: [tool, custom] }
      const whole = await responses.parse(asked)
      const streamed = await responses.stream(asked).finalResponse()
      for (const { output } of [whole, streamed]) {
        expect(output).toMatchObject([
          { type: 'message' },
          { type: 'function_call', name: 'weather', parsed_arguments: { city: 'text', days: 3, unit: 'c' } },
          { type: 'custom_tool_call', name: 'run_code' },
        ])
      }
      const calls = whole.output.flatMap((item): OpenAI.Responses.ResponseInputItem[] => {
        if (item.type === 'function_call')
          return [item, { type: 'function_call_output', call_id: item.call_id, output: '4' }]
        if (item.type === 'custom_tool_call')
          return [item, { type: 'custom_tool_call_output', call_id: item.call_id, output: '4' }]
        return []
      })
      const input = [{ role: 'user' as const, content: 'Hi' }, ...calls]
      const answer = await responses.create({ ...asked, input })
      expect([answer.output_text, answer.output.length]).toEqual([text, 1])
      const continued = await responses.create({
        ...asked,
        input: calls.filter(({ type }) => type?.endsWith('_output')),
        previous_response_id: whole.id,
      })
      expect([continued.output_text, continued.previous_response_id]).toEqual([text, whole.id])
    })

    test('logprobs and encrypted reasoning', async () => {
      const stream = clientOf(reasoning).responses.stream({
        ...ask,
        include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
        top_logprobs: 2,
      })
      const counts: number[] = []
      stream.on('response.output_text.delta', ({ logprobs }) => void counts.push(logprobs.length))
      const { output } = await stream.finalResponse()
      expect(output).toMatchObject([{ encrypted_content: expect.any(String) }, { type: 'message' }])
      expect(counts).toEqual(new Array(CHUNKS / 2).fill(1))
      const [part] = output[1]?.type === 'message' ? output[1].content : []
      expect(part?.type === 'output_text' && part.logprobs?.length).toBe(CHUNKS / 2)
    })

    test('what is refused is the SDK’s own error, and names the field', async () => {
      const impossible = { type: 'json_schema' as const, name: 'n', schema: { type: 'string', enum: [] } }
      const refused = clientOf(plain).responses.create({ ...ask, text: { format: impossible } })
      const error = await refused.catch((error: unknown) => error)
      expect(error).toBeInstanceOf(Client.BadRequestError)
      expect(error).toMatchObject({ param: 'text.format' })
    })
  })
})
