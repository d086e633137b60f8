// Embeddings in the forms of Google and Ollama. https://ai.google.dev/api/embeddings
// https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
// https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings
import { type Conversation, type JsonObject, type RequestHead, type LongAnswer, type Setup } from './api.ts'
import type { Ask } from './ask.ts'
import { isObject, objectField, readModel, wrongType, wrongValue } from './body.ts'
import { writeDecimals } from './decimals.ts'
import {
  checkSize,
  countInputs,
  dimensionsField,
  listOf,
  longAnswer,
  readInputs,
  vectorsOf,
} from './embeddings.ts'
import { EMBEDDING } from './gemini.ts'
import { promptTurns } from './reading/conversation.ts'
import { camel, listField } from './reading/google.ts'

/** As many as Google takes in one request. */
const MOST_REQUESTS = 100
/** The same of Vertex. */
const MOST_INSTANCES = 250

/** `:embedContent`. */
export function geminiEmbedding(ask: Ask): LongAnswer {
  return longAnswer(function* () {
    const [vector] = vectorsOf(ask)
    yield `{"embedding":${valuesOf(vector!)}}`
  })
}

/** `:batchEmbedContents`. */
export function geminiEmbeddings(ask: Ask): LongAnswer {
  return longAnswer(function* () {
    yield '{"embeddings":['
    yield* listOf(vectorsOf(ask), valuesOf)
    yield ']}'
  })
}

function valuesOf(vector: Float32Array): string {
  return `{"values":${writeDecimals(vector)}}`
}

/** Vertex's `:predict` of a model that embeds. */
export function vertexEmbeddings(ask: Ask): LongAnswer {
  const characters = ask.inputs.reduce<number>((sum, { length }) => sum + length, 0)
  const rest = { metadata: { billableCharacterCount: characters } }
  return longAnswer(function* () {
    yield '{"predictions":['
    yield* listOf(vectorsOf(ask), (vector, i) => {
      const statistics = { truncated: false, token_count: countInputs(ask.inputs.slice(i, i + 1)) }
      return `{"embeddings":{"statistics":${JSON.stringify(statistics)},"values":${writeDecimals(vector)}}}`
    })
    yield `],${JSON.stringify(rest).slice(1)}`
  })
}

/** `POST /api/embed`. */
export function ollamaEmbed(ask: Ask): LongAnswer {
  const rest = {
    model: ask.model,
    total_duration: 3,
    load_duration: 1,
    prompt_eval_count: countInputs(ask.inputs),
  }
  return longAnswer(function* () {
    yield '{"embeddings":['
    yield* listOf(vectorsOf(ask), writeDecimals)
    yield `],${JSON.stringify(rest).slice(1)}`
  })
}

/** `POST /api/embeddings`, which older programs use. */
export function ollamaEmbeddings(ask: Ask): LongAnswer {
  return longAnswer(function* () {
    const [vector] = vectorsOf(ask)
    yield `{"embedding":${writeDecimals(vector!)}}`
  })
}

/** What a body of `:embedContent` decides. */
export function readGeminiEmbedding(setup: Setup, body: JsonObject, { path }: RequestHead): Partial<Ask> {
  const model = EMBEDDING.exec(path)?.[1]
  return { ...(model !== undefined && readModel({ model })), ...readOne(setup, camel(body), '') }
}

/** What a body of `:batchEmbedContents` decides: all are as long as the first is to be. */
export function readGeminiEmbeddings(setup: Setup, body: JsonObject, { path }: RequestHead): Partial<Ask> {
  const model = EMBEDDING.exec(path)?.[1]
  const requests = listField(camel(body), 'requests').map((one, i) =>
    readOne(setup, camel(one), `requests[${i}].`),
  )
  if (requests.length === 0 || requests.length > MOST_REQUESTS)
    throw wrongValue('requests', `1 to ${MOST_REQUESTS} requests`)
  const { dimensions } = requests[0]!
  checkSize(requests.length, dimensions, 'requests')
  return {
    ...(model !== undefined && readModel({ model })),
    inputs: requests.flatMap(({ inputs }) => inputs),
    dimensions,
  }
}

/** What a body of Vertex's `:predict` decides: every instance is a text. */
export function readVertexEmbeddings(
  { config }: Setup,
  body: JsonObject,
  { path }: RequestHead,
): Partial<Ask> {
  const model = EMBEDDING.exec(path)?.[1]
  const instances = listField(body, 'instances')
  if (instances.length === 0 || instances.length > MOST_INSTANCES)
    throw wrongValue('instances', `1 to ${MOST_INSTANCES} instances`)
  const inputs = instances.map(({ content }, i) => {
    if (typeof content !== 'string') throw wrongType(`instances[${i}].content`, 'a string')
    return content
  })
  const parameters = camel(objectField(body, 'parameters') ?? {})
  const dimensions = dimensionsField(parameters, 'outputDimensionality') ?? config.embeddingDimensions
  checkSize(inputs.length, dimensions, 'instances')
  return { ...(model !== undefined && readModel({ model })), inputs, dimensions }
}

/** What was to be embedded by Vertex's `:predict`. */
export function instanceTurns({ instances }: JsonObject): Conversation {
  return promptTurns(listField({ instances }, 'instances').map(({ content }) => content))
}

function readOne({ config }: Setup, body: JsonObject, place: string): Pick<Ask, 'inputs' | 'dimensions'> {
  const content = camel(objectField(body, 'content') ?? {})
  const text = listField(content, 'parts', `${place}content.parts`)
    .map(({ text = '' }, i) => {
      if (typeof text !== 'string') throw wrongType(`${place}content.parts[${i}].text`, 'a string')
      return text
    })
    .join('')
  // Vertex has it in an object of its own.
  const own = camel(objectField(body, 'embedContentConfig') ?? {})
  const dimensions =
    dimensionsField({ ...body, ...own }, 'outputDimensionality') ?? config.embeddingDimensions
  return { inputs: [text], dimensions }
}

/** What a body of `/api/embed` decides. */
export function readOllamaEmbed({ config }: Setup, body: JsonObject): Partial<Ask> {
  const inputs = readInputs(body['input'])
  const dimensions = dimensionsField(body, 'dimensions') ?? config.embeddingDimensions
  checkSize(inputs.length, dimensions, 'input')
  return { ...readModel(body), inputs, dimensions }
}

/** What a body of `/api/embeddings` decides. */
export function readOllamaEmbeddings(body: JsonObject): Partial<Ask> {
  return { ...readModel(body), inputs: readInputs(body['prompt']) }
}

/** What was to be embedded, by either of Google's. */
export function embeddedTurns(body: JsonObject): Conversation {
  const { requests, content } = camel(body)
  return promptTurns(Array.isArray(requests) ? requests.map((one) => textIn(one)) : textIn({ content }))
}

function textIn(request: unknown): string {
  const { content } = camel(isObject(request) ? request : {})
  const { parts = [] } = isObject(content) ? content : {}
  return Array.isArray(parts)
    ? parts.map((part) => (isObject(part) ? String(part['text'] ?? '') : '')).join('')
    : ''
}
