// OpenAI embeddings: which inputs a body has, and what the answer says of each.
import { describe, expect, test } from 'bun:test'
import { named } from '../_helpers.ts'
import { BadRequest } from '../../src/apis/api.ts'
import { type Ask, defaultAsk, type Input, isLarge, keyOf } from '../../src/apis/ask.ts'
import { writeDecimals } from '../../src/apis/decimals.ts'
import { embeddings, readEmbeddings } from '../../src/apis/embeddings.ts'
import { readConfig } from '../../src/config/config.ts'
import { partsOf } from './_events.ts'

const base: Ask = { ...defaultAsk(readConfig({}, {})), dimensions: 8 }

interface Body {
  readonly data: readonly { readonly index: number; readonly embedding: unknown }[]
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number }
}

function answer(ask: Partial<Ask>): Body {
  return JSON.parse(partsOf(embeddings({ ...base, ...ask })).join(''))
}

test('what nobody has looked at gets the vector it has always got', () => {
  expect(partsOf(embeddings(base)).join('')).toBe(
    '{"object":"list","data":[{"object":"embedding","index":0,"embedding":"IkzKPn+a2j7KtIc9O/G1vsWI5r4fWQa+FvKdPtLZ7T4="}],' +
      '"model":"mock-model","usage":{"prompt_tokens":10,"total_tokens":10}}',
  )
})

describe('input', () => {
  const read = (input: unknown, dimensions = 1): unknown => readEmbeddings({ input, dimensions }, 8).inputs
  const many = new Array<string>(2048).fill('a')

  test.each(
    named<[unknown, unknown]>([
      ['', ['']],
      ['a', ['a']],
      [['a'], ['a']],
      [
        ['a', '', 'a'],
        ['a', '', 'a'],
      ],
      [[1, 2], [[1, 2]]],
      [
        [[1, 2], [3]],
        [[1, 2], [3]],
      ],
      [[[]], [[]]],
      [
        ['a', [1]],
        ['a', [1]],
      ],
      [many, many],
    ]),
  )('%s', (_, input, expected) => expect(read(input)).toEqual(expected))

  test.each(
    named<[unknown]>([
      [undefined],
      [null],
      [7],
      [true],
      [{}],
      [[]],
      [[null]],
      [['a', 1]],
      [[1, 'a']],
      [[[1, 'a']]],
      [[['a']]],
      [[[1], [[2]]]],
      [[{}]],
      [[...many, 'a']],
    ]),
  )('%s is refused', (_, input) => {
    expect(() => read(input)).toThrow(BadRequest)
    expect(() => read(input)).toThrow("Invalid value for 'input'")
  })

  test('so many that the answer would be too large', () => {
    expect(read(['a', 'b'], 16_384)).toEqual(['a', 'b'])
    expect(() => read(many.slice(0, 245), 16_384)).toThrow('245 inputs in 16384 dimensions')
  })
})

describe('the answer', () => {
  const inputs = ['Hello world', 'Hello there', 'Hello world', [1, 2, 3], '']

  test('has a vector for each, equal where the inputs are', () => {
    const { data } = answer({ encoding: 'float', inputs, dimensions: 64 })
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    for (const { embedding } of data) expect(embedding).toHaveLength(64)
    expect(data[0]!.embedding).toEqual(data[2]!.embedding)
    expect(new Set(data.map(({ embedding }) => JSON.stringify(embedding))).size).toBe(4)
  })

  test.each([1, 8, 1536, 16_384])('says the same as floats and in base64, in %d dimensions', (dimensions) => {
    const floats = answer({ encoding: 'float', inputs, dimensions })
    const packed = answer({ encoding: 'base64', inputs, dimensions })
    for (const [i, { embedding }] of packed.data.entries()) {
      const bytes = Buffer.from(embedding as string, 'base64')
      expect(bytes).toHaveLength(dimensions * 4)
      const unpacked = Array.from({ length: dimensions }, (_, at) => bytes.readFloatLE(at * 4))
      expect(unpacked).toEqual((floats.data[i]!.embedding as number[]).map(Math.fround))
    }
  })

  test.each<[Input[], number]>([
    [[], 10],
    [[''], 0],
    [['a'], 1],
    [['abcd'], 1],
    [['abcde'], 2],
    [['a', 'a'], 2],
    [['世界'], 2],
    [['👋👋'], 2],
    [[[]], 0],
    [[[1, 2, 3]], 3],
    [['abcde', [1, 2, 3], ''], 5],
  ])('%j counts as %d tokens', (given, tokens) =>
    expect(answer({ inputs: given }).usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens }),
  )
})

test.each([
  [[], '[]'],
  [[0], '[0.000000000]'],
  [[-0], '[0.000000000]'],
  [[1, -1], '[1.000000000,-1.000000000]'],
  [[1e-9, -1e-9], '[0.000000001,-0.000000001]'],
  [[4e-10, -4e-10], '[0.000000000,0.000000000]'],
  [[1e-6, 1e-3, -1e-4], '[0.000001000,0.001000000,-0.000100000]'],
  [[0.5, -0.25, 0.015625], '[0.500000000,-0.250000000,0.015625000]'],
  [[1 - 2 ** -24], '[0.999999940]'],
])('%j in decimals', (numbers, text) => expect(writeDecimals(Float32Array.from(numbers))).toBe(text))

test('what differs in its inputs is kept apart, and what is large not at all', () => {
  const asks: Input[][] = [
    [],
    [''],
    ['1'],
    [[1]],
    [[1, 2]],
    [[12]],
    ['[1]'],
    ['a|'],
    ['a'],
    ['a"'],
    ['\ud800'],
    ['\ud801'],
  ]
  expect(new Set(asks.map((inputs) => keyOf({ ...base, inputs }))).size).toBe(asks.length)
  for (const inputs of asks) expect(isLarge({ ...base, inputs })).toBe(false)
  for (const inputs of [['a', 'b'], ['a'.repeat(1001)], [new Array<number>(1001).fill(1)]])
    expect(isLarge({ ...base, inputs })).toBe(true)
})
