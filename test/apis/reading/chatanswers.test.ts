// What is answered to chat bodies, streamed and whole: both say the same.
import { describe, expect, test } from 'bun:test'
import { Ajv } from 'ajv'
import { named } from '../../_helpers.ts'
import { type Call, readChatStreamDetails, readChatWholeDetails } from '../_openai.ts'
import { AZURE, CHAT, streamed, whole } from './_openai.ts'
import { chatLogprobs } from '../../../src/apis/logprobs.ts'
import { chunkTexts } from '../../../src/apis/words.ts'
import type { GivenFlags } from '../../../src/config/config.ts'

const parts = chunkTexts({ chunkBytes: 0, stamp: false }, 'words')
const words = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => parts[(from + i) % parts.length]).join('')

const withoutIds = (calls: readonly Call[]) => calls.map(({ id: _, ...rest }) => rest)

/** What both a stream and a whole answer say of the first choice, which has to be the same. */
function ask(body: object, flags: GivenFlags = {}, path = CHAT) {
  const asked = { ...body, stream_options: { include_usage: true } }
  const fromStream = readChatStreamDetails(streamed(path, asked, flags))
  const fromWhole = readChatWholeDetails(whole(path, asked, flags))
  expect({ ...fromStream.said, contentEvents: 0 }).toEqual(fromWhole.said)
  const details = ({ details }: typeof fromWhole) =>
    details.map(({ calls, logprobs }) => ({ calls: withoutIds(calls), logprobs }))
  expect(details(fromStream)).toEqual(details(fromWhole))
  const { said } = fromStream
  expect(said.contentEvents).toBe(said.usage!.output)
  const [choice] = said.choices
  return {
    ...choice!,
    usage: said.usage!,
    calls: withoutIds(fromStream.details[0]!.calls),
    logprobs: fromStream.details[0]!.logprobs,
  }
}

const input = async (name: string): Promise<any> =>
  (await import(`../inputs/${name}.json`, { with: { type: 'json' } })).default

const valid = (schema: object, instance: unknown): void =>
  expect([instance, new Ajv({ strict: false }).validate(schema, instance)]).toEqual([instance, true])

describe('what real programs send', () => {
  test.each(['chat-tool-result', 'chat-no-tools'])('%s: text, also where tools are called', async (name) => {
    for (const content of ['text', 'tools', 'tools:2'])
      expect(ask(await input(name), { content })).toMatchObject({
        text: words(0, 18),
        calls: [],
        finish: 'stop',
      })
  })

  test('a call with an instance of its parameters', async () => {
    const body = await input('chat-tool-schema')
    const { calls, text, finish } = ask(body)
    expect([calls.length, calls[0]!.kind, calls[0]!.name, text, finish]).toEqual([
      1,
      'function',
      'weather',
      '',
      'tool_calls',
    ])
    valid(body.tools[0].function.parameters, calls[0]!.input)
  })

  test.each(['chat-json-schema', 'chat-json-recursive'])('%s: an instance', async (name) => {
    const body = await input(name)
    for (const content of ['text', 'reasoning', 'tools']) {
      const { text, finish } = ask(body, { content })
      valid(body.response_format.json_schema.schema, JSON.parse(text))
      expect(finish).toBe('stop')
    }
  })

  test('an object', async () => expect(JSON.parse(ask(await input('chat-json-object')).text)).toEqual({}))

  test('at most so many tokens', async () => {
    const { text, finish, usage } = ask(await input('chat-max-tokens'))
    expect([text, finish, usage.output]).toEqual([words(0, 3), 'length', 3])
  })

  test('exactly so many', async () => expect(ask(await input('chat-ignore-eos')).usage.output).toBe(40))

  test('a custom tool is called with plain words', async () =>
    expect(ask(await input('chat-custom-tool'), { chunkCount: '5' })).toMatchObject({
      calls: [{ kind: 'custom', name: 'shell', input: words(0, 5) }],
      finish: 'tool_calls',
    }))

  test('a function from before there were tools', async () => {
    const body = await input('chat-functions')
    const { calls, finish } = ask(body)
    expect([calls.length, calls[0]!.kind, calls[0]!.name, finish]).toEqual([
      1,
      'legacy',
      'weather',
      'function_call',
    ])
    valid(body.functions[0].parameters, calls[0]!.input)
  })
})

