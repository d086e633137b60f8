// Embeddings through the official SDK, which asks for base64 and gives floats.
import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const ignoring = useServer({ engine, reply: 'stream' })
  const server = useServer({ engine })

  const clientOf = ({ url }: { url: string }): OpenAI =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'mock', maxRetries: 0 })

  test.each([undefined, 'float', 'base64'] as const)('encoding %j', async (encoding) => {
    const { embeddings } = clientOf(server)
    const result = await embeddings.create({
      model: 'm',
      input: ['a', 'b'],
      ...(encoding && { encoding_format: encoding }),
    })
    expect(result.data).toHaveLength(2)
    expect(result.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 })
    const vector: unknown = result.data[1]!.embedding
    if (encoding === 'base64') return expect(Buffer.from(vector as string, 'base64')).toHaveLength(1536 * 4)
    expect(vector).toHaveLength(1536)
    expect(Math.hypot(...(vector as number[]))).toBeCloseTo(1, 5)
  })

  test('tell texts apart: the most similar is the one that shares most words', async () => {
    const input = [
      'a cat on the mat',
      'the cat is on a mat',
      'a dog on the mat',
      'stocks fell sharply',
      'a cat on the mat',
    ]
    const { data, usage } = await clientOf(server).embeddings.create({ model: 'm', input })
    const [first, ...others] = data.map(({ embedding }) => embedding)
    const likenesses = others.map((other) => other.reduce((sum, value, i) => sum + value * first![i]!, 0))
    expect(likenesses).toEqual([0.9, 0.8, 0, 1].map((value) => expect.closeTo(value, 1)))
    expect(others[3]).toEqual(first!)
    expect(usage.prompt_tokens).toBe(4 + 5 + 4 + 5 + 4)
    const alone = await clientOf(server).embeddings.create({ model: 'm', input: input[1]! })
    expect(alone.data[0]!.embedding).toEqual(others[0]!)
    const tokens = await clientOf(server).embeddings.create({ model: 'm', input: [[1, 2, 3], [4]] })
    expect(tokens.usage.prompt_tokens).toBe(4)
    expect(tokens.data[0]!.embedding).not.toEqual(tokens.data[1]!.embedding)
  })

  test('what nobody asked for in detail is what the SDK expects', async () => {
    const result = await clientOf(ignoring).embeddings.create({ model: 'm', input: 'a' })
    expect(result.data[0]!.embedding).toHaveLength(1536)
  })
})
