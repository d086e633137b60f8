// Which tools a reply calls: what is offered, what may be, what must be, and how often tools have answered.
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { BadRequest } from '../../../src/apis/api.ts'
import type { Conversation } from '../../../src/apis/api.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from '../../../src/apis/reading/tools.ts'
import { parseContent } from '../../../src/config/contents.ts'

const tool = (name: string, more: Partial<Offered> = {}): Offered => {
  return { name, kind: 'function', schema: undefined, ...more }
}
const offered = ['f', 'g', 'h'].map((name) => tool(name))
const asked: Conversation = [{ by: 'user', content: 'a' }]
const answered: Conversation = [...asked, { by: 'other', content: '' }, { by: 'result', content: '' }]
const twice: Conversation = [...answered, ...answered.slice(1)]

interface Given {
  readonly content?: string
  readonly toolRounds?: number
  readonly choice?: Partial<ToolChoice>
  readonly conversation?: Conversation
}

function decide({ content = 'tools', toolRounds = 1, choice = {}, conversation = asked }: Given): string {
  const decided = decideCalls(
    { content: parseContent(content), toolRounds },
    { offered, mode: 'auto', isParallel: true, param: 'tool_choice', ...choice },
    conversation,
  )
  const { reasoning, text, calls } = decided.content
  const names = decided.calls?.map(({ name }) => name) ?? []
  expect(names).toHaveLength(calls)
  return [...(reasoning ? ['reasoning'] : []), ...(text ? ['text'] : []), ...names].join()
}

test.each(
  named<[Given, string]>([
    [{}, 'f'],
    [{ content: 'tools:2' }, 'f,g'],
    [{ content: 'tools:4' }, 'f,g,h,f'],
    [{ content: 'tools:2', choice: { isParallel: false } }, 'f'],
    [{ content: 'text+tools:2' }, 'text,f,g'],
    [{ content: 'reasoning+tools' }, 'reasoning,f'],
    // What the configuration does not call is called only when it must be, and then no text comes with it.
    [{ content: 'text' }, 'text'],
    [{ content: 'reasoning' }, 'reasoning,text'],
    [{ content: 'text', choice: { mode: 'required' } }, 'f'],
    [{ content: 'reasoning', choice: { mode: 'required' } }, 'reasoning,f'],
    [{ content: 'text+tools:2', choice: { mode: 'required' } }, 'text,f,g'],
    [{ choice: { mode: 'none' } }, 'text'],
    [{ content: 'reasoning+tools', choice: { mode: 'none' } }, 'reasoning,text'],
    // Nothing is offered.
    [{ choice: { offered: [] } }, 'text'],
    [{ choice: { offered: [], mode: 'required' } }, 'text'],
    [{ choice: { offered: [], names: ['f'] } }, 'text'],
    // Only some may be called.
    [{ choice: { names: ['g'] } }, 'g'],
    [{ content: 'tools:3', choice: { names: ['h', 'f'] } }, 'f,h,f'],
    [{ choice: { names: ['g', 'unknown'], mode: 'required' } }, 'g'],
    [{ choice: { names: [] } }, 'text'],
    // When tools have answered.
    [{ conversation: answered }, 'text'],
    [{ content: 'reasoning+tools', conversation: answered }, 'reasoning,text'],
    [{ conversation: answered, toolRounds: 2 }, 'g'],
    [{ conversation: twice, toolRounds: 2 }, 'text'],
    [{ content: 'tools:2', conversation: twice, toolRounds: 3 }, 'h,f'],
    [{ conversation: answered, choice: { mode: 'required' } }, 'g'],
    [{ conversation: [...answered, ...asked] }, 'f'],
    [{ toolRounds: 0 }, 'f'],
  ]),
)('%s', (_, given, expected) => expect(decide(given)).toBe(expected))

test.each([
  ['function', undefined, '{}'],
  ['function', { type: 'object', properties: { a: { const: 1 } }, required: ['a'] }, '{"a":1}'],
  ['legacy', undefined, '{}'],
  ['custom', undefined, null],
] as const)('a %s with the schema %j is called with %j', (kind, schema, text) => {
  const { calls } = decideCalls(
    { content: parseContent('tools'), toolRounds: 1 },
    { offered: [tool('f', { kind, schema })], mode: 'auto', isParallel: true, param: 'tool_choice' },
    asked,
  )
  expect(calls).toEqual([
    { name: 'f', kind, input: text === null ? null : expect.objectContaining({ text }) },
  ])
})

test.each(
  named<[Partial<ToolChoice>, string]>([
    [{ names: ['x'] }, "Invalid value for 'tool_choice': no tool named 'x' is offered."],
    [{ names: ['x'], mode: 'none' }, "Invalid value for 'tool_choice': no tool named 'x' is offered."],
    [{ offered: [tool('f', { schema: false })] }, "Invalid schema for 'tools (f)'"],
  ]),
)('%s is refused', (_, choice, reason) => {
  expect(() => decide({ choice })).toThrow(BadRequest)
  expect(() => decide({ choice })).toThrow(reason)
})

describe('what is offered', () => {
  const read = (tools: unknown): string[] =>
    readOffered(tools, ({ name }) => (name === undefined ? undefined : tool(name as string))).map(
      ({ name }) => name,
    )

  test.each(
    named<[unknown, string[]]>([
      [
        [{ name: 'a' }, { name: 'b' }],
        ['a', 'b'],
      ],
      [undefined, []],
      [null, []],
      [{ name: 'a' }, []],
      [[null, 'a', 1, [], {}, { name: '' }, { name: 7 }, { name: 'b' }], ['b']],
      [[{ name: 'a'.repeat(256) }, { name: 'a'.repeat(257) }], ['a'.repeat(256)]],
    ]),
  )('%s', (_, tools, names) => expect(read(tools)).toEqual(names))
})
