// Structured output and agents with Ollama's client, and what its lines tell of time.
import { describe, expect, test } from 'bun:test'
import { type Message, Ollama, type Tool } from 'ollama'
import { z } from 'zod'
import { CHUNKS, half, rest, text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const model = 'llama-mine'
const messages: Message[] = [{ role: 'user', content: 'Hi' }]
const Weather = z.strictObject({
  city: z.string().min(2),
  days: z.array(z.int().min(1)).min(2),
  unit: z.enum(['c', 'f']),
})
const Asked = z.strictObject({ city: z.string(), days: z.int().min(1) })
const tools = ['forecast', 'now'].map((name) => {
  return { type: 'function', function: { name, parameters: z.toJSONSchema(Asked) } } as unknown as Tool
})

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const instant = useServer({ engine, chunkDelayMs: '0' })
  const calling = useServer({ engine, content: 'tools' })
  const two = useServer({ engine, content: 'tools:2' })
  const talking = useServer({ engine, content: 'text+tools' })
  const thinking = useServer({ engine, content: 'reasoning+tools' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const clientOf = ({ url }: { url: string }): Ollama => new Ollama({ host: url })

  test('format: an instance, whole, streamed and cut, in chat and generate', async () => {
    const format = z.toJSONSchema(Weather)
    const { message } = await clientOf(server).chat({ model, messages, format })
    const said = JSON.parse(message.content) as object
    expect(Weather.parse(said)).toEqual(said as never)
    const parts = await Array.fromAsync(
      await clientOf(server).chat({ model, messages, format, stream: true }),
    )
    expect(parts.length).toBeGreaterThan(3)
    expect(parts.map(({ message }) => message.content).join('')).toBe(message.content)
    const { response } = await clientOf(server).generate({ model, prompt: 'Hi', format })
    expect(response).toBe(message.content)
    const cut = await clientOf(server).chat({ model, messages, format, options: { num_predict: 2 } })
    expect(cut).toMatchObject({ done_reason: 'length', eval_count: 2 })
    expect(response).toStartWith(cut.message.content)
    const any = await clientOf(server).chat({ model, messages, format: 'json' })
    expect(JSON.parse(any.message.content)).toEqual({})
  })

  test.each([
    ['tools', calling, ['forecast']],
    ['tools:2', two, ['forecast', 'now']],
    ['text+tools', talking, ['forecast']],
    ['reasoning+tools', thinking, ['forecast']],
  ] as const)('content %s: an agent calls its tools once and ends', async (_, which, expected) => {
    for (const isStream of [false, true]) {
      const called: string[] = []
      const said = [...messages]
      for (;;) {
        const { content, tool_calls = [] } = await ask(which, said, isStream)
        said.push({ role: 'assistant', content, tool_calls })
        if (tool_calls.length === 0) break
        for (const { function: asked } of tool_calls) {
          Asked.parse(asked.arguments)
          called.push(asked.name)
          said.push({ role: 'tool', tool_name: asked.name, content: '{"degrees":4}' })
        }
      }
      expect(called).toEqual([...expected])
      expect(said.at(-1)!.content).not.toBe('')
    }
  })

  async function ask(which: { url: string }, messages: Message[], isStream: boolean): Promise<Message> {
    if (!isStream) return (await clientOf(which).chat({ model, messages, tools })).message
    const parts = await Array.fromAsync(await clientOf(which).chat({ model, messages, tools, stream: true }))
    return {
      role: 'assistant',
      content: parts.map(({ message }) => message.content).join(''),
      tool_calls: parts.flatMap(({ message }) => message.tool_calls ?? []),
    }
  }

  test('think', async () => {
    const thought = await clientOf(reasoning).chat({ model, messages, think: true })
    expect(thought.message).toMatchObject({ thinking: half, content: rest })
    const plain = await clientOf(reasoning).chat({ model, messages, think: false })
    expect(plain.message).toEqual({ role: 'assistant', content: text })
    const generated = await clientOf(reasoning).generate({ model, prompt: 'Hi', think: false })
    expect([generated.thinking, generated.response]).toEqual([undefined, text])
  })

  test.each([
    [3, 3, 'length'],
    [CHUNKS, CHUNKS, 'stop'],
    [0, CHUNKS, 'stop'],
    [-1, CHUNKS, 'stop'],
    [-2, CHUNKS, 'stop'],
    [1e9, CHUNKS, 'stop'],
  ])('num_predict %d: %d tokens, %s', async (num_predict, count, done_reason) => {
    const options = { num_predict }
    const told = { done_reason, eval_count: count }
    const chat = { model, messages, options }
    expect(await clientOf(server).chat(chat)).toMatchObject({ ...told, message: { content: words(count) } })
    const parts = await Array.fromAsync(await clientOf(server).chat({ ...chat, stream: true }))
    expect(parts).toHaveLength(count + 1)
    expect(parts.at(-1)).toMatchObject(told)
    expect(await clientOf(server).generate({ model, prompt: 'Hi', options })).toMatchObject({
      ...told,
      response: words(count),
    })
  })

  test('all else that bodies of generate have, and pictures', async () => {
    const { response, prompt_eval_count, done_reason } = await clientOf(server).generate({
      model,
      prompt: 'xxxx',
      suffix: 'xxxx',
      system: 'xxxx',
      template: '{{ .Prompt }}',
      raw: true,
      context: [1, 2, 3],
      keep_alive: '5m',
      images: [Uint8Array.from({ length: 3000 })],
      options: { stop: [' world'] },
    })
    expect([response, prompt_eval_count, done_reason]).toEqual(['Hello', 3 + 256, 'stop'])
  })

  test.each(['chat', 'generate'])(
    '%s: lines tell when they leave, never backwards, and how long it took',
    async (verb) => {
      const texts = await Promise.all(
        [server, instant].map(async ({ url }) => {
          const body = JSON.stringify({ model, messages, prompt: 'Hi' })
          return (await fetch(`${url}/api/${verb}`, { method: 'POST', body })).text()
        }),
      )
      for (const [at, lines] of texts.map((one) => one.trimEnd().split('\n')).entries()) {
        const times = lines.map((line) => (JSON.parse(line) as { created_at: string }).created_at)
        expect(times).toHaveLength(CHUNKS + 1)
        for (const time of times) expect(time).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
        expect(times.toSorted()).toEqual(times)
        if (at === 0) expect(times.at(-1)! > times[0]!).toBe(true)
        const last = JSON.parse(lines.at(-1)!) as Record<string, unknown>
        const durations = Object.entries(last).filter(([name]) => name.endsWith('_duration'))
        expect(durations).toHaveLength(4)
        for (const [, ns] of durations) expect(ns).toBeGreaterThan(0)
      }
    },
  )

  test.each([
    ['chat', { messages: 'Hi' }, 'messages'],
    ['chat', { messages: [{ role: 'user', content: ['Hi'] }] }, 'messages[0].content'],
    ['chat', { format: 'xml' }, 'invalid format: "xml"'],
    ['chat', { think: 'deeply' }, 'think'],
    ['generate', { options: { num_predict: 'all' } }, 'options.num_predict'],
    ['generate', { format: { type: 'integer', minimum: 5, maximum: 4 } }, '#'],
  ])('%s %j is refused', async (verb, body, part) => {
    const response = await fetch(`${server.url}/api/${verb}`, { method: 'POST', body: JSON.stringify(body) })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringContaining(part) })
  })
})
