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
export const MAX_DIMENSIONS = 16_384
/** So many numbers in one answer, about 50 MB of text: more than any real request has. */
const MAX_NUMBERS = 4_000_000

/**
 * A vector of its own for every input, or one that is always the same where nobody has looked at them: of unit length, as floats or
 * as base64 of little-endian 32-bit floats. A model makes it at once. A hundred vectors of 1536 floats take 4 ms, in base64 1.5.
 */
export function embeddings(ask: Ask): LongAnswer {
  return embeddingsBehind({}, ask)
}

/** The same behind other fields. */
export function embeddingsBehind(fields: object, ask: Ask): LongAnswer {
  const { model, encoding, inputs } = ask
  const write = encoding === 'float' ? writeDecimals : writeBase64
  const promptTokens = countInputs(inputs)
  const rest = {
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  } satisfies Partial<OpenAI.CreateEmbeddingResponse>
  return longAnswer(function* () {
    yield `${JSON.stringify({ ...fields, object: 'list' }).slice(0, -1)},"data":[`
    yield* listOf(
      vectorsOf(ask),
      (vector, i) => `{"object":"embedding","index":${i},"embedding":${write(vector)}}`,
    )
    yield `],${JSON.stringify(rest).slice(1)}`
  })
}

/** An answer of a model that makes all of it at once, part by part. */
export function longAnswer(parts: () => Iterable<string>): LongAnswer {
  return { kind: 'long', status: 200, parts, step: 'first' }
}

/** What stands in a JSON array of as many vectors, one after the other. */
export function* listOf(
  vectors: Iterable<Float32Array>,
  write: (vector: Float32Array, index: number) => string,
): Iterable<string> {
  let index = 0
  for (const vector of vectors) {
    yield (index === 0 ? '' : ',') + write(vector, index)
    index++
  }
}

/** A vector for each input, made when it is asked for; one where nobody has looked. */
export function* vectorsOf({
  inputs,
  dimensions,
}: Pick<Ask, 'inputs' | 'dimensions'>): Iterable<Float32Array> {
  if (inputs.length === 0) yield waveVector(dimensions)
  for (const input of inputs)
    yield typeof input === 'string' ? embed(input, dimensions) : embedTokens(input, dimensions)
}

/** The tokens of all inputs. */
export function countInputs(inputs: Ask['inputs']): number {
  return inputs.length === 0 ? PROMPT_TOKENS : inputs.reduce((sum, input) => sum + countTokens(input), 0)
}

/** @throws BadRequest when the answer would be larger than any real one */
export function checkSize(inputs: number, dimensions: number, param: string): void {
  if (inputs * dimensions > MAX_NUMBERS)
    throw new BadRequest(`${inputs} inputs in ${dimensions} dimensions are too many at once.`, param)
}

/** How long vectors are to be, by the field `name`. */
export function dimensionsField(body: JsonObject, name: string): number | undefined {
  return countField(body, name, 1, MAX_DIMENSIONS)
}

/** What an embeddings body decides; without `encoding_format` the answer is floats, without `dimensions` it has `usualDimensions`. */
export function readEmbeddings(body: JsonObject, usualDimensions: number): Partial<Ask> {
  const encoding = body['encoding_format'] ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw wrongValue('encoding_format', 'float or base64')
  const dimensions = dimensionsField(body, 'dimensions') ?? usualDimensions
  const inputs = readInputs(body['input'])
  checkSize(inputs.length, dimensions, 'input')
  return { ...readModel(body), encoding, inputs, dimensions }
}

/** A text is one input, and so is an array of tokens; an array of either is as many as it is long. */
export function readInputs(input: unknown): readonly Input[] {
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

function countTokens(input: Input): number {
  return typeof input === 'string' ? Math.ceil(Buffer.byteLength(input) / BYTES_PER_TOKEN) : input.length
}

function waveVector(dimensions: number): Float32Array {
  const wave = Float32Array.from({ length: dimensions }, (_, i) => Math.sin(i + 1))
  const length = Math.hypot(...wave)
  return wave.map((value) => value / length)
}

/** As 32-bit floats in base64, in quotes. Little-endian, as is every processor that Bun runs on. */
export function writeBase64(floats: Float32Array): string {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
  return `"${bytes.toBase64()}"`
}
