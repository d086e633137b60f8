// What is served of Cohere's API, and the ranking of documents, which several providers have in the same form.
import type { Route, Setup } from '../api.ts'
import { cohereChat } from '../coherechat.ts'
import { cohereEmbeddings, readCohereEmbeddings } from '../cohereembed.ts'
import { cohereTurns, readCohereChat } from '../reading/cohere.ts'
import { promptTurns } from '../reading/conversation.ts'
import { readRerank, rerank } from '../rerank.ts'

export function cohereRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/v2/chat'],
      provider: 'cohere',
      role: 'model',
      answer: (ask, drawn) => cohereChat(setup, ask, drawn),
      read: (body) => readCohereChat(setup, body),
      turns: cohereTurns,
    },
    {
      method: 'POST',
      paths: ['/v2/embed'],
      provider: 'cohere',
      role: 'model',
      answer: (ask) => cohereEmbeddings(setup, ask),
      read: (body) => readCohereEmbeddings(body, setup.config.embeddingDimensions),
      turns: ({ texts, images, inputs }) => promptTurns(texts ?? inputs ?? images),
    },
    {
      method: 'POST',
      paths: ['/v1/rerank', '/v2/rerank', '/rerank'],
      provider: 'cohere',
      role: 'model',
      answer: (ask) => rerank(setup, ask),
      read: readRerank,
      turns: ({ query }) => promptTurns(query),
    },
  ]
}
