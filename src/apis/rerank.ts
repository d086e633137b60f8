// Which documents fit a query best, in the form that Cohere, Jina and vLLM share. https://docs.cohere.com/reference/rerank
import type { Cohere } from 'cohere-ai'
import { type JsonObject, jsonAnswer, type Setup, type WholeAnswer } from './api.ts'
import type { Ask, Ranking } from './ask.ts'
import { booleanField, countField, isObject, readModel, wrongType, wrongValue } from './body.ts'
import { API_VERSION } from './cohere.ts'
import { makeId } from './content.ts'
import { countPromptTokens } from './reading/conversation.ts'
import { wordsIn } from './vectors.ts'
import type { Wire } from './wire.ts'

/** As many as Cohere takes in one request. */
const MAX_DOCUMENTS = 10_000
/** So many are billed as one search. */
const DOCUMENTS_PER_SEARCH = 100

const SCALE = 1e8

/** Version 2 of Cohere's API does not return documents; all others do where they are asked to. */
type Result = Wire<Cohere.V2RerankResponseResultsItem> & { document?: JsonObject }
type Ranked = Wire<Cohere.V2RerankResponse> & { model: string; usage: { total_tokens: number } }

/** Where nobody has looked, there is one document, which fits. */
const UNKNOWN: Ranking = { query: '', documents: [{ text: '' }], most: 1, isReturned: false }

/**
 * The documents from the best to the worst; of equal ones the first comes first. The score is the cosine of the sets of words: 1
 * where query and document have the same words, 0 where they share none. 1,000 documents of 200 words take 8 ms.
 */
export function rerank({ config }: Setup, { model, ranking, promptTokens }: Ask): WholeAnswer {
  const { query, documents, most, isReturned } = ranking ?? UNKNOWN
  const asked = wordsIn(query)
  const results = documents
    .map((document, index): Result => {
      const relevance_score = ranking === null ? 1 : scoreOf(asked, wordsIn(textsIn(document)))
      return { index, relevance_score, ...(isReturned && { document }) }
    })
    .toSorted((a, b) => b.relevance_score - a.relevance_score)
  const answer: Ranked = {
    id: makeId(config, ''),
    model,
    results: results.slice(0, most),
    meta: {
      api_version: API_VERSION,
      billed_units: { search_units: Math.ceil(documents.length / DOCUMENTS_PER_SEARCH) },
    },
    usage: { total_tokens: promptTokens },
  }
  return { ...jsonAnswer(200, answer), step: 'first' }
}

function scoreOf(query: ReadonlySet<number>, document: ReadonlySet<number>): number {
  const shared = query.intersection(document).size
  return shared === 0 ? 0 : Math.round((shared / Math.sqrt(query.size * document.size)) * SCALE) / SCALE
}

/** All texts of a document, which may have several fields. */
function textsIn(document: JsonObject): string {
  return Object.values(document)
    .filter((value) => typeof value === 'string')
    .join(' ')
}

/** What a body of `/v1/rerank` or `/v2/rerank` decides. */
export function readRerank(body: JsonObject): Partial<Ask> {
  const { query } = body
  if (typeof query !== 'string') throw wrongType('query', 'a string')
  const documents = readDocuments(body['documents'])
  const ranking = {
    query,
    documents,
    most: countField(body, 'top_n', 1, Number.MAX_SAFE_INTEGER) ?? documents.length,
    isReturned: booleanField(body, 'return_documents') ?? false,
  }
  return { ...readModel(body), ranking, promptTokens: countPromptTokens(query, documents) }
}

/** A text is a document that has nothing else. */
function readDocuments(documents: unknown): readonly JsonObject[] {
  if (!Array.isArray(documents)) throw wrongType('documents', 'an array of strings or objects')
  if (documents.length === 0 || documents.length > MAX_DOCUMENTS)
    throw wrongValue('documents', `1 to ${MAX_DOCUMENTS} of them`)
  return documents.map((document: unknown, i) => {
    if (typeof document === 'string') return { text: document }
    if (!isObject(document)) throw wrongType(`documents[${i}]`, 'a string or an object')
    return document
  })
}
