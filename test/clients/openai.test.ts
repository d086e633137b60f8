// The official SDK as a client: what it accepts is what users can rely on.
import { describe, expect, test } from 'bun:test'
import OpenAI, { AzureOpenAI, BadRequestError, NotFoundError } from 'openai'
import { CHUNKS, half, offered, rest, text, usageOf, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const ignoring = useServer({ engine, reply: 'stream' })
  const empty = useServer({ engine, reply: 'stream', chunkCount: '0', chunkDelayMs: '0' })
  const server = useServer({ engine })
  const strict = useServer({ engine, strictModels: 'true' })
  const tools = useServer({ engine, content: 'tools', toolName: 'look_up' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const json = useServer({ engine, reply: 'json' })
  const unique = useServer({ engine, uniqueIds: 'true', providerHeaders: 'true' })

  const clientOf = ({ url }: { url: string }, path = '/v1'): OpenAI =>
    new OpenAI({ baseURL: url + path, apiKey: 'mock', maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const request = { model: 'gpt-mine', messages }

  describe('chat', () => {
    test.each(['/v1', ''])('streams, whatever is asked, under %j', async (path) => {
      const stream = await clientOf(ignoring, path).chat.completions.create({ ...request, stream: true })
      const chunks = await Array.fromAsync(stream)
      expect(chunks).toHaveLength(CHUNKS + 1)
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(text)
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
      expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1)
      expect(chunks[0]?.model).toBe('mock-model')
    })

    test('the .stream() helper, also on an empty completion', async () => {
      const completion = await clientOf(ignoring).chat.completions.stream(request).finalChatCompletion()
      expect(completion.choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { role: 'assistant', content: text },
      })
      const nothing = await clientOf(empty).chat.completions.stream(request).finalChatCompletion()
      expect(nothing.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
    })

    test.each([server, json])('whole, with usage', async (which) => {
      const completion = await clientOf(which).chat.completions.create(request)
      expect(completion.choices).toEqual([
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ])
      expect(completion.usage).toMatchObject({
        prompt_tokens: usageOf(which === server).input,
        completion_tokens: CHUNKS,
        total_tokens: usageOf(which === server).total,
      })
      expect(completion.model).toBe(which === server ? 'gpt-mine' : 'mock-model')
    })

    test('the usage chunk comes when asked for, and every other chunk says null', async () => {
      const stream = await clientOf(server).chat.completions.create({
        ...request,
        stream: true,
        stream_options: { include_usage: true },
      })
      const chunks = await Array.fromAsync(stream)
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: usageOf().total } })
      expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
      expect(chunks.every((chunk) => chunk.model === 'gpt-mine')).toBe(true)
    })

    test('n choices, streamed and whole', async () => {
      const streamed = await clientOf(server)
        .chat.completions.stream({ ...request, n: 3 })
        .finalChatCompletion()
      const whole = await clientOf(server).chat.completions.create({ ...request, n: 3 })
      for (const { choices } of [streamed, whole])
        expect(choices.map(({ message }) => message.content)).toEqual([text, text, text])
      expect(whole.usage?.completion_tokens).toBe(3 * CHUNKS)
    })

    test('tool calls, whole, streamed and run by the tools helper', async () => {
      const offering = { ...request, tools: [{ ...offered.openai }] }
      const whole = await clientOf(tools).chat.completions.create(offering)
      const streamed = await clientOf(tools).chat.completions.stream(offering).finalChatCompletion()
      for (const { choices } of [whole, streamed]) {
        expect(choices[0]!.finish_reason).toBe('tool_calls')
        const [call] = choices[0]!.message.tool_calls!
        if (call?.type !== 'function') throw new Error('not a function call')
        expect(call.function.name).toBe('look_up')
        expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) })
      }
      const received: unknown[] = []
      const runner = clientOf(tools).chat.completions.runTools(
        {
          ...request,
          stream: true,
          tool_choice: { type: 'function', function: { name: 'look_up' } },
          tools: [
            {
              type: 'function',
              function: {
                name: 'look_up',
                description: '',
                parameters: offered.openai.function.parameters,
                parse: JSON.parse,
                function: (args: unknown) => {
                  received.push(args)
                  return 'done'
                },
              },
            },
          ],
        },
        { maxChatCompletions: 1 },
      )
      await runner.done()
      expect(received).toEqual([{ city: expect.any(String) }])
    })

    test('the tool choice decides: a tool of that name, or text', async () => {
      const forced = await clientOf(server).chat.completions.create({
        ...request,
        tools: [{ type: 'function', function: { name: 'mine' } }],
        tool_choice: { type: 'function', function: { name: 'mine' } },
      })
      expect(forced.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'mine' } }])
      const none = await clientOf(tools).chat.completions.create({
        ...request,
        tools: [{ ...offered.openai }],
        tool_choice: 'none',
      })
      expect(none.choices[0]!.message.content).toBe(text)
    })

    test('reasoning comes as reasoning_content, and is counted', async () => {
      const whole = await clientOf(reasoning).chat.completions.create(request)
      expect(whole.choices[0]!.message).toMatchObject({ reasoning_content: half, content: rest })
      expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(CHUNKS / 2)
      const chunks = await Array.fromAsync(
        await clientOf(reasoning).chat.completions.create({ ...request, stream: true }),
      )
      const deltas = chunks.map(
        (chunk) => chunk.choices[0]!.delta as { content?: string; reasoning_content?: string },
      )
      expect(deltas.map(({ reasoning_content }) => reasoning_content ?? '').join('')).toBe(half)
      expect(deltas.map(({ content }) => content ?? '').join('')).toBe(rest)
    })

    test('as Azure', async () => {
      const azure = new AzureOpenAI({
        endpoint: server.url,
        apiKey: 'mock',
        apiVersion: '2024-10-21',
        deployment: 'mine',
        maxRetries: 0,
      })
      const completion = await azure.chat.completions.create(request)
      expect(completion.choices[0]!.message.content).toBe(text)
      expect(
        await Array.fromAsync(await azure.chat.completions.create({ ...request, stream: true })),
      ).toHaveLength(CHUNKS + 1)
    })
  })

  test('legacy completions, whole and streamed', async () => {
    const { completions } = clientOf(server)
    const whole = await completions.create({ model: 'm', prompt: 'Hi' })
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ text, finish_reason: 'stop' }] })
    expect(whole.usage?.total_tokens).toBe(usageOf().total)
    const chunks = await Array.fromAsync(
      await completions.create({
        model: 'm',
        prompt: 'Hi',
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe(text)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(CHUNKS)
  })

  describe('responses', () => {
    const ask = { model: 'gpt-mine', input: 'Hi' }

    test('whole', async () => {
      const response = await clientOf(server).responses.create(ask)
      expect(response.output_text).toBe(text)
      expect(response).toMatchObject({ status: 'completed', model: 'gpt-mine' })
      expect(response.usage).toEqual({
        input_tokens: usageOf().input,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: CHUNKS,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: usageOf().total,
      })
    })

    test('events in order, numbered, with the text', async () => {
      const events = await Array.fromAsync(await clientOf(server).responses.create({ ...ask, stream: true }))
      expect(events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])).toEqual([
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ])
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i))
      expect(
        events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join(''),
      ).toBe(text)
      for (const event of events)
        if ('response' in event)
          expect(event.response.usage === null).toBe(event.type !== 'response.completed')
    })

    test('the .stream() helper puts it together: text, tools, reasoning', async () => {
      const final = await clientOf(server).responses.stream(ask).finalResponse()
      expect(final.output_text).toBe(text)
      const called = await clientOf(tools)
        .responses.stream({ ...ask, tools: [{ ...offered.responses }] })
        .finalResponse()
      expect(called.output).toMatchObject([
        { type: 'function_call', name: 'look_up', arguments: expect.stringContaining('"city":') },
      ])
      const thought = await clientOf(reasoning).responses.stream(ask).finalResponse()
      expect(thought.output).toMatchObject([
        { type: 'reasoning', summary: [{ type: 'summary_text', text: half }] },
        { type: 'message', content: [{ text: rest }] },
      ])
      expect(thought.usage?.output_tokens_details.reasoning_tokens).toBe(CHUNKS / 2)
    })
  })

  test('lists and retrieves models', async () => {
    const client = clientOf(server)
    const models = await Array.fromAsync(await client.models.list())
    expect(models.map(({ id }) => id)).toEqual(['mock-model'])
    expect(await client.models.retrieve('mock-model')).toEqual(models[0]!)
  })

  test('errors are the SDK’s own types', async () => {
    const missing = await clientOf(strict)
      .models.retrieve('gpt-nowhere')
      .catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    const refused = await clientOf(server)
      .chat.completions.create({ ...request, n: 129 })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({ param: 'n' })
  })

  test('unique ids and provider headers', async () => {
    const client = clientOf(unique)
    const ids = new Set<string>()
    for (let i = 0; i < 5; i++) ids.add((await client.chat.completions.create(request)).id)
    for (let i = 0; i < 5; i++) {
      const chunks = await Array.fromAsync(await client.chat.completions.create({ ...request, stream: true }))
      const [id, ...others] = new Set(chunks.map((chunk) => chunk.id))
      expect(others).toEqual([])
      ids.add(id!)
    }
    expect(ids.size).toBe(10)
    for (const id of ids) expect(id).toMatch(/^chatcmpl-mock\d{16}$/)
    const { response, request_id } = await client.chat.completions.create(request).withResponse()
    expect(request_id).toMatch(/^req_mock\d{16}$/)
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('9999')
  })
})
