// What is served of Anthropic's API.
import { countTokens, message } from '../anthropic.ts'
import type { Route, Setup } from '../api.ts'
import { messageTurns, readCounting, readMessage } from '../reading/anthropic.ts'
import { bothWays } from './paths.ts'

export function anthropicRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: bothWays('/messages'),
      provider: 'anthropic',
      role: 'model',
      answer: (ask, drawn) => message(setup, ask, drawn),
      read: (body) => readMessage(setup, body),
      turns: messageTurns,
    },
    {
      method: 'POST',
      paths: bothWays('/messages/count_tokens'),
      provider: 'anthropic',
      role: 'model',
      answer: countTokens,
      read: readCounting,
      turns: messageTurns,
    },
  ]
}
