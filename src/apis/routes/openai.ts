// What is served of OpenAI's APIs, and of Azure's, which speak the same.
import type { Route, Setup } from '../api.ts'
import { chat } from '../chat.ts'
import { completion } from '../completions.ts'
import { embeddings, readEmbeddings } from '../embeddings.ts'
import { moderation, readModeration } from '../moderations.ts'
import { providers } from '../providers.ts'
import { readCompletion } from '../reading/completions.ts'
import { promptTurns } from '../reading/conversation.ts'
import { chatTurns, readChat } from '../reading/openai.ts'
import { readResponse, responseTurns } from '../reading/responses.ts'
import { response } from '../responses.ts'
import {
  deletedResponse,
  inputItems,
  inputTokens,
  pickStored,
  storedChat,
  storedResponse,
} from '../storedresponses.ts'
import { bothWays, clientOf, ofDeployment, pickModel, showModel } from './paths.ts'

export function openaiRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: bothWays('/chat/completions'),
      provider: 'openai',
      role: 'model',
      eager: true,
      answer: (ask, drawn) => chat(setup, ask, drawn),
      read: (body) => readChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'GET',
      paths: bothWays('/chat/completions/{id}'),
      provider: 'openai',
      role: 'list',
      pick: pickStored,
      answer: (ask, drawn) => storedChat(setup, ask, drawn),
    },
    {
      method: 'POST',
      paths: bothWays('/completions'),
      provider: 'openai',
      role: 'model',
      answer: (ask, drawn) => completion(setup, ask, drawn),
      read: (body) => readCompletion(setup, body),
      turns: ({ prompt }) => promptTurns(prompt),
    },
    {
      method: 'POST',
      paths: bothWays('/responses'),
      provider: 'openai',
      role: 'model',
      answer: (ask, drawn) => response(setup, ask, drawn),
      read: (body) => readResponse(setup, body),
      turns: responseTurns,
    },
    {
      method: 'POST',
      paths: bothWays('/responses/input_tokens'),
      provider: 'openai',
      role: 'model',
      answer: inputTokens,
      read: (body) => readResponse(setup, body),
      turns: responseTurns,
    },
    {
      method: 'GET',
      paths: bothWays('/responses/{id}'),
      provider: 'openai',
      role: 'list',
      pick: pickStored,
      answer: (ask, drawn) => storedResponse(setup, ask, drawn),
    },
    {
      method: 'DELETE',
      paths: bothWays('/responses/{id}'),
      provider: 'openai',
      role: 'list',
      pick: pickStored,
      answer: deletedResponse,
    },
    {
      method: 'GET',
      paths: bothWays('/responses/{id}/input_items'),
      provider: 'openai',
      role: 'list',
      pick: pickStored,
      answer: inputItems,
    },
    {
      method: 'POST',
      paths: bothWays('/responses/{id}/cancel'),
      provider: 'openai',
      role: 'list',
      pick: pickStored,
      answer: (ask, drawn) =>
        storedResponse(setup, ask, drawn, { status: 'cancelled', output: [], usage: null }),
    },
    {
      method: 'POST',
      paths: bothWays('/moderations'),
      provider: 'openai',
      role: 'model',
      answer: (ask) => moderation(setup, ask),
      read: readModeration,
      turns: ({ input }) => promptTurns(input),
    },
    {
      method: 'POST',
      paths: bothWays('/embeddings'),
      provider: 'openai',
      role: 'model',
      answer: embeddings,
      read: (body) => readEmbeddings(body, setup.config.embeddingDimensions),
      turns: ({ input }) => promptTurns(input),
    },
    {
      method: 'GET',
      paths: bothWays('/models'),
      provider: 'openai',
      role: 'list',
      isShared: true,
      pick: (head) => ({ dialect: clientOf(head) }),
      answer: ({ dialect }) => providers[dialect].modelList(setup),
    },
    {
      method: 'GET',
      paths: bothWays('/models/{model}'),
      provider: 'openai',
      role: 'list',
      isShared: true,
      pick: (head) => ({ dialect: clientOf(head), ...pickModel(head) }),
      answer: ({ dialect, model }) => showModel(setup, dialect, model),
    },
    {
      method: 'POST',
      paths: ofDeployment('/chat/completions'),
      provider: 'azure',
      role: 'model',
      answer: (ask, drawn) => chat(setup, ask, drawn, 'azure'),
      read: (body) => readChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'POST',
      paths: ofDeployment('/completions'),
      provider: 'azure',
      role: 'model',
      answer: (ask, drawn) => completion(setup, ask, drawn),
      read: (body) => readCompletion(setup, body),
      turns: ({ prompt }) => promptTurns(prompt),
    },
    {
      method: 'POST',
      paths: ofDeployment('/responses'),
      provider: 'azure',
      role: 'model',
      answer: (ask, drawn) => response(setup, ask, drawn),
      read: (body) => readResponse(setup, body),
      turns: responseTurns,
    },
    {
      method: 'POST',
      paths: ofDeployment('/embeddings'),
      provider: 'azure',
      role: 'model',
      answer: embeddings,
      read: (body) => readEmbeddings(body, setup.config.embeddingDimensions),
      turns: ({ input }) => promptTurns(input),
    },
  ]
}
