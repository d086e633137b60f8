// What the tables of routes have in common.
import type { RequestHead, Setup, WholeAnswer } from '../api.ts'
import type { Ask, ProviderName } from '../ask.ts'
import { providers } from '../providers.ts'

/** With the version, and without it: behind any prefix the latter is found. */
export function bothWays(path: string): [string, string] {
  return [`/v1${path}`, path]
}

/** Segments of APIs that are not there: what stands behind one of them is no path of ours, however it ends. */
export const absentSegments: ReadonlySet<string> = new Set([
  'assistants',
  'audio',
  'batches',
  'compact',
  'containers',
  'conversations',
  'evals',
  'files',
  'fine_tuning',
  'images',
  'realtime',
  'threads',
  'uploads',
  'vector_stores',
  'videos',
])

/** Clients that tell who they are by a header of their own, or by how its value begins. */
const clientHeaders: readonly (readonly [provider: ProviderName, header: string, begin?: string])[] = [
  ['anthropic', 'anthropic-version'],
  ['gemini', 'x-goog-api-key'],
  // Those of Vertex have no key.
  ['gemini', 'x-goog-api-client'],
  ['azure', 'api-key'],
  ['bedrock', 'authorization', 'AWS4-HMAC-SHA256'],
]

/** How the names begin by which others call themselves: in JavaScript, Python and so on. */
const agents: readonly (readonly [provider: ProviderName, begin: string])[] = [
  ['ollama', 'ollama'],
  ['cohere', 'cohere'],
  ['mistral', 'mistral-client'],
  ['groq', 'Groq/'],
  ['groq', 'AsyncGroq/'],
]

/** Whose client it is, by its headers. */
export function clientOf(head: RequestHead): ProviderName {
  const found = clientHeaders.find(([, header, begin = '']) => head.header(header)?.startsWith(begin))
  return found?.[0] ?? agentOf(head) ?? 'openai'
}

/** Whose client calls itself so. */
export function agentOf(head: RequestHead): ProviderName | undefined {
  const agent = head.header('user-agent') ?? ''
  return agents.find(([, begin]) => agent.startsWith(begin))?.[0]
}

/** Of Azure's deployments; what they are called makes no difference. */
export function ofDeployment(path: string): [string, string] {
  return [`/openai/deployments/{deployment}${path}`, `/deployments/{deployment}${path}`]
}

/** Where a model begins in a path: behind the version where there is one, for prefixes and models may have such a segment too. */
const MODEL = [/\/v1(?:beta)?\/models\/(.*)$/s, /\/models\/(.*)$/s] as const

/** The model that a path ends with. */
export function pickModel({ path }: RequestHead): Partial<Ask> {
  const [, model] = MODEL[0].exec(path) ?? MODEL[1].exec(path)!
  return { model: model! }
}

/** Where the request decides, there is every model that somebody names, unless the names are to be strict. */
export function showModel({ config, ...setup }: Setup, name: ProviderName, id: string): WholeAnswer {
  const provider = providers[name]
  const isAny = config.reply === 'auto' && !config.strictModels
  return isAny || config.model.includes(id)
    ? provider.model({ config, ...setup }, id)
    : provider.modelNotFound(id)
}
