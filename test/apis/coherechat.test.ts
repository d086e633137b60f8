// Cohere's chat, event by event: thoughts, plans and several calls, whole, streamed and cut anywhere; and Mistral's calls and choices.
import { describe, expect, test } from 'bun:test'
import { createParser } from 'eventsource-parser'
import { body, makeDeck } from '../replies/_replies.ts'
import { prepare, read, formats } from './_readers.ts'
import type { Ask } from '../../src/apis/ask.ts'
import { parseContent } from '../../src/config/contents.ts'

const cohere = { path: '/v2/chat', provider: 'cohere' } as const
const mistral = { path: '/v1/chat/completions', provider: 'mistral' } as const
type Door = typeof cohere | typeof mistral

function whole(door: Door, content: string, ask: Partial<Ask> = {}, chunkCount = '4'): any {
  const flags = { chunkCount, content, toolName: 'f' }
  return JSON.parse(body(makeDeck({ ...door, flags, ask: { ...ask, stream: false } }).at(0)))
}

/** The data of each event but the last, which is `[DONE]`. */
function streamed(door: Door, content: string, ask: Partial<Ask> = {}, chunkCount = '4'): any[] {
  const data: string[] = []
  const parser = createParser({ onEvent: (event) => data.push(event.data) })
  parser.feed(body(makeDeck({ ...door, flags: { chunkCount, content, toolName: 'f' }, ask }).at(0)))
  expect(data.pop()).toBe('[DONE]')
  return data.map((one) => JSON.parse(one))
}

const call = (id: string, args: string): object => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: args },
})

