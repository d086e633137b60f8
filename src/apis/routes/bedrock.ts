// What is served of AWS Bedrock: its runtime, and the list of models.
import type { Route, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import { converse } from '../bedrock.ts'
import { invocation } from '../bedrockinvoke.ts'
import { providers } from '../providers.ts'
import { messageTurns } from '../reading/anthropic.ts'
import { converseTurns, readConverse, readInvocation } from '../reading/bedrock.ts'
import { showModel } from './paths.ts'

/** The paths say whether to stream, whatever the bodies do. */
const WHOLE: Partial<Ask> = { stream: false }
const STREAMED: Partial<Ask> = { stream: true }

const MODELS = '/foundation-models/'

export function bedrockRoutes(setup: Setup): Route[] {
  const conversing = (picked: Partial<Ask>): Omit<Route, 'paths'> => ({
    method: 'POST',
    provider: 'bedrock',
    role: 'model',
    pick: () => picked,
    answer: (ask, drawn) => converse(setup, ask, drawn),
    read: (body, head) => readConverse(setup, body, head),
    turns: converseTurns,
  })
  const invoking = (picked: Partial<Ask>): Omit<Route, 'paths'> => ({
    ...conversing(picked),
    answer: (ask, drawn) => invocation(setup, ask, drawn),
    read: (body, head) => ({ ...readInvocation(setup, body, head), ...picked }),
    turns: messageTurns,
  })
  return [
    { ...conversing(WHOLE), paths: ['/model/{model}/converse'] },
    { ...conversing(STREAMED), paths: ['/model/{model}/converse-stream'] },
    { ...invoking(WHOLE), paths: ['/model/{model}/invoke'] },
    { ...invoking(STREAMED), paths: ['/model/{model}/invoke-with-response-stream'] },
    {
      method: 'GET',
      paths: ['/foundation-models'],
      provider: 'bedrock',
      role: 'list',
      answer: () => providers.bedrock.modelList(setup),
    },
    {
      method: 'GET',
      paths: [`${MODELS}{model}`],
      provider: 'bedrock',
      role: 'list',
      pick: ({ path }) => ({ model: path.slice(path.lastIndexOf(MODELS) + MODELS.length) }),
      answer: ({ model }) => showModel(setup, 'bedrock', model),
    },
  ]
}
