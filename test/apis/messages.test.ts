// Anthropic's messages: what is in them and what is left out, and that they can be cut anywhere.
import { describe, expect, test } from 'bun:test'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { body, play } from '../replies/_replies.ts'
import { type Blocks, blocksOfStream, blocksOfWhole } from './_blocks.ts'
import type { Ask, CallAsk } from '../../src/apis/ask.ts'
import { cutJson } from '../../src/apis/schema/cut.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import { parseContent } from '../../src/config/contents.ts'

const call = (name: string, input: object): CallAsk => {
  const text = JSON.stringify(input)
  return { name, kind: 'function', input: { text, pieces: cutJson(text) } }
}
const calls: Ask['calls'] = [call('weather', { city: 'te', days: 3, unit: 'c' }), call('bare', {})]

function textOf(flags: GivenFlags, ask: Partial<Ask>): string {
  return body(play('ok', flags, '/v1/messages', ask))
}

function eventsOf(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  for (const { event, data } of events) expect(event).toBe(JSON.parse(data).type)
  return events as never
}

function streamed(flags: GivenFlags, ask: Partial<Ask> = {}): Blocks {
  return blocksOfStream(eventsOf(textOf(flags, { ...ask, stream: true })) as never)
}

function whole(flags: GivenFlags, ask: Partial<Ask> = {}): Blocks {
  return blocksOfWhole(JSON.parse(textOf(flags, { ...ask, stream: false })))
}

const contents = ['text', 'reasoning', 'tools', 'tools:3', 'text+tools:2', 'reasoning+tools:2'] as const

describe.each(contents)('content %s', (name) => {
  const content = parseContent(name)
  const flags = { reply: 'auto', chunkCount: '7' }
  const ask = { content, calls }
  const all = streamed(flags, ask)
  const total: number = all.usage['output_tokens']

  test('every block says what was meant, streamed and whole', () => {
    const types = [
      ...(content.reasoning ? ['thinking'] : []),
      ...(content.text ? ['text'] : []),
      ...Array.from({ length: content.calls }, () => 'tool_use'),
    ]
    expect(all.blocks.map(({ type }) => type)).toEqual(types)
    const called = all.blocks.filter(({ type }) => type === 'tool_use')
    expect(called.map(({ name, text }) => [name, text])).toEqual(
      called.map((_, i) => [calls[i % 2]!.name, calls[i % 2]!.input!.text]),
    )
    expect(new Set(called.map(({ id }) => id)).size).toBe(called.length)
    expect([all.reason, all.sequence]).toEqual([content.calls > 0 ? 'tool_use' : 'end_turn', null])
    expect(whole(flags, ask)).toEqual(all)
  })

  test('cut at every piece: what comes is the beginning of it all, and a call is whole or partial', () => {
    for (let limit = 1; limit <= total; limit++) {
      const part = streamed(flags, { ...ask, limit })
      const isCut = limit < total
      expect([part.reason, part.usage['output_tokens']]).toEqual([isCut ? 'max_tokens' : all.reason, limit])
      for (const [i, { type, text, name }] of part.blocks.entries()) {
        const meant = all.blocks[i]!
        expect([type, name]).toEqual([meant.type, meant.name])
        if (i < part.blocks.length - 1) expect(text).toBe(meant.text)
        else expect(meant.text.startsWith(text)).toBe(true)
      }
      // Whole, an input that is not complete is left out.
      const told = part.blocks.filter(
        ({ type, text }, i) => type !== 'tool_use' || text === all.blocks[i]!.text,
      )
      expect(part.blocks.length - told.length).toBeLessThanOrEqual(isCut ? 1 : 0)
      expect(whole(flags, { ...ask, limit })).toEqual({ ...part, blocks: told })
      const thoughts = part.usage['output_tokens_details'].thinking_tokens
      expect(part.blocks.some(({ type }) => type === 'text') && thoughts === limit).toBe(false)
    }
  })

  test('no field is null but those that Anthropic has as null', () => {
    const nulls = (value: unknown): string[] =>
      value !== null && typeof value === 'object'
        ? Object.entries(value).flatMap(([key, one]) => (one === null ? [key] : nulls(one)))
        : []
    const sequence = ['stop_sequence']
    expect(nulls(JSON.parse(textOf(flags, { ...ask, stream: false })))).toEqual(sequence)
    for (const { event, data } of eventsOf(textOf(flags, { ...ask, stream: true }))) {
      const expected = { message_start: ['stop_reason', ...sequence], message_delta: sequence }
      expect(nulls(JSON.parse(data))).toEqual(expected[event as keyof typeof expected] ?? [])
    }
  })
})

test('what a message tells of its tokens', () => {
  const flags = { chunkCount: '4', content: 'reasoning', cachedTokens: '30' }
  const usage = {
    input_tokens: 71,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 4,
    output_tokens_details: { thinking_tokens: 2 },
    service_tier: 'standard',
    inference_geo: 'not_available',
  }
  const ask = { promptTokens: 101 }
  expect(JSON.parse(textOf(flags, { ...ask, stream: false })).usage).toEqual(usage)
  const events = eventsOf(textOf(flags, ask)).map(({ data }) => JSON.parse(data))
  const { output_tokens_details, ...start } = usage
  expect(events[0].message.usage).toEqual({ ...start, output_tokens: 0 })
  const { cache_creation, service_tier, inference_geo, ...end } = usage
  expect(events.at(-2).usage).toEqual(end)
})

describe('stop sequences', () => {
  const texts = ['text', 'reasoning', 'text+tools'] as const

  test.each(texts)('the text of %s ends before one, for the reason that it is one', (name) => {
    const content = parseContent(name)
    const flags = { chunkCount: '12' }
    const { text } = streamed(flags, { content }).blocks.find(({ type }) => type === 'text')!
    const stop = text.slice(7, 10)
    const said = streamed(flags, { content, calls, stop: ['nobody says this', stop] })
    expect([said.reason, said.sequence]).toEqual(['stop_sequence', stop])
    expect(said.blocks.map(({ type }) => type)).toEqual(content.reasoning ? ['thinking', 'text'] : ['text'])
    expect(said.blocks.at(-1)!.text).toBe(text.slice(0, text.indexOf(stop)))
    expect(whole(flags, { content, calls, stop: [stop] })).toEqual(said)
  })

  test('which comes first, the stop or the limit, is the reason', () => {
    const flags = { chunkCount: '12' }
    const stop = [' was'] // behind 'Hello world, this reply'
    const at = streamed(flags, { stop }).usage['output_tokens'] as number
    expect(at).toBe(5)
    const reasons = [at - 1, at, at + 1].map((limit) => streamed(flags, { stop, limit }).reason)
    expect(reasons).toEqual(['max_tokens', 'stop_sequence', 'stop_sequence'])
  })
})

test('a call begins with its name, and an empty piece of its input', () => {
  const types = eventsOf(textOf({}, { content: parseContent('tools:2'), calls })).map(({ data }) => {
    const { type, index, delta } = JSON.parse(data)
    return [type, index, delta?.partial_json === '' ? 'empty' : ''].join(' ').trim()
  })
  const isPiece = (type: string): boolean => /^content_block_delta \d$/.test(type)
  expect(types.filter((type, i) => !isPiece(type) || !isPiece(types[i - 1]!))).toEqual([
    'message_start',
    'content_block_start 0',
    'ping',
    'content_block_delta 0 empty',
    'content_block_delta 0',
    'content_block_stop 0',
    'content_block_start 1',
    'content_block_delta 1 empty',
    'content_block_delta 1',
    'content_block_stop 1',
    'message_delta',
    'message_stop',
  ])
})
