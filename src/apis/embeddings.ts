// OpenAI embeddings. https://platform.openai.com/docs/api-reference/embeddings
import type OpenAI from 'openai'
import { type Ask, BadRequest, type JsonObject, type WholeAnswer } from './api.ts'
import { countField, readModel, wrongValue } from './body.ts'
import { PROMPT_TOKENS } from './content.ts'

/** As many as OpenAI takes in one request. */
const MAX_INPUTS = 2048
const MAX_DIMENSIONS = 16_384
/** So many numbers in one answer, about 80 MB of text: more than any real request has. */
const MAX_NUMBERS = 4_000_000

/** The same vector for every input: of unit length, as floats or as base64 of little-endian 32-bit floats. A model makes it at once. */
export function embeddings({ model, encoding, inputs, dimensions }: Ask): WholeAnswer {
  const floats = unitVector(dimensions)
  const embedding = JSON.stringify(encoding === 'float' ? Array.from(floats) : encodeBase64(floats))
  const promptTokens = PROMPT_TOKENS * inputs
  const rest = {
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  } satisfies Partial<OpenAI.CreateEmbeddingResponse>
  // The vector is the same every time, and put into text only once.
  const data = Array.from(
    { length: inputs },
    (_, i) => `{"object":"embedding","index":${i},"embedding":${embedding}}`,
  )
  const body = `{"object":"list","data":[${data.join(',')}],${JSON.stringify(rest).slice(1)}`
  return { kind: 'whole', status: 200, body, paced: 'ttft' }
}

/** What an embeddings body decides; without `encoding_format` the answer is floats, without `dimensions` it has `usualDimensions`. */
export function readEmbeddings(body: JsonObject, usualDimensions: number): Partial<Ask> {
  const encoding = body['encoding_format'] ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw wrongValue('encoding_format', 'float or base64')
  const dimensions = countField(body, 'dimensions', 1, MAX_DIMENSIONS) ?? usualDimensions
  const inputs = countInputs(body['input'])
  if (inputs * dimensions > MAX_NUMBERS)
    throw new BadRequest(`${inputs} inputs in ${dimensions} dimensions are too many at once.`, 'input')
  return { ...readModel(body), encoding, inputs, dimensions }
}

/** A text is one input, and so is an array of tokens; an array of either is as many as it is long. */
function countInputs(input: unknown): number {
  if (typeof input === 'string') return 1
  if (Array.isArray(input) && input.length > 0) {
    if (input.every((token) => typeof token === 'number')) return 1
    const each = input.every((one) => typeof one === 'string' || Array.isArray(one))
    if (each && input.length <= MAX_INPUTS) return input.length
  }
  throw wrongValue('input', `a string, an array of tokens, or 1 to ${MAX_INPUTS} of them`)
}

function unitVector(dimensions: number): Float32Array {
  const wave = Float32Array.from({ length: dimensions }, (_, i) => Math.sin(i + 1))
  const length = Math.hypot(...wave)
  return wave.map((value) => value / length)
}

function encodeBase64(floats: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(floats.length * 4))
  floats.forEach((value, i) => bytes.setFloat32(i * 4, value, true))
  return new Uint8Array(bytes.buffer).toBase64()
}
