// What is asked for, and which asks share an answer.
import { describe, expect, test } from 'bun:test'
import { type Ask, defaultAsk, keyOf } from '../../src/apis/api.ts'
import { readConfig } from '../../src/config/config.ts'

describe('the key of an ask', () => {
  const usual = defaultAsk(readConfig({}, {}))
  const others: { readonly [Field in keyof Ask]: Ask[Field] } = {
    stream: false,
    includeUsage: true,
    model: 'other',
    choices: 2,
    content: 'tools',
    toolName: 'other',
    text: 'code',
    finish: 'length',
    alt: 'sse',
    countOnly: true,
    encoding: 'float',
    inputs: 2,
    dimensions: 7,
    dialect: 'gemini',
  }

  test('differs where any field does, and only there', () => {
    const keys = Object.entries(others).map(([field, other]) => keyOf({ ...usual, [field]: other }))
    expect(new Set([keyOf(usual), ...keys]).size).toBe(Object.keys(usual).length + 1)
    expect(keyOf({ ...usual })).toBe(keyOf(usual))
    expect(Object.keys(others).toSorted()).toEqual(Object.keys(usual).toSorted())
  })

  test.each([
    [
      { model: 'a', toolName: 'b2:c' },
      { model: 'ab', toolName: '2:c' },
    ],
    [
      { model: 'a1:b', toolName: 'c' },
      { model: 'a', toolName: 'b1:c' },
    ],
    [
      { model: '1:a', toolName: '' },
      { model: '', toolName: '1:a' },
    ],
    [
      { inputs: 1, dimensions: 23 },
      { inputs: 12, dimensions: 3 },
    ],
  ])('%j and %j have keys of their own', (one, other) =>
    expect(keyOf({ ...usual, ...one })).not.toBe(keyOf({ ...usual, ...other })),
  )
})

test.each([
  [{}, { stream: true, model: 'mock-model', content: 'text', text: 'words', toolName: 'get_weather' }],
  [
    { reply: 'json', model: 'a,b', content: 'tools' },
    { stream: false, model: 'a', content: 'tools' },
  ],
  [
    { reply: 'auto', text: 'code', toolName: 'mine' },
    { stream: true, text: 'code', toolName: 'mine' },
  ],
  [{ embeddingDimensions: '7' }, { dimensions: 7, inputs: 1, encoding: 'base64' }],
] as const)('what is asked for when nothing is looked into, with %j', (flags, expected) =>
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
