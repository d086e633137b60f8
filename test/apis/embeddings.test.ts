// Vectors, as numbers and as base64.
import { expect, test } from 'bun:test'
import { type Ask, defaultAsk } from '../../src/apis/api.ts'
import { embeddings } from '../../src/apis/embeddings.ts'
import { readConfig } from '../../src/config/config.ts'

const usual = defaultAsk(readConfig({}, {}))
test.each([1, 2, 3, 1536])(
  '%d dimensions: a vector of unit length, the same as numbers and as base64',
  (dimensions) => {
    for (const inputs of [1, 3]) {
      const made = (encoding: Ask['encoding']) =>
        embeddings({ ...usual, encoding, inputs, dimensions, model: 'm"' })
      const [floats, coded] = [JSON.parse(made('float').body), JSON.parse(made('base64').body)]
      for (const { data, ...rest } of [floats, coded]) {
        const tokens = 10 * inputs
        expect(rest).toEqual({
          object: 'list',
          model: 'm"',
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        })
        expect(data.map(({ object, index }: any) => [object, index])).toEqual(
          Array.from({ length: inputs }, (_, i) => ['embedding', i]),
        )
      }
      const waves = Array.from({ length: dimensions }, (_, i) => Math.sin(i + 1))
      const length = Math.sqrt(waves.reduce((sum, wave) => sum + wave * wave, 0))
      for (const [i, { embedding }] of floats.data.entries()) {
        expect(embedding).toHaveLength(dimensions)
        for (const [at, number] of embedding.entries()) expect(number).toBeCloseTo(waves[at]! / length, 6)
        const bytes = Buffer.from(coded.data[i].embedding, 'base64')
        expect(Array.from({ length: dimensions }, (_, at) => bytes.readFloatLE(at * 4))).toEqual(embedding)
        expect(bytes).toHaveLength(dimensions * 4)
      }
      expect(made('float')).toMatchObject({ status: 200, paced: 'ttft' })
    }
  },
)
