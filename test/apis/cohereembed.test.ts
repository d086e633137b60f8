// Cohere's embeddings: which inputs a body has, and what each form of a vector says.
import { describe, expect, test } from 'bun:test'
import { named } from '../_helpers.ts'
import { partsOf } from './_events.ts'
import { reading, setupOf } from './reading/_openai.ts'
import { type Ask, defaultAsk } from '../../src/apis/ask.ts'
import { cohereEmbeddings, readCohereEmbeddings } from '../../src/apis/cohereembed.ts'
import { writeBase64 } from '../../src/apis/embeddings.ts'
import { embed } from '../../src/apis/vectors.ts'

const setup = setupOf({ reply: 'json' })
const answer = (ask: Partial<Ask>): any =>
  JSON.parse(
    partsOf(cohereEmbeddings(setup, { ...defaultAsk(setup.config), dimensions: 12, ...ask })).join(''),
  )
const read = (_: unknown, body: Readonly<Record<string, unknown>>) => readCohereEmbeddings(body, 12)

test('what nobody has looked at gets one vector of floats', () => {
  const { embeddings, ...rest } = answer({})
  expect(Object.keys(embeddings)).toEqual(['float'])
  expect(embeddings.float).toHaveLength(1)
  expect(embeddings.float[0]).toHaveLength(12)
  expect(rest).toEqual({
    id: 'mock',
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: 10 } },
    response_type: 'embeddings_by_type',
  })
})

test('an answer leaves at the first step, like that of any other model', () =>
  expect(cohereEmbeddings(setup, defaultAsk(setup.config))).toMatchObject({ status: 200, step: 'first' }))

test('every form is another writing of the same vectors, and the texts are repeated', () => {
  const texts = ['a red fox', 'a blue whale 🐋']
  const forms = ['float', 'int8', 'uint8', 'binary', 'ubinary', 'base64'] as const
  const asked = reading(read, { texts, embedding_types: forms }) as Partial<Ask>
  const { embeddings, texts: told, meta } = answer(asked)
  expect([told, meta.billed_units]).toEqual([texts, { input_tokens: 3 + 5 }])
  expect(Object.keys(embeddings)).toEqual([...forms])
  for (const [i, text] of texts.entries()) {
    const vector = embed(text, 12)
    expect(new Float32Array(embeddings.float[i])).toEqual(vector)
    expect(`"${embeddings.base64[i]}"`).toBe(writeBase64(vector))
    const most = Math.max(...vector.map(Math.abs))
    expect(Math.max(...embeddings.int8[i].map(Math.abs))).toBe(127)
    for (const [at, value] of vector.entries()) {
      expect(Math.abs(embeddings.int8[i][at] - (value / most) * 127)).toBeLessThanOrEqual(0.5)
      expect(embeddings.uint8[i][at]).toBe(embeddings.int8[i][at] + 128)
    }
    const bits = embeddings.ubinary[i].map((byte: number) => byte.toString(2).padStart(8, '0')).join('')
    expect(bits).toBe([...vector].map((value) => (value > 0 ? '1' : '0')).join('') + '0000')
    expect(embeddings.binary[i]).toEqual(embeddings.ubinary[i].map((byte: number) => byte - 128))
  }
})

describe('what is read', () => {
  const usual = { dimensions: 12, forms: ['float'] }
  const image = 'data:image/png;base64,AA=='
  const mixed = [
    {
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: image } },
      ],
    },
  ]

  test.each(
    named<[object, object]>([
      [{ texts: ['a', ''] }, { inputs: ['a', ''], echo: '{"texts":["a",""]}' }],
      [{ images: [image] }, { inputs: [image], echo: '' }],
      [{ inputs: mixed }, { inputs: [`a\n${image}`], echo: '' }],
      [
        { texts: ['a'], output_dimension: 3, model: 'm' },
        { inputs: ['a'], dimensions: 3, model: 'm', echo: '{"texts":["a"]}' },
      ],
      [
        { texts: ['a'], embedding_types: ['int8', 'float', 'int8'] },
        { inputs: ['a'], forms: ['int8', 'float'], echo: '{"texts":["a"]}' },
      ],
      [
        { texts: ['a'], embedding_types: [] },
        { inputs: ['a'], echo: '{"texts":["a"]}' },
      ],
    ]),
  )('%s', (_, body, expected) => expect(reading(read, body)).toEqual({ ...usual, ...expected } as never))

  const many = (count: number): string[] => new Array<string>(count).fill('a')

  test('96 inputs, and no more', () => {
    expect(reading(read, { texts: many(96) })).toMatchObject({ inputs: many(96) })
    expect(reading(read, { texts: many(96), images: ['b'] })).toBe(
      'texts: invalid request: total number of inputs must be at most 96 - received 97',
    )
  })

  test.each(
    named<[object, string]>([
      [{}, 'texts: invalid request: one of texts, images or inputs must not be empty.'],
      [{ texts: [] }, 'texts: invalid request: one of texts, images or inputs must not be empty.'],
      [{ texts: 'a' }, "texts: Invalid type for 'texts': expected an array of strings."],
      [{ texts: [1] }, "texts: Invalid type for 'texts': expected an array of strings."],
      [{ images: [{}] }, "images: Invalid type for 'images': expected an array of strings."],
      [{ inputs: ['a'] }, "inputs[0]: Invalid type for 'inputs[0]': expected an object."],
      [{ inputs: [{ content: 'a' }] }, "inputs[0].content: Invalid type for 'inputs[0].content'"],
      [
        { inputs: [{ content: [{ type: 'text' }] }] },
        "inputs[0].content[0]: Invalid type for 'inputs[0].content[0]'",
      ],
      [{ texts: ['a'], output_dimension: 0 }, 'output_dimension: '],
      [{ texts: ['a'], output_dimension: 16_385 }, 'output_dimension: '],
      [{ texts: ['a'], embedding_types: 'float' }, 'embedding_types: '],
      [
        { texts: ['a'], embedding_types: ['float', 'toString'] },
        "embedding_types: Invalid value for 'embedding_types': expected float, int8, uint8",
      ],
    ]),
  )('%s is refused', (_, body, refusal) => expect(reading(read, body)).toStartWith(refusal))
})
