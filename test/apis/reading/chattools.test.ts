// Which tools a chat body has called.
import { describe, expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { reading } from './_openai.ts'
import type { CallAsk } from '../../../src/apis/ask.ts'
import { readChat } from '../../../src/apis/reading/openai.ts'

/** The calls in short: kind, name and input. */
function callsOf(body: object, content: string, toolRounds: string): string[] | string {
  const read = reading(readChat, body, { content, toolRounds })
  if (typeof read === 'string') return read
  const calls = Array.from({ length: read.content!.calls }, (_, i) => read.calls![i % read.calls!.length]!)
  const short = ({ kind, name, input }: CallAsk): string => `${kind} ${name} ${input?.text ?? 'words'}`
  return [
    ...(read.content!.reasoning ? ['reasoning'] : []),
    ...(read.content!.text ? ['text'] : []),
    ...calls.map(short),
  ]
}

const parameters = { type: 'object', properties: { city: { enum: ['Oslo'] } }, required: ['city'] }
const weather = { type: 'function', function: { name: 'weather', parameters } }
const plain = { type: 'function', function: { name: 'plain' } }
const shell = { type: 'custom', custom: { name: 'shell', format: { type: 'text' } } }
const functions = [{ name: 'old', parameters }, { name: 'older' }]
const impossible = {
  type: 'function',
  function: { name: 'never', parameters: { type: 'object', minProperties: 2, maxProperties: 1 } },
}

const WEATHER = 'function weather {"city":"Oslo"}'
const PLAIN = 'function plain {}'
const SHELL = 'custom shell words'
const OLD = 'legacy old {"city":"Oslo"}'

const asked = { role: 'user', content: 'Hi' }
const round = [
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'c', content: '4' },
]
const tools = [weather, plain]
const allowed = (mode: unknown, ...names: string[]): object => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
})
const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`
const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
const notOffered = (name: string): string =>
  `tool_choice: Invalid value for 'tool_choice': no tool named '${name}' is offered.`

type Row = readonly [body: object, expected: string[] | string, content?: string, rounds?: string]

function rows(given: readonly Row[]) {
  test.each(
    named(
      given.map(
        ([body, expected, content = 'tools', rounds = '1']) => [body, expected, content, rounds] as const,
      ),
    ),
  )('%s', (_, body, expected, content, rounds) => expect(callsOf(body, content, rounds)).toEqual(expected))
}

describe('what is offered', () => {
  rows([
    [{}, ['text']],
    [{ tools: [] }, ['text']],
    [{ tools: null }, ['text']],
    [{ tools }, [WEATHER]],
    [{ tools: [shell] }, [SHELL]],
    [{ tools: [{ function: { name: 'untyped' } }] }, ['function untyped {}']],
    [{ tools: [{ type: 'web_search' }, { stream: true }] }, ['text']],
    [{ tools: [{ type: 'web_search' }, plain] }, [PLAIN]],
    [{ tools: 'x' }, type('tools', 'an array of objects')],
    [{ tools: [7] }, type('tools[0]', 'an object')],
    [{ tools: [plain, { type: 'function' }] }, type('tools[1].function', 'an object')],
    [{ tools: [{ type: 'function', function: {} }] }, type('tools[0].function.name', 'a string')],
    [
      { tools: [{ type: 'function', function: { name: '' } }] },
      value('tools[0].function.name', '1 to 256 characters'),
    ],
    [
      { tools: [{ type: 'custom', custom: { name: 'x'.repeat(257) } }] },
      value('tools[0].custom.name', '1 to 256 characters'),
    ],
    [
      { tools: [{ type: 'function', function: { name: 'a', parameters: [] } }] },
      type('tools[0].function.parameters', 'an object'),
    ],
    [{ functions: [{ name: 7 }] }, type('functions[0].name', 'a string')],
    [{ functions: {} }, type('functions', 'an array of objects')],
    [{ tools: [impossible] }, expect.stringMatching(/never.*#\/\w+Properties/) as unknown as string],
    [{ tools: [impossible] }, ['text'], 'text'],
  ])
})

describe('several calls', () => {
  rows([
    [{ tools }, [WEATHER, PLAIN], 'tools:2'],
    [{ tools }, [WEATHER, PLAIN, WEATHER], 'tools:3'],
    [{ tools: [shell, weather] }, [SHELL, WEATHER], 'tools:2'],
    [{ tools, parallel_tool_calls: true }, [WEATHER, PLAIN], 'tools:2'],
    [{ tools, parallel_tool_calls: false }, [WEATHER], 'tools:2'],
    [{ tools, parallel_tool_calls: 'no' }, type('parallel_tool_calls', 'a boolean'), 'tools:2'],
    [{ tools }, ['text', WEATHER], 'text+tools'],
    [{ tools }, ['reasoning', WEATHER, PLAIN], 'reasoning+tools:2'],
    [{ tools, parallel_tool_calls: false }, ['text', WEATHER], 'text+tools:2'],
    [{ functions }, [OLD], 'tools:2'],
  ])
})

describe('the choice', () => {
  rows([
    [{ tools, tool_choice: 'auto' }, [WEATHER]],
    [{ tools, tool_choice: 'auto' }, ['text'], 'text'],
    [{ tools, tool_choice: 'none' }, ['text']],
    [{ tools, tool_choice: null }, [WEATHER]],
    [{ tools, tool_choice: 'required' }, [WEATHER], 'text'],
    [{ tools, tool_choice: 'required' }, ['reasoning', WEATHER], 'reasoning'],
    [{ tools, tool_choice: 'maybe' }, value('tool_choice', 'none, auto, required or an object')],
    [{ tools, tool_choice: 7 }, value('tool_choice', 'none, auto, required or an object')],
    [{ tools, tool_choice: {} }, "tool_choice: Missing required parameter: 'tool_choice.name'."],
    [{ tools, tool_choice: { type: 7 } }, type('tool_choice.type', 'a string')],
    [{ tools, tool_choice: { type: 'function', function: { name: 'plain' } } }, [PLAIN], 'text'],
    [{ tools, tool_choice: { type: 'function', function: { name: 'none' } } }, notOffered('none')],
    [{ tools: [plain, shell], tool_choice: { type: 'custom', custom: { name: 'shell' } } }, [SHELL], 'text'],
    [{ tools, tool_choice: allowed('auto', 'plain') }, [PLAIN]],
    [{ tools, tool_choice: allowed('auto', 'plain') }, ['text'], 'text'],
    [{ tools, tool_choice: allowed('required', 'plain') }, [PLAIN], 'text'],
    [{ tools, tool_choice: allowed('required', 'none') }, notOffered('none')],
    [{ tools, tool_choice: allowed('auto') }, ['text']],
    [{ tools, tool_choice: allowed('perhaps', 'plain') }, value('tool_choice.mode', 'auto or required')],
    [
      { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: 7 } } },
      type('tools', 'an array of objects'),
    ],
    [{ functions, function_call: 'auto' }, [OLD]],
    [{ functions, function_call: 'none' }, ['text']],
    [{ functions, function_call: { name: 'older' } }, ['legacy older {}'], 'text'],
    [
      { functions, function_call: { name: 'none' } },
      "function_call: Invalid value for 'function_call': no tool named 'none' is offered.",
    ],
    [{ functions, function_call: {} }, type('function_call.name', 'a string')],
    [{ functions, function_call: 'required' }, value('function_call', 'none, auto or an object')],
    [{ functions, function_call: 7 }, value('function_call', 'none, auto or an object')],
  ])
})

describe('after results of tools', () => {
  const legacyRound = [
    { role: 'assistant', content: null, function_call: { name: 'old', arguments: '{}' } },
    { role: 'function', name: 'old', content: '4' },
  ]
  rows([
    [{ tools, messages: [asked] }, [WEATHER]],
    [{ tools, messages: [asked, ...round] }, ['text']],
    [{ tools, messages: [asked, ...round, asked] }, [WEATHER]],
    [{ tools, messages: [asked, ...round] }, [PLAIN], 'tools', '2'],
    [{ tools, messages: [asked, ...round, ...round] }, ['text'], 'tools', '2'],
    [{ tools, messages: [asked, ...round] }, ['text'], 'text+tools'],
    [{ tools, messages: [asked, ...round], tool_choice: 'required' }, [PLAIN]],
    [{ functions, messages: [asked, ...legacyRound] }, ['text']],
  ])
})
