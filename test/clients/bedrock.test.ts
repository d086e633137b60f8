// AWS's own SDK over Bedrock, streamed and whole.
import { describe, expect, test } from 'bun:test'
import {
  BedrockClient,
  type BedrockClientConfig,
  GetFoundationModelCommand,
  ListFoundationModelsCommand,
} from '@aws-sdk/client-bedrock'
import {
  type ContentBlock,
  ConverseCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { ARN, asked, body, configOf, failure, streamed, textIn, useClients, ways } from './_bedrock.ts'
import { CHUNKS, half, rest, text, usageOf, useServer } from './_servers.ts'
import { root } from '../_helpers.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const toolConfig = {
  tools: ['look_up', 'now'].map((name) => ({ toolSpec: { name, inputSchema: { json: schema } } })),
}

describe.each(ways)('engine $engine, $version', ({ engine, version }) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools' })
  const two = useServer({ engine, content: 'text+tools:2' })
  const reasoning = useServer({ engine, content: 'reasoning' })
  const ignoring = useServer({ engine, reply: 'stream' })
  const strict = useServer({
    engine,
    strictModels: 'true',
    model: 'one,two.large-v1:0',
    providerHeaders: 'true',
  })
  const clientOf = useClients(version)

  const usage = {
    inputTokens: usageOf().input,
    outputTokens: CHUNKS,
    totalTokens: usageOf().total,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
  }

  test('whole', async () => {
    for (const modelId of [asked.modelId, ARN]) {
      const {
        output,
        stopReason,
        usage: told,
        metrics,
      } = await clientOf(server).send(new ConverseCommand({ ...asked, modelId }))
      expect(output).toEqual({ message: { role: 'assistant', content: [{ text }] } })
      expect([stopReason, told]).toEqual(['end_turn', usage])
      expect(metrics!.latencyMs).toBeGreaterThan(0)
    }
  })

  test.each([['looked into', server, usage] as const, ['not looked into', ignoring, null] as const])(
    'streamed: a body that is %s',
    async (_, at, told) => {
      const events = await streamed(clientOf(at))
      expect(events.map((event) => Object.keys(event)[0])).toEqual([
        'messageStart',
        ...Array.from({ length: CHUNKS }, () => 'contentBlockDelta'),
        'contentBlockStop',
        'messageStop',
        'metadata',
      ])
      expect(textIn(events)).toBe(text)
      expect(events.at(-2)!.messageStop).toEqual({ stopReason: 'end_turn' })
      expect(events.at(-1)!.metadata!.usage!.outputTokens).toBe(CHUNKS)
      if (told !== null) expect(events.at(-1)!.metadata!.usage).toEqual(told)
    },
  )

  test('limits and texts to stop at', async () => {
    for (const [inferenceConfig, stopReason] of [
      [{ maxTokens: 3 }, 'max_tokens'],
      [{ stopSequences: [' this'] }, 'stop_sequence'],
    ] as const) {
      const input = { ...asked, inferenceConfig: inferenceConfig as { maxTokens?: number } }
      const whole = await clientOf(server).send(new ConverseCommand(input))
      expect([whole.output!.message!.content, whole.stopReason]).toEqual([
        [{ text: 'Hello world,' }],
        stopReason,
      ])
      const events = await streamed(clientOf(server), input)
      expect([textIn(events), events.at(-2)!.messageStop!.stopReason]).toEqual(['Hello world,', stopReason])
    }
  })

  test('thoughts come first, with a signature', async () => {
    const { output } = await clientOf(reasoning).send(new ConverseCommand(asked))
    const reasoningText = { text: half, signature: 'bW9jaw==' }
    expect(output!.message!.content).toEqual([{ reasoningContent: { reasoningText } }, { text: rest }])
    const deltas = (await streamed(clientOf(reasoning))).flatMap(({ contentBlockDelta: one }) => one ?? [])
    const thoughts = deltas.flatMap(({ delta }) => delta!.reasoningContent ?? [])
    expect(thoughts.map((one) => one.text ?? '').join('')).toBe(half)
    expect(thoughts.at(-1)).toEqual({ signature: 'bW9jaw==' })
    expect(deltas.map(({ contentBlockIndex }) => contentBlockIndex).lastIndexOf(0)).toBe(thoughts.length - 1)
    const settled = { ...asked, additionalModelRequestFields: { thinking: { type: 'disabled' } } }
    expect(textIn(await streamed(clientOf(reasoning), settled))).toBe(text)
  })

  /** What a client puts together of a stream. */
  function blocksIn(events: readonly ConverseStreamOutput[]): ContentBlock[] {
    const blocks: { text?: string; toolUse?: { name: string; toolUseId: string; input: string } }[] = []
    for (const { contentBlockStart: start, contentBlockDelta: one } of events) {
      if (start) {
        const { name, toolUseId } = start.start!.toolUse!
        blocks[start.contentBlockIndex!] = { toolUse: { name: name!, toolUseId: toolUseId!, input: '' } }
      }
      if (!one) continue
      const block = (blocks[one.contentBlockIndex!] ??= { text: '' })
      if (block.toolUse) block.toolUse.input += one.delta!.toolUse!.input!
      else block.text += one.delta!.text!
    }
    return blocks.map((block) =>
      block.toolUse
        ? { toolUse: { ...block.toolUse, input: JSON.parse(block.toolUse.input) } }
        : (block as ContentBlock.TextMember),
    )
  }

  test.each([['one tool', tools, 1] as const, ['text and two tools', two, 2] as const])(
    'a loop ends after its results, whole and streamed: %s',
    async (_, at, count) => {
      for (const isStreamed of [false, true]) {
        const messages = [...asked.messages!]
        const seen: string[] = []
        for (let round = 0; round < 2; round++) {
          const input = { ...asked, messages, toolConfig }
          let [content, stopReason]: [ContentBlock[], string | undefined] = [[], undefined]
          if (isStreamed) {
            const events = await streamed(clientOf(at), input)
            content = blocksIn(events)
            stopReason = events.find((event) => event.messageStop)!.messageStop!.stopReason
          } else {
            const whole = await clientOf(at).send(new ConverseCommand(input))
            ;[content, stopReason] = [whole.output!.message!.content!, whole.stopReason]
          }
          const uses = content.flatMap(({ toolUse }) => toolUse ?? [])
          expect([stopReason, uses.length]).toEqual(round === 0 ? ['tool_use', count] : ['end_turn', 0])
          for (const { name, input } of uses)
            expect([toolConfig.tools.some(({ toolSpec }) => toolSpec.name === name), input]).toEqual([
              true,
              { city: expect.any(String) },
            ])
          seen.push(...uses.map(({ toolUseId }) => toolUseId!))
          messages.push(
            { role: 'assistant', content },
            {
              role: 'user',
              content: uses.map(({ toolUseId }) => ({
                toolResult: { toolUseId, content: [{ text: 'cold' }] },
              })),
            },
          )
        }
        expect(new Set(seen).size).toBe(count)
        for (const id of seen) expect(id).toMatch(/^tooluse_(\d_)?mock\d{16}$/)
      }
    },
  )

  test('the tool choice decides, and a structured output is an instance', async () => {
    const choose = async (toolChoice: object): Promise<unknown> => {
      const input = { ...asked, toolConfig: { ...toolConfig, toolChoice: toolChoice as { any: {} } } }
      const { output } = await clientOf(server).send(new ConverseCommand(input))
      return output!.message!.content!.map(({ toolUse }) => toolUse?.name)
    }
    expect(await choose({ any: {} })).toEqual(['look_up'])
    expect(await choose({ tool: { name: 'now' } })).toEqual(['now'])
    expect(await choose({ auto: {} })).toEqual([undefined])
    const structure = { jsonSchema: { schema: JSON.stringify(schema), name: 'place' } }
    const outputConfig = { textFormat: { type: 'json_schema' as const, structure } }
    expect(JSON.parse(textIn(await streamed(clientOf(server), { ...asked, outputConfig })))).toEqual({
      city: expect.any(String),
    })
  })

  test('a model that is invoked answers as Anthropic’s do, whole and streamed', async () => {
    for (const modelId of ['anthropic.claude-3-haiku-20240307-v1:0', ARN]) {
      const whole = await clientOf(server).send(new InvokeModelCommand({ modelId, body }))
      expect(whole.contentType).toBe('application/json')
      const said = JSON.parse(whole.body.transformToString())
      expect(said).toMatchObject({
        model: modelId,
        content: [{ type: 'text', text }],
        stop_reason: 'end_turn',
      })
      const sent = await clientOf(server).send(new InvokeModelWithResponseStreamCommand({ modelId, body }))
      const events = (await Array.fromAsync(sent.body!)).map(({ chunk }) =>
        JSON.parse(`${Buffer.from(chunk!.bytes!)}`),
      )
      expect(events.map(({ delta }) => delta?.text ?? '').join('')).toBe(text)
      expect(events[0].message.model).toBe(modelId)
      expect(events.at(-1)).toEqual({
        type: 'message_stop',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: usageOf().input,
          outputTokenCount: CHUNKS,
          invocationLatency: 1 + CHUNKS,
          firstByteLatency: 1,
        },
      })
    }
  })

  test('the environment is enough', async () => {
    const handler = version === 'HTTP/1.1' ? 'requestHandler: new NodeHttpHandler()' : ''
    const program = `
      import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
      import { NodeHttpHandler } from '@smithy/node-http-handler'
      const client = new BedrockRuntimeClient({ ${handler} })
      const { output } = await client.send(new ConverseCommand({ modelId: 'any', messages: [] }))
      console.log(output.message.content[0].text)
      client.destroy()`
    const run = Bun.spawn([process.execPath, '-e', program], {
      cwd: root,
      stdout: 'pipe',
      stderr: 'pipe',
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'mock',
        AWS_SECRET_ACCESS_KEY: 'mock',
      },
    })
    const [stdout, stderr] = await Promise.all([run.stdout.text(), run.stderr.text()])
    expect([stdout.trimEnd(), stderr]).toEqual([text, ''])
  })

  test('models', async () => {
    const client = new BedrockClient(configOf(version, strict.url) as BedrockClientConfig)
    const { modelSummaries, $metadata } = await client.send(new ListFoundationModelsCommand({}))
    expect(modelSummaries!.map(({ modelId }) => modelId)).toEqual(['one', 'two.large-v1:0'])
    expect($metadata.requestId).toBe('req_mock')
    const { modelDetails } = await client.send(
      new GetFoundationModelCommand({ modelIdentifier: 'two.large-v1:0' }),
    )
    expect(modelDetails).toEqual(modelSummaries![1]!)
    const missing = client.send(new GetFoundationModelCommand({ modelIdentifier: 'three' }))
    expect(await failure(missing)).toMatchObject({ name: 'ResourceNotFoundException' })
    client.destroy()
  })

  test('what is wrong with a request is told in AWS’s form', async () => {
    const unknown = clientOf(strict).send(new ConverseCommand(asked))
    expect(await failure(unknown)).toMatchObject({ name: 'ResourceNotFoundException' })
    const never = clientOf(server).send(new ConverseCommand({ ...asked, inferenceConfig: { maxTokens: -1 } }))
    expect(await failure(never)).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("'maxTokens'"),
    })
    const { $metadata } = await clientOf(strict).send(new ConverseCommand({ ...asked, modelId: 'one' }))
    expect($metadata.requestId).toMatch(/^req_/)
  })
})
