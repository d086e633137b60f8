// Cohere's own client: chat, embeddings, rankings, models, and what it makes of errors.
import { describe, expect, test } from 'bun:test'
import { Cohere, CohereClientV2 } from 'cohere-ai'
import { CHUNKS, half, offered, rest, text, useServer, words } from './_servers.ts'
import { engines } from '../_helpers.ts'

const model = 'command-mine'
const messages: Cohere.ChatMessageV2[] = [{ role: 'user', content: 'Hi' }]
const tools: Cohere.ToolV2[] = [offered.openai]

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const calling = useServer({ engine, content: 'text+tools:2' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const faulty = useServer({ engine, honor: 'fault', retryAfterMs: '30' })
  const clientOf = ({ url }: { url: string }, headers: Record<string, string> = {}): CohereClientV2 =>
    new CohereClientV2({ environment: url, token: 'mock', maxRetries: 0, headers })

  /** All that a stream says, put together as the client's types have it. */
  async function streamed(
    which: { url: string },
    request: Cohere.V2ChatStreamRequest,
  ): Promise<{
    text: string
    thinking: string
    plan: string
    calls: Cohere.ToolCallV2[]
    end: Cohere.ChatMessageEndEventDelta
  }> {
    const said = { text: '', thinking: '', plan: '', calls: [] as Cohere.ToolCallV2[], end: {} }
    for await (const event of await clientOf(which).chatStream(request)) {
      if (event.type === 'content-delta') {
        said.text += event.delta?.message?.content?.text ?? ''
        said.thinking += event.delta?.message?.content?.thinking ?? ''
      } else if (event.type === 'tool-plan-delta') {
        said.plan += event.delta!.message!.toolPlan!
      } else if (event.type === 'tool-call-start') said.calls[event.index!] = event.delta!.message!.toolCalls!
      else if (event.type === 'tool-call-delta')
        said.calls[event.index!]!.function!.arguments += event.delta!.message!.toolCalls!.function!.arguments!
      else if (event.type === 'message-end') said.end = event.delta!
    }
    return said
  }

  const usage = { inputTokens: 1, outputTokens: CHUNKS }
  const told = {
    finishReason: 'COMPLETE',
    usage: { billedUnits: usage, tokens: usage, cachedTokens: 0 },
  } as const

  test('text, whole and streamed', async () => {
    const { id, message, ...end } = await clientOf(server).chat({ model, messages })
    expect(id).toMatch(/^mock\d{16}$/)
    expect([message, end]).toEqual([{ role: 'assistant', content: [{ type: 'text', text }] }, told])
    const said = await streamed(server, { model, messages })
    expect([said.text, said.end]).toEqual([text, told])
  })

  test('thoughts, unless they are turned off', async () => {
    const { message } = await clientOf(reasoning).chat({ model, messages })
    expect(message.content).toEqual([
      { type: 'thinking', thinking: half },
      { type: 'text', text: rest },
    ])
    expect(await streamed(reasoning, { model, messages })).toMatchObject({ thinking: half, text: rest })
    const plain = await clientOf(reasoning).chat({ model, messages, thinking: { type: 'disabled' } })
    expect(plain.message.content).toEqual([{ type: 'text', text }])
  })

  test.each([false, true])('an agent calls its tools once and ends; streamed: %j', async (isStream) => {
    const said = [...messages]
    const called: string[] = []
    for (;;) {
      const message = await ask(said, isStream)
      said.push({ role: 'assistant', ...message })
      if (message.toolCalls === undefined) break
      expect(message.toolPlan).toBe(text)
      for (const { id, function: asked } of message.toolCalls) {
        expect(JSON.parse(asked!.arguments!)).toEqual({ city: 'text' })
        called.push(asked!.name!)
        const content: Cohere.ToolContent[] = [{ type: 'document', document: { data: { degrees: 4 } } }]
        said.push({ role: 'tool', toolCallId: id, content })
      }
    }
    expect(called).toEqual(['look_up', 'look_up'])
    expect(said.at(-1)).toMatchObject({ content: [{ type: 'text', text }] })
  })

  async function ask(messages: Cohere.ChatMessageV2[], isStream: boolean): Promise<Cohere.AssistantMessage> {
    const request = { model, messages, tools }
    if (!isStream) return (await clientOf(calling).chat(request)).message
    const { text, plan, calls } = await streamed(calling, request)
    const content: Cohere.AssistantMessageV2Content = [{ type: 'text', text }]
    return calls.length > 0 ? { toolPlan: plan, toolCalls: calls } : { content }
  }

  test('what a request decides', async () => {
    const chat = (more: Partial<Cohere.V2ChatRequest>) => clientOf(server).chat({ model, messages, ...more })
    const textOf = ({ message }: Cohere.V2ChatResponse): string =>
      message.content!.map((one) => (one.type === 'text' ? one.text : '')).join('')
    const cut = await chat({ maxTokens: 3 })
    expect([textOf(cut), cut.finishReason]).toEqual([words(3), 'MAX_TOKENS'])
    const stopped = await chat({ stopSequences: [' world'] })
    expect([textOf(stopped), stopped.finishReason]).toEqual(['Hello', 'STOP_SEQUENCE'])
    const jsonSchema = { type: 'object', properties: { n: { type: 'integer', minimum: 5 } }, required: ['n'] }
    const structured = await chat({ responseFormat: { type: 'json_object', jsonSchema } })
    expect(JSON.parse(textOf(structured))).toEqual({ n: 5 })
    const forced = await chat({ tools, toolChoice: 'REQUIRED' })
    expect(forced.message.toolCalls).toHaveLength(1)
  })

  test('documents are cited, and tokens told with their probabilities', async () => {
    const documents = ['a text', { id: 'mine', data: { title: 'T' } }]
    const { message, logprobs } = await clientOf(server).chat({ model, messages, documents, logprobs: true })
    expect(message.citations).toMatchObject([
      { start: 0, end: 5, text: 'Hello', sources: [{ type: 'document', id: 'doc:0' }], contentIndex: 0 },
      {
        text: 'world',
        sources: [{ id: 'mine', document: { id: 'mine', title: 'T' } }],
        type: 'TEXT_CONTENT',
      },
    ])
    expect(logprobs!.map((item) => item.text).join('')).toBe(text)
    const streamed: Cohere.Citation[] = []
    const likely: string[] = []
    const request = { model, messages, documents, logprobs: true }
    for await (const event of await clientOf(server).chatStream(request)) {
      if (event.type === 'citation-start') streamed.push(event.delta!.message!.citations!)
      if (event.type === 'content-delta') likely.push(event.logprobs!.text!)
    }
    expect([streamed, likely.join('')]).toEqual([message.citations!, text])
    const off = await clientOf(server).chat({ ...request, citationOptions: { mode: 'OFF' } })
    expect(off.message.citations).toBeUndefined()
  })

  test('embeddings of every type', async () => {
    const embeddingTypes = Object.values(Cohere.EmbeddingType)
    const { embeddings, texts, meta } = await clientOf(server).embed({
      model,
      inputType: 'search_document',
      texts: ['red fox', 'the red fox', 'blue whale'],
      outputDimension: 256,
      embeddingTypes,
    })
    expect(Object.keys(embeddings).toSorted()).toEqual(embeddingTypes.toSorted())
    for (const vectors of Object.values(embeddings)) expect(vectors).toHaveLength(3)
    expect([texts?.length, meta?.billedUnits?.inputTokens]).toEqual([3, 2 + 3 + 3])
    for (const vectors of [embeddings.float!, embeddings.int8!]) {
      const [first, near, far] = vectors as [number[], number[], number[]]
      const product = (other: number[]): number => first.reduce((sum, value, i) => sum + value * other[i]!, 0)
      expect(product(near)).toBeGreaterThan(2 * Math.abs(product(far)))
    }
  })

  test('a ranking', async () => {
    const documents = ['blue whale', 'the red fox', 'red']
    const { id, results, meta } = await clientOf(server).rerank({
      model,
      query: 'red fox',
      documents,
      topN: 2,
    })
    expect(id).toMatch(/^mock\d{16}$/)
    expect(results).toEqual([
      { index: 1, relevanceScore: 0.81649658 },
      { index: 2, relevanceScore: 0.70710678 },
    ])
    expect(meta?.billedUnits).toEqual({ searchUnits: 1 })
  })

  test('models', async () => {
    const { models } = await clientOf(server).models.list()
    expect(models.map(({ name }) => name)).toEqual(['mock-model'])
    expect(await clientOf(server).models.get(model)).toMatchObject({ name: model, isDeprecated: false })
  })

  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      (value) => expect.unreachable(`it gave ${JSON.stringify(value)}`),
      (error: Error) => error,
    )

  test.each([
    [400, Cohere.BadRequestError],
    [401, Cohere.UnauthorizedError],
    [404, Cohere.NotFoundError],
    [422, Cohere.UnprocessableEntityError],
    [429, Cohere.TooManyRequestsError],
    [500, Cohere.InternalServerError],
    [503, Cohere.ServiceUnavailableError],
  ])('%d is the right class of error, and says why', async (status, type) => {
    const error = await failure(
      clientOf(faulty, { 'X-Test-Pattern': `status:${status}` }).chat({ model, messages }),
    )
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ statusCode: status, body: { message: expect.any(String) } })
  })

  test('a bad body is told what is accepted', async () => {
    const error = await failure(clientOf(server).chat({ model, messages, maxTokens: 0 }))
    expect(error).toBeInstanceOf(Cohere.BadRequestError)
    expect(error).toMatchObject({ body: { message: expect.stringContaining('max_tokens') } })
  })

  describe('a script', () => {
    const scripted = useServer({ engine, fault: 'status:503x2,ok', chunkDelayMs: '0' })

    // The client waits 1 and then 2 s, whatever it is told in milliseconds: one retry is enough to see that it does.
    test('is retried', async () => {
      const client = new CohereClientV2({ environment: scripted.url, token: 'mock', maxRetries: 1 })
      const error = await failure(client.chat({ model, messages }))
      expect(error).toMatchObject({ statusCode: 503 })
      const { message } = await client.chat({ model, messages })
      expect(message.content).toEqual([{ type: 'text', text }])
    })
  })

  test.each(['error:0', 'error:3'])('a stream that breaks off says so in its end: %s', async (pattern) => {
    const client = clientOf(faulty, { 'X-Test-Pattern': pattern })
    const events = await Array.fromAsync(await client.chatStream({ model, messages }))
    const end = events.at(-1)!
    expect(end).toMatchObject({
      type: 'message-end',
      delta: { finishReason: 'ERROR', error: 'The server had an error while processing your request.' },
    })
    expect(events.filter(({ type }) => type === 'content-delta')).toHaveLength(Number(pattern.at(-1)))
  })
})
