// What is asked for, and which asks share an answer.
import { describe, expect, test } from 'bun:test'
import { type Ask, type CallAsk, contentKeyOf, defaultAsk, keyOf } from '../../src/apis/ask.ts'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import { parseContent } from '../../src/config/contents.ts'

const call = (name: string, input?: string): CallAsk => ({
  name,
  kind: 'function',
  input: input === undefined ? null : { text: input, pieces: [input] },
})

describe('the key of an ask', () => {
  // Tools make a difference where they are called.
  const usual: Ask = {
    ...defaultAsk(readConfig({}, {})),
    content: { reasoning: false, text: false, calls: 2 },
  }
  const others: { readonly [Field in keyof Ask]: Ask[Field] } = {
    stream: false,
    includeUsage: true,
    model: 'other',
    choices: 2,
    content: { reasoning: false, text: true, calls: 1 },
    calls: [{ name: 'other', kind: 'function', input: null }],
    own: { text: '{}', pieces: ['{}'] },
    stop: ['.'],
    logprobs: 0,
    limit: 5,
    isExact: true,
    promptTokens: 11,
    echo: '{}',
    prompts: [''],
    text: 'code',
    finish: 'length',
    shape: { nullDelta: true },
    alt: 'sse',
    load: 'load',
    resource: 'resp_1',
    countOnly: true,
    encoding: 'float',
    inputs: ['x'],
    dimensions: 7,
    forms: ['int8'],
    ranking: { query: 'q', documents: [], most: 1, isReturned: false },
    dialect: 'gemini',
    encrypted: true,
    codings: ['gzip'],
  }

  test('differs where any field does, and only there', () => {
    const keys = Object.entries(others).map(([field, other]) => keyOf({ ...usual, [field]: other }))
    expect(new Set([keyOf(usual), ...keys]).size).toBe(Object.keys(usual).length + 1)
    expect(keyOf({ ...usual })).toBe(keyOf(usual))
    expect(Object.keys(others).toSorted()).toEqual(Object.keys(usual).toSorted())
  })

  test('where each chunk tells the usage, the content depends on the prompt', () => {
    const [every, finish] = (['every', 'finish'] as const).map((usage) =>
      [10, 11].map((promptTokens) => contentKeyOf({ ...usual, shape: { usage }, promptTokens })),
    )
    expect(new Set(every).size).toBe(2)
    expect(new Set(finish).size).toBe(1)
  })

  test.each([
    [
      { model: 'a', echo: 'b2:c' },
      { model: 'ab', echo: '2:c' },
    ],
    [
      { model: 'a1:b', echo: 'c' },
      { model: 'a', echo: 'b1:c' },
    ],
    [
      { model: '1:a', echo: '' },
      { model: '', echo: '1:a' },
    ],
    [
      { limit: 1, promptTokens: 23 },
      { limit: 12, promptTokens: 3 },
    ],
    [{ inputs: ['1', '2'] }, { inputs: ['12'] }],
    [{ inputs: [[1, 2]] }, { inputs: [[12]] }],
    [{ stop: ['a', 'b'] }, { stop: ['a1:b'] }],
    [{ calls: [call('a'), call('b')] }, { calls: [call('a1:b')] }],
    [{ calls: [call('a', '{}')] }, { calls: [call('a')] }],
    [{ own: { text: '-', pieces: ['-'] } }, { own: null }],
  ] satisfies [Partial<Ask>, Partial<Ask>][])('%j and %j have keys of their own', (one, other) =>
    expect(keyOf({ ...usual, ...one })).not.toBe(keyOf({ ...usual, ...other })),
  )
})

test.each([
  [
    {},
    {
      stream: true,
      model: 'mock-model',
      content: parseContent('text'),
      text: 'words',
      calls: [call('get_weather')],
    },
  ],
  [
    { reply: 'json', model: 'a,b', content: 'tools' },
    { stream: false, model: 'a', content: parseContent('tools') },
  ],
  [
    { reply: 'auto', text: 'code', toolName: 'mine' },
    { stream: true, text: 'code', calls: [call('mine')] },
  ],
  [{ embeddingDimensions: '7' }, { dimensions: 7, inputs: [], encoding: 'base64' }],
] as [GivenFlags, Partial<Ask>][])(
  'what is asked for when nothing is looked into, with %j',
  (flags, expected) =>
    expect(defaultAsk(readConfig(flags, {}))).toMatchObject({
      includeUsage: false,
      choices: 1,
      finish: 'stop',
      alt: 'json',
      countOnly: false,
      dialect: 'openai',
      ...expected,
    }),
)

test('tools that are not called make no difference', () => {
  const usual = defaultAsk(readConfig({}, {}))
  expect(keyOf({ ...usual, calls: [call('other')] })).toBe(keyOf(usual))
})

test('edges have no part in the key of the content', () => {
  const usual = defaultAsk(readConfig({}, {}))
  const edges = { limit: 3, isExact: true, finish: 'length', promptTokens: 99, echo: '{"a":1}' } as const
  expect(contentKeyOf({ ...usual, ...edges })).toBe(contentKeyOf(usual))
  expect(contentKeyOf({ ...usual, text: 'code' })).not.toBe(contentKeyOf(usual))
})
