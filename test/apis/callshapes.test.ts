// Other shapes of calls of tools: how their fragments are numbered and named, and calls without arguments.
import { describe, expect, test } from 'bun:test'
import { body, makeDeck } from '../replies/_replies.ts'
import { formats, prepare } from './_readers.ts'
import { byName, events, type Json, whole } from './_shapes.ts'
import type { Ask } from '../../src/apis/ask.ts'
import type { GivenFlags } from '../../src/config/config.ts'

describe('calls of tools', () => {
  const flags = { content: 'tools:2', chunkCount: '4' }
  const chat = byName('OpenAI chat')
  const calls = (pattern?: string, more: GivenFlags = {}): Json[] =>
    events(chat, { flags: { ...flags, ...more }, ...(pattern && { pattern }) }).flatMap((event) =>
      typeof event === 'string' ? [] : ((event['choices'][0].delta.tool_calls ?? []) as Json[]),
    )
  const usual = calls()

  test.each([
    ['call-index:missing', [undefined, undefined, undefined, undefined]],
    ['call-index:repeated', [0, 0, 0, 0]],
    ['call-index:reversed', [1, 0, 1, 0]],
  ])('%s', (pattern, indexes) => {
    expect(usual.map(({ index }) => index)).toEqual([0, 1, 0, 1])
    const told = calls(pattern)
    expect(told.map(({ index }) => index)).toEqual(indexes)
    expect(told.map(({ index: _, ...rest }) => rest)).toEqual(usual.map(({ index: _, ...rest }) => rest))
    if (pattern.endsWith('missing')) for (const call of told) expect(call).not.toHaveProperty('index')
  })

  test('split-name: the first fragment says half of it, and nothing else', () => {
    const told = calls('split-name')
    const names = told.map((call) => call['function'].name)
    expect(names).toEqual(['get_we', 'ather', 'get_we', 'ather', undefined, undefined])
    expect(told.map(({ id }) => id !== undefined)).toEqual([true, false, true, false, false, false])
    expect(told[0]!['function'].arguments).toBe('')
    const said = (all: readonly Json[], call: number): string =>
      all.map(({ index, function: { arguments: text } }) => (index === call ? text : '')).join('')
    for (const call of [0, 1]) expect(said(told, call)).toBe(said(usual, call))
    const [first, second] = events(chat, { flags, pattern: 'split-name' }) as Json[]
    expect(first!['choices'][0].delta.role).toBe('assistant')
    expect(second!['choices'][0].delta).not.toHaveProperty('role')
    expect(
      prepare(chat, { flags, pattern: 'split-name' }).marks.filter(({ part }) => part === 'content'),
    ).toHaveLength(4)
  })

  test('a name of one letter has an empty second half', () =>
    expect(calls('split-name', { toolName: 'f' }).map((call) => call['function'].name)).toEqual([
      ...['f', '', 'f', ''],
      ...[undefined, undefined],
    ]))

  test('custom tools and functions of old as well', () => {
    for (const kind of ['custom', 'legacy'] as const) {
      const ask = { calls: [{ name: 'run', kind, input: null }] } satisfies Partial<Ask>
      const given = { flags: { ...flags, content: 'tools' }, ask }
      const deltas = (events(chat, { ...given, pattern: 'split-name' }) as Json[])
        .slice(0, 2)
        .map((event) => event['choices'][0].delta)
      const names = deltas.map((delta) => (delta.function_call ?? delta.tool_calls[0].custom).name)
      expect(names).toEqual(['ru', 'n'])
    }
  })

  test('no-arguments: chat says an empty text in every fragment, and as a whole', () => {
    expect(calls('no-arguments').map((call) => call['function'].arguments)).toEqual(['', '', '', ''])
    const message = whole(chat, { flags, pattern: 'no-arguments' })['choices'][0].message
    expect(message.tool_calls.map((call: Json) => call['function'].arguments)).toEqual(['', ''])
  })

  test('no-arguments in the other formats: an empty text, or an empty object where there is no text', () => {
    const pattern = 'no-arguments'
    const all = (name: string): Json[] => events(byName(name), { flags, pattern }) as Json[]
    const blocks = all('Anthropic messages').filter(({ delta }) => delta?.type === 'input_json_delta')
    expect(new Set(blocks.map(({ delta }) => delta.partial_json))).toEqual(new Set(['']))
    expect(whole(byName('Anthropic messages'), { flags, pattern })['content'][1].input).toEqual({})
    const converse = whole(byName('Bedrock Converse'), { flags, pattern })['output'].message.content
    expect(converse[1].toolUse.input).toEqual({})
    expect(all('OpenAI Responses').at(-1)!['response'].output[1].arguments).toBe('')
    expect(all('Gemini events').at(-1)!['candidates'][0].content.parts[1].functionCall.args).toEqual({})
    expect(all('Ollama chat').at(-2)!['message'].tool_calls[1].function.arguments).toEqual({})
  })

  test('arguments of its own are not said either', () => {
    const input = { text: '{"a":1}', pieces: ['{"a"', ':1}'] }
    const ask = { calls: [{ name: 'f', kind: 'function', input }] } satisfies Partial<Ask>
    const [first, second] = events(chat, {
      flags: { content: 'tools' },
      ask,
      pattern: 'no-arguments',
    }) as Json[]
    for (const event of [first!, second!])
      expect(event['choices'][0].delta.tool_calls[0].function.arguments).toBe('')
  })

  test('without a call nothing changes', () => {
    for (const format of formats)
      for (const pattern of ['call-index:missing', 'split-name', 'no-arguments']) {
        const { path, ask } = format
        const given = { path, flags: { reply: 'auto' }, ask: { ...ask, stream: true } }
        expect(body(makeDeck({ ...given, pattern }).at(0))).toBe(body(makeDeck(given).at(0)))
      }
  })
})
