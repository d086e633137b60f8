import { describe, expect, test } from 'bun:test'
import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk'
import { CHUNKS, half, offered, rest, text, usageOf, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const ignoring = useServer({ engine, reply: 'stream' })
  const tools = useServer({ engine, content: 'tools', toolName: 'look_up' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const strict = useServer({ engine, strictModels: 'true', model: 'one,two', providerHeaders: 'true' })

  const clientOf = ({ url }: { url: string }): Anthropic =>
    new Anthropic({ baseURL: url, apiKey: 'mock', maxRetries: 0 })
  const request = {
    model: 'claude-mine',
    max_tokens: 100,
    messages: [{ role: 'user' as const, content: 'Hi' }],
  }

  test('whole', async () => {
    const message = await clientOf(server).messages.create(request)
    expect(message).toMatchObject({
      id: expect.stringMatching(/^msg_mock\d{16}$/),
      model: 'claude-mine',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text }],
      usage: { input_tokens: usageOf().input, output_tokens: CHUNKS },
    })
  })

  test('events in order', async () => {
    const events = await Array.fromAsync(await clientOf(server).messages.create({ ...request, stream: true }))
    expect(events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events.filter(({ type }) => type === 'content_block_delta')).toHaveLength(CHUNKS)
  })

  test('a ping is sent after the first block has started', async () => {
    const response = await fetch(`${ignoring.url}/v1/messages`, { method: 'POST', body: '{}' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(
      [...(await response.text()).matchAll(/^event: (\w+)\n/gm)].map(([, name]) => name).slice(0, 4),
    ).toEqual(['message_start', 'content_block_start', 'ping', 'content_block_delta'])
  })

  test('the .stream() helper puts together text, tool use and thinking', async () => {
    const said = await clientOf(ignoring).messages.stream(request).finalMessage()
    expect(said).toMatchObject({
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { output_tokens: CHUNKS },
    })
    const called = await clientOf(tools)
      .messages.stream({ ...request, tools: [offered.anthropic] })
      .finalMessage()
    expect(called).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'look_up', input: { city: expect.any(String) } }],
    })
    const thought = await clientOf(reasoning).messages.stream(request).finalMessage()
    expect(thought.content).toMatchObject([
      { type: 'thinking', thinking: half, signature: 'bW9jaw==' },
      { type: 'text', text: rest },
    ])
  })

  test('the tool choice decides', async () => {
    const forced = await clientOf(server).messages.create({
      ...request,
      tools: [
        { ...offered.anthropic, name: 'other' },
        { ...offered.anthropic, name: 'mine' },
      ],
      tool_choice: { type: 'tool', name: 'mine' },
    })
    expect(forced.content).toMatchObject([{ type: 'tool_use', name: 'mine' }])
    const none = await clientOf(tools).messages.create({
      ...request,
      tools: [offered.anthropic],
      tool_choice: { type: 'none' },
    })
    expect(none.content).toMatchObject([{ type: 'text' }])
  })

  test('token counting and models', async () => {
    expect(await clientOf(server).messages.countTokens(request)).toMatchObject({
      input_tokens: usageOf().input,
    })
    const models = await Array.fromAsync(await clientOf(strict).models.list())
    expect(models).toMatchObject([
      { type: 'model', id: 'one' },
      { type: 'model', id: 'two' },
    ])
    expect(await clientOf(strict).models.retrieve('two')).toMatchObject({ type: 'model', id: 'two' })
  })

  test('errors are the SDK’s own types', async () => {
    const missing = await clientOf(strict)
      .messages.create(request)
      .catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing).toMatchObject({
      error: { type: 'error', error: { type: 'not_found_error', message: 'model: claude-mine' } },
    })
    const unknown = await clientOf(strict)
      .models.retrieve('three')
      .catch((error: unknown) => error)
    expect(unknown).toMatchObject({ status: 404, error: { type: 'error' } })
    const refused = await clientOf(server)
      .messages.create({ ...request, tool_choice: { type: 'maybe' } as never })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadRequestError)
    const { response, request_id } = await clientOf(strict)
      .messages.create({ ...request, model: 'one' })
      .withResponse()
    expect(request_id).toMatch(/^req_mock\d{16}$/)
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('4000')
  })
})
