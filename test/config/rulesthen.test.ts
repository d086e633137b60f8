// What rules answer with, and what is told when that cannot be.
import { describe, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { UsageError } from '../../src/config/errors.ts'
import { options } from '../../src/config/options.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import { flagOf } from '../../src/config/table.ts'

const settable = [
  ...['content', 'chunk-count', 'chunk-bytes', 'unique-ids', 'provider-headers'],
  ...['chunk-delay-ms', 'ttft-ms', 'preamble-ms', 'ttft-jitter', 'chunk-delay-jitter'],
  ...['chunk-count-jitter', 'profile'],
]
const all = `text, json, tools, status, fault, ${settable.join(', ')}`
const known = `it takes ${all}`

async function refuses(then: string, column: number, message: string): Promise<void> {
  const thrown = await readRules(`- then: {${then}}`, 'a.yaml').then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toEqual(new UsageError(`a.yaml:1:${column}: ${message}`))
}

test.each([
  ['', { settings: {} }],
  ['text: Hello', { text: 'Hello', settings: {} }],
  ['text: ""', { text: '', settings: {} }],
  ['text: !!str 42', { text: '42', settings: {} }],
  ['text: "早い \\ud83d\\ude00\\n"', { text: '早い 😀\n', settings: {} }],
  ['text: a, fault: finish:length+crlf', { text: 'a', fault: 'finish:length+crlf', settings: {} }],
  ['text: a, fault: abort:30', { text: 'a', fault: 'abort:30', settings: {} }],
  ['text: a, content: reasoning', { text: 'a', settings: { content: 'reasoning' } }],
  ['json: ', { json: 'null', settings: {} }],
  ['json: {}', { json: '{}', settings: {} }],
  ['json: "x"', { json: '"x"', settings: {} }],
  ['json: [true, ~, a b, {"c": []}]', { json: '[true,null,"a b",{"c":[]}]', settings: {} }],
  [
    'json: [1.0, 12345678901234567890, 1e400, -0]',
    { json: '[1.0,12345678901234567890,1e400,-0]', settings: {} },
  ],
  ['json: [0x10, 0o7, +1, 01, 1., .5]', { json: '[16,7,1,1,1,0.5]', settings: {} }],
  ['json: {1: a, true: b, "__proto__": c}', { json: '{"1":"a","true":"b","__proto__":"c"}', settings: {} }],
  ['json: "\\ud800"', { json: '"\\ud800"', settings: {} }],
  ['tools: {name: f}', { tools: [{ name: 'f', arguments: '{}' }], settings: {} }],
  [
    'tools: [{name: f, arguments: {a: [1.50]}}, {name: f, arguments: {}}], content: tools',
    {
      tools: [
        { name: 'f', arguments: '{"a":[1.50]}' },
        { name: 'f', arguments: '{}' },
      ],
      settings: { content: 'tools' },
    },
  ],
  ['status: 429', { fault: 'status:429', settings: {} }],
  ['status: "503", ttft-ms: 9', { fault: 'status:503', settings: { ttftMs: '9' } }],
  ['fault: stall:3:2000', { fault: 'stall:3:2000', settings: {} }],
  ['fault: ok', { fault: 'ok', settings: {} }],
  ['fault: unicode', { fault: 'unicode', settings: {} }],
  ['fault: abort:30, chunk-count: 40', { fault: 'abort:30', settings: { chunkCount: '40' } }],
  ['chunk-delay-ms: 2.5, ttft-ms: "20"', { settings: { chunkDelayMs: '2.5', ttftMs: '20' } }],
  ['chunk-count: 0100, unique-ids: True', { settings: { chunkCount: '0100', uniqueIds: 'True' } }],
  ['provider-headers: yes', { settings: { providerHeaders: 'yes' } }],
  ['profile: local-8b, ttft-ms: 3', { settings: { profile: 'local-8b', ttftMs: '3' } }],
])('%j', async (text, then) =>
  expect((await readRules(`- then: {${text}}`, 'a.yaml'))[0]!.then).toEqual(then),
)

const tool = 'tools takes calls with a name, as in {name: get_weather, arguments: {city: Oslo}}'

test.each([
  ['text: 42', 16, "text takes a text, not the number 42: put it in quotes, '42'"],
  ['text: [a]', 16, 'text takes a text, not a list'],
  ['text: ', 16, 'text takes a text, not nothing'],
  ['text: "a\\ud800"', 16, 'text has half a surrogate pair, which UTF-8 cannot hold'],
  ['json: .inf', 16, 'JSON has no number .inf'],
  ['json: {a: [.NaN]}', 21, 'JSON has no number .NaN'],
  ['json: {a: 1, a: 2}', 23, "the key 'a' is given twice"],
  ['tools: []', 17, 'tools takes at least one call'],
  ['tools: f', 17, "tools takes a mapping, not the text 'f'"],
  ['tools: {}', 17, tool],
  ['tools: [{name: f}, {arguments: {}}]', 29, tool],
  ['tools: {name: "a b"}', 24, "name does not accept 'a b': it takes up to 64 letters, digits, _ and -"],
  ['tools: {name: 1}', 24, "name takes a text, not the number 1: put it in quotes, '1'"],
  ['tools: {name: f, arguments: []}', 38, 'arguments takes a mapping, not an empty list'],
  ['tools: {name: f, arguments: "{}"}', 38, "arguments takes a mapping, not the text '{}'"],
  [
    'tools: {name: f, args: {}}',
    27,
    "tools does not accept 'args': it takes name, arguments; did you mean arguments?",
  ],
  ['status: 200', 18, "status does not accept '200': it takes a whole number from 400 to 599"],
  ['status: 600', 18, "status does not accept '600': it takes a whole number from 400 to 599"],
  ['status: busy', 18, "status does not accept 'busy': it takes a whole number from 400 to 599"],
  ['status: [1]', 18, 'status takes one value, not a list'],
  ['fault: 3', 17, "fault takes a text, not the number 3: put it in quotes, '3'"],
  [
    'fault: status:500@2%',
    17,
    "fault does not accept 'status:500@2%': it takes status:CODE with a whole number from 400 to 599, not '500@2%'",
  ],
  [
    'chunk-delay-ms: fast',
    26,
    "chunk-delay-ms does not accept 'fast': it takes milliseconds from 0 to 86400000, decimals allowed, or a time as in 20s",
  ],
  [
    'chunk-delay-ms: -1',
    26,
    "chunk-delay-ms does not accept '-1': it takes milliseconds from 0 to 86400000, decimals allowed, or a time as in 20s",
  ],
  ['chunk-count: .inf', 23, "chunk-count does not accept '.inf': it takes a whole number from 0 to 1000000"],
  ['chunk-count: ', 23, 'chunk-count takes one value, not nothing'],
  ['unique-ids: {a: 1}', 22, 'unique-ids takes one value, not a mapping'],
  [
    'profile: lokal-8b',
    19,
    "profile does not accept 'lokal-8b': it takes none, hosted-small, hosted-large, local-8b, reasoning; did you mean local-8b?",
  ],
  ['chunk-delya-ms: 3', 10, `then does not accept 'chunk-delya-ms': ${known}; did you mean chunk-delay-ms?`],
  ['chunkDelayMs: 3', 10, `then does not accept 'chunkDelayMs': ${known}; did you mean chunk-delay-ms?`],
  ['delay: 3', 10, `then does not accept 'delay': ${known}; did you mean chunk-delay-ms?`],
  ['error: x', 10, `then does not accept 'error': ${known}; did you mean fault?`],
  ['response: x', 10, `then does not accept 'response': ${known}; did you mean text?`],
  ['tool_calls: x', 10, `then does not accept 'tool_calls': ${known}; did you mean tools?`],
  ['code: 429', 10, `then does not accept 'code': ${known}; did you mean status?`],
  ['qqq: 1', 10, `then does not accept 'qqq': ${known}`],
  ['text: a, : b', 19, `then does not accept '': ${known}`],
])('%j is refused', refuses)

test('a misspelt fault is told the nearest', () =>
  expect(readRules('- then: {fault: abrt:3}', 'a.yaml')).rejects.toThrow(
    "a.yaml:1:17: fault does not accept 'abrt:3': it takes abort:N, to name the nearest, or ok,",
  ))

describe('options', () => {
  const names = Object.keys(options).map((name) => flagOf(name).slice(2))
  const others = names.filter((name) => ![...settable, 'text', 'fault'].includes(name))

  test('are all accepted or refused by name', () => {
    expect(names).toEqual(expect.arrayContaining(settable))
    expect(others).toEqual(
      expect.arrayContaining(['listen', 'cors', 'model', 'seed', 'honor', 'api-key', 'rate-limit']),
    )
  })

  test.each(others)('%s goes for all replies', (name) =>
    refuses(`${name}: x`, 10, `${name} goes for all replies, not for those of a rule: then takes ${all}`),
  )

  test.each(settable)('%s takes its default', async (name) => {
    const [option, row] = Object.entries(options).find(([one]) => flagOf(one) === `--${name}`)!
    const fallback = typeof row.default === 'string' ? row.default : '50'
    const [rule] = await readRules(`- then: {${name}: ${fallback}}`, 'a.yaml')
    expect(rule!.then.settings).toEqual({ [option]: fallback })
  })
})

describe('what contradicts each other', () => {
  test.each([
    ['text: a, json: 1', 19, 'json contradicts text: give one of them'],
    ['tools: {name: f}, text: a', 10, 'tools contradicts text: give one of them'],
    ['tools: {name: f}, json: a', 10, 'tools contradicts json: give one of them'],
    ['status: 500, fault: crlf', 10, 'status contradicts fault: give one of them'],
    ...['text: a', 'json: 1', 'tools: {name: f}'].flatMap((own): [string, number, string][] => {
      const key = own.split(':')[0]!
      return [
        ['status: 500', 'status'],
        ...['status:500', 'refuse', 'hang', 'headers-then-hang', 'unicode', 'long+crlf'].map((text) => [
          `fault: ${text}`,
          'fault',
        ]),
        [`content: ${key === 'tools' ? 'text' : 'tools'}`, 'content'],
        ['chunk-count: 3', 'chunk-count'],
        ['chunk-count-jitter: uniform:0.5', 'chunk-count-jitter'],
      ].map(([other, name]) => [`${other}, ${own}`, 10, `${name} contradicts ${key}: give one of them`])
    }),
    ['tools: {name: f}, content: reasoning', 28, 'content contradicts tools: give one of them'],
    [
      'fault: abort:19',
      10,
      'fault: abort:19 lies beyond the reply, which has 18 content chunks: N is at most 18',
    ],
    [
      'chunk-count: 3, fault: garbage:3',
      26,
      'fault: garbage:3 lies beyond the reply, which has 3 content chunks: N is at most 2',
    ],
    [
      'chunk-bytes: 3, fault: unicode',
      26,
      "fault: chunk-bytes 3 cannot hold every character of the text 'unicode': it takes at least 4",
    ],
    [
      'ttft-ms: 3, ttft-jitter: quantiles:1/2/3/4',
      10,
      'ttft-ms 3 contradicts ttft-jitter quantiles:1/2/3/4, which takes its place: give one of them',
    ],
    [
      'chunk-bytes: 65536, chunk-count: 1000000',
      30,
      'chunk-count 1000000 of 65536 bytes of text each make a reply of 65536000000 bytes: at most 33554432 are possible',
    ],
  ] as [string, number, string][])('%j is refused', refuses)

  test('the rest of what is given counts, where there is more', async () => {
    const settle = (given: object) =>
      readSettings({ chunkCount: '40', ttftJitter: 'quantiles:1/2/3/4', ...given }, {})
    expect(await readRules('- then: {fault: abort:30}', 'a.yaml', settle)).toHaveLength(1)
    expect(readRules('- then: {chunk-count: 2}\n- then: {ttft-ms: 3}', 'a.yaml', settle)).rejects.toThrow(
      new UsageError(
        'a.yaml:2:10: ttft-ms 3 contradicts --ttft-jitter quantiles:1/2/3/4, which takes its place: give one of them',
      ),
    )
  })
})
