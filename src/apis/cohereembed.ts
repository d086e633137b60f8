// Cohere's embeddings, version 2. https://docs.cohere.com/reference/embed
import type { Cohere } from 'cohere-ai'
import { BadRequest, type JsonObject, type LongAnswer, type Setup } from './api.ts'
import type { Ask, EmbeddingForm } from './ask.ts'
import { countField, isObject, messagesField, readModel, wrongType, wrongValue } from './body.ts'
import { API_VERSION } from './cohere.ts'
import { makeId } from './content.ts'
import { writeDecimals } from './decimals.ts'
import { countInputs, listOf, longAnswer, MAX_DIMENSIONS, vectorsOf, writeBase64 } from './embeddings.ts'
import type { Wire } from './wire.ts'

/** As many as Cohere takes in one request. */
const MAX_INPUTS = 96

/** The forms that embeddings come in, and a vector as JSON in each. Vectors have numbers from -1 to 1. */
const writers = {
  float: writeDecimals,
  int8: (vector) => JSON.stringify(scaled(vector)),
  uint8: (vector) => JSON.stringify(scaled(vector).map((value) => value + 128)),
  binary: (vector) => JSON.stringify(signs(vector).map((byte) => byte - 128)),
  ubinary: (vector) => JSON.stringify(signs(vector)),
  base64: writeBase64,
} as const satisfies Record<Cohere.EmbeddingType, (vector: Float32Array) => string>

/** `POST /v2/embed`. */
export function cohereEmbeddings({ config }: Setup, ask: Ask): LongAnswer {
  const { inputs, forms, echo } = ask
  const rest = {
    ...(echo !== '' && (JSON.parse(echo) as Pick<Cohere.EmbedByTypeResponse, 'texts'>)),
    meta: { api_version: API_VERSION, billed_units: { input_tokens: countInputs(inputs) } },
    response_type: 'embeddings_by_type',
  } satisfies Partial<Wire<Cohere.EmbedByTypeResponse>>
  return longAnswer(function* () {
    yield `{"id":${JSON.stringify(makeId(config, ''))},"embeddings":{`
    // Most ask for one form: for each the vectors are made anew, so that they need not all be kept.
    for (const [i, form] of forms.entries()) {
      yield `${i === 0 ? '' : ','}"${form}":[`
      yield* listOf(vectorsOf(ask), writers[form])
      yield ']'
    }
    yield `},${JSON.stringify(rest).slice(1)}`
  })
}

/** The largest number is 127, whichever sign it has. */
function scaled(vector: Float32Array): number[] {
  const most = vector.reduce((known, value) => Math.max(known, Math.abs(value)), 0)
  return Array.from(vector, (value) => Math.round((value / most) * 127))
}

/** Whether each number is positive, eight to a byte, the first in its highest bit. */
function signs(vector: Float32Array): number[] {
  const bytes = new Array<number>(Math.ceil(vector.length / 8)).fill(0)
  for (let i = 0; i < vector.length; i++) if (vector[i]! > 0) bytes[i >> 3]! |= 0x80 >> (i & 7)
  return bytes
}

/** What a body of `/v2/embed` decides; without `output_dimension` the answer has `usualDimensions`. */
export function readCohereEmbeddings(body: JsonObject, usualDimensions: number): Partial<Ask> {
  const dimensions = countField(body, 'output_dimension', 1, MAX_DIMENSIONS) ?? usualDimensions
  const texts = textsField(body, 'texts')
  const inputs = [...texts, ...textsField(body, 'images'), ...messagesField(body, 'inputs').map(mixedInput)]
  if (inputs.length === 0)
    throw new BadRequest('invalid request: one of texts, images or inputs must not be empty.', 'texts')
  if (inputs.length > MAX_INPUTS)
    throw new BadRequest(
      `invalid request: total number of inputs must be at most ${MAX_INPUTS} - received ${inputs.length}`,
      'texts',
    )
  return {
    ...readModel(body),
    inputs,
    dimensions,
    forms: readForms(body),
    echo: texts.length === 0 ? '' : JSON.stringify({ texts }),
  }
}

function textsField(body: JsonObject, name: string): readonly string[] {
  const value = body[name] ?? []
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw wrongType(name, 'an array of strings')
  return value as string[]
}

/** Texts and pictures that make one vector together. */
function mixedInput(input: JsonObject, i: number): string {
  const parts = messagesField({ [`inputs[${i}].content`]: input['content'] }, `inputs[${i}].content`)
  return parts
    .map(({ text, image_url }, at) => {
      const said = text ?? (isObject(image_url) ? image_url['url'] : undefined)
      if (typeof said !== 'string') throw wrongType(`inputs[${i}].content[${at}]`, 'a text or an image_url')
      return said
    })
    .join('\n')
}

function readForms(body: JsonObject): readonly EmbeddingForm[] {
  const forms = textsField(body, 'embedding_types')
  if (forms.some((form) => !Object.hasOwn(writers, form)))
    throw wrongValue('embedding_types', Object.keys(writers).join(', '))
  return forms.length === 0 ? ['float'] : [...new Set(forms as EmbeddingForm[])]
}
