// What is served of Ollama's API.
import type { Route, Setup } from '../api.ts'
import { ollamaChat, ollamaGenerate, ollamaVersion } from '../ollama.ts'
import { providers } from '../providers.ts'
import { promptTurns } from '../reading/conversation.ts'
import { readOllamaChat, readOllamaGenerate } from '../reading/ollama.ts'
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
    { method: 'GET', paths: ['/api/version'], provider: 'ollama', role: 'list', answer: ollamaVersion },
  ]
}