describe('Cohere', () => {
  test('the bytes of a stream', () => {
    const text = body(makeDeck({ ...cohere, flags: { chunkCount: '2' } }).at(0))
    const usage = { input_tokens: 10, output_tokens: 2 }
    const events = [
      {
        id: 'mock',
        type: 'message-start',
        delta: {
          message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] },
        },
      },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: ' world' } } } },
      { type: 'content-end', index: 0 },
      {
        type: 'message-end',
        delta: {
          finish_reason: 'COMPLETE',
          usage: { billed_units: usage, tokens: usage, cached_tokens: 0 },
        },
      },
    ]
    const lines = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    expect(text).toBe(`${lines.join('')}data: [DONE]\n\n`)
  })

  const echo = JSON.stringify({
    sources: ['a', 'b', 'c'].map((id) => ({ type: 'document', id, document: { id, text: id } })),
  })
  /** Of which the streamed and the whole answer tell the same. */
  const citations = (content: string, ask: Partial<Ask> = {}, chunkCount?: string): any[] => {
    const events = streamed(cohere, content, { echo, ...ask }, chunkCount)
    const told = events.filter(({ type }) => type === 'citation-start')
    expect(told.map(({ index }) => index)).toEqual(told.map((_, i) => i))
    const said = told.map(({ delta }) => delta.message.citations)
    expect(whole(cohere, content, { echo, ...ask }, chunkCount).message.citations ?? []).toEqual(said)
    return said
  }

  test('each document is cited once, by a word of the text', () => {
    const [first, second, third] = citations('text')
    expect(first).toEqual({
      start: 0,
      end: 5,
      text: 'Hello',
      sources: [{ type: 'document', id: 'a', document: { id: 'a', text: 'a' } }],
      content_index: 0,
      type: 'TEXT_CONTENT',
    })
    expect([second.start, second.end, second.text, second.sources[0].id]).toEqual([6, 11, 'world', 'b'])
    expect([third.start, third.end, third.text]).toEqual([11, 12, ','])
  })

  test.each<[string, Partial<Ask>, string | undefined, unknown[]]>([
    ['text', { limit: 1 }, undefined, [[0, 'Hello']]],
    ['text', {}, '0', []],
    ['reasoning', {}, '2', [[1, 'world']]],
    ['reasoning', { limit: 1 }, '2', []],
    ['text+tools', {}, undefined, []],
    ['tools', {}, undefined, []],
    ['text', { echo: '' }, undefined, []],
    [
      'text',
      { own: { text: '👋 b', pieces: ['👋', ' ', 'b'] } },
      undefined,
      [
        [0, '👋'],
        [0, 'b'],
      ],
    ],
  ])('of %s with %j and %s chunks', (content, ask, chunkCount, expected) => {
    const said = citations(content, ask, chunkCount)
    expect(said.map(({ content_index, text }): unknown => [content_index, text])).toEqual(expected)
    if (ask.own)
      expect(said.map(({ start, end }) => [start, end])).toEqual([
        [0, 1],
        [2, 3],
      ]) // as Python counts
  })

  test('the events come behind the text, before it closes', () => {
    const said = streamed(cohere, 'text', { echo }, '2').map(({ type }) => type)
    const pair = ['citation-start', 'citation-end']
    const around = ['message-start', 'content-start', 'content-delta', 'content-delta']
    expect(said).toEqual([...around, ...pair, ...pair, 'content-end', 'message-end'])
  })

  test('how likely each token was, of the text alone', () => {
    const likely = (text: string): object => ({ text, token_ids: [expect.any(Number)], logprobs: [-0.25] })
    for (const content of ['text', 'reasoning']) {
      const texts = content === 'text' ? ['Hello', ' world'] : [' world']
      const events = streamed(cohere, content, { logprobs: 0 }, '2')
      expect(events.flatMap(({ logprobs }) => logprobs ?? [])).toEqual(texts.map(likely))
      expect(whole(cohere, content, { logprobs: 0 }, '2').logprobs).toEqual(texts.map(likely))
    }
    expect(whole(cohere, 'text+tools', { logprobs: 0 }).logprobs).toEqual([])
    expect(whole(cohere, 'text', {}).logprobs).toBeUndefined()
  })

  const types = (content: string, ask?: Partial<Ask>, chunkCount?: string): string[] =>
    streamed(cohere, content, ask, chunkCount).map(({ type, index }) => `${type} ${index ?? '-'}`)

  test.each([
    [
      'reasoning',
      [
        'content-start 0',
        'content-delta 0',
        'content-delta 0',
        'content-end 0',
        'content-start 1',
        'content-delta 1',
        'content-delta 1',
        'content-end 1',
      ],
    ],
    [
      'text+tools',
      [
        'tool-plan-delta -',
        'tool-plan-delta -',
        'tool-call-start 0',
        'tool-call-delta 0',
        'tool-call-delta 0',
        'tool-call-end 0',
      ],
    ],
    [
      'tools:2',
      [
        'tool-call-start 0',
        'tool-call-delta 0',
        'tool-call-delta 0',
        'tool-call-end 0',
        'tool-call-start 1',
        'tool-call-delta 1',
        'tool-call-delta 1',
        'tool-call-end 1',
      ],
    ],
    [
      'reasoning+tools',
      [
        'content-start 0',
        'content-delta 0',
        'content-delta 0',
        'content-end 0',
        'tool-call-start 0',
        'tool-call-delta 0',
        'tool-call-delta 0',
        'tool-call-end 0',
      ],
    ],
  ])('the order of %s', (content, expected) =>
    expect(types(content)).toEqual(['message-start -', ...expected, 'message-end -']),
  )

  test('nothing at all is a content without text', () =>
    expect(types('text', {}, '0')).toEqual([
      'message-start -',
      'content-start 0',
      'content-end 0',
      'message-end -',
    ]))

  test('calls and their plan, whole', () => {
    const { message, finish_reason } = whole(cohere, 'text+tools:2', {}, '6')
    expect([message, finish_reason]).toEqual([
      {
        role: 'assistant',
        tool_plan: 'Hello world',
        tool_calls: [call('f_mock', '{"text":", this"}'), call('f_1_mock', '{"text":" reply was"}')],
      },
      'TOOL_CALL',
    ])
  })

  test.each(['text', 'reasoning', 'tools:2', 'text+tools', 'reasoning+tools:2'])(
    'what is cut anywhere ends well, and says the same whole: %s',
    (content) => {
      const settings = parseContent(content)
      for (let limit = 1; limit <= 9; limit++) {
        const ask = { content: settings, limit }
        const events = streamed(cohere, content, ask, '8')
        const open = (kind: string): number =>
          events.filter(({ type }) => type === `${kind}-start`).length -
          events.filter(({ type }) => type === `${kind}-end`).length
        expect([open('content'), open('tool-call')]).toEqual([0, 0])
        const { message, finish_reason, usage } = whole(cohere, content, ask, '8')
        const { delta } = events.at(-1)
        expect([delta.finish_reason, delta.usage]).toEqual([finish_reason, usage])
        expect(finish_reason === 'MAX_TOKENS').toBe(limit < 8)
        expect(usage.tokens.output_tokens).toBe(Math.min(limit, 8))
        const said = (pick: (message: any) => string | undefined): string =>
          events.map((event) => pick(event.delta?.message ?? {}) ?? '').join('')
        expect(said(({ content }) => content?.thinking) + said(({ content }) => content?.text)).toBe(
          (message.content ?? []).map(({ text, thinking }: any) => text ?? thinking).join(''),
        )
        expect(said(({ tool_plan }) => tool_plan)).toBe(message.tool_plan ?? '')
        expect(said(({ tool_calls }) => tool_calls?.function?.arguments)).toBe(
          (message.tool_calls ?? []).map((one: any) => one.function.arguments).join(''),
        )
      }
    },
  )

  test('a stop is a reason of its own', () =>
    expect(whole(cohere, 'text', { stop: [' world'] })).toMatchObject({
      message: { content: [{ type: 'text', text: 'Hello' }] },
      finish_reason: 'STOP_SEQUENCE',
    }))

  test('what came out of the cache', () => {
    const given = { flags: { cachedTokens: '50' }, ask: { stream: false, promptTokens: 9 } }
    expect(JSON.parse(body(makeDeck({ ...cohere, ...given }).at(0))).usage.cached_tokens).toBe(4)
  })
})

