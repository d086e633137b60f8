// OpenAI embeddings. https://platform.openai.com/docs/api-reference/embeddings
import type OpenAI from 'openai'
import { type Ask, BadRequest, type JsonObject, jsonAnswer, type Setup, type WholeAnswer } from './api.ts'
import { readModel, textField } from './body.ts'
import { PROMPT_TOKENS } from './content.ts'

/** As many as OpenAI takes in one request. */
const MAX_INPUTS = 2048

/** The same vector for every input: of unit length, as floats or as base64 of little-endian 32-bit floats. */
export function embeddings({ config }: Setup, { model, form, inputs }: Ask): WholeAnswer {
  const floats = unitVector(config.embeddingDimensions)
  const embedding = form === 'float' ? Array.from(floats) : encodeBase64(floats)
  const promptTokens = PROMPT_TOKENS * inputs
  return jsonAnswer(200, {
    object: 'list',
    data: Array.from({ length: inputs }, (_, index) => ({ object: 'embedding', index, embedding })),
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  } satisfies Omit<OpenAI.CreateEmbeddingResponse, 'data'> & { data: unknown })
}

/** What an embeddings body decides; without `encoding_format` the answer is floats. */
export function readEmbeddings(body: JsonObject): Partial<Ask> {
  const form = textField(body, 'encoding_format') ?? 'float'
  if (form !== 'float' && form !== 'base64')
    throw new BadRequest("Invalid value for 'encoding_format': expected float or base64.", 'encoding_format')
  return { ...readModel(body), form, inputs: countInputs(body['input']) }
}

/** A text is one input, and so is an array of tokens; any other array is as many as it is long. */
function countInputs(input: unknown): number {
  if (typeof input === 'string') return 1
  if (!Array.isArray(input) || input.length === 0 || input.length > MAX_INPUTS)
    throw new BadRequest(
      `Invalid value for 'input': expected a string or 1 to ${MAX_INPUTS} of them.`,
      'input',
    )
  return typeof input[0] === 'number' ? 1 : input.length
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
