// What is served of Mistral's API where it differs from OpenAI's. Its own clients are told by their user agent.
import type { Route, Setup } from '../api.ts'
import { readEmbeddings } from '../embeddings.ts'
import { mistralEmbeddings } from '../mistral.ts'
import { mistralChat, mistralFill } from '../mistralchat.ts'
import { promptTurns } from '../reading/conversation.ts'
import { readFill, readMistralChat, renameEmbeddings } from '../reading/mistral.ts'
import { chatTurns } from '../reading/openai.ts'
import { bothWays } from './paths.ts'

export function mistralRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: bothWays('/fim/completions'),
      provider: 'mistral',
      role: 'model',
      answer: (ask, drawn) => mistralFill(setup, ask, drawn),
      read: readFill,
      turns: ({ prompt }) => promptTurns(prompt),
    },
    {
      method: 'POST',
      paths: bothWays('/agents/completions'),
      provider: 'mistral',
      role: 'model',
      answer: (ask, drawn) => mistralChat(setup, ask, drawn),
      read: (body) => readMistralChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'POST',
      paths: bothWays('/chat/completions'),
      provider: 'mistral',
      role: 'model',
      isForOwn: true,
      answer: (ask, drawn) => mistralChat(setup, ask, drawn),
      read: (body) => readMistralChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'POST',
      paths: bothWays('/embeddings'),
      provider: 'mistral',
      role: 'model',
      isForOwn: true,
      answer: (ask) => mistralEmbeddings(setup, ask),
      read: (body) => readEmbeddings(renameEmbeddings(body), setup.config.embeddingDimensions),
      turns: ({ input }) => promptTurns(input),
    },
  ]
}