describe('Mistral', () => {
  test('calls come whole, in the last chunk', () => {
    const events = streamed(mistral, 'tools:2', {}, '4')
    expect(events.map(({ choices: [{ delta }] }) => delta.content)).toEqual(['', '', '', '', ''])
    const { delta, finish_reason } = events.at(-1).choices[0]
    expect(finish_reason).toBe('tool_calls')
    const tool_calls = [
      { ...call('mock00000', '{"text":"Hello world"}'), index: 0 },
      { ...call('mock00001', '{"text":", this"}'), index: 1 },
    ]
    expect(delta.tool_calls).toEqual(tool_calls)
    expect(whole(mistral, 'tools:2').choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: '', tool_calls },
      finish_reason: 'tool_calls',
    })
  })

  test('what is cut calls only what is complete', () => {
    const ask = { content: parseContent('tools:2'), limit: 3 }
    const { delta, finish_reason } = streamed(mistral, 'tools:2', ask).at(-1).choices[0]
    expect([delta.tool_calls.length, finish_reason]).toEqual([1, 'length'])
    expect(whole(mistral, 'tools:2', { ...ask, limit: 1 }).choices[0].message.tool_calls).toBeNull()
  })

  test('several choices, and the usage of all of them in the last chunk', () => {
    const events = streamed(mistral, 'text', { choices: 2 }, '3')
    expect(events.map(({ choices: [{ index }] }) => index)).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
    expect(events.map(({ usage }) => usage?.completion_tokens)).toEqual([...new Array(7).fill(undefined), 6])
    const { choices, usage } = whole(mistral, 'text', { choices: 2 }, '3')
    expect(choices.map(({ index, message }: any) => [index, message.content])).toEqual([
      [0, 'Hello world,'],
      [1, 'Hello world,'],
    ])
    expect(usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 6,
      total_tokens: 16,
      prompt_tokens_details: { cached_tokens: 0 },
    })
  })

  test('calls of every choice have ids of their own', () => {
    const ids = whole(mistral, 'tools:2', { choices: 2 }).choices.flatMap(({ message }: any) =>
      message.tool_calls.map(({ id }: any) => id),
    )
    expect(new Set(ids).size).toBe(4)
  })

  test('the text between two others is never anything but text', () => {
    const fill = formats.find(({ path }) => path === '/v1/fim/completions')!
    for (const content of ['tools', 'reasoning', 'reasoning+tools'])
      expect(read(fill, prepare(fill, { flags: { content, chunkCount: '2' } })).choices[0]!.text).toBe(
        'Hello world',
      )
  })
})
