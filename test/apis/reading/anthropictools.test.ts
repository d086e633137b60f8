// Which tools Anthropic's bodies have called, in which format text is asked for, and whether there may be thoughts before it.
import { describe, expect, test } from 'bun:test'
import { format, read, search, TEXT, tool, user } from './_anthropic.ts'
import { named } from '../../_helpers.ts'
import type { JsonObject } from '../../../src/apis/api.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import result from '../inputs/messages-tool-result.json' with { type: 'json' }

const CALL = { reasoning: false, text: false, calls: 1 }
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

const weather = result.tools[0]!
const asked = (...ids: string[]) => ({
  role: 'assistant',
  content: ids.map((id) => ({ type: 'tool_use', id, name: 'weather', input: {} })),
})
const answered = (...ids: string[]) => ({
  role: 'user',
  content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: '4' })),
})

describe('tools', () => {
  const tools = [weather]
  const next = { type: 'auto', disable_parallel_tool_use: true }

  test.each(
    named<[string, JsonObject, number, string[]]>([
      ['text', { tools }, 0, []],
      ['text', { tools, tool_choice: { type: 'any' } }, 1, ['weather']],
      ['text', { tools, tool_choice: { type: 'tool', name: 'weather' } }, 1, ['weather']],
      ['tools', {}, 0, []],
      ['tools', { tools: [] }, 0, []],
      ['tools', { tool_choice: { type: 'any' } }, 0, []],
      ['tools', { tools }, 1, ['weather']],
      ['tools', { tools, tool_choice: { type: 'none' } }, 0, []],
      ['tools', { tools: [search] }, 0, []],
      ['tools', { tools: [search, weather] }, 1, ['weather']],
      ['tools', { tools: [search], tool_choice: { type: 'any' } }, 0, []],
      ['tools', { tools: [search, weather], tool_choice: { type: 'tool', name: 'web_search' } }, 0, []],
      ['tools', { tools: [{ type: 'bash_20250124', name: 'bash' }] }, 0, []],
      ['tools', { tools: [{ type: 'computer_20250124', name: 'computer', display_width_px: 9 }] }, 0, []],
      ['tools', { tools: [{ type: 'tool_search_tool_regex', name: 'find' }] }, 0, []],
      ['tools', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }, 0, []],
      ['tools', { tools: [{ ...weather, type: 'custom' }] }, 1, ['weather']],
      ['tools', { tools: [{ name: 'bare' }] }, 1, ['bare']],
      ['tools', { tools: [{ name: '' }, { name: 'x'.repeat(257) }] }, 0, []],
      ['tools:2', { tools }, 2, ['weather', 'weather']],
      ['tools:2', { tools: [weather, tool('b')] }, 2, ['weather', 'b']],
      ['tools:3', { tools: [weather, tool('b')], tool_choice: next }, 1, ['weather']],
      ['tools:3', { tools, tool_choice: { ...next, type: 'any' } }, 1, ['weather']],
    ]),
  )('%s', (_, content, body, count, names) => {
    const { calls = [], content: decided } = read(body, { content }) as Partial<Ask>
    expect([decided!.calls, decided!.text, calls.map(({ name }) => name)]).toEqual([
      count,
      count === 0,
      names,
    ])
  })

  test('their inputs are instances of their schemas', () => {
    const { calls } = read({ tools: [weather, tool('b')] }, { content: 'tools:2' }) as Ask
    expect(calls.map(({ kind, input }) => [kind, JSON.parse(input!.text)])).toEqual([
      ['function', { city: expect.stringMatching(/^..+$/), days: 3, unit: 'c' }],
      ['function', {}],
    ])
  })

  test.each(
    named<[string, object[], number]>([
      ['1', [user], 1],
      ['1', [user, asked('a'), answered('a')], 0],
      ['1', [user, asked('a', 'b'), answered('a', 'b')], 0],
      ['1', [user, asked('a', 'b'), answered('a'), answered('b')], 0],
      [
        '1',
        [
          user,
          asked('a'),
          { role: 'user', content: [...answered('a').content, { type: 'text', text: 'x' }] },
        ],
        0,
      ],
      ['1', [user, asked('a'), answered('a'), { role: 'system', content: 'Be short.' }], 0],
      ['1', [user, asked('a'), answered('a'), { role: 'assistant', content: 'It is' }], 0],
      ['1', [user, asked('a'), answered('a'), { role: 'assistant', content: 'Cold.' }, user], 1],
      ['1', [user, { role: 'assistant', content: '{' }], 1],
      ['2', [user, asked('a'), answered('a')], 1],
      [
        '2',
        [user, asked('a'), answered('a'), { role: 'system', content: 'x' }, asked('b'), answered('b')],
        0,
      ],
      ['3', [user, asked('a'), answered('a'), asked('b'), answered('b')], 1],
    ]),
  )('after %s', (_, toolRounds, messages, calls) =>
    expect(read({ tools, messages }, { content: 'tools', toolRounds })).toMatchObject({
      content: calls === 0 ? TEXT : CALL,
    }),
  )

  test('after a result the reply is text', () =>
    expect(read(result, { content: 'tools' })).toMatchObject({ content: TEXT, limit: 64 }))
})

describe('formats and thinking', () => {
  test.each(
    named<[JsonObject, unknown]>([
      [{ output_config: { format: format(CITY) } }, { city: expect.any(String) }],
      [{ output_format: format(CITY) }, { city: expect.any(String) }],
      [
        { output_config: { format: format(CITY) }, output_format: format({ type: 'null' }) },
        { city: expect.any(String) },
      ],
      [{ output_config: { format: null, effort: 'low' }, output_format: format({ type: 'null' }) }, null],
      [
        { output_config: { format: format({ enum: Array.from({ length: 20_000 }, (_, i) => `e${i}`) }) } },
        'e0',
      ],
      [{ output_config: { format: format({ const: 'a\ud800b' }) } }, 'a\ud800b'],
      [
        {
          output_config: {
            format: format({
              $ref: '#/$defs/node',
              $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
            }),
          },
        },
        {},
      ],
    ]),
  )('%s', (_, body, expected) => {
    const { own, content } = read(body) as Ask
    expect([JSON.parse(own!.text), own!.pieces.join(''), content]).toEqual([expected, own!.text, TEXT])
  })

  test('a schema of a hundred levels', () => {
    let schema: JsonObject = { type: 'integer' }
    let expected: unknown = 0
    for (let i = 0; i < 100; i++) {
      schema = { type: 'object', properties: { a: schema }, required: ['a'] }
      expected = { a: expected }
    }
    expect(JSON.parse((read({ output_format: format(schema) }) as Ask).own!.text)).toEqual(expected)
  })

  test.each([
    ['text', 'enabled', false],
    ['reasoning', 'enabled', true],
    ['reasoning', 'adaptive', true],
    ['reasoning', undefined, true],
    ['reasoning', 'disabled', false],
    ['reasoning+tools', 'disabled', false],
  ])('with --content %s and thinking %s: %s', (content, type, reasoning) => {
    const thinking = type && { type, ...(type === 'enabled' && { budget_tokens: 1024 }) }
    const { content: decided } = read({ thinking, tools: [weather] }, { content }) as Ask
    const isCall = content.endsWith('tools')
    expect(decided).toEqual({ reasoning, text: !isCall, calls: isCall ? 1 : 0 })
  })
})
