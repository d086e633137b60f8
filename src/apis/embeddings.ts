// OpenAI embeddings. https://platform.openai.com/docs/api-reference/embeddings
import type OpenAI from 'openai'
import { BadRequest, type JsonObject, type LongAnswer } from './api.ts'
import { type Ask, type Input, PROMPT_TOKENS } from './ask.ts'
import { countField, readModel, wrongValue } from './body.ts'
import { writeDecimals } from './decimals.ts'
import { BYTES_PER_TOKEN } from './reading/conversation.ts'
import { embed, embedTokens } from './vectors.ts'

/** As many as OpenAI takes in one request. */
const MAX_INPUTS = 2048
const MAX_DIMENSIONS = 16_384
/** So many numbers in one answer, about 50 MB of text: more than any real request has. */
const MAX_NUMBERS = 4_000_000

/**
 * A vector of its own for every input, or one that is always the same where nobody has looked at them: of unit length, as floats or
 * as base64 of little-endian 32-bit floats. A model makes it at once. A hundred vectors of 1536 floats take 4 ms, in base64 1.5.
 */
export function embeddings({ model, encoding, inputs, dimensions }: Ask): LongAnswer {
  const write = encoding === 'float' ? writeDecimals : writeBase64
  const promptTokens =
    inputs.length === 0 ? PROMPT_TOKENS : inputs.reduce((sum, input) => sum + countTokens(input), 0)
  const rest = {
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  } satisfies Partial<OpenAI.CreateEmbeddingResponse>
  const entry = (vector: Float32Array, i: number): string =>
    `${i === 0 ? '' : ','}{"object":"embedding","index":${i},"embedding":${write(vector)}}`
  const parts = function* (): Iterable<string> {
    yield '{"object":"list","data":['
    if (inputs.length === 0) yield entry(waveVector(dimensions), 0)
    for (const [i, input] of inputs.entries()) yield entry(vectorOf(input, dimensions), i)
    yield `],${JSON.stringify(rest).slice(1)}`
  }
  return { kind: 'long', status: 200, parts, step: 'first' }
}

/** What an embeddings body decides; without `encoding_format` the answer is floats, without `dimensions` it has `usualDimensions`. */
export function readEmbeddings(body: JsonObject, usualDimensions: number): Partial<Ask> {
  const encoding = body['encoding_format'] ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw wrongValue('encoding_format', 'float or base64')
  const dimensions = countField(body, 'dimensions', 1, MAX_DIMENSIONS) ?? usualDimensions
  const inputs = readInputs(body['input'])
  if (inputs.length * dimensions > MAX_NUMBERS)
    throw new BadRequest(`${inputs.length} inputs in ${dimensions} dimensions are too many at once.`, 'input')
  return { ...readModel(body), encoding, inputs, dimensions }
}

/** A text is one input, and so is an array of tokens; an array of either is as many as it is long. */
function readInputs(input: unknown): readonly Input[] {
  if (typeof input === 'string') return [input]
  if (Array.isArray(input) && input.length > 0) {
    const list: readonly unknown[] = input
    if (isTokens(list)) return [list]
    if (list.length <= MAX_INPUTS && list.every((one) => typeof one === 'string' || isTokens(one)))
      return list
  }
  throw wrongValue('input', `a string, an array of tokens, or 1 to ${MAX_INPUTS} of them`)
}

function isTokens(input: unknown): input is readonly number[] {
  return Array.isArray(input) && input.every((token) => typeof token === 'number')
}

function vectorOf(input: Input, dimensions: number): Float32Array {
  return typeof input === 'string' ? embed(input, dimensions) : embedTokens(input, dimensions)
}

function countTokens(input: Input): number {
  return typeof input === 'string' ? Math.ceil(Buffer.byteLength(input) / BYTES_PER_TOKEN) : input.length
}

function waveVector(dimensions: number): Float32Array {
  const wave = Float32Array.from({ length: dimensions }, (_, i) => Math.sin(i + 1))
  const length = Math.hypot(...wave)
  return wave.map((value) => value / length)
}

/** Little-endian, as is every processor that Bun runs on. */
function writeBase64(floats: Float32Array): string {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
  return `"${bytes.toBase64()}"`
}
