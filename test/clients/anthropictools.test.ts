// Anthropic's SDK where the request decides: tools in a loop, structured outputs, limits.
import { describe, expect, test } from 'bun:test'
import Anthropic, { BadRequestError } from '@anthropic-ai/sdk'
import { betaZodOutputFormat, betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { z } from 'zod'
import { usageOf, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'
import inputResult from '../apis/inputs/messages-tool-result.json' with { type: 'json' }
import inputShort from '../apis/inputs/messages-max-tokens.json' with { type: 'json' }

const Forecast = z.object({
  city: z.string().min(2),
  days: z.number().int().min(3).max(3),
  unit: z.enum(['c', 'f']),
  hours: z.array(z.object({ at: z.string(), degrees: z.number() })).min(1),
})

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools:2' })
  const thinking = useServer({ engine, content: 'reasoning+tools' })
  const rounds = useServer({ engine, content: 'text+tools', toolRounds: '3' })
  const cached = useServer({ engine, cachedTokens: '50' })

  const clientOf = ({ url }: { url: string }): Anthropic =>
    new Anthropic({ baseURL: url, apiKey: 'mock', maxRetries: 0 })
  const request = {
    model: 'claude-mine',
    max_tokens: 1000,
    messages: [{ role: 'user' as const, content: 'Hi' }],
  }

  test.each([true, false])('a loop of tools ends by itself, streamed: %s', async (stream) => {
    for (const [from, calls] of [
      [tools, 2],
      [thinking, 1],
    ] as const) {
      const inputs: unknown[] = []
      const forecast = betaZodTool({
        name: 'forecast',
        description: 'The weather',
        inputSchema: Forecast,
        run: (input) => {
          inputs.push(input)
          return 'cold'
        },
      })
      const runner = clientOf(from).beta.messages.toolRunner({
        ...request,
        stream,
        tools: [forecast],
        max_iterations: 9,
      })
      const last = await runner.runUntilDone()
      expect([last.stop_reason, inputs.length]).toEqual(['end_turn', calls])
      expect(last.content.at(-1)).toMatchObject({ type: 'text' })
      for (const input of inputs) expect(Forecast.safeParse(input).success).toBe(true)
    }
  })

  test('there are as many rounds of calls as there are to be', async () => {
    const tools = [{ name: 'forecast', input_schema: { type: 'object' as const } }]
    const messages: Anthropic.MessageParam[] = [...request.messages]
    const reasons: unknown[] = []
    while (reasons.length < 9 && reasons.at(-1) !== 'end_turn') {
      const said = await clientOf(rounds).messages.create({ ...request, messages, tools })
      reasons.push(said.stop_reason)
      const results = said.content.flatMap((block) =>
        block.type === 'tool_use'
          ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'cold' }]
          : [],
      )
      messages.push({ role: 'assistant', content: said.content }, { role: 'user', content: results })
    }
    expect(reasons).toEqual(['tool_use', 'tool_use', 'tool_use', 'end_turn'])
  })

  test('structured outputs are parsed, whole and streamed, in the current form and the older one', async () => {
    const format = zodOutputFormat(Forecast)
    const current = { ...request, output_config: { format } }
    const whole = await clientOf(server).messages.parse(current)
    expect(Forecast.safeParse(whole.parsed_output).success).toBe(true)
    const streamed = await clientOf(server).messages.stream(current).finalMessage()
    expect(streamed.parsed_output).toEqual(whole.parsed_output)
    const beta = await clientOf(server).beta.messages.parse({
      ...request,
      output_format: betaZodOutputFormat(Forecast),
    })
    expect(beta.parsed_output).toEqual(whole.parsed_output)
    const { schema } = format
    const older = { ...request, output_format: { type: 'json_schema', schema } }
    const text = await clientOf(server).messages.create(older as typeof request)
    expect(text.content).toEqual(whole.content.map(({ type, text }: any) => ({ type, text })) as never)
  })

  test('a call that is cut', async () => {
    const offered = [
      { name: 'forecast', input_schema: z.toJSONSchema(Forecast) as Anthropic.Tool.InputSchema },
    ]
    for (const max_tokens of [1, 2, 7]) {
      const cut = { ...request, max_tokens, tools: offered }
      const whole = await clientOf(tools).messages.create(cut)
      expect(whole).toMatchObject({
        content: [],
        stop_reason: 'max_tokens',
        usage: { output_tokens: max_tokens },
      })
      const streamed = await clientOf(tools).messages.stream(cut).finalMessage()
      expect(streamed).toMatchObject({
        content: [{ type: 'tool_use', name: 'forecast', input: expect.any(Object) }],
        stop_reason: 'max_tokens',
        usage: { output_tokens: max_tokens },
      })
    }
  })

  test('limits, stops and what was cached', async () => {
    const short = await clientOf(server).messages.create(inputShort as typeof request)
    expect(short).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 4 } })
    const stopped = await clientOf(server)
      .messages.stream({ ...request, stop_sequences: [' this'] })
      .finalMessage()
    expect(stopped).toMatchObject({
      content: [{ type: 'text', text: 'Hello world,' }],
      stop_reason: 'stop_sequence',
      stop_sequence: ' this',
    })
    const long = { ...request, messages: [{ role: 'user' as const, content: 'x'.repeat(399) }] }
    const usage = { input_tokens: 50, cache_read_input_tokens: 50 }
    expect(await clientOf(cached).messages.create(long)).toMatchObject({ usage })
    const events = await Array.fromAsync(await clientOf(cached).messages.create({ ...long, stream: true }))
    expect(events[0]).toMatchObject({ message: { usage } })
    expect(events.at(-2)).toMatchObject({ usage })
    expect(await clientOf(cached).messages.countTokens(long)).toEqual({ input_tokens: 100 })
  })

  test('after the result of a tool, text without a word about citations', async () => {
    const { content, stop_reason } = await clientOf(tools).messages.create(inputResult as typeof request)
    expect([content, stop_reason]).toEqual([
      [{ type: 'text', text: expect.any(String) }] as never,
      'end_turn',
    ])
  })

  test('refusals name the field', async () => {
    const refusals: [object, string][] = [
      [{ max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
      [{ messages: [{ role: 'user', content: 7 }] }, 'messages.0.content: Input should be a valid list'],
      [
        { output_config: { format: { type: 'json_schema', schema: { type: 'string', enum: [] } } } },
        'output_config.format.schema: ',
      ],
    ]
    for (const [wrong, message] of refusals) {
      const refused = await clientOf(server)
        .messages.create({ ...request, ...(wrong as object) })
        .catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(BadRequestError)
      expect((refused as BadRequestError).error).toMatchObject({
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
      })
    }
  })

  test.each([
    ['a byte order mark before the body', '\ufeff{"max_tokens":2}', 2],
    ['half a pair of surrogates', '{"model":"\\ud800","system":"\\udc00","max_tokens":3}', 3],
    ['nothing at all', '{}', usageOf().output],
  ])('%s', async (_, body, tokens) => {
    const response = await fetch(`${server.url}/v1/messages`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ type: 'message', usage: { output_tokens: tokens } })
  })
})
