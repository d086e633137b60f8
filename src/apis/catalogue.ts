// The route table: which path answers with what, for whom.
import { anthropicModel, anthropicModelList, countTokens, message, readMessage } from './anthropic.ts'
import { type Ask, jsonAnswer, type RequestHead, type Route, type Setup, type WholeAnswer } from './api.ts'
import { readModel } from './body.ts'
import { chat } from './chat.ts'
import { completion } from './completions.ts'
import { embeddings, readEmbeddings } from './embeddings.ts'
import { geminiModel, geminiModelList, generation, pickGeneration, readGeneration } from './gemini.ts'
import { ollamaChat, ollamaGenerate, ollamaTags, ollamaVersion, readOllama } from './ollama.ts'
import { modelDetails, modelList, readCompletion } from './openai.ts'
import { providerNameOf, providers } from './providers.ts'
import { readResponse, response } from './responses.ts'

/** Every route. OpenAI's also stand without `/v1`, for clients whose base URL lacks it. */
export function catalogue(setup: Setup): Route[] {
  const openai: Route[] = [
    {
      method: 'POST',
      path: '/chat/completions',
      provider: 'openai',
      answer: (ask, chunkCount) => chat(setup, ask, chunkCount),
      read: readCompletion,
    },
    {
      method: 'POST',
      path: '/completions',
      provider: 'openai',
      answer: (ask, chunkCount) => completion(setup, ask, chunkCount),
      read: readCompletion,
    },
    {
      method: 'POST',
      path: '/responses',
      provider: 'openai',
      answer: (ask, chunkCount) => response(setup, ask, chunkCount),
      read: readResponse,
    },
    {
      method: 'POST',
      path: '/embeddings',
      provider: 'openai',
      answer: embeddings,
      read: readEmbeddings,
    },
    {
      method: 'GET',
      path: '/models',
      provider: 'openai',
      pick: pickForm,
      answer: ({ form }) => listModels(setup, form),
    },
    ...setup.config.model.map((id): Route => ({
      method: 'GET',
      path: `/models/${id}`,
      provider: 'openai',
      pick: pickForm,
      answer: ({ form }) => showModel(setup, form, id),
    })),
  ]
  return [
    ...openai.map((route) => ({ ...route, path: `/v1${route.path}` })),
    ...openai,
    {
      method: 'POST',
      path: '/openai/deployments/:deployment/chat/completions',
      provider: 'azure',
      answer: (ask, chunkCount) => chat(setup, ask, chunkCount),
      read: readCompletion,
    },
    {
      method: 'POST',
      path: '/v1/messages',
      provider: 'anthropic',
      answer: (ask, chunkCount) => message(setup, ask, chunkCount),
      read: readMessage,
    },
    {
      method: 'POST',
      path: '/v1/messages/count_tokens',
      provider: 'anthropic',
      answer: countTokens,
      read: readModel,
    },
    ...['/v1beta', '/v1'].map((version): Route => ({
      method: 'POST',
      path: `${version}/models/:generation`,
      provider: 'gemini',
      pick: pickGeneration,
      answer: (ask, chunkCount) => generation(setup, ask, chunkCount),
      read: readGeneration,
    })),
    { method: 'GET', path: '/v1beta/models', provider: 'gemini', answer: () => geminiModelList(setup) },
    ...setup.config.model.map((id): Route => ({
      method: 'GET',
      path: `/v1beta/models/${id}`,
      provider: 'gemini',
      answer: () => geminiModel(id),
    })),
    {
      method: 'POST',
      path: '/api/chat',
      provider: 'ollama',
      answer: (ask, chunkCount) => ollamaChat(setup, ask, chunkCount),
      read: readOllama,
    },
    {
      method: 'POST',
      path: '/api/generate',
      provider: 'ollama',
      answer: (ask, chunkCount) => ollamaGenerate(setup, ask, chunkCount),
      read: readOllama,
    },
    { method: 'GET', path: '/api/tags', provider: 'ollama', answer: () => ollamaTags(setup) },
    { method: 'GET', path: '/api/version', provider: 'ollama', answer: ollamaVersion },
    { method: 'GET', path: '/health', provider: 'openai', answer: () => jsonAnswer(200, { status: 'ok' }) },
  ]
}

/** Whose models are listed, and whose errors are sent, where several providers share a path. Constants, as `pick` wants. */
const forms: Readonly<Record<'openai' | 'anthropic' | 'gemini', Partial<Ask>>> = {
  openai: { form: 'openai' },
  anthropic: { form: 'anthropic' },
  gemini: { form: 'gemini' },
}

/** Anthropic's clients always say which version they speak, and Google's send the key in a header of their own. */
function formOf({ headers }: Pick<RequestHead, 'headers'>): keyof typeof forms {
  if (headers.has('anthropic-version')) return 'anthropic'
  return headers.has('x-goog-api-key') ? 'gemini' : 'openai'
}

function pickForm(head: RequestHead): Partial<Ask> {
  return forms[formOf(head)]
}

function listModels(setup: Setup, form: string): WholeAnswer {
  if (form === 'anthropic') return anthropicModelList(setup)
  return form === 'gemini' ? geminiModelList(setup) : modelList(setup)
}

function showModel(setup: Setup, form: string, id: string): WholeAnswer {
  if (form === 'anthropic') return anthropicModel(setup, id)
  return form === 'gemini' ? geminiModel(id) : modelDetails(setup, id)
}

/** Where one model is shown: any further segment is a model that there is not. */
const MODEL_PATH = /^(\/v1|\/v1beta)?\/models(?:\/(.+))?$/

/**
 * The answer to a request that no route takes, in the form of the provider whose path it is: 405 with `Allow` on a known
 * path, else 404. `path` is decoded and has no query.
 */
export function unrouted(
  routes: readonly Pick<Route, 'method' | 'path'>[],
  { method, headers }: Pick<Request, 'method' | 'headers'>,
  path: string,
): WholeAnswer {
  const [modelPath, version, modelId] = MODEL_PATH.exec(path) ?? []
  const provider =
    modelPath !== undefined && version !== '/v1beta'
      ? providers[formOf({ headers })]
      : providers[providerNameOf(path)]
  if (modelId !== undefined && (method === 'GET' || method === 'HEAD')) return provider.modelNotFound(modelId)
  // A route with this very method has looked at the path and refused it: for it there is no such path.
  const known = routes.filter((route) => route.method !== method && matches(route.path, path))
  const allowed = new Set(known.map((route) => route.method))
  // Behind a colon stands a verb of Google's.
  if (modelId !== undefined && !(version === '/v1beta' && modelId.includes(':'))) allowed.add('GET')
  if (allowed.size === 0) return provider.error(404, `Invalid URL (${method} ${path})`)
  const allow = [...allowed].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  return provider.error(405, `Not allowed to ${method} on ${path} (allowed: ${allow})`, {
    code: 'method_not_allowed',
    headers: { Allow: allow },
  })
}

/** Whether `path` is the route's, where a `:name` of it stands for any segment, and a generation has a colon and a verb. */
function matches(route: string, path: string): boolean {
  const [expected, given] = [route.split('/'), path.split('/')]
  return (
    expected.length === given.length &&
    expected.every((part, i) =>
      part === ':generation' ? given[i]!.includes(':') : part.startsWith(':') || part === given[i],
    )
  )
}
