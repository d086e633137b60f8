// What is embedded in the forms of Vertex: bodies, and what they are refused for.
import { describe, expect, test } from 'bun:test'
import type { JsonObject, RequestHead } from '../../src/apis/api.ts'
import { keptHeaders } from '../../src/apis/kept.ts'
import { defaultAsk } from '../../src/apis/ask.ts'
import { readGeminiEmbedding, readVertexEmbeddings, vertexEmbeddings } from '../../src/apis/embeddingforms.ts'
import { readSettings } from '../../src/config/config.ts'

const config = readSettings({ embeddingDimensions: '4' }, {})
const setup = { config, createdAt: 0 }
const path = '/v1/projects/p/locations/l/publishers/google/models/mine:predict'
const head: RequestHead = {
  method: 'POST',
  path,
  query: '',
  header: () => null,
  headers: () => keptHeaders({}),
}
const read = (body: JsonObject) => readVertexEmbeddings(setup, body, head)

describe('Vertex', () => {
  test.each([
    [{ instances: [{ content: 'a' }, { content: 'b', task_type: 'CLUSTERING' }] }, ['a', 'b'], 4],
    [{ instances: [{ content: 'a' }], parameters: { outputDimensionality: 2 } }, ['a'], 2],
    [{ instances: [{ content: 'a' }], parameters: { output_dimensionality: 2 } }, ['a'], 2],
  ])('%j', (body, inputs, dimensions) => {
    expect(read(body)).toEqual({ model: 'mine', inputs, dimensions })
  })

  test.each([
    [{}, "instances: Invalid value for 'instances': expected 1 to 250 instances."],
    [{ instances: new Array(251).fill({ content: 'a' }) }, "instances: Invalid value for 'instances'"],
    [{ instances: 'a' }, "instances: Invalid type for 'instances'"],
    // As Imagen's are.
    [{ instances: [{ prompt: 'a' }] }, "instances[0].content: Invalid type for 'instances[0].content'"],
    [{ instances: [{ content: 'a' }], parameters: 7 }, "parameters: Invalid type for 'parameters'"],
  ])('%j is refused', (body, expected) => {
    const refusal = (() => {
      try {
        return read(body as JsonObject)
      } catch (thrown) {
        const { param, message } = thrown as Error & { param: string }
        return `${param}: ${message}`
      }
    })()
    expect(refusal).toStartWith(expected)
  })

  test('answers with a prediction for each, and one where nobody has looked', () => {
    const told = (inputs: string[]) =>
      JSON.parse([...vertexEmbeddings({ ...defaultAsk(config), inputs, dimensions: 4 }).parts()].join(''))
    expect(told(['a', 'a b c d e'])).toEqual({
      predictions: [1, 3].map((token_count) => ({
        embeddings: { statistics: { truncated: false, token_count }, values: expect.any(Array) },
      })),
      metadata: { billableCharacterCount: 10 },
    })
    expect(told([]).predictions).toHaveLength(1)
  })

  test('has the length of vectors in an object of its own where Gemini has it beside the content', () => {
    const content = { parts: [{ text: 'a' }] }
    const lengthOf = (body: JsonObject) => readGeminiEmbedding(setup, { content, ...body }, head).dimensions
    expect(lengthOf({})).toBe(4)
    expect(lengthOf({ outputDimensionality: 3 })).toBe(3)
    expect(lengthOf({ embedContentConfig: { outputDimensionality: 2 } })).toBe(2)
  })
})
