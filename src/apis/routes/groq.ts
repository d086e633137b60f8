// What is served of Groq's API where it differs from OpenAI's. Its own clients are told by their user agent.
import type { Route, Setup } from '../api.ts'
import { groqChat } from '../groq.ts'
import { chatTurns, readChat } from '../reading/openai.ts'
import { bothWays } from './paths.ts'

export function groqRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: bothWays('/chat/completions'),
      provider: 'groq',
      role: 'model',
      isForOwn: true,
      answer: (ask, drawn) => groqChat(setup, ask, drawn),
      read: (body) => readChat(setup, body),
      turns: chatTurns,
    },
  ]
}
