// What a request decides, read from its body or its path.
import { above, refusalOf } from './_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { named } from '../_helpers.ts'
import { type RequestHead } from '../../src/apis/api.ts'
import { keptHeaders } from '../../src/apis/kept.ts'
import type { Ask } from '../../src/apis/ask.ts'
import { decode, readModel } from '../../src/apis/body.ts'
import { readEmbeddings } from '../../src/apis/embeddings.ts'
import { pickGeneration } from '../../src/apis/gemini.ts'

type Body = Readonly<Record<string, unknown>>
type Expected = Partial<Ask> | string

const head = (path: string, query = ''): RequestHead => ({
  method: 'POST',
  path,
  query,
  header: () => null,
  headers: () => keptHeaders({}),
})
const embed = (body: Body): Partial<Ask> => readEmbeddings(body, 1536)

/** Either what is asked for, or `field: message` of the refusal. */
function result(read: (body: Body) => Partial<Ask>, body: Body): Expected {
  try {
    return read(body)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}.`
const INPUT = value('input', 'a string, an array of tokens, or 1 to 2048 of them')

function readings(
  read: (body: Body) => Partial<Ask>,
  usual: Partial<Ask>,
  rows: readonly (readonly [Body, Expected])[],
) {
  test.each(named(rows))('%s', (_, body, expected) =>
    expect(result(read, body)).toEqual(typeof expected === 'string' ? expected : { ...usual, ...expected }),
  )
}

describe('the paths of gemini', () => {
  test.each([
    ['/v1beta/models/m:generateContent', 'alt=sse', { stream: false }],
    ['/v1beta/models/m:countTokens', '', { stream: false, countOnly: true }],
    ['/v1/models/m:streamGenerateContent', '', { stream: true, alt: 'json' }],
    ['/v1/models/m:streamGenerateContent', 'alt=sse', { stream: true, alt: 'sse' }],
    ['/v1/models/m:streamGenerateContent', 'key=k&alt=sse&x=y', { stream: true, alt: 'sse' }],
    ['/v1/models/m:streamGenerateContent', 'default=sse', { stream: true, alt: 'json' }],
    ['/v1/models/m:streamGenerateContent', 'alt=ssex', { stream: true, alt: 'json' }],
    ['/v1/models/org/m:8b:generateContent', '', { stream: false }],
    ['/v1/models/m:embedContent', '', undefined],
    ['/v1/models/m', '', undefined],
    ['/v1/models/m:generateContent/x', '', undefined],
  ])('%s?%s', (path, query, expected) => expect(pickGeneration(head(path, query))).toEqual(expected as never))
})

describe('embeddings', () => {
  readings(embed, { encoding: 'float', inputs: ['x'], dimensions: 1536 }, [
    [{ input: 'x', model: 'm' }, { model: 'm' }],
    [{ input: '' }, { inputs: [''] }],
    [{ input: [1, 2, 3] }, { inputs: [[1, 2, 3]] }],
    [{ input: ['a', 'b'] }, { inputs: ['a', 'b'] }],
    [{ input: [[1], [2], [3]] }, { inputs: [[1], [2], [3]] }],
    [{ input: [[1], 'b'] }, { inputs: [[1], 'b'] }],
    [{ input: [1, 'b'] }, INPUT],
    [{ input: [null] }, INPUT],
    [{ input: [] }, INPUT],
    [{ input: {} }, INPUT],
    [{}, INPUT],
    [{ input: new Array(2048).fill('a') }, { inputs: new Array(2048).fill('a') }],
    [{ input: new Array(2049).fill('a') }, INPUT],
    [{ input: 'x', encoding_format: 'base64' }, { encoding: 'base64' }],
    [{ input: 'x', encoding_format: null }, {}],
    [{ input: 'x', encoding_format: 'hex' }, value('encoding_format', 'float or base64')],
    [{ input: 'x', dimensions: 16_384 }, { dimensions: 16_384 }],
    [{ input: 'x', dimensions: 16_385 }, above('dimensions', 16384)],
    [
      { input: new Array(1000).fill('a'), dimensions: 4000 },
      { inputs: new Array(1000).fill('a'), dimensions: 4000 },
    ],
    [
      { input: new Array(1000).fill('a'), dimensions: 4001 },
      'input: 1000 inputs in 4001 dimensions are too many at once.',
    ],
  ])
})

test.each([
  ['a%20b', 'a b'],
  ['%E4%B8%96', '世'],
  ['100%', '100%'],
  ['%zz', '%zz'],
])('decode %s', (text, expected) => expect(decode(text)).toBe(expected))

test('a body without a model decides none', () => expect(Object.keys(readModel({ model: null }))).toEqual([]))
