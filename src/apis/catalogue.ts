// The route table: which path answers with what, for whom.
import { countTokens, message } from './anthropic.ts'
import { jsonAnswer, type RequestHead, type Route, type Setup, type WholeAnswer } from './api.ts'
import type { Ask, ProviderName } from './ask.ts'
import { chat } from './chat.ts'
import { completion } from './completions.ts'
import { embeddings, readEmbeddings } from './embeddings.ts'
import { generation, pickGeneration } from './gemini.ts'
import { ollamaChat, ollamaGenerate, ollamaVersion } from './ollama.ts'
import { providerNameOf, providers } from './providers.ts'
import { messageTurns, readCounting, readMessage } from './reading/anthropic.ts'
import { readCompletion } from './reading/completions.ts'
import { promptTurns } from './reading/conversation.ts'
import { generationTurns, readGeneration } from './reading/gemini.ts'
import { readOllamaChat, readOllamaGenerate } from './reading/ollama.ts'
import { chatTurns, readChat } from './reading/openai.ts'
import { readResponse, responseTurns } from './reading/responses.ts'
import { response } from './responses.ts'

/** Every route. OpenAI's also stand without `/v1`, for clients whose base URL lacks it. */
export function catalogue(setup: Setup): Route[] {
  const routes = apiRoutes(setup)
  return [
    ...routes,
    {
      method: 'GET',
      paths: ['/health', '/healthz', '/readyz'],
      provider: 'openai',
      role: 'health',
      open: true,
      answer: () => jsonAnswer(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      paths: ['/'],
      provider: 'openai',
      role: 'health',
      open: true,
      ...(!setup.config.noPage && { page: true }),
      answer: () =>
        jsonAnswer(200, describeService(setup, routes), setup.config.noPage ? {} : { Vary: 'Accept' }),
    },
  ]
}

/** For whoever asks what this is: the base URLs that programs are given, the models, and what is served. */
function describeService({ config }: Setup, routes: readonly Route[]): object {
  return {
    service: 'mock-llm-api',
    base_urls: { openai: '/v1', anthropic: '/', gemini: '/', ollama: '/' },
    models: config.model,
    endpoints: routes.map(({ method, paths }) => `${method} ${paths[0]}`),
    numbers: ['/stats', '/metrics', '/health'],
  }
}

function apiRoutes(setup: Setup): Route[] {
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
      pick: (head) => ({ dialect: dialectOf(head) }),
      answer: ({ dialect }) => providers[dialect].modelList(setup),
    },
    {
      method: 'GET',
      paths: bothWays('/models/{model}'),
      provider: 'openai',
      role: 'list',
      pick: (head) => ({ dialect: dialectOf(head), ...pickModel(head) }),
      answer: ({ dialect, model }) => showModel(setup, dialect, model),
    },
    {
      method: 'POST',
      paths: ['/openai/deployments/{deployment}/chat/completions'],
      provider: 'azure',
      role: 'model',
      answer: (ask, drawn) => chat(setup, ask, drawn, 'azure'),
      read: (body) => readChat(setup, body),
      turns: chatTurns,
    },
    {
      method: 'POST',
      paths: ['/v1/messages'],
      provider: 'anthropic',
      role: 'model',
      answer: (ask, drawn) => message(setup, ask, drawn),
      read: (body) => readMessage(setup, body),
      turns: messageTurns,
    },
    {
      method: 'POST',
      paths: ['/v1/messages/count_tokens'],
      provider: 'anthropic',
      role: 'model',
      answer: countTokens,
      read: readCounting,
      turns: messageTurns,
    },
    {
      method: 'POST',
      paths: ['/v1beta/models/{model}:{verb}', '/v1/models/{model}:{verb}'],
      provider: 'gemini',
      role: 'model',
      pick: pickGeneration,
      answer: (ask, drawn) => generation(setup, ask, drawn),
      read: (body, head) => readGeneration(setup, body, head),
      turns: generationTurns,
    },
    {
      method: 'GET',
      paths: ['/v1beta/models'],
      provider: 'gemini',
      role: 'list',
      answer: () => providers.gemini.modelList(setup),
    },
    {
      method: 'GET',
      paths: ['/v1beta/models/{model}'],
      provider: 'gemini',
      role: 'list',
      pick: pickModel,
      answer: ({ model }) => showModel(setup, 'gemini', model),
    },
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

function bothWays(path: string): [string, string] {
  return [`/v1${path}`, path]
}

/** Anthropic's clients always say which version they speak, and Google's send the key in a header of their own. */
function dialectOf(head: RequestHead): ProviderName {
  if (head.header('anthropic-version') !== null) return 'anthropic'
  return head.header('x-goog-api-key') === null ? 'openai' : 'gemini'
}

/** The model that a path ends with. */
function pickModel({ path }: RequestHead): Partial<Ask> {
  return { model: path.slice(path.indexOf('/models/') + '/models/'.length) }
}

/** Where the request decides, there is every model that somebody names, unless the names are to be strict. */
function showModel({ config, ...setup }: Setup, name: ProviderName, id: string): WholeAnswer {
  const provider = providers[name]
  const isAny = config.reply === 'auto' && !config.strictModels
  return isAny || config.model.includes(id)
    ? provider.model({ config, ...setup }, id)
    : provider.modelNotFound(id)
}

/** Paths that several providers share: there a header tells whose they are. */
const SHARED = /^(\/v1)?\/models(\/|$)/

/** In whose form a request is refused. */
export function providerOf(head: RequestHead): ProviderName {
  return SHARED.test(head.path) ? dialectOf(head) : providerNameOf(head.path)
}

/**
 * The answer to a request that no route takes: 405 when its path is known to other methods, `allowed`, else 404.
 */
export function unrouted(head: RequestHead, allowed: ReadonlySet<string>): WholeAnswer {
  const { method, path } = head
  const provider = providers[providerOf(head)]
  if (allowed.size === 0) return provider.error(404, `Invalid URL (${method} ${path})`)
  const allow = [...allowed].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  return provider.error(405, `Not allowed to ${method} on ${path} (allowed: ${allow})`, {
    code: 'method_not_allowed',
    headers: { Allow: allow },
  })
}
