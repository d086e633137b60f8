// What is served of Ollama's API.
import type { Route, Setup } from '../api.ts'
import { ollamaEmbed, ollamaEmbeddings, readOllamaEmbed, readOllamaEmbeddings } from '../embeddingforms.ts'
import { ollamaChat, ollamaGenerate, ollamaVersion } from '../ollama.ts'
import { ollamaPull, ollamaRunning, ollamaShow } from '../ollamamodels.ts'
import { providers } from '../providers.ts'
import { promptTurns } from '../reading/conversation.ts'
import { readOllamaChat, readOllamaGenerate, readOllamaModel } from '../reading/ollama.ts'
import { chatTurns } from '../reading/openai.ts'

export function ollamaRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/chat'],
      provider: 'ollama',
      role: 'model',
      answer: (ask, drawn) => ollamaChat(setup, ask, drawn),
      read: (body) => readOllamaChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'POST',
      paths: ['/api/generate'],
      provider: 'ollama',
      role: 'model',
      answer: (ask, drawn) => ollamaGenerate(setup, ask, drawn),
      read: (body) => readOllamaGenerate(setup, body),
      turns: ({ prompt }) => promptTurns(prompt),
    },
    {
      method: 'GET',
      paths: ['/api/tags'],
      provider: 'ollama',
      role: 'list',
      answer: () => providers.ollama.modelList(setup),
    },
    {
      method: 'POST',
      paths: ['/api/embed'],
      provider: 'ollama',
      role: 'model',
      answer: ollamaEmbed,
      read: (body) => readOllamaEmbed(setup, body),
      turns: ({ input }) => promptTurns(input),
    },
    {
      method: 'POST',
      paths: ['/api/embeddings'],
      provider: 'ollama',
      role: 'model',
      answer: ollamaEmbeddings,
      read: readOllamaEmbeddings,
      turns: ({ prompt }) => promptTurns(prompt),
    },
    {
      method: 'POST',
      paths: ['/api/show'],
      provider: 'ollama',
      role: 'model',
      answer: (ask) => ollamaShow(setup, ask),
      read: readOllamaModel,
      turns: () => [],
    },
    {
      method: 'POST',
      paths: ['/api/pull'],
      provider: 'ollama',
      role: 'model',
      answer: ollamaPull,
      read: readOllamaModel,
      turns: () => [],
    },
    {
      method: 'GET',
      paths: ['/api/ps'],
      provider: 'ollama',
      role: 'list',
      answer: () => ollamaRunning(setup),
    },
    { method: 'GET', paths: ['/api/version'], provider: 'ollama', role: 'list', answer: ollamaVersion },
  ]
}
