import { describe, expect, test } from 'bun:test'
import { Ollama, type Tool } from 'ollama'
import { CHUNKS, half, offered, rest, text, usageOf, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, ttftMs: '5' })
  const ignoring = useServer({ engine, reply: 'stream' })
  const tools = useServer({ engine, content: 'tools', toolName: 'look_up' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const strict = useServer({ engine, strictModels: 'true' })

  const clientOf = ({ url }: { url: string }): Ollama => new Ollama({ host: url })
  const request = { model: 'llama-mine', messages: [{ role: 'user', content: 'Hi' }] }

  test('chat, whole', async () => {
    const response = await clientOf(server).chat({ ...request, stream: false })
    expect(response).toMatchObject({
      model: 'llama-mine',
      message: { role: 'assistant', content: text },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: usageOf().input,
      eval_count: CHUNKS,
      prompt_eval_duration: 5_000_000,
      eval_duration: CHUNKS * 1_000_000,
    })
  })

  test.each([server, ignoring])('chat, streamed', async (which) => {
    const parts = await Array.fromAsync(await clientOf(which).chat({ ...request, stream: true }))
    expect(parts).toHaveLength(CHUNKS + 1)
    expect(parts.map(({ message }) => message.content).join('')).toBe(text)
    expect(parts.map(({ done }) => done)).toEqual([...new Array<boolean>(CHUNKS).fill(false), true])
  })

  test('it streams unless told not to, as NDJSON', async () => {
    const response = await fetch(`${server.url}/api/chat`, { method: 'POST', body: JSON.stringify(request) })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect((await response.text()).trimEnd().split('\n')).toHaveLength(CHUNKS + 1)
  })

  test('generate, whole and streamed', async () => {
    const whole = await clientOf(server).generate({ model: 'm', prompt: 'Hi', stream: false })
    expect(whole).toMatchObject({ response: text, done: true, eval_count: CHUNKS })
    const parts = await Array.fromAsync(
      await clientOf(server).generate({ model: 'm', prompt: 'Hi', stream: true }),
    )
    expect(parts.map(({ response }) => response).join('')).toBe(text)
  })

  test('tool calls and thinking', async () => {
    const offering = { ...request, tools: [offered.openai] as unknown as Tool[] }
    const called = await clientOf(tools).chat({ ...offering, stream: false })
    expect(called.message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_mock\d{16}$/),
        function: { index: 0, name: 'look_up', arguments: { city: expect.any(String) } },
      } as never,
    ])
    const streamed = await Array.fromAsync(await clientOf(tools).chat({ ...offering, stream: true }))
    expect(streamed.flatMap(({ message }) => message.tool_calls ?? [])).toHaveLength(1)
    const thought = await clientOf(reasoning).chat({ ...request, stream: false })
    expect(thought.message).toMatchObject({ thinking: half, content: rest })
  })

  test('tags, version, and errors in Ollama’s form', async () => {
    const { models } = await clientOf(server).list()
    expect(models.map(({ name }) => name)).toEqual(['mock-model'])
    expect((await clientOf(server).version()).version).toMatch(/^\d+\.\d+\.\d+$/)
    const missing = await clientOf(strict)
      .chat({ ...request, stream: false })
      .catch((error: unknown) => error)
    expect(missing).toMatchObject({ message: "model 'llama-mine' not found" })
    const wrong = await clientOf(server)
      .copy({ source: 'a', destination: 'b' })
      .catch((error: unknown) => error)
    expect(wrong).toMatchObject({ message: 'Invalid URL (POST /api/copy)' })
  })
})