const shell = { type: 'custom', custom: { name: 'shell' } }
const look = {
  type: 'function',
  function: {
    name: 'look',
    parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
  },
}

describe('calls', () => {
  test('fragments of several come by turns, each call named by its first', () => {
    const { calls, finish } = ask({ tools: [look, shell] }, { content: 'tools:2', chunkCount: '4' })
    expect(calls).toEqual([
      { kind: 'function', name: 'look', input: { at: expect.any(String) } },
      { kind: 'custom', name: 'shell', input: words(0, 4) },
    ])
    expect(finish).toBe('tool_calls')
    const indexes = streamed(CHAT, { tools: [look, shell] }, { content: 'tools:2', chunkCount: '4' })
      .slice(0, -2)
      .map(({ data }) => JSON.parse(data).choices[0].delta.tool_calls[0].index)
    expect(indexes.slice(0, 4)).toEqual([0, 1, 0, 1])
  })

  test.each([
    ['text+tools', { text: words(0, 18), reasoning: '' }],
    ['reasoning+tools', { text: '', reasoning: words(0, 18) }],
  ])('%s', (content, expected) => {
    const { calls, text, reasoning } = ask({ tools: [look] }, { content })
    expect([calls.length, { text, reasoning }]).toEqual([1, expected])
  })

  test('a custom tool without a chunk is called with a word', () =>
    expect(ask({ tools: [shell] }, { content: 'tools', chunkCount: '0' }).calls).toEqual([
      { kind: 'custom', name: 'shell', input: 'Hello' },
    ]))

  test.each(
    named<[object[], string, number]>([
      [[look], 'tools', 1],
      [[look, look], 'tools:2', 1],
      [[look, shell], 'tools:2', 3],
      [[look], 'text+tools', 1],
      [[look], 'text+tools', 19],
      [[look], 'reasoning+tools', 2],
      [[shell], 'tools', 2],
    ]),
  )('%s: a cut is the limit, and no exception', (_, tools, content, limit) => {
    const { finish, usage } = ask({ tools, max_tokens: limit }, { content })
    expect([finish, usage.output]).toEqual(['length', limit])
  })

  test('a function is cut like any call', () => {
    const body = { functions: [look.function], max_tokens: 1 }
    expect(ask(body, { content: 'tools' })).toMatchObject({ finish: 'length', calls: [{ kind: 'legacy' }] })
    expect(ask({ ...body, functions: [look.function] }, { content: 'text+tools' })).toMatchObject({
      calls: [],
      finish: 'length',
    })
  })

  test('every choice has ids of its own', () => {
    const { choices } = whole(CHAT, { tools: [look, shell], n: 3 }, { content: 'tools:2' })
    const ids = choices.flatMap(({ message }: any) => message.tool_calls.map(({ id }: any) => id))
    expect([ids.length, new Set(ids).size]).toEqual([6, 6])
  })
})

describe('structured text', () => {
  const schema = { type: 'object', properties: { at: { type: 'string', minLength: 5 } }, required: ['at'] }
  const response_format = { type: 'json_schema', json_schema: { name: 'n', schema } }

  test('a tool is called first, and the text comes after its result', () => {
    const asked = { role: 'user', content: 'Hi' }
    const result = { role: 'tool', tool_call_id: 'c', content: 'x' }
    const body = { response_format, tools: [look] }
    expect(ask({ ...body, messages: [asked] }, { content: 'tools' })).toMatchObject({
      text: '',
      finish: 'tool_calls',
    })
    const { text, finish, calls } = ask({ ...body, messages: [asked, result] }, { content: 'tools' })
    valid(schema, JSON.parse(text))
    expect([finish, calls]).toEqual(['stop', []])
  })

  test('in several pieces, which a limit cuts', () => {
    const { usage, text } = ask({ response_format })
    expect(usage.output).toBeGreaterThan(2)
    const cut = ask({ response_format, max_tokens: 2 })
    expect([cut.finish, cut.usage.output, text.startsWith(cut.text)]).toEqual(['length', 2, true])
  })
})

