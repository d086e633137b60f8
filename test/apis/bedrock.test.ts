// What only Bedrock's answers have, streamed and whole: figures, calls that are cut, and its list of models.
import { describe, expect, test } from 'bun:test'
import { eventsOf } from './_events.ts'
import type { RequestHead } from '../../src/apis/api.ts'
import { keptHeaders } from '../../src/apis/kept.ts'
import { defaultAsk } from '../../src/apis/ask.ts'
import { converse } from '../../src/apis/bedrock.ts'
import { invocation } from '../../src/apis/bedrockinvoke.ts'
import { providers } from '../../src/apis/providers.ts'
import { bedrockRoutes } from '../../src/apis/routes/bedrock.ts'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'

function setupOf(flags: GivenFlags) {
  const config = readSettings(flags, {})
  return { config, createdAt: 0 }
}

/** What an ask gets, whole. */
function whole(flags: GivenFlags, drawn: number, ask = {}, answer = converse): any {
  const setup = setupOf(flags)
  const given = answer(setup, { ...defaultAsk(setup.config), ...ask, stream: false }, drawn)
  if (given.kind !== 'whole') throw new Error('not whole')
  return JSON.parse(given.body)
}

/** The events that an ask gets, by name. */
function streamed(flags: GivenFlags, drawn: number, ask = {}, answer = converse): [string, any][] {
  const setup = setupOf(flags)
  const events = eventsOf(answer(setup, { ...defaultAsk(setup.config), ...ask, stream: true }, drawn))
  return events.map(({ event, data }) => [event!, JSON.parse(data)])
}

describe('figures', () => {
  test('tokens from the cache are told apart, and count once in the total', () => {
    const flags = { cachedTokens: '30', chunkDelayMs: '10', ttftMs: '5.4' }
    const figures = {
      usage: {
        inputTokens: 7,
        outputTokens: 4,
        totalTokens: 14,
        cacheReadInputTokens: 3,
        cacheWriteInputTokens: 0,
      },
      metrics: { latencyMs: 45 },
    }
    expect(whole(flags, 4)).toMatchObject(figures)
    expect(streamed(flags, 4).at(-1)).toEqual(['metadata', figures])
  })

  test.each(['0', '0.2'])('with delays of %s ms nothing took no time: clients divide by it', (ms) => {
    const flags = { chunkDelayMs: ms, ttftMs: ms }
    expect(whole(flags, 1).metrics.latencyMs).toBe(1)
    const [, { bytes }] = streamed(flags, 1, {}, invocation).at(-1)!
    expect(JSON.parse(Buffer.from(bytes, 'base64').toString())).toEqual({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': {
        inputTokenCount: 10,
        outputTokenCount: 1,
        invocationLatency: 1,
        firstByteLatency: 1,
      },
    })
  })
})

describe('calls', () => {
  const flags = { content: 'text+tools:2', toolName: 'look_up' }

  test('of two each has a block and an id of its own', () => {
    const { output, stopReason } = whole(flags, 6)
    const uses = output.message.content.flatMap(({ toolUse }: any) => toolUse ?? [])
    expect(stopReason).toBe('tool_use')
    expect(uses).toEqual([
      { name: 'look_up', toolUseId: 'tooluse_mock', input: { text: expect.any(String) } },
      { name: 'look_up', toolUseId: 'tooluse_1_mock', input: { text: expect.any(String) } },
    ])
    const starts = streamed(flags, 6).filter(([event]) => event === 'contentBlockStart')
    expect(starts.map(([, data]) => data)).toEqual([
      { contentBlockIndex: 1, start: { toolUse: { name: 'look_up', toolUseId: 'tooluse_mock' } } },
      { contentBlockIndex: 2, start: { toolUse: { name: 'look_up', toolUseId: 'tooluse_1_mock' } } },
    ])
  })

  test.each([1, 2, 3, 4, 5, 6])(
    'cut after %d chunks: whole only calls that are complete, streamed all that came',
    (limit) => {
      const complete = Math.floor((limit - 2) / 2)
      const { output, stopReason, usage } = whole(flags, 6, { limit })
      const uses = output.message.content.filter(({ toolUse }: any) => toolUse)
      expect([uses.length, usage.outputTokens]).toEqual([Math.max(0, complete), limit])
      expect(stopReason).toBe(limit === 6 ? 'tool_use' : 'max_tokens')
      const events = streamed(flags, 6, { limit }).map(([event]) => event)
      const blocks = Math.ceil(limit / 2)
      expect(events.filter((event) => event === 'contentBlockDelta')).toHaveLength(limit)
      expect(events.filter((event) => event === 'contentBlockStop')).toHaveLength(blocks)
      expect(events.filter((event) => event === 'contentBlockStart')).toHaveLength(blocks - 1)
    },
  )
})

describe('models', () => {
  const NAMES = ['one', 'org/two:8b']
  const setup = setupOf({ model: NAMES.join() })
  const routes = bedrockRoutes(setup).filter(({ role }) => role === 'list')
  const described = (id: string, arn = `arn:aws:bedrock:us-east-1::foundation-model/${id}`) => ({
    modelArn: arn,
    modelId: id,
    modelName: id,
    providerName: 'mock-llm-api',
    inputModalities: ['TEXT', 'IMAGE'],
    outputModalities: ['TEXT'],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ['ON_DEMAND'],
    modelLifecycle: { status: 'ACTIVE' },
  })

  /** The answer of the list, or of one model. */
  function ask(path: string, which: 0 | 1) {
    const head: RequestHead = {
      method: 'GET',
      path,
      query: '',
      header: () => null,
      headers: () => keptHeaders({}),
    }
    const answer = routes[which]!.answer({ ...defaultAsk(setup.config), ...routes[which]!.pick?.(head) }, 3)
    if (answer.kind !== 'whole') throw new Error('not whole')
    const { status, headers, step, body } = answer
    return { status, headers, step, json: JSON.parse(body) }
  }

  test('all', () =>
    expect(ask('/foundation-models', 0)).toEqual({
      status: 200,
      headers: undefined,
      step: undefined,
      json: { modelSummaries: NAMES.map((id) => described(id)) },
    }))

  test.each(NAMES)('%s', (id) => {
    for (const prefix of ['', '/aws'])
      expect(ask(`${prefix}/foundation-models/${id}`, 1).json).toEqual({ modelDetails: described(id) })
  })

  test('an ARN is its own', () => {
    const arn = 'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.model'
    expect(JSON.parse(providers.bedrock.model(setup, arn).body)).toEqual({
      modelDetails: described(arn, arn),
    })
  })

  test.each(['three', 'on', '', 'two:8b'])('there is no model %j', (id) => {
    const { status, json, headers } = ask(`/foundation-models/${id}`, 1)
    expect([status, json]).toEqual([404, JSON.parse(providers.bedrock.modelNotFound(id).body)])
    expect(headers).toEqual({ 'x-amzn-errortype': 'ResourceNotFoundException' })
  })
})