describe('probabilities', () => {
  test.each([0, 1, 5, 20])('of each token, with %d of the likeliest', (most) => {
    const { logprobs, text } = ask({ logprobs: true, top_logprobs: most })
    expect(logprobs!.map(({ token }) => token).join('')).toBe(text)
    for (const { token, logprob, bytes, top_logprobs } of logprobs!) {
      expect(Buffer.from(bytes).toString()).toBe(token)
      expect(top_logprobs).toHaveLength(most)
      const tokens = top_logprobs.map((one: any) => one.token)
      expect(new Set(tokens).size).toBe(most)
      if (most > 0) expect([tokens[0], top_logprobs[0].logprob]).toEqual([token, logprob])
      const chances = top_logprobs.map((one: any) => Math.exp(one.logprob))
      expect(chances.reduce((sum: number, one: number) => sum + one, 0)).toBeLessThanOrEqual(1)
      expect(chances).toEqual(chances.toSorted((a: number, b: number) => b - a))
    }
  })

  test('of an alternative that is said itself', () => {
    const { content } = chatLogprobs([' a', ' t'], 20)
    for (const { top_logprobs } of content!)
      expect(new Set(top_logprobs.map(({ token }) => token)).size).toBe(20)
  })

  test.each(['unicode', 'code', 'short'])('of the text %s, in UTF-8', (text) => {
    const { logprobs } = ask({ logprobs: true }, { text })
    for (const { token, bytes } of logprobs!) expect(Buffer.from(bytes).toString()).toBe(token)
  })

  test('of text alone, and as much of it as is sent', () => {
    expect(ask({ logprobs: true, tools: [look] }, { content: 'tools' }).logprobs).toBeNull()
    expect(ask({ logprobs: true }, { content: 'reasoning' }).logprobs).toHaveLength(9)
    expect(ask({ logprobs: true, max_tokens: 3 }).logprobs).toHaveLength(3)
    expect(ask({ logprobs: true, n: 2 }).logprobs).toHaveLength(18)
    expect(ask({}).logprobs).toBeNull()
  })

  test('of a stamp what stands for it before it is written', () => {
    const { choices } = whole(CHAT, { logprobs: true }, { stamp: 'true', chunkCount: '2' })
    for (const { token, bytes } of choices[0].logprobs.content) {
      expect(token).toBe('00000000@0000000000000000 ')
      expect(Buffer.from(bytes).toString()).toBe(token)
    }
  })
})

describe('what else is told', () => {
  const json = (path: string, flags: GivenFlags): any[] =>
    streamed(path, {}, flags)
      .filter(({ data }) => data !== '[DONE]')
      .map(({ data }) => JSON.parse(data))
  const origin = { service_tier: 'default', system_fingerprint: 'fp_mock' }

  test('tier and fingerprint, in streams with auto only', () => {
    for (const reply of ['auto', 'json']) expect(whole(CHAT, {}, { reply })).toMatchObject(origin)
    for (const chunk of json(CHAT, {})) expect(chunk).toMatchObject(origin)
    for (const chunk of json(CHAT, { reply: 'stream' }))
      expect(Object.keys(chunk)).toEqual(['id', 'object', 'created', 'model', 'choices'])
  })

  test('Azure tells what its filter found, in streams with its headers', () => {
    const answer = whole(AZURE, {})
    expect(answer.prompt_filter_results).toMatchObject([
      { prompt_index: 0, content_filter_results: { hate: { filtered: false } } },
    ])
    expect(answer.choices[0].content_filter_results).toMatchObject({
      violence: { filtered: false, severity: 'safe' },
    })
    expect([answer.system_fingerprint, answer.service_tier]).toEqual(['fp_mock', undefined])
    const [first, ...others] = json(AZURE, { providerHeaders: 'true' })
    expect(first).toEqual({
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: answer.prompt_filter_results,
    })
    expect(others).toEqual(json(AZURE, {}).map((chunk) => ({ ...chunk })))
    expect(json(CHAT, { providerHeaders: 'true' })[0].id).not.toBe('')
    expect(whole(CHAT, {}).prompt_filter_results).toBeUndefined()
    expect(ask({ n: 2 }, { providerHeaders: 'true' }, AZURE).text).toBe(words(0, 18))
  })

  test('what came out of the cache', () => {
    const messages = [{ role: 'user', content: 'x'.repeat(400) }]
    const { usage } = whole(CHAT, { messages }, { cachedTokens: '75' })
    expect([usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens]).toEqual([100, 75])
  })

  test('128 choices', () => expect(whole(CHAT, { n: 128 }).choices).toHaveLength(128))
})
